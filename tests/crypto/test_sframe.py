import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import sodium
from crypto.errors import CryptoError, ForgedError, KeyExhaustedError, MalformedError, ReplayedError
from crypto.kdf import hkdf_expand, hkdf_extract
from crypto.sframe import (
    COUNTER_LIMIT,
    OPENSSL,
    SODIUM,
    SUITE,
    WINDOW,
    Aead,
    OpeningKey,
    ReplayWindow,
    SealingKey,
    decode_header,
    default_aead,
    encode_header,
)

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "sframe.json").read_text())
BASE_KEY = bytes(range(32))
BACKENDS = [
    pytest.param(
        SODIUM,
        id="libsodium",
        marks=pytest.mark.skipif(
            not sodium.aes256gcm_is_available(), reason="this processor has no AES for libsodium"
        ),
    ),
    pytest.param(OPENSSL, id="openssl"),
]
u64 = st.one_of(
    st.integers(0, 2**64 - 1), st.integers(0, 64).flatmap(lambda bits: st.just(2**bits - 1))
)


def end_to_end_vector() -> dict[str, str]:
    (vector,) = [v for v in VECTORS["sframe"] if v["cipher_suite"] == SUITE]
    return vector


def test_every_header_of_the_rfc_is_written_and_read_as_there():
    assert len(VECTORS["header"]) == 289
    for vector in VECTORS["header"]:
        encoded = bytes.fromhex(vector["encoded"])
        assert encode_header(vector["kid"], vector["ctr"]) == encoded
        assert decode_header(encoded) == (vector["kid"], vector["ctr"], len(encoded))


def test_key_and_salt_are_derived_as_in_the_rfc():
    vector = end_to_end_vector()
    secret = hkdf_extract(b"", bytes.fromhex(vector["base_key"]))
    assert secret.hex() == vector["sframe_secret"]
    assert (
        hkdf_expand(secret, bytes.fromhex(vector["sframe_key_label"]), 32).hex()
        == (vector["sframe_key"])
    )
    assert (
        hkdf_expand(secret, bytes.fromhex(vector["sframe_salt_label"]), 12).hex()
        == (vector["sframe_salt"])
    )


@pytest.mark.parametrize("aead", BACKENDS)
def test_a_frame_of_the_rfc_is_sealed_and_opened_as_there(aead: Aead):
    vector = end_to_end_vector()
    base_key, metadata = bytes.fromhex(vector["base_key"]), bytes.fromhex(vector["metadata"])
    plaintext = bytes.fromhex(vector["pt"])
    sealing = SealingKey(base_key, int(vector["kid"]), aead)
    for _ in range(int(vector["ctr"])):
        sealing.seal(b"", b"")
    frame = sealing.seal(plaintext, metadata)
    assert frame.hex() == vector["ct"]
    assert OpeningKey(base_key, int(vector["kid"]), aead).open(frame, metadata) == plaintext


@pytest.mark.parametrize("aead", BACKENDS)
def test_nonce_and_additional_data_of_the_rfc_make_the_ciphertext_there(aead: Aead):
    vector, names = end_to_end_vector(), ("sframe_key", "nonce", "aad", "pt", "ct")
    key, nonce, aad, plaintext, frame = (bytes.fromhex(vector[name]) for name in names)
    ciphertext = aead.keyed(key).seal(plaintext, aad, nonce)
    assert frame.endswith(ciphertext)
    assert aead.keyed(key).open(ciphertext, aad, nonce) == plaintext


@pytest.mark.parametrize("aead", BACKENDS)
def test_frames_with_every_header_of_the_rfc_are_sealed_and_opened(aead: Aead):
    """By this backend and by the other one; counters that no key of ours reaches are refused."""
    beyond = 0
    for vector in VECTORS["header"]:
        kid, ctr, encoded = vector["kid"], vector["ctr"], bytes.fromhex(vector["encoded"])
        if ctr >= COUNTER_LIMIT:
            beyond += 1
            with pytest.raises(MalformedError):
                OpeningKey(BASE_KEY, kid, aead).open(encoded + bytes(17), b"meta")
            continue
        sealing = SealingKey(BASE_KEY, kid, aead)
        sealing._ctr = ctr
        frame = sealing.seal(b"frame", b"meta")
        assert frame[: len(encoded)] == encoded
        for other in (aead, OPENSSL):
            assert OpeningKey(BASE_KEY, kid, other).open(frame, b"meta") == b"frame"
    assert 0 < beyond < len(VECTORS["header"]) / 2


@pytest.mark.parametrize("aead", BACKENDS)
def test_frames_of_the_other_suites_of_the_rfc_do_not_open(aead: Aead):
    """There is one suite and no way to be talked into another."""
    others = [vector for vector in VECTORS["sframe"] if vector["cipher_suite"] != SUITE]
    assert len(others) == 4
    for vector in others:
        opening = OpeningKey(bytes.fromhex(vector["base_key"]), int(vector["kid"]), aead)
        with pytest.raises((ForgedError, MalformedError)):
            opening.open(bytes.fromhex(vector["ct"]), bytes.fromhex(vector["metadata"]))


def test_both_backends_make_the_same_bytes():
    if not sodium.aes256gcm_is_available():
        pytest.skip("this processor has no AES for libsodium")
    one, other = SealingKey(BASE_KEY, 0x0431, SODIUM), SealingKey(BASE_KEY, 0x0431, OPENSSL)
    for length in (0, 1, 15, 16, 17, 1200, 70_000):
        plaintext = random.Random(length).randbytes(length)
        assert one.seal(plaintext, b"meta") == other.seal(plaintext, b"meta")


def test_libsodium_is_preferred_where_the_processor_has_aes(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sodium, "aes256gcm_is_available", lambda: True)
    assert default_aead() is SODIUM
    monkeypatch.setattr(sodium, "aes256gcm_is_available", lambda: False)
    assert default_aead() is OPENSSL


@given(u64, u64, st.binary(max_size=40))
def test_a_header_says_its_numbers_and_its_length(kid: int, ctr: int, rest: bytes):
    header = encode_header(kid, ctr)
    assert 1 <= len(header) <= 17
    assert decode_header(header + rest) == (kid, ctr, len(header))


@given(st.binary(max_size=20))
def test_bytes_that_decode_as_a_header_are_the_ones_that_would_be_written(data: bytes):
    try:
        kid, ctr, size = decode_header(data)
    except MalformedError:
        return
    assert encode_header(kid, ctr) == data[:size]


@pytest.mark.parametrize("data", ["", "8805", "0805", "08ff00"[:2], "900007", "09000f", "0900ff"])
def test_cut_or_longer_than_needed_headers_are_refused(data: str):
    with pytest.raises(MalformedError):
        decode_header(bytes.fromhex(data))


@pytest.mark.parametrize(("kid", "ctr"), [(-1, 0), (0, -1), (2**64, 0), (0, 2**64)])
def test_numbers_beyond_64_bits_are_our_own_mistake(kid: int, ctr: int):
    with pytest.raises(ValueError, match="64-bit"):
        encode_header(kid, ctr)


@pytest.mark.parametrize("aead", BACKENDS)
@given(data=st.data())
def test_any_flipped_bit_is_refused(aead: Aead, data: st.DataObject):
    kid = data.draw(st.sampled_from([3, 0x0431]))
    plaintext, aad = data.draw(st.binary(max_size=60)), data.draw(st.binary(max_size=12))
    frame = SealingKey(BASE_KEY, kid, aead).seal(plaintext, aad)
    bit = data.draw(st.integers(0, 8 * len(frame + aad) - 1))
    changed = bytearray(frame + aad)
    changed[bit // 8] ^= 1 << bit % 8
    opening = OpeningKey(BASE_KEY, kid, aead)
    with pytest.raises((ForgedError, MalformedError)):
        opening.open(bytes(changed[: len(frame)]), bytes(changed[len(frame) :]))
    assert opening.open(frame, aad) == plaintext


@pytest.mark.parametrize("aead", BACKENDS)
def test_every_truncation_is_refused(aead: Aead):
    frame = SealingKey(BASE_KEY, 0x0431, aead).seal(b"eight by", b"meta")
    opening = OpeningKey(BASE_KEY, 0x0431, aead)
    for length in range(len(frame)):
        with pytest.raises((ForgedError, MalformedError)):
            opening.open(frame[:length], b"meta")
    assert opening.open(frame, b"meta") == b"eight by"


@pytest.mark.parametrize("aead", BACKENDS)
@given(st.binary(max_size=80))
def test_opening_is_total(aead: Aead, data: bytes):
    with pytest.raises(CryptoError):
        OpeningKey(BASE_KEY, 5, aead).open(data, b"")


def test_a_frame_of_another_kid_or_another_base_key_is_refused():
    frame = SealingKey(BASE_KEY, 7, OPENSSL).seal(b"x", b"")
    with pytest.raises(ForgedError):
        OpeningKey(BASE_KEY, 6, OPENSSL).open(frame, b"")
    with pytest.raises(ForgedError):
        OpeningKey(bytes(32), 7, OPENSSL).open(frame, b"")


def test_a_frame_opens_once():
    frame = SealingKey(BASE_KEY, 7, OPENSSL).seal(b"x", b"")
    opening = OpeningKey(BASE_KEY, 7, OPENSSL)
    assert opening.open(frame, b"") == b"x"
    with pytest.raises(ReplayedError):
        opening.open(frame, b"")


def test_forged_frames_do_not_move_the_window():
    sealing, opening = SealingKey(BASE_KEY, 7, OPENSSL), OpeningKey(BASE_KEY, 7, OPENSSL)
    frame = sealing.seal(b"x", b"")
    for ctr in (0, 1, WINDOW, WINDOW + 1, COUNTER_LIMIT - 1):
        with pytest.raises(ForgedError):
            opening.open(encode_header(7, ctr) + bytes(17), b"")
    assert opening.open(frame, b"") == b"x"


def test_counters_beyond_the_limit_are_refused_before_any_work():
    with pytest.raises(MalformedError):
        OpeningKey(BASE_KEY, 7, OPENSSL).open(encode_header(7, COUNTER_LIMIT) + bytes(17), b"")


def test_counters_start_at_zero_and_grow_by_one():
    sealing = SealingKey(BASE_KEY, 0x2A31, OPENSSL)
    headers = [decode_header(sealing.seal(b"", b""))[:2] for _ in range(300)]
    assert headers == [(0x2A31, ctr) for ctr in range(300)]


def test_a_key_stops_when_its_counter_is_used_up():
    sealing = SealingKey(BASE_KEY, 7, OPENSSL)
    sealing._ctr = COUNTER_LIMIT - 1
    assert decode_header(sealing.seal(b"", b""))[1] == COUNTER_LIMIT - 1
    for _ in range(2):
        with pytest.raises(KeyExhaustedError):
            sealing.seal(b"", b"")


def test_a_seal_that_failed_has_used_its_counter_up():
    sealing = SealingKey(BASE_KEY, 7, OPENSSL)
    with pytest.raises(TypeError):
        sealing.seal("text", b"")  # type: ignore[arg-type]
    assert decode_header(sealing.seal(b"", b""))[1] == 1


def test_short_base_keys_are_our_own_mistake():
    for size in (0, 1, 15):
        with pytest.raises(ValueError, match="16 bytes"):
            SealingKey(bytes(size), 7, OPENSSL)


def test_keys_do_not_show_in_text():
    for key in (SealingKey(BASE_KEY, 7, OPENSSL), OpeningKey(BASE_KEY, 7, OPENSSL)):
        assert repr(key) == f"<{type(key).__name__} 0x0007>"


class Oracle:
    """A replay window as one would say it: a set of everything ever taken."""

    def __init__(self) -> None:
        self.taken: set[int] = set()

    def accepts(self, ctr: int) -> bool:
        return ctr not in self.taken and ctr > max(self.taken, default=-1) - WINDOW


@given(st.integers(0, 2**32))
def test_the_window_agrees_with_a_set_under_loss_duplication_and_reordering(seed: int):
    rng = random.Random(seed)
    start = rng.choice([0, 0, 1000, 2**32 - 400])
    sent = [start + i for i in range(400) if rng.random() > 0.2]
    network = [ctr + rng.gauss(0, rng.choice([0.1, 5, 90])) for ctr in sent]
    arriving = [ctr for _, ctr in sorted(zip(network, sent, strict=True))]
    arriving = [ctr for ctr in arriving for _ in range(rng.choice([1, 1, 1, 2]))]
    if rng.random() < 0.3:
        arriving.insert(rng.randrange(len(arriving)), start + 10_000)
    window, oracle = ReplayWindow(WINDOW), Oracle()
    for ctr in arriving:
        assert window.accepts(ctr) == oracle.accepts(ctr), f"counter {ctr}, seed {seed}"
        if window.accepts(ctr):
            window.take(ctr)
            oracle.taken.add(ctr)


@given(st.lists(st.integers(0, 300), max_size=60))
def test_the_window_agrees_with_a_set_on_any_counters(counters: list[int]):
    window, oracle = ReplayWindow(WINDOW), Oracle()
    for ctr in counters:
        assert window.accepts(ctr) == oracle.accepts(ctr)
        if window.accepts(ctr):
            window.take(ctr)
            oracle.taken.add(ctr)


def test_the_window_is_128_frames_wide():
    window = ReplayWindow()
    window.take(1000)
    assert window.accepts(1000 - WINDOW + 1)
    assert not window.accepts(1000 - WINDOW)


@pytest.mark.parametrize("jump", [1, 2, WINDOW - 2, WINDOW - 1, WINDOW, WINDOW + 1])
def test_a_jump_ahead_keeps_exactly_what_the_window_still_covers(jump: int):
    window = ReplayWindow()
    window.take(1000)
    window.take(1000 + jump)
    assert not window.accepts(1000)
    assert not window.accepts(1000 + jump)
    assert window.accepts(1001) == (1 < jump <= WINDOW)


def test_a_huge_jump_costs_no_memory():
    window = ReplayWindow()
    for ctr in (0, 2**32 - 1, 2**63):
        window.take(ctr)
        assert window._seen.bit_length() <= WINDOW
    assert window.accepts(2**63 - 1)
    assert not window.accepts(2**63)
