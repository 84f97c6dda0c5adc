"""Under which tag a device is asked for at a meeting point, and how it proves that the tag is its.

A *door key* is a key pair of Curve25519 whose private half only one device has. The tag of a day
is the public half, blinded with a secret that those share who may ask: they alone can compute the
tag, and nobody but the device can prove it. Tags of two days cannot be told to belong together.
"""

from dataclasses import dataclass, field
from typing import Final, Self

from crypto import sodium
from crypto.errors import ForgedError
from crypto.kdf import hkdf, label, mac

DOOR_BYTES: Final = 32  # of a public half, and of a tag
PROOF_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class DoorKey:
    """The key pair of one device's door: `public` is for those who may ask for it."""

    public: bytes
    _private: bytes = field(repr=False)

    @classmethod
    def of_room(cls, seed: bytes, room_seed: bytes) -> Self:
        """Return the key for the links to a room; `seed` is this device's alone.

        It is the same again for a room that is opened again.
        """
        private = hkdf(room_seed, seed, label("door of a room"), 32)
        return cls(sodium.x25519_public(private), private)

    @classmethod
    def of_call_key(cls, secret_key: bytes) -> Self:
        """Return the key for the members of a call, who know the device's call signing key."""
        private = sodium.x25519_private_of(secret_key)
        return cls(sodium.x25519_public(private), private)

    def claim(self, secret: bytes, day: int, point: bytes, exporter: bytes) -> tuple[bytes, bytes]:
        """Return the tag of a day, and the proof that it is this device's.

        `point` is the challenge of the meeting point, `exporter` the value of the channel to it.
        Raises MalformedError for a challenge of small order.
        """
        tag = door_tag(self.public, secret, day)
        shared = sodium.x25519(self._private, sodium.x25519(_blinding(secret, day), point))
        return tag, _proof(shared, tag, point, exporter)


def door_of_member(call_key: bytes) -> bytes:
    """Return the public half that belongs to a member's call signing key.

    Raises MalformedError for what is no public key.
    """
    return sodium.x25519_public_of(call_key)


def door_tag(public: bytes, secret: bytes, day: int) -> bytes:
    """Return the tag of a door on one day (seconds since 1970 divided by 86,400): 32 bytes.

    Raises MalformedError for a public half of small order.
    """
    return sodium.x25519(_blinding(secret, day), public)


class Challenge:
    """What a meeting point asks of those who claim tags: made anew for every connection."""

    __slots__ = ("_scalar", "point")

    def __init__(self, random: sodium.Random) -> None:
        self._scalar = random(sodium.POINT_BYTES)
        self.point = sodium.x25519_public(self._scalar)

    def check(self, tag: bytes, proof: bytes, exporter: bytes) -> None:
        """Raise ForgedError unless who claims has the private half behind a tag.

        MalformedError for a tag that is no point.
        """
        shared = sodium.x25519(self._scalar, tag)
        if not sodium.equal(proof, _proof(shared, tag, self.point, exporter)):
            raise ForgedError("the tag is somebody else's")


def _blinding(secret: bytes, day: int) -> bytes:
    return hkdf(b"", secret, label("door of a day", day.to_bytes(8, "big")), 32)


def _proof(shared: bytes, tag: bytes, point: bytes, exporter: bytes) -> bytes:
    return mac(shared, label("claim", exporter, point, tag))
