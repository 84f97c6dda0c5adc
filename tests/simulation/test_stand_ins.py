"""The quick stand-ins for slow primitives fail where the real ones fail, and change no story."""

import random
from collections.abc import Iterator
from contextlib import nullcontext

import pytest
from fakes.quick_crypto import QuickAead, quick_crypto
from simulation.run import play_seed

from crypto import hpke, sodium
from crypto.errors import ForgedError, MalformedError
from crypto.frames import OpenedFrame, Opener, Sealer
from crypto.hpke import KemPair
from crypto.sframe import default_aead

SAME = (3, 12, 14, 15, 20, 33)  # small meetings, quick to play twice: with liars and without


@pytest.fixture(params=["quick", "real"])
def _primitives(request: pytest.FixtureRequest) -> Iterator[None]:
    with quick_crypto() if request.param == "quick" else nullcontext():
        yield


def flipped(data: bytes, place: int) -> bytes:
    changed = bytearray(data)
    changed[place] ^= 1
    return bytes(changed)


@pytest.mark.parametrize("seed", SAME)
def test_real_and_quick_primitives_tell_the_same_story_seed(seed: int):
    quick, real = play_seed(seed), play_seed(seed, real=True)
    assert not quick.failure
    assert not real.failure
    assert quick.trace == real.trace
    assert quick.outcome == real.outcome


def test_outside_the_block_everything_is_real():
    before = sodium.sign, hpke.seal, KemPair.open, default_aead().name
    with quick_crypto():
        assert sodium.sign is not before[0]
    assert (sodium.sign, hpke.seal, KemPair.open, default_aead().name) == before


@pytest.mark.usefixtures("_primitives")
def test_a_signature_fits_its_key_and_its_message_and_nothing_else():
    draw = random.Random(1).randbytes
    public, secret = sodium.signing_keypair(draw(32))
    other, _ = sodium.signing_keypair(draw(32))
    signature = sodium.sign(b"message", secret)
    assert (len(public), len(signature)) == (sodium.PUBLIC_KEY_BYTES, sodium.SIGNATURE_BYTES)
    assert sodium.sign(b"message", secret) == signature
    sodium.verify(signature, b"message", public)
    for wrong in (
        (signature, b"massage", public),
        (signature, b"message", other),
        (flipped(signature, 5), b"message", public),
        (signature[:-1], b"message", public),
    ):
        with pytest.raises(ForgedError):
            sodium.verify(*wrong)


@pytest.mark.usefixtures("_primitives")
def test_a_sealed_secret_opens_with_its_pair_for_its_purpose_and_not_otherwise():
    draw = random.Random(2).randbytes
    pair, other = KemPair(draw(32)), KemPair(draw(32))
    assert len(pair.public) == hpke.PUBLIC_BYTES
    sealed = hpke.seal(pair.public, b"purpose", b"secret")
    assert len(sealed) == hpke.OVERHEAD + len(b"secret")
    assert KemPair(pair.seed).open(sealed, b"purpose") == b"secret"
    for wrong in (
        (other, sealed, b"purpose"),
        (pair, sealed, b"another purpose"),
        (pair, flipped(sealed, 7), b"purpose"),
        (pair, flipped(sealed, -1), b"purpose"),
        (pair, sealed[:-1], b"purpose"),
    ):
        with pytest.raises(ForgedError):
            wrong[0].open(wrong[1], wrong[2])


@pytest.mark.usefixtures("_primitives")
def test_what_is_no_key_is_sealed_to_by_nobody():
    pair = KemPair(bytes(range(32)))
    hpke.check_public(pair.public)
    for bad in (bytes(hpke.PUBLIC_BYTES), pair.public[:-1], b"\xff" * hpke.PUBLIC_BYTES):
        with pytest.raises(MalformedError):
            hpke.check_public(bad)
    with pytest.raises(ValueError, match="32 bytes"):
        KemPair(bytes(31))


@pytest.mark.usefixtures("_primitives")
def test_frames_have_the_same_size_and_open_once_unless_a_bit_was_changed():
    sealer, opener = Sealer(), Opener()
    for end in (sealer.use, opener.add):
        end(3, 7, bytes(range(32)))
    sealed = sealer.seal(0, 1, 0, 99, b"hello")
    assert sealed is not None
    assert len(sealed) == 1 + 2 + 32 + sodium.TAG_BYTES  # flags, header, padded frame, tag
    for place in range(1, len(sealed)):
        assert not isinstance(opener.open(0, 1, flipped(sealed, place)), OpenedFrame)
    assert opener.open(0, 2, sealed) == "forged"
    assert opener.open(0, 1, sealed) == OpenedFrame(99, 0, b"hello")
    assert opener.open(0, 1, sealed) == "replayed"


def test_an_empty_frame_is_one_too():
    cipher = QuickAead().keyed(bytes(32))
    assert cipher.open(cipher.seal(b"", b"", bytes(12)), b"", bytes(12)) == b""
    with pytest.raises(ForgedError):
        cipher.open(b"short", b"", bytes(12))
