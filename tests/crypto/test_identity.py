import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import sodium
from crypto.errors import ForgedError
from crypto.identity import Identity, device_id, fingerprint
from crypto.kdf import label

seeds = st.binary(min_size=32, max_size=32)


def test_an_identity_is_its_seed():
    assert Identity(bytes(32)).public == Identity(bytes(32)).public
    assert Identity(bytes(32)).public != Identity(bytes([1]) * 32).public


def test_the_public_key_is_that_of_the_ed25519_rfc():
    seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
    public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    signature = (
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e3970"
        "1cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )
    identity = Identity(bytes.fromhex(seed))
    assert identity.public.hex() == public
    assert identity.sign(b"").hex() == signature


@given(seeds, st.binary(max_size=40))
def test_what_it_signs_verifies_and_nothing_else(seed: bytes, content: bytes):
    identity = Identity(seed)
    signature = identity.sign(label("test", content))
    sodium.verify(signature, label("test", content), identity.public)
    with pytest.raises(ForgedError):
        sodium.verify(signature, label("rest", content), identity.public)
    other = Identity(bytes([seed[0] ^ 1]) + seed[1:])
    with pytest.raises(ForgedError):
        sodium.verify(signature, label("test", content), other.public)


@given(seeds)
def test_the_short_names_of_a_device_are_hashes_of_its_key(seed: bytes):
    identity = Identity(seed)
    assert identity.dev == device_id(identity.public)
    assert identity.fingerprint == fingerprint(identity.public)
    assert (len(identity.dev), len(identity.fingerprint)) == (16, 20)
    assert identity.fingerprint[:16] != identity.dev


def test_the_short_names_never_change():
    """Pins and links that exist already depend on them."""
    assert device_id(bytes(32)).hex() == "fbaea931bb496ad26029c0854186aba8"
    assert fingerprint(bytes(32)).hex() == "1f6ec28af52e7a3adf544e8a0d885f41a232f5e8"


@pytest.mark.parametrize("size", [0, 31, 33])
def test_keys_of_another_length_are_our_own_mistake(size: int):
    with pytest.raises(ValueError, match="32 bytes"):
        device_id(bytes(size))
    with pytest.raises(ValueError, match="32 bytes"):
        fingerprint(bytes(size))
    with pytest.raises(ValueError, match="seed"):
        Identity(bytes(size))


def test_an_identity_does_not_show_its_key():
    identity = Identity(bytes(32))
    assert repr(identity) == f"<Identity {identity.dev.hex()[:8]}>"
