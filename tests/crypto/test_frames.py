import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.errors import KeyExhaustedError
from crypto.frames import (
    GENERATIONS_KEPT,
    MAX_FRAME,
    MAX_SEALED,
    Context,
    OpenedFrame,
    Opener,
    Sealer,
    key_id,
    peek,
)
from crypto.kdf import DOMAIN
from crypto.sframe import COUNTER_LIMIT, OPENSSL, SealingKey, decode_header

VP8, OPUS = 96, 111
SLOT = 5
contexts = st.sampled_from(list(Context))


def base_key(generation: int) -> bytes:
    return random.Random(generation).randbytes(32)


def pair(*generations: int) -> tuple[Sealer, Opener]:
    """A sender that uses the last generation, and a receiver that knows all of them."""
    sealer, opener = Sealer(OPENSSL), Opener(OPENSSL)
    for generation in generations or (1,):
        sealer.use(SLOT, generation, base_key(generation))
        assert opener.add(SLOT, generation, base_key(generation))
    return sealer, opener


def sealed_by(sealer: Sealer, frame: bytes = b"frame", context: int = Context.CAMERA) -> bytes:
    sealed = sealer.seal(context, VP8, 1, 90_000, frame)
    assert sealed is not None
    return sealed


@given(contexts, st.integers(0, 255), st.integers(0, 255), st.integers(0, 2**32 - 1), st.binary())
def test_what_is_sealed_opens_as_it_was(
    context: Context, codec: int, flags: int, media_ts: int, frame: bytes
):
    sealer, opener = pair()
    sealed = sealer.seal(context, codec, flags, media_ts, frame)
    assert sealed is not None
    assert sealed[0] == flags
    assert opener.open(context, codec, sealed) == OpenedFrame(media_ts, flags, frame)
    assert (sealer.sealed, opener.opened) == (1, 1)


def test_both_backends_open_what_the_other_sealed():
    for sealer, opener in ((Sealer(), Opener(OPENSSL)), (Sealer(OPENSSL), Opener())):
        sealer.use(SLOT, 1, base_key(1))
        opener.add(SLOT, 1, base_key(1))
        assert isinstance(opener.open(Context.CAMERA, VP8, sealed_by(sealer)), OpenedFrame)


def test_nothing_is_sealed_without_a_key():
    sealer = Sealer(OPENSSL)
    assert sealer.seal(Context.CAMERA, VP8, 0, 0, b"frame") is None
    sealer.use(SLOT, 1, base_key(1))
    assert sealer.generation == 1
    assert sealer.seal(Context.CAMERA, VP8, 0, 0, b"frame") is not None
    sealer.stop()
    assert sealer.generation is None
    assert sealer.seal(Context.CAMERA, VP8, 0, 0, b"frame") is None
    assert sealer.sealed == 1


def test_media_time_wraps_at_32_bits():
    sealer, opener = pair()
    sealed = sealer.seal(Context.MICROPHONE, OPUS, 0, 2**32 + 7, b"x")
    assert sealed is not None
    assert opener.open(Context.MICROPHONE, OPUS, sealed) == OpenedFrame(7, 0, b"x")


@pytest.mark.parametrize(
    "context", [Context.MICROPHONE, Context.SCREEN_SOUND, Context.CHAT, Context.CONTROL]
)
def test_the_length_of_sound_and_words_shows_in_steps_of_32_bytes_only(context: Context):
    sealer, _ = pair()
    lengths = {len(sealed_by(sealer, bytes(size), context)) for size in range(8)}
    short = {len(sealed_by(sealer, bytes(size), context)) for size in range(8, 26)}
    longer = {len(sealed_by(sealer, bytes(size), context)) for size in range(26, 58)}
    assert max(lengths | short) - min(lengths | short) <= 1  # the counter takes a byte from 8 on
    assert longer == {max(short) + 32}


def test_pictures_are_not_padded():
    sealer, _ = pair()
    lengths = [len(sealed_by(sealer, bytes(size))) for size in range(8)]
    assert lengths == [lengths[0] + size for size in range(8)]


@given(st.data())
def test_any_flipped_bit_is_refused(data: st.DataObject):
    sealer, opener = pair()
    sealed = sealed_by(sealer, data.draw(st.binary(max_size=40)))
    bit = data.draw(st.integers(0, 8 * len(sealed) - 1))
    changed = bytearray(sealed)
    changed[bit // 8] ^= 1 << bit % 8
    assert isinstance(opener.open(Context.CAMERA, VP8, bytes(changed)), str)
    assert isinstance(opener.open(Context.CAMERA, VP8, sealed), OpenedFrame)


@given(st.binary(max_size=64), st.integers(0, 255), contexts)
def test_opening_is_total(data: bytes, codec: int, context: Context):
    _, opener = pair()
    assert opener.open(context, codec, data) in ("malformed", "forged", "unknown_key")
    assert sum(opener.refused.values()) == 1


@given(contexts, st.integers(0, 15), st.binary(max_size=48))
def test_opening_is_total_behind_a_header_that_looks_right(
    context: Context, generation: int, rest: bytes
):
    _, opener = pair()
    kid = key_id(context, SLOT, generation)
    sealed = b"\0" + SealingKey(bytes(32), kid, OPENSSL).seal(b"", b"")[:3] + rest
    assert opener.open(context, 0, sealed) in ("malformed", "forged", "unknown_key")


def test_a_frame_is_bound_to_its_context_codec_and_flags():
    sealer, opener = pair()
    sealed = sealed_by(sealer)
    assert opener.open(Context.SCREEN, VP8, sealed) == "forged"
    assert opener.open(Context.CAMERA, VP8 + 1, sealed) == "forged"
    assert opener.open(Context.CAMERA, VP8, b"\0" + sealed[1:]) == "forged"
    assert isinstance(opener.open(Context.CAMERA, VP8, sealed), OpenedFrame)
    assert opener.open(Context.SCREEN, VP8, sealed) == "forged"
    assert opener.refused == {"unknown_key": 0, "forged": 4, "replayed": 0, "malformed": 0}


def test_a_replayed_frame_is_refused():
    sealer, opener = pair()
    sealed = sealed_by(sealer)
    assert isinstance(opener.open(Context.CAMERA, VP8, sealed), OpenedFrame)
    assert opener.open(Context.CAMERA, VP8, sealed) == "replayed"
    assert opener.refused["replayed"] == 1


def test_a_frame_from_another_place_is_forged_though_its_key_is_known():
    sealer, opener = pair()
    sealer.use(SLOT + 1, 2, base_key(2))
    opener.add(SLOT, 2, base_key(2))
    assert opener.open(Context.CAMERA, VP8, sealed_by(sealer)) == "forged"


def test_a_frame_before_its_key_is_unknown_and_opens_later():
    sealer, opener = pair(1)
    sealer.use(SLOT, 2, base_key(2))
    sealed = sealed_by(sealer)
    assert opener.open(Context.CAMERA, VP8, sealed) == "unknown_key"
    assert Opener(OPENSSL).open(Context.CAMERA, VP8, sealed) == "unknown_key"
    opener.add(SLOT, 2, base_key(2))
    assert isinstance(opener.open(Context.CAMERA, VP8, sealed), OpenedFrame)


def test_a_wrong_key_opens_nothing():
    sealer, opener = Sealer(OPENSSL), Opener(OPENSSL)
    sealer.use(SLOT, 1, base_key(1))
    opener.add(SLOT, 1, base_key(2))
    assert opener.open(Context.CAMERA, VP8, sealed_by(sealer)) == "forged"


def test_frames_of_three_generations_open_side_by_side_and_no_more():
    opener = Opener(OPENSSL)
    sealer = Sealer(OPENSSL)
    frames = {}
    for generation in range(1, 6):
        sealer.use(SLOT, generation, base_key(generation))
        opener.add(SLOT, generation, base_key(generation))
        frames[generation] = sealed_by(sealer)
    assert opener.generations == (3, 4, 5)
    assert len(opener.generations) == GENERATIONS_KEPT
    results = {g: opener.open(Context.CAMERA, VP8, frame) for g, frame in frames.items()}
    assert [g for g, r in results.items() if r == "unknown_key"] == [1, 2]
    assert all(isinstance(results[g], OpenedFrame) for g in (3, 4, 5))


def test_generations_with_the_same_four_bits_are_not_confused():
    sealer, opener = pair(1)
    assert isinstance(opener.open(Context.CAMERA, VP8, sealed_by(sealer)), OpenedFrame)
    old = sealed_by(sealer)
    sealer.use(SLOT, 17, base_key(17))
    assert opener.add(SLOT, 17, base_key(17))
    assert opener.generations == (17,)
    assert opener.open(Context.CAMERA, VP8, old) == "forged"
    assert isinstance(opener.open(Context.CAMERA, VP8, sealed_by(sealer)), OpenedFrame)


def test_a_forgotten_generation_is_unknown_and_never_comes_back():
    sealer, opener = pair(1)
    sealed = sealed_by(sealer)
    assert isinstance(opener.open(Context.CAMERA, VP8, sealed), OpenedFrame)
    opener.forget(1)
    assert opener.open(Context.CAMERA, VP8, sealed) == "unknown_key"
    assert not opener.add(SLOT, 1, base_key(1))
    assert opener.open(Context.CAMERA, VP8, sealed) == "unknown_key"


def test_adding_a_key_twice_does_not_open_a_frame_twice():
    sealer, opener = pair(1)
    sealed = sealed_by(sealer)
    assert isinstance(opener.open(Context.CAMERA, VP8, sealed), OpenedFrame)
    assert not opener.add(SLOT, 1, base_key(1))
    assert opener.open(Context.CAMERA, VP8, sealed) == "replayed"


def test_a_device_that_left_may_come_back_and_count_from_the_beginning():
    sealer, opener = pair(1, 2, 3)
    before = sealed_by(sealer)
    opener.clear()
    again = Sealer(OPENSSL)
    again.use(SLOT, 1, base_key(101))
    assert opener.add(SLOT, 1, base_key(101))
    assert isinstance(opener.open(Context.CAMERA, VP8, sealed_by(again)), OpenedFrame)
    assert opener.open(Context.CAMERA, VP8, before) == "unknown_key"


def test_a_new_place_clears_the_old_one():
    sealer, opener = pair(1)
    assert opener.add(SLOT + 1, 1, base_key(9))
    assert opener.generations == (1,)
    assert opener.open(Context.CAMERA, VP8, sealed_by(sealer)) == "forged"
    other = Sealer(OPENSSL)
    other.use(SLOT + 1, 1, base_key(9))
    assert isinstance(opener.open(Context.CAMERA, VP8, sealed_by(other)), OpenedFrame)


def test_after_clear_nothing_opens():
    sealer, opener = pair(1, 2, 3)
    opener.clear()
    assert opener.generations == ()
    assert opener.open(Context.CAMERA, VP8, sealed_by(sealer)) == "unknown_key"


def test_going_back_to_a_used_generation_is_our_own_mistake():
    sealer = Sealer(OPENSSL)
    sealer.use(SLOT, 4, base_key(4))
    sealer.stop()
    for generation in (4, 3, 0):
        with pytest.raises(ValueError, match="generation"):
            sealer.use(SLOT, generation, base_key(generation))
    sealer.use(SLOT, 5, base_key(5))
    assert sealer.generation == 5


@pytest.mark.parametrize(("slot", "key"), [(-1, bytes(32)), (64, bytes(32)), (0, bytes(31))])
def test_places_and_keys_out_of_range_are_our_own_mistake(slot: int, key: bytes):
    with pytest.raises(ValueError, match="out of range"):
        Sealer(OPENSSL).use(slot, 1, key)
    with pytest.raises(ValueError, match="out of range"):
        Opener(OPENSSL).add(slot, 1, key)


def test_unknown_contexts_are_our_own_mistake_when_sealing_and_malformed_when_opening():
    sealer, opener = pair()
    with pytest.raises(ValueError, match="11"):
        sealer.seal(11, VP8, 0, 0, b"")
    kid = key_id(11, SLOT, 1)
    sealed = b"\0" + SealingKey(base_key(1), kid, OPENSSL).seal(bytes(7), b"")
    assert opener.open(11, VP8, sealed) == "malformed"


@given(st.lists(st.tuples(st.integers(0, 3), contexts), min_size=1, max_size=200))
def test_no_key_and_counter_are_ever_used_twice(steps: list[tuple[int, Context]]):
    """Whatever streams start and whenever keys change, even with the same bytes as key."""
    sealer, generation = Sealer(OPENSSL), 0
    used: set[tuple[int, int, int]] = set()
    for action, context in steps:
        if action == 0:
            generation += 1
            sealer.use(SLOT, generation, base_key(0))
        elif action == 1:
            sealer.stop()
        elif sealed := sealer.seal(context, VP8, 0, 0, b""):
            kid, ctr, _ = decode_header(sealed[1:])
            assert kid >> 10 == context
            assert (generation, kid, ctr) not in used
            used.add((generation, kid, ctr))
    for kid in {(g, k) for g, k, _ in used}:
        counters = sorted(ctr for g, k, ctr in used if (g, k) == kid)
        assert counters == list(range(len(counters)))


def test_switching_keys_between_frames_never_repeats_a_counter_within_a_context():
    sealer = Sealer(OPENSSL)
    seen = set()
    for generation in range(1, 15):
        sealer.use(SLOT, generation, base_key(generation))
        for _ in range(20):
            for context in Context:
                seen.add(decode_header(sealed_by(sealer, b"", context)[1:])[:2])
    assert len(seen) == 14 * 20 * len(Context)


@given(st.integers(0, 2**32))
def test_over_a_bad_network_every_frame_opens_at_most_once_and_as_it_was(seed: int):
    """Keys change while frames are lost, doubled, late, out of order and damaged."""
    rng = random.Random(seed)
    sealer, opener = Sealer(OPENSSL), Opener(OPENSSL)
    underway: list[tuple[float, int, Context, bytes]] = []
    sent: list[bytes] = []
    for step in range(120):
        if step % 40 == 0:
            generation = step // 40 + 1
            sealer.use(SLOT, generation, base_key(generation))
            opener.add(SLOT, generation, base_key(generation))
        frame = rng.randbytes(rng.randrange(40))
        context = rng.choice([Context.MICROPHONE, Context.CAMERA])
        sealed = sealer.seal(context, VP8, 0, step, frame)
        assert sealed is not None
        sent.append(frame)
        if rng.random() > 0.1:
            for _ in range(rng.choice([1, 1, 1, 2])):
                underway.append((step + rng.expovariate(0.2), step, context, sealed))
        if rng.random() < 0.1:
            damaged = bytearray(sealed)
            damaged[rng.randrange(len(damaged))] ^= rng.randrange(1, 256)
            underway.append((step + rng.expovariate(0.2), -1, context, bytes(damaged)))
    opened_steps: list[int] = []
    for _, step, context, sealed in sorted(underway):
        opened = opener.open(context, VP8, sealed)
        if step < 0:
            assert opened in ("forged", "malformed", "unknown_key", "replayed")
        elif isinstance(opened, OpenedFrame):
            assert opened == OpenedFrame(step, 0, sent[step])
            opened_steps.append(step)
        else:
            assert opened == "replayed"
    arrived = {step for _, step, _, _ in underway if step >= 0}
    assert sorted(opened_steps) == sorted(arrived)  # nothing was later than the window is wide
    assert opener.opened + sum(opener.refused.values()) == len(underway)


def test_an_exhausted_context_stops_and_others_go_on():
    sealer, _ = pair()
    sealed_by(sealer)
    sealer._keys[Context.CAMERA]._ctr = COUNTER_LIMIT
    with pytest.raises(KeyExhaustedError):
        sealed_by(sealer)
    assert sealed_by(sealer, b"", Context.SCREEN)


def crafted(plaintext: bytes, context: Context = Context.CAMERA, flags: int = 0) -> bytes:
    """A frame whose plaintext a member with the right key chose freely."""
    key = SealingKey(base_key(1), key_id(context, SLOT, 1), OPENSSL)
    return bytes([flags]) + key.seal(plaintext, DOMAIN + bytes([context, VP8, flags]))


@pytest.mark.parametrize(
    "plaintext",
    [
        b"",
        bytes(6),
        bytes(4) + b"\0\0\1",
        bytes(4) + b"\xff\xff\xff",
        bytes(4) + b"\0\0\1" + b"x" + b"\0\0\1",
        bytes(4) + b"\0\0\0" + b"\1",
    ],
)
def test_a_length_or_padding_that_lies_is_malformed(plaintext: bytes):
    _, opener = pair()
    assert opener.open(Context.CAMERA, VP8, crafted(plaintext)) == "malformed"


def test_longer_zero_padding_is_taken():
    _, opener = pair()
    opened = opener.open(Context.CAMERA, VP8, crafted(bytes(4) + b"\0\0\1" + b"x" + bytes(500)))
    assert opened == OpenedFrame(0, 0, b"x")


def test_the_longest_frame_passes_and_longer_ones_do_not():
    sealer, opener = pair()
    sealed = sealed_by(sealer, bytes(MAX_FRAME))
    assert len(sealed) <= MAX_SEALED
    assert isinstance(opener.open(Context.CAMERA, VP8, sealed), OpenedFrame)
    with pytest.raises(ValueError, match="at most"):
        sealed_by(sealer, bytes(MAX_FRAME + 1))
    longer = crafted((MAX_SEALED).to_bytes(7, "big") + bytes(MAX_SEALED))
    assert opener.open(Context.CAMERA, VP8, longer) == "malformed"


def test_peek_reads_what_a_frame_claims():
    sealer = Sealer(OPENSSL)
    sealer.use(SLOT, 19, base_key(19))
    assert peek(sealed_by(sealer, b"", Context.LAYER_2)) == (Context.LAYER_2, SLOT, 19 % 16)
    assert peek(sealed_by(sealer, b"", Context.MICROPHONE)) == (0, SLOT, 3)


@given(st.binary(max_size=40))
def test_peek_is_total(data: bytes):
    claimed = peek(data)
    if claimed is not None:
        context, slot, generation = claimed
        assert key_id(context, slot, generation) == decode_header(data[1:])[0]


def test_keys_do_not_show_in_text():
    sealer, opener = pair(1)
    assert repr(sealer) == "<Sealer generation 1>"
    assert repr(opener) == "<Opener slot 5 generations (1,)>"
