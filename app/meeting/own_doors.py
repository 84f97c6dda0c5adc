"""By what this device is asked for at a meeting point, as long as it is in a meeting."""

from dataclasses import dataclass, field

from crypto.door_keys import DoorKey
from crypto.wire import Address


@dataclass(frozen=True, slots=True)
class MeetingPoint:
    """Where a meeting point is, and the Ed25519 public key that it must prove."""

    address: Address
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class OwnDoor:
    """A door of this device, and the secret of those who may ask for it."""

    key: DoorKey
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class OwnDoors:
    """The keys of this device's doors: for members, and what those of its rooms grow from."""

    for_members: DoorKey
    _seed: bytes = field(repr=False)

    def of_room(self, room_seed: bytes) -> DoorKey:
        """Return the key for the links to a room; the same again when it is opened again."""
        return DoorKey.of_room(self._seed, room_seed)
