import ast
from pathlib import Path

import nacl.exceptions
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import sodium
from crypto.errors import ForgedError

ROOT = Path(__file__).parents[2]
PUBLIC, SECRET = sodium.signing_keypair(bytes(32))
KEY, NONCE12, NONCE24 = bytes(range(32)), bytes(12), bytes(24)
needs_aes = pytest.mark.skipif(
    not sodium.aes256gcm_is_available(), reason="this processor has no AES for libsodium"
)


def imports_of(file: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


def test_one_module_alone_imports_nacl():
    files = [file for part in ("app", "crypto", "media") for file in (ROOT / part).rglob("*.py")]
    assert len(files) > 10
    assert [file.name for file in files if "nacl" in imports_of(file)] == ["sodium.py"]


@given(st.binary(max_size=100), st.data())
def test_a_signature_fits_its_message_and_key_only(message: bytes, data: st.DataObject):
    signature = sodium.sign(message, SECRET)
    sodium.verify(signature, message, PUBLIC)
    with pytest.raises(ForgedError):
        sodium.verify(signature, message + b"\0", PUBLIC)
    changed = bytearray(signature + PUBLIC)
    bit = data.draw(st.integers(0, 8 * len(changed) - 1))
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(ForgedError):
        sodium.verify(bytes(changed[:64]), message, bytes(changed[64:]))


@given(st.binary(max_size=70), st.binary(max_size=10), st.binary(max_size=40))
def test_verifying_is_total(signature: bytes, message: bytes, key: bytes):
    with pytest.raises(ForgedError):
        sodium.verify(signature, message, key)


def test_a_signature_with_s_beyond_the_order_is_refused():
    """Adding the group order to S must not make a second signature (RFC 8032, section 5.1.7)."""
    order = 2**252 + 27742317777372353535851937790883648493
    signature = sodium.sign(b"m", SECRET)
    s = int.from_bytes(signature[32:], "little") + order
    with pytest.raises(ForgedError):
        sodium.verify(signature[:32] + s.to_bytes(32, "little"), b"m", PUBLIC)


@pytest.mark.parametrize(
    "key",
    [
        bytes(32),
        b"\1" + bytes(31),
        bytes.fromhex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
        bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
        bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
    ],
)
def test_keys_of_small_order_verify_nothing(key: bytes):
    identity_point = b"\1" + bytes(31)
    for r in (identity_point, key):
        with pytest.raises(ForgedError):
            sodium.verify(r + bytes(32), b"m", key)


def test_comparing_knows_equal_different_and_other_lengths():
    assert sodium.equal(b"", b"")
    assert sodium.equal(b"same", b"same")
    assert not sodium.equal(b"same", b"sane")
    assert not sodium.equal(b"same", b"same ")


@given(st.binary(max_size=60), st.binary(max_size=20), st.data())
def test_xchacha_opens_what_it_sealed_and_nothing_else(
    content: bytes, aad: bytes, data: st.DataObject
):
    sealed = sodium.xchacha_seal(content, aad, NONCE24, KEY)
    assert sodium.xchacha_open(sealed, aad, NONCE24, KEY) == content
    changed = bytearray(sealed)
    bit = data.draw(st.integers(0, 8 * len(changed) - 1))
    changed[bit // 8] ^= 1 << bit % 8
    for bad, bad_aad in ((bytes(changed), aad), (sealed, aad + b"x"), (sealed[:-1], aad)):
        with pytest.raises(ForgedError):
            sodium.xchacha_open(bad, bad_aad, NONCE24, KEY)


def test_xchacha_is_that_of_the_draft():
    """draft-irtf-cfrg-xchacha-03, appendix A.3.1."""
    plaintext = (
        b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the "
        b"future, sunscreen would be it."
    )
    aad = bytes.fromhex("50515253c0c1c2c3c4c5c6c7")
    key = bytes(range(0x80, 0xA0))
    nonce = bytes(range(0x40, 0x58))
    sealed = sodium.xchacha_seal(plaintext, aad, nonce, key)
    assert sealed[-16:].hex() == "c0875924c1c7987947deafd8780acf49"


@needs_aes
@pytest.mark.parametrize("length", range(16))
def test_ciphertexts_shorter_than_their_tag_are_forged(length: int):
    with pytest.raises(ForgedError):
        sodium.aes256gcm_open(bytes(length), b"", NONCE12, KEY)
    with pytest.raises(ForgedError):
        sodium.xchacha_open(bytes(length), b"", NONCE24, KEY)


@needs_aes
def test_a_key_or_nonce_of_a_wrong_length_is_our_own_mistake_and_no_forgery():
    sealed = sodium.aes256gcm_seal(b"x", b"", NONCE12, KEY)
    for nonce, key in ((bytes(11), KEY), (NONCE12, KEY[:31])):
        with pytest.raises(TypeError):
            sodium.aes256gcm_open(sealed, b"", nonce, key)
    with pytest.raises(TypeError):
        sodium.xchacha_open(bytes(20), b"", NONCE12, KEY)


def test_where_the_processor_has_no_aes_we_are_told(monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: bytes) -> bytes:
        raise nacl.exceptions.UnavailableError

    monkeypatch.setattr(sodium._sodium, "crypto_aead_aes256gcm_encrypt", refuse)
    assert not sodium.aes256gcm_is_available()


def test_argon2id_depends_on_everything_it_is_given():
    keys = {
        sodium.argon2id(passphrase, salt, passes, memory)
        for passphrase in (b"a", b"b")
        for salt in (bytes(16), b"\1" * 16)
        for passes in (1, 2)
        for memory in (8192, 16384)
    }
    assert len(keys) == 16
    assert {len(key) for key in keys} == {32}


def test_memory_that_the_computer_does_not_have_is_a_memory_error(monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object, **__: object) -> bytes:
        raise nacl.exceptions.RuntimeError("Unexpected failure in key derivation")

    monkeypatch.setattr(sodium._argon2id, "kdf", refuse)
    with pytest.raises(MemoryError, match="8192"):
        sodium.argon2id(b"a", bytes(16), 1, 8192)


def test_random_bytes_are_not_the_same_twice():
    assert len({sodium.random_bytes(16) for _ in range(100)}) == 100
    assert sodium.random_bytes(0) == b""
