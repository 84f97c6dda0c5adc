import hmac
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto import hpke
from crypto.errors import ForgedError, MalformedError
from crypto.hpke import KemPair

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "xwing.json").read_text(encoding="utf-8")
)
PAIR = KemPair(bytes(range(32)))
OTHER = KemPair(bytes(32))
ENCAPSULATED = 1120


def sealed_by_the_rfc(shared: bytes, encapsulated: bytes, info: bytes, plaintext: bytes) -> bytes:
    """Seal as RFC 9180, section 5.1, says: written here apart from the library."""
    suite = b"HPKE" + (0x647A).to_bytes(2, "big") + (1).to_bytes(2, "big") + (2).to_bytes(2, "big")

    def extract(salt: bytes, name: bytes, ikm: bytes) -> bytes:
        return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + name + ikm, "sha256")

    def expand(name: bytes, context: bytes, length: int) -> bytes:
        labelled = length.to_bytes(2, "big") + b"HPKE-v1" + suite + name + context
        return hmac.digest(secret, labelled + b"\x01", "sha256")[:length]

    context = b"\0" + extract(b"", b"psk_id_hash", b"") + extract(b"", b"info_hash", info)
    secret = extract(shared, b"secret", b"")
    key, nonce = expand(b"key", context, 32), expand(b"base_nonce", context, 12)
    return encapsulated + AESGCM(key).encrypt(nonce, plaintext, b"")


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["seed"][:8])
def test_keys_grow_from_seeds_as_in_the_x_wing_draft(vector: dict[str, str]):
    assert KemPair(bytes.fromhex(vector["sk"])).public.hex() == vector["pk"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["seed"][:8])
def test_what_the_x_wing_draft_encapsulates_is_opened(vector: dict[str, str]):
    shared, encapsulated = bytes.fromhex(vector["ss"]), bytes.fromhex(vector["ct"])
    sealed = sealed_by_the_rfc(shared, encapsulated, b"info", b"secret")
    assert KemPair(bytes.fromhex(vector["sk"])).open(sealed, b"info") == b"secret"


@settings(max_examples=20)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=40), st.binary(max_size=40))
def test_what_is_sealed_to_a_pair_is_opened_by_it(seed: bytes, info: bytes, secret: bytes):
    pair = KemPair(seed)
    sealed = hpke.seal(pair.public, info, secret)
    assert len(sealed) == len(secret) + hpke.OVERHEAD
    assert pair.open(sealed, info) == secret


def test_two_boxes_with_one_secret_differ():
    assert hpke.seal(PAIR.public, b"", b"secret") != hpke.seal(PAIR.public, b"", b"secret")


def test_nobody_else_and_no_other_context_opens_it():
    sealed = hpke.seal(PAIR.public, b"info", b"secret")
    for pair, info in ((OTHER, b"info"), (PAIR, b"other")):
        with pytest.raises(ForgedError):
            pair.open(sealed, info)


@settings(max_examples=60)
@given(st.integers(0, 1120 + 16 + 5), st.integers(1, 255))
def test_no_byte_of_a_box_can_be_changed(place: int, change: int):
    sealed = bytearray(hpke.seal(PAIR.public, b"info", b"secret"))
    sealed[place] ^= change
    # X25519 ignores the highest bit of a point, but the key schedule of X-Wing does not.
    with pytest.raises(ForgedError):
        PAIR.open(bytes(sealed), b"info")


@given(st.binary(max_size=1300))
def test_random_bytes_are_no_box(data: bytes):
    with pytest.raises(ForgedError):
        PAIR.open(data, b"info")


def test_a_box_from_a_point_of_low_order_is_refused():
    sealed = bytearray(hpke.seal(PAIR.public, b"info", b"secret"))
    sealed[ENCAPSULATED - 32 : ENCAPSULATED] = bytes(32)
    with pytest.raises(ForgedError):
        PAIR.open(bytes(sealed), b"info")


LOW_ORDER = [
    bytes(32),
    bytes([1]) + bytes(31),
    bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
    bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
    bytes.fromhex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    bytes.fromhex("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    bytes.fromhex("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
]


@pytest.mark.parametrize("point", LOW_ORDER, ids=lambda point: point.hex()[:4])
def test_a_public_key_of_low_order_is_refused(point: bytes):
    with pytest.raises(MalformedError):
        hpke.check_public(PAIR.public[:1184] + point)


@pytest.mark.parametrize("public", [b"", PAIR.public[:-1], PAIR.public + b"\0", b"\xff" * 1216])
def test_a_public_key_that_is_none_is_refused(public: bytes):
    with pytest.raises(MalformedError):
        hpke.check_public(public)


def test_a_good_public_key_passes_and_has_a_short_name():
    hpke.check_public(PAIR.public)
    assert hpke.kem_id(PAIR.public) == PAIR.kem_id != OTHER.kem_id
    assert len(PAIR.kem_id) == hpke.KEM_ID_BYTES


def test_a_pair_needs_a_whole_seed_and_shows_none_of_it():
    with pytest.raises(ValueError, match="32 bytes"):
        KemPair(bytes(31))
    assert repr(PAIR) == "KemPair()"
