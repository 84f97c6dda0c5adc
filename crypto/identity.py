"""The signing key of this device, and the short names that others know it by."""

from typing import Final

from crypto import sodium
from crypto.kdf import hkdf, label, labelled_hash

DEVICE_ID_BYTES: Final = 16
FINGERPRINT_BYTES: Final = 20  # 160 bits: nobody finds a second key for the one in an invitation


def device_id(public_key: bytes) -> bytes:
    """Return the 16 bytes that name a device: a hash of its Ed25519 public key."""
    return labelled_hash("dev", _checked(public_key))[:DEVICE_ID_BYTES]


def fingerprint(public_key: bytes) -> bytes:
    """Return the 20 bytes of a device's public key that stand in its invitations."""
    return labelled_hash("fingerprint", _checked(public_key))[:FINGERPRINT_BYTES]


def _checked(public_key: bytes) -> bytes:
    if len(public_key) != sodium.PUBLIC_KEY_BYTES:
        raise ValueError(f"a public key has {sodium.PUBLIC_KEY_BYTES} bytes")
    return public_key


class Identity:
    """An Ed25519 signing key, grown from a 32-byte seed.

    Keep it no longer than until the genesis or the join request is signed: who steals the memory
    of a running call then does not have the device's identity.
    """

    __slots__ = ("_secret", "dev", "public")

    def __init__(self, seed: bytes) -> None:
        self.public, self._secret = sodium.signing_keypair(seed)
        self.dev = device_id(self.public)

    def __repr__(self) -> str:
        return f"<Identity {self.dev.hex()[:8]}>"

    @property
    def fingerprint(self) -> bytes:
        """What stands in this device's invitations: 20 bytes."""
        return fingerprint(self.public)

    def doors(self) -> bytes:
        """Return the 32 bytes from which this device's door keys grow (crypto.door_keys)."""
        return hkdf(b"", self._secret[: sodium.SEED_BYTES], label("doors"), 32)

    def sign(self, context: bytes) -> bytes:
        """Return the 64-byte signature over a context made by `crypto.kdf.label`."""
        return sodium.sign(context, self._secret)
