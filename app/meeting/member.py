"""What this device keeps about one other member: the ways to them, and what they said."""

from dataclasses import dataclass, field
from enum import Enum

from app.meeting.patience import Patience
from app.meeting.view import Badge, Relayed
from crypto.vault_content import Verified

OFFER_PAUSE = 0.5  # seconds between two links that a member makes us prepare; doubled each time ...
LONGEST_OFFER_PAUSE = 8.0  # ... up to this
RENEW_PAUSE = (
    1.0  # seconds between two links that we make beside an older one; doubled each time ...
)
LONGEST_RENEW_PAUSE = 30.0  # ... up to this
MOST_ADDRESSES = 16  # at which one member is dialled
NO_WAY = 8.0  # seconds without a first media path after which somebody is told


class Path(Enum):
    """How the media link to a member stands."""

    NONE = "none"
    CONNECTING = "connecting"
    UP = "up"
    WEAK = "weak"
    DOWN = "down"


@dataclass
class Member:
    """One other member; changed by the meeting only, in its steps."""

    dev: bytes
    name: str
    badge: Badge
    imitates: str
    device_key: bytes
    call_key: bytes
    addresses: tuple[tuple[str, int], ...]
    known_since: float  # Unix time; 0: just now
    safety_number: str
    i_dial: bool  # whoever came later dials and controls the link: no two dial each other
    verified: Verified = Verified.NOT_YET
    verified_when: float = 0.0  # Unix time; 0: just now, or not yet
    held: bool = False  # their key changed: they get nothing until the user decides
    lied: bool = False  # caught, by their own signatures: they get nothing any more
    channel: int | None = None
    dialling: bool = False
    dialled_at: float = 0.0
    retry_at: float = 0.0
    alone_since: float = 0.0  # since when there is no channel, while there is none
    failures: int = 0  # dials in a row that reached nobody
    sought_since: float = 0.0  # since when a first media path is looked for
    no_way_told: bool = False  # that none was found; once, until there is one
    seat_until: float | None = None  # set while neither channel nor link is there
    bound_at: float = 0.0  # when the channel was proven
    my_turn: bool = False  # the network changed here: we dial, whoever's part it is
    link: int = 0  # the newest that was begun
    in_use: int = 0  # the one that media flows over, or flowed last
    path: Path = Path.NONE
    making_since: float | None = None  # while a link is being made, perhaps beside one in use
    renew_at: float = 0.0  # not before, a lost link is made again
    patience: Patience = field(
        default_factory=lambda: Patience(RENEW_PAUSE, LONGEST_RENEW_PAUSE), repr=False
    )
    offers: Patience = field(
        default_factory=lambda: Patience(OFFER_PAUSE, LONGEST_OFFER_PAUSE), repr=False
    )
    wide: bool = False  # the newest was begun with what the team's servers add
    tried: bool = False  # one without that was begun since media flowed last
    relayed: Relayed | None = None  # the relay that the one in use goes by
    was_up: bool = False  # media has flowed at least once
    offer: bytes = b""  # the other side's half of the link, until ours is gathered
    offer_waits: bool = False  # it came too soon after the one before
    answered: bool = False  # the other side's answer to our half was taken
    microphone_on: bool = False
    camera_on: bool = False
    sharing: bool = False
    signing: bool = False
    hand_since: float = 0.0  # when the hand went up, this computer's time of day; 0: it is down
    hand_low_at: float = 0.0  # when it was last said to be down, this computer's time of day
    keyed: bool = False  # their current key is here
    diverged: bool = False  # they see another participant list, or say so
    trouble: bool = False  # their frames do not authenticate

    def is_at(self, host: str) -> None:
        """Dial here first from now on, at the ports that they named."""
        here = tuple((host, port) for port in dict.fromkeys(port for _, port in self.addresses))
        others = tuple(address for address in self.addresses if address not in here)
        self.addresses = (here + others)[:MOST_ADDRESSES]

    def __repr__(self) -> str:
        return f"<Member {self.dev.hex()[:8]} {self.path.value}>"


def finds_no_way(member: Member, now: float) -> bool:
    """Tell whether a first way for media has been looked for in vain for long."""
    return not member.was_up and not member.held and now - member.sought_since >= NO_WAY
