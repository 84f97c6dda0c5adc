"""Sealing a secret to one device: HPKE (RFC 9180) with X-Wing, HKDF-SHA256 and AES-256-GCM."""

import hashlib
from dataclasses import dataclass, field
from functools import cache, cached_property

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke as _hpke
from cryptography.hazmat.primitives.asymmetric import mlkem, x25519

from crypto.errors import ForgedError, MalformedError
from crypto.kdf import labelled_hash

PUBLIC_BYTES = 1216  # ML-KEM-768 encapsulation key 1184, X25519 public key 32
SEED_BYTES = 32
OVERHEAD = 1120 + 16  # encapsulated key, tag
KEM_ID_BYTES = 8
_MLKEM_BYTES = 1184


@cache
def _suite() -> _hpke.Suite:
    return _hpke.Suite(_hpke.KEM.MLKEM768_X25519, _hpke.KDF.HKDF_SHA256, _hpke.AEAD.AES_256_GCM)


@cache
def _any_scalar() -> x25519.X25519PrivateKey:
    return x25519.X25519PrivateKey.from_private_bytes(bytes(32))


def kem_id(public: bytes) -> bytes:
    """Return the 8 bytes that name a public key in a KeyBox."""
    return labelled_hash("kem", public)[:KEM_ID_BYTES]


def check_public(public: bytes) -> None:
    """Raise MalformedError unless a secret can be sealed to this key.

    Refuses ML-KEM keys that are not reduced (FIPS 203, section 7.2) and X25519 points of low
    order. The outcome depends on the bytes alone, so everybody refuses the same keys.
    """
    if len(public) != PUBLIC_BYTES:
        raise MalformedError("KEM key has the wrong length")
    try:
        mlkem.MLKEM768PublicKey.from_public_bytes(public[:_MLKEM_BYTES])
        point = x25519.X25519PublicKey.from_public_bytes(public[_MLKEM_BYTES:])
        # Any clamped scalar sends exactly the points of low order to zero.
        _any_scalar().exchange(point)
    except ValueError as error:
        raise MalformedError("KEM key is not usable") from error


def seal(public: bytes, info: bytes, plaintext: bytes) -> bytes:
    """Seal to a public key that `check_public` passes: encapsulated key, ciphertext, tag."""
    key = _hpke.MLKEM768X25519PublicKey(
        mlkem.MLKEM768PublicKey.from_public_bytes(public[:_MLKEM_BYTES]),
        x25519.X25519PublicKey.from_public_bytes(public[_MLKEM_BYTES:]),
    )
    return _suite().encrypt(plaintext, key, info)


@dataclass(frozen=True)
class KemPair:
    """An X-Wing key pair (draft-connolly-cfrg-xwing-kem), grown from a 32-byte seed."""

    seed: bytes = field(repr=False)
    public: bytes = field(init=False, repr=False)
    _private: _hpke.MLKEM768X25519PrivateKey = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.seed) != SEED_BYTES:
            raise ValueError("an X-Wing seed has 32 bytes")
        expanded = hashlib.shake_256(self.seed).digest(96)
        ml = mlkem.MLKEM768PrivateKey.from_seed_bytes(expanded[:64])
        x = x25519.X25519PrivateKey.from_private_bytes(expanded[64:])
        public = ml.public_key().public_bytes_raw() + x.public_key().public_bytes_raw()
        object.__setattr__(self, "public", public)
        object.__setattr__(self, "_private", _hpke.MLKEM768X25519PrivateKey(ml, x))

    @cached_property
    def kem_id(self) -> bytes:
        """The 8 bytes that name this pair in a KeyBox."""
        return kem_id(self.public)

    def open(self, sealed: bytes, info: bytes) -> bytes:
        """Open what `seal` made for this pair and this info, or raise ForgedError."""
        try:
            return _suite().decrypt(sealed, self._private, info)
        except (InvalidTag, ValueError) as error:
            raise ForgedError("sealed secret does not open") from error
