"""What happens to a meeting from outside: on channels, on links, on the clock."""

from dataclasses import dataclass, field

from app.meeting.own_doors import MeetingPoint
from app.meeting.view import Relayed
from app.meeting.wishes import Wish
from crypto.wire import Address


@dataclass(frozen=True)
class Answered:
    """Somebody connected to us from `host`; the channel is encrypted, nobody is known yet."""

    channel: int
    exporter: bytes = field(repr=False)
    host: str = ""


@dataclass(frozen=True)
class Reached:
    """A channel that we dialled is encrypted; `to` is the member we dialled."""

    channel: int
    exporter: bytes = field(repr=False)
    to: bytes


@dataclass(frozen=True)
class Unreachable:
    """None of a member's addresses answered."""

    to: bytes


@dataclass(frozen=True)
class Received:
    """One whole message arrived on a channel; its content is hostile until parsed."""

    channel: int
    message: bytes = field(repr=False)


@dataclass(frozen=True)
class ChannelDown:
    """A channel is gone, for whatever reason; `passed_on` if somebody in between may be it."""

    channel: int
    passed_on: bool = False


@dataclass(frozen=True)
class LinkGathered:
    """Our half of a media link is ready to be told to the other side."""

    dev: bytes
    link: int
    parameters: bytes = field(repr=False)


@dataclass(frozen=True)
class LinkUp:
    """Media flows to and from a member: over this link, from now on."""

    dev: bytes
    link: int
    relayed: Relayed | None = None  # a relay of the team passes them on


@dataclass(frozen=True)
class RelayFails:
    """A relay of the team does not serve; `trouble` is the end of a key of the notice texts."""

    address: str
    trouble: str


@dataclass(frozen=True)
class LinkWeak:
    """Nothing was heard from a member for three seconds."""

    dev: bytes


@dataclass(frozen=True)
class LinkDown:
    """A media link to a member is lost, or did not come up; an older one may still be in use."""

    dev: bytes
    link: int


@dataclass(frozen=True)
class NetworkChanged:
    """This computer has other addresses now, or woke up.

    `links` (by member) and `channels` left from addresses that are gone.
    """

    links: frozenset[bytes]
    channels: frozenset[int]


@dataclass(frozen=True)
class ReachedAt:
    """Others can reach this device at these addresses from now on, best first."""

    addresses: tuple[Address, ...]


@dataclass(frozen=True)
class MeetsAt:
    """Others can ask for this device at a meeting point from now on, or at none."""

    point: MeetingPoint | None


@dataclass(frozen=True)
class DataFrom:
    """A small sealed message arrived over the media link and opened with the sender's key."""

    dev: bytes
    context: int
    payload: bytes = field(repr=False)


@dataclass(frozen=True)
class FramesRefused:
    """For three seconds a member's frames came, and none of them authenticated."""

    dev: bytes


@dataclass(frozen=True)
class FramesAccepted:
    """A member's frames authenticate again."""

    dev: bytes


@dataclass(frozen=True)
class KeyInUse:
    """A member's frames of this generation arrive: the first of them was opened."""

    dev: bytes
    generation: int


@dataclass(frozen=True)
class Tick:
    """Time has passed; comes at least every 250 ms."""


Event = (
    Answered
    | Reached
    | Unreachable
    | Received
    | ChannelDown
    | LinkGathered
    | LinkUp
    | RelayFails
    | LinkWeak
    | LinkDown
    | NetworkChanged
    | ReachedAt
    | MeetsAt
    | DataFrom
    | FramesRefused
    | FramesAccepted
    | KeyInUse
    | Tick
    | Wish
)
