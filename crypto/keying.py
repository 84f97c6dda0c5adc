"""What the keys of a group tell the meeting; the hinge that an MLS exporter could fill as well."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from crypto.messages import Ack, KeyBox, SasReveal, Sync
from crypto.roster import Roster


@dataclass(frozen=True)
class KeyInstalled:
    """What this device seals with this generation can be opened from now on."""

    dev: bytes
    slot: int
    generation: int
    base_key: bytes = field(repr=False)


@dataclass(frozen=True)
class KeyExpired:
    """A generation of a device must be forgotten; all of them if `generation` is None."""

    dev: bytes
    generation: int | None


@dataclass(frozen=True)
class Outgoing:
    """A message to send: to one member, or to every other member if `to` is None."""

    to: bytes | None
    message: bytes


class AlarmKind(Enum):
    """How a device was caught lying, by its own signatures."""

    TWO_ACKS = "two_acks"  # two acks for one generation, or another commitment in one epoch
    REVEAL = "reveal"  # a nonce that does not fit the commitment


@dataclass(frozen=True)
class Alarm:
    """A device lied; nothing it says about this epoch can be trusted."""

    dev: bytes
    kind: AlarmKind


KeyEvent = KeyInstalled | KeyExpired | Outgoing | Alarm


@dataclass(frozen=True)
class OwnKey:
    """One of this device's own keys, as `Sealer.use` takes it."""

    slot: int
    generation: int
    base_key: bytes = field(repr=False)


@dataclass(frozen=True)
class Entered:
    """What must be sent on entering an epoch, and what happened by it."""

    ack: bytes  # to every other member
    boxes: Mapping[bytes, bytes]  # by dev: to that member only; others' come with their acks
    events: list[KeyEvent]  # keys that expired, messages held for this epoch that now counted


@dataclass(frozen=True)
class SyncReport:
    """How another member's view compares with mine."""

    dev: bytes
    same: bool  # its log stands where mine does
    epoch: int  # where its log stands
    term: int
    agrees: bool  # False: same log, same set of acks held, but not the same acks
    resend: tuple[bytes, ...]  # what it lacks and I have: send it to `dev`


class GroupKeySource(Protocol):
    """Gives every member a key per epoch, and knows which one to seal with."""

    @property
    def complete(self) -> bool:
        """Tell whether every member's key of this epoch is installed and every ack held."""

    @property
    def missing(self) -> frozenset[bytes]:
        """The members whose ack or key of this epoch is not here yet."""

    @property
    def code(self) -> bytes | None:
        """32 bytes to read aloud as a code, once every member's nonce is known."""

    def enter(self, roster: Roster, now: float, removal: bool = False) -> Entered:
        """Make a new key for the epoch that `roster` stands at."""

    def renew(self, now: float) -> Entered:
        """Make a new key within the epoch: after sleep, a fork, a jump of the clock."""

    def withhold(self, dev: bytes) -> None:
        """Seal nothing more to a device, until `release`."""

    def release(self, dev: bytes) -> tuple[bytes, ...]:
        """Seal to a device again; return what must be sent to it."""

    def sealing(self, now: float) -> OwnKey:
        """Tell which own key the next frame must be sealed with."""

    def take_ack(self, message: Ack | bytes, now: float) -> list[KeyEvent]:
        """Take in another member's ack."""

    def take_box(self, message: KeyBox | bytes, now: float) -> list[KeyEvent]:
        """Take in a key sealed to this device."""

    def take_reveal(self, message: SasReveal | bytes, now: float) -> list[KeyEvent]:
        """Take in a nonce of the code people read aloud."""

    def catch_up(self, dev: bytes) -> tuple[bytes, ...]:
        """Return all a member must have from this device, for a channel that opens only now."""

    def sync(self) -> bytes:
        """Return the Sync message to send to every other member every 2 s."""

    def take_sync(self, dev: bytes, message: Sync | bytes, now: float) -> SyncReport:
        """Compare with what the member `dev` said it holds."""

    def poll(self, now: float) -> list[KeyEvent]:
        """Let time pass: expire keys, drop what was held too long. Call it at least every 0.5 s."""

    def wipe(self) -> None:
        """Forget everything secret."""
