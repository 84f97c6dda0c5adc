"""One device at a simulated table: its machine, its keys, its ends of channels and links."""

import itertools
from dataclasses import dataclass, field

from app.meeting.contacts import Contacts
from app.meeting.effects import Effect
from app.meeting.entrance import Entrance, Told
from app.meeting.events import Event
from app.meeting.machine import Meeting
from crypto.frames import Opener, Sealer
from crypto.identity import Identity
from crypto.policy import PolicyFlag

Key = tuple[bytes, int, int, bytes]  # whose, slot, generation, base key


@dataclass
class Frame:
    """One frame on the wire, and who was on the sender's screen when it was sealed."""

    sender: bytes
    sealed: bytes
    on_screen: frozenset[bytes]
    at: float
    key: Key


@dataclass
class Seat:
    """One device: its machine, its keys, and everything it was told to do."""

    name: str
    identity: Identity
    contacts: Contacts
    host: str  # its address
    meeting: Meeting | None = None
    sealer: Sealer = field(default_factory=Sealer)
    openers: dict[bytes, Opener] = field(default_factory=dict)
    links: dict[bytes, int] = field(default_factory=dict)  # ours, by dev: its number
    connected: dict[bytes, int] = field(default_factory=dict)  # by dev: which link flows
    channels: dict[int, tuple["Seat", int]] = field(default_factory=dict)
    orders: list[Effect] = field(default_factory=list)
    heard: list[tuple[bytes, int, bytes]] = field(default_factory=list)
    sealing: Key | None = None
    keys: set[Key] = field(default_factory=set)  # others' keys that are in use here
    hoard: set[Key] = field(default_factory=set)  # all that ever came here, own ones too
    told: Told | None = None
    firm: PolicyFlag = PolicyFlag(0)  # noqa: RUF009 - a flag; rules its organisation holds on to
    clock_off: float = 0.0  # seconds its clock is wrong
    ended: str = ""
    dead: bool = False
    honest: bool = True  # what the others are promised is promised to honest ones only
    entrance: Entrance | None = None
    door: int = 0  # the channel at whose other end the host lets us in
    early: list[Event] = field(default_factory=list)  # others dial us before our welcome is here
    newest: dict[bytes, int] = field(default_factory=dict)  # by dev: generation last heard
    numbers: itertools.count = field(default_factory=lambda: itertools.count(1))

    @property
    def dev(self) -> bytes:
        return self.identity.dev

    @property
    def sits(self) -> bool:
        """Tell whether it is in the meeting and runs."""
        return self.meeting is not None and not self.ended and not self.dead

    def __repr__(self) -> str:
        return f"<Seat {self.name}>"
