"""Stand-ins for the slow primitives, so that a thousand whole meetings fit into a minute.

Inside `quick_crypto()` Ed25519, HPKE with X-Wing and AES-256-GCM are replaced by hashes. The
stand-ins have the sizes of the real ones and fail where the real ones fail: a signature under
another key or over other bytes, a box sealed to another key or for another purpose, a frame of
which one bit was changed. They keep nothing secret: whoever wants to forge, can. Nobody at a
simulated table does; what these tests ask is who was *given* a key, not who could compute it.

Everything above the primitives stays what it is: handshake, log, rules, key schedule, SFrame
headers, replay windows and every message.
"""

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from crypto import frames, hpke, sodium
from crypto.errors import ForgedError, MalformedError
from crypto.hpke import KemPair
from crypto.sframe import Cipher

_ENCAPSULATED = hpke.OVERHEAD - sodium.TAG_BYTES


@contextmanager
def quick_crypto() -> Iterator[None]:
    """Replace the slow primitives until the end of the `with` block."""
    with (
        patch.object(sodium, "signing_keypair", _signing_keypair),
        patch.object(sodium, "sign", _sign),
        patch.object(sodium, "verify", _verify),
        patch.object(hpke, "check_public", _check_public),
        patch.object(hpke, "seal", _seal),
        patch.object(KemPair, "__post_init__", _make_public),
        patch.object(KemPair, "open", _open),
        patch.object(frames, "default_aead", QuickAead),
    ):
        yield


# -- signatures -----------------------------------------------------------------------------------


def _signing_keypair(seed: bytes) -> tuple[bytes, bytes]:
    public = hashlib.sha256(b"public" + seed).digest()
    return public, seed + public


def _sign(message: bytes, secret_key: bytes) -> bytes:
    return hashlib.sha512(secret_key[-sodium.PUBLIC_KEY_BYTES :] + message).digest()


def _verify(signature: bytes, message: bytes, public_key: bytes) -> None:
    if len(signature) != sodium.SIGNATURE_BYTES or len(public_key) != sodium.PUBLIC_KEY_BYTES:
        raise ForgedError("signature or key has the wrong length")
    if hashlib.sha512(public_key + message).digest() != signature:
        raise ForgedError("signature does not fit")


# -- sealing a secret to a device -----------------------------------------------------------------


def _public_of(core: bytes) -> bytes:
    return core * (hpke.PUBLIC_BYTES // len(core))


def _make_public(pair: KemPair) -> None:
    if len(pair.seed) != hpke.SEED_BYTES:
        raise ValueError("an X-Wing seed has 32 bytes")
    core = hashlib.sha256(b"kem" + pair.seed).digest()
    object.__setattr__(pair, "public", _public_of(core))


def _check_public(public: bytes) -> None:
    """Only what a pair has for its public key is usable, so that bad keys can be told of."""
    core = public[:32]
    if len(public) != hpke.PUBLIC_BYTES or public != _public_of(core) or len(set(core)) == 1:
        raise MalformedError("KEM key is not usable")


def _seal(public: bytes, info: bytes, plaintext: bytes) -> bytes:
    key = hashlib.sha256(public[:32] + info).digest()
    sealed = QuickCipher(key).seal(plaintext, info, b"")
    return (key * (_ENCAPSULATED // len(key))) + sealed


def _open(pair: KemPair, sealed: bytes, info: bytes) -> bytes:
    key = hashlib.sha256(pair.public[:32] + info).digest()
    if sealed[:_ENCAPSULATED] != key * (_ENCAPSULATED // len(key)):
        raise ForgedError("sealed secret does not open")
    return QuickCipher(key).open(sealed[_ENCAPSULATED:], info, b"")


# -- frames ---------------------------------------------------------------------------------------


class QuickCipher:
    """A hash as key stream and tag, in place of AES-256-GCM."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        self._key = key

    def seal(self, plaintext: bytes, aad: bytes, nonce: bytes) -> bytes:
        size = len(plaintext)
        stream = hashlib.shake_256(self._key + nonce).digest(size)
        mixed = int.from_bytes(plaintext, "big") ^ int.from_bytes(stream, "big")
        return mixed.to_bytes(size, "big") + self._tag(plaintext, aad, nonce)

    def open(self, ciphertext: bytes, aad: bytes, nonce: bytes) -> bytes:
        size = len(ciphertext) - sodium.TAG_BYTES
        if size < 0:
            raise ForgedError("frame is shorter than its tag")
        stream = hashlib.shake_256(self._key + nonce).digest(size)
        mixed = int.from_bytes(ciphertext[:size], "big") ^ int.from_bytes(stream, "big")
        plaintext = mixed.to_bytes(size, "big")
        if self._tag(plaintext, aad, nonce) != ciphertext[size:]:
            raise ForgedError("frame does not authenticate")
        return plaintext

    def _tag(self, plaintext: bytes, aad: bytes, nonce: bytes) -> bytes:
        size = len(aad).to_bytes(4, "big")
        covered = nonce + size + aad + plaintext
        return hmac.digest(self._key, covered, "sha256")[: sodium.TAG_BYTES]


class QuickAead:
    """Makes quick ciphers."""

    name = "stand-in"

    def keyed(self, key: bytes) -> Cipher:
        return QuickCipher(key)
