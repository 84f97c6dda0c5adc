"""What can be seen of a meeting at one moment: frozen values for the window and the terminal."""

from dataclasses import dataclass
from enum import Enum


class Badge(Enum):
    """How well this device knows a person's device."""

    NEW = "new"
    KNOWN = "known"
    VERIFIED = "verified"
    CHANGED = "changed"


class Lock(Enum):
    """The header lock; VERIFIED is the only green one, and trust on first use never earns it."""

    ENCRYPTED = "encrypted"
    PARTLY_VERIFIED = "partly_verified"
    VERIFIED = "verified"
    BROKEN = "broken"


class Presence(Enum):
    """What stands between us and one person right now."""

    ME = "me"
    CONNECTING = "connecting"  # no media path yet
    SECURING = "securing"  # keys are on their way
    CONNECTED = "connected"
    RECONNECTING = "reconnecting"  # heard nothing for 3 s; the seat is kept
    HELD = "held"  # their security key changed: nothing is sent until the user decides
    UNVERIFIED = "unverified"  # frames arrive that do not authenticate


class Quality(Enum):
    """How good the path to one person is, in one word."""

    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"


@dataclass(frozen=True)
class Person:
    """One seat at the table."""

    dev: bytes
    name: str
    badge: Badge
    presence: Presence
    is_host: bool
    microphone_on: bool
    camera_on: bool
    speaking: bool = False
    quality: Quality = Quality.GOOD
    imitates: str = ""  # the known contact whose name this New person's name resembles
    known_since: float = 0.0  # when their device was first met, Unix time; 0: just now
    safety_number: str = ""  # 60 digits in 12 groups for the two device keys; empty: not worked out

    @property
    def is_me(self) -> bool:
        """Tell whether this is the person at this screen."""
        return self.presence is Presence.ME


@dataclass(frozen=True)
class Knock:
    """Somebody in the lobby, waiting for the host."""

    join_id: bytes
    name: str
    badge: Badge
    imitates: str = ""


@dataclass(frozen=True)
class ChatLine:
    """One line of chat as it arrived; plain text, never markup."""

    dev: bytes
    name: str
    text: str
    at: float  # seconds since the epoch, this computer's clock
    mine: bool


@dataclass(frozen=True)
class Code:
    """The code that people read aloud, complete for one epoch."""

    epoch: int
    emoji: tuple[int, ...]  # seven numbers 0..63 into the table of emoji
    digits: str  # "123 456 789 012"


@dataclass(frozen=True)
class Notice:
    """One sentence about something that happened; shown for five seconds and announced."""

    number: int
    kind: str  # a key of the notice texts, e.g. "joined", "left", "removed", "imitates"
    name: str = ""


@dataclass(frozen=True)
class MeetingView:
    """A whole meeting as one person sees it."""

    title: str
    call_id: bytes
    me: bytes
    i_am_host: bool
    people: tuple[Person, ...]  # in order of arrival, me included
    knocks: tuple[Knock, ...]
    chat: tuple[ChatLine, ...]
    lock: Lock
    unverified: int  # how many others are not verified
    code: Code | None  # None while it is being worked out
    epoch: int
    lobby: bool
    locked: bool
    visible: bool
    invitation: str  # the link; empty for those who may not invite
    microphone_on: bool
    camera_on: bool
    notices: tuple[Notice, ...] = ()
    frozen: bool = False  # the host cannot be reached: nobody can join until they return
    alarm: str = ""  # a key of the alarm texts when the lock is BROKEN
    test_guest: bool = False  # "Try Conclave": the other one is the test guest
