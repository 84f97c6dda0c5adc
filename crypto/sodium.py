"""The few libsodium calls that Conclave uses; the only module that imports nacl."""

from collections.abc import Callable

import nacl.bindings as _sodium
import nacl.exceptions
import nacl.pwhash.argon2id as _argon2id

from crypto.errors import ForgedError, MalformedError

Random = Callable[[int], bytes]
"""A source of `n` random bytes: `random_bytes` in the product, seeded in simulations."""

SIGNATURE_BYTES = 64
PUBLIC_KEY_BYTES = 32
SEED_BYTES = 32
TAG_BYTES = 16
POINT_BYTES = 32  # of Curve25519, and of its scalars

ARGON2ID_MODERATE = (_argon2id.OPSLIMIT_MODERATE, _argon2id.MEMLIMIT_MODERATE)
"""Passes and bytes of memory (3 and 256 MiB) for a passphrase somebody types once per start."""


def random_bytes(count: int) -> bytes:
    """Return `count` bytes from the operating system's generator."""
    return _sodium.randombytes(count)


def signing_keypair(seed: bytes) -> tuple[bytes, bytes]:
    """Return (public key, secret key) of the Ed25519 pair that grows from a 32-byte seed."""
    return _sodium.crypto_sign_seed_keypair(seed)


def sign(message: bytes, secret_key: bytes) -> bytes:
    """Return the 64-byte Ed25519 signature (RFC 8032) of a message."""
    return _sodium.crypto_sign(message, secret_key)[:SIGNATURE_BYTES]


def verify(signature: bytes, message: bytes, public_key: bytes) -> None:
    """Raise ForgedError unless the Ed25519 signature fits message and key.

    libsodium also refuses public keys of small order, so nobody has a key that fits every message.
    """
    if len(signature) != SIGNATURE_BYTES or len(public_key) != PUBLIC_KEY_BYTES:
        raise ForgedError("signature or key has the wrong length")
    try:
        _sodium.crypto_sign_open(signature + message, public_key)
    except nacl.exceptions.BadSignatureError as error:
        raise ForgedError("signature does not fit") from error


def equal(left: bytes, right: bytes) -> bool:
    """Compare in constant time; different lengths are simply different."""
    return len(left) == len(right) and _sodium.sodium_memcmp(left, right)


def xchacha_seal(plaintext: bytes, aad: bytes, nonce: bytes, key: bytes) -> bytes:
    """Seal with XChaCha20-Poly1305 (24-byte nonce, 32-byte key); the tag stands at the end."""
    return _sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, aad, nonce, key)


def xchacha_open(ciphertext: bytes, aad: bytes, nonce: bytes, key: bytes) -> bytes:
    """Open what xchacha_seal made, or raise ForgedError."""
    if len(ciphertext) < TAG_BYTES:
        raise ForgedError("ciphertext is shorter than its tag")
    try:
        return _sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(ciphertext, aad, nonce, key)
    except nacl.exceptions.TypeError:  # key or nonce of a wrong length: our own mistake
        raise
    except nacl.exceptions.CryptoError as error:
        raise ForgedError("ciphertext does not authenticate") from error


def aes256gcm_is_available() -> bool:
    """Tell whether this processor has what libsodium's AES-256-GCM needs."""
    try:
        _sodium.crypto_aead_aes256gcm_encrypt(b"", b"", bytes(12), bytes(32))
    except nacl.exceptions.UnavailableError:
        return False
    return True


def aes256gcm_seal(plaintext: bytes, aad: bytes, nonce: bytes, key: bytes) -> bytes:
    """Seal with AES-256-GCM (12-byte nonce, 32-byte key); the 16-byte tag stands at the end."""
    return _sodium.crypto_aead_aes256gcm_encrypt(plaintext, aad, nonce, key)


def aes256gcm_open(ciphertext: bytes, aad: bytes, nonce: bytes, key: bytes) -> bytes:
    """Open what aes256gcm_seal made, or raise ForgedError."""
    if len(ciphertext) < TAG_BYTES:
        raise ForgedError("frame is shorter than its tag")
    try:
        return _sodium.crypto_aead_aes256gcm_decrypt(ciphertext, aad, nonce, key)
    except nacl.exceptions.TypeError:  # key or nonce of a wrong length: our own mistake
        raise
    except nacl.exceptions.CryptoError as error:
        raise ForgedError("frame does not authenticate") from error


def x25519(scalar: bytes, point: bytes) -> bytes:
    """Return a point of Curve25519 times a scalar (RFC 7748), 32 bytes each; in constant time.

    Raises MalformedError for points of small order: they would give 0 whatever the scalar is.
    """
    if len(scalar) != POINT_BYTES or len(point) != POINT_BYTES:
        raise ValueError(f"scalar and point have {POINT_BYTES} bytes each")
    try:
        return _sodium.crypto_scalarmult(scalar, point)
    except nacl.exceptions.RuntimeError as error:
        raise MalformedError("a point is of small order") from error


def x25519_public(scalar: bytes) -> bytes:
    """Return the public half that belongs to a private one (RFC 7748), 32 bytes each."""
    return _sodium.crypto_scalarmult_base(scalar)


def x25519_private_of(secret_key: bytes) -> bytes:
    """Return the private half for X25519 that belongs to an Ed25519 secret key."""
    return _sodium.crypto_sign_ed25519_sk_to_curve25519(secret_key)


def x25519_public_of(public_key: bytes) -> bytes:
    """Return the public half for X25519 that belongs to an Ed25519 public key.

    Raises MalformedError for what is no such key.
    """
    try:
        return _sodium.crypto_sign_ed25519_pk_to_curve25519(public_key)
    except nacl.exceptions.RuntimeError as error:
        raise MalformedError("no public key") from error


def argon2id(passphrase: bytes, salt: bytes, passes: int, memory: int) -> bytes:
    """Return 32 bytes from a passphrase (RFC 9106); salt 16 bytes, memory in bytes.

    Raises MemoryError if the computer cannot give that much memory.
    """
    try:
        return _argon2id.kdf(32, passphrase, salt, opslimit=passes, memlimit=memory)
    except nacl.exceptions.RuntimeError as error:
        raise MemoryError(f"argon2id needs {memory} bytes") from error
