"""What must be done about it: orders of the meeting, carried out in their order."""

from dataclasses import dataclass, field

from app.meeting.own_doors import MeetingPoint
from crypto.servers import Credentials, Server
from crypto.vault_content import OpenInvite, Verified

Address = tuple[str, int]


@dataclass(frozen=True)
class Send:
    """Send one message on a channel."""

    channel: int
    message: bytes = field(repr=False)


@dataclass(frozen=True)
class Authenticated:
    """The person at the other end of a channel is proven: the limits for strangers end."""

    channel: int


@dataclass(frozen=True)
class CloseChannel:
    """Close a channel after what was sent on it."""

    channel: int


@dataclass(frozen=True)
class Dial:
    """Connect to a member; ends in Reached or Unreachable."""

    to: bytes
    addresses: tuple[Address, ...]


@dataclass(frozen=True)
class OpenLink:
    """Make our half of a media link; ends in LinkGathered.

    A link in use goes on until this one stands; one that does not stand yet goes at once.
    `channel` is the one the member is reached by: it tells whether they sit at this computer.
    With `wide` the team's servers are asked, too.
    """

    dev: bytes
    link: int
    controlling: bool
    channel: int
    wide: bool = False


@dataclass(frozen=True)
class UseServers:
    """From now on links may ask these servers, with these credentials, and no others.

    The last of each says whether the leader named it, and not this device's own settings.
    """

    servers: tuple[tuple[Server, Credentials, bool], ...]


@dataclass(frozen=True)
class MeetAt:
    """Be found at this meeting point from now on, as the others of this meeting are."""

    point: MeetingPoint


@dataclass(frozen=True)
class ConnectLink:
    """Connect a media link with what the other side said about its half."""

    dev: bytes
    link: int
    parameters: bytes = field(repr=False)


@dataclass(frozen=True)
class CloseLink:
    """End all media links to a device, with everything that was kept for them."""

    dev: bytes


@dataclass(frozen=True)
class SealWith:
    """Seal everything from the very next frame on with this key."""

    slot: int
    generation: int
    base_key: bytes
    removal: bool  # somebody left or was removed: nothing sealed before may leave any more

    def __repr__(self) -> str:
        return f"<SealWith generation {self.generation}>"


@dataclass(frozen=True)
class StopSealing:
    """Send nothing more: somebody was caught lying, or the codes read aloud differ."""


@dataclass(frozen=True)
class OpenWith:
    """From now on a member's frames of this generation can be opened."""

    dev: bytes
    slot: int
    generation: int
    base_key: bytes

    def __repr__(self) -> str:
        return f"<OpenWith {self.dev.hex()[:8]} generation {self.generation}>"


@dataclass(frozen=True)
class ForgetKey:
    """A member's older generation must not be opened any more."""

    dev: bytes
    generation: int


@dataclass(frozen=True)
class ForgetMember:
    """Forget every key of a device: it is out, or held."""

    dev: bytes


@dataclass(frozen=True)
class LetGo:
    """A device whose links were closed has no seat any more: keep nothing for its return."""

    dev: bytes


@dataclass(frozen=True)
class SendData:
    """Seal a small message once and send it to everybody over the media links."""

    context: int
    payload: bytes = field(repr=False)


@dataclass(frozen=True)
class SendKeyFrame:
    """Somebody new listens: the next picture must stand on its own."""


@dataclass(frozen=True)
class UseDevices:
    """Open or close one's own microphone and camera."""

    microphone: bool
    camera: bool


@dataclass(frozen=True)
class UseMotion:
    """Send one's own picture fluent rather than large: somebody is read by their movements."""

    on: bool


@dataclass(frozen=True)
class UseScreen:
    """Show one's own screen to everybody, or nothing of it any more."""

    on: bool


@dataclass(frozen=True)
class Remember:
    """Keep what is known of a person's device in the vault."""

    public_key: bytes
    name: str
    verified: Verified


@dataclass(frozen=True)
class KeepContact:
    """Keep in the vault what a person and this one call each other by."""

    public_key: bytes
    name: str
    secret: bytes = field(repr=False)


@dataclass(frozen=True)
class Forget:
    """Drop a pin that the user replaced."""

    dev: bytes


@dataclass(frozen=True)
class KeepProof:
    """Keep the proof that a leader showed two participant lists, for anybody to check."""

    voucher: bytes  # the genesis, or the liar's join request: the device vouches for its call key
    first: bytes
    second: bytes


@dataclass(frozen=True)
class KeepInvitations:
    """Keep these links in the vault, in place of the last, for a host whose program might die.

    No links: the meeting is over, or another device leads it.
    """

    links: tuple[OpenInvite, ...]


@dataclass(frozen=True)
class Finish:
    """The meeting is over for this device; `reason` is a key of the farewell texts."""

    reason: str


Effect = (
    Send
    | Authenticated
    | CloseChannel
    | Dial
    | OpenLink
    | UseServers
    | MeetAt
    | ConnectLink
    | CloseLink
    | SealWith
    | StopSealing
    | OpenWith
    | ForgetKey
    | ForgetMember
    | LetGo
    | SendData
    | SendKeyFrame
    | UseDevices
    | UseMotion
    | UseScreen
    | Remember
    | KeepContact
    | Forget
    | KeepProof
    | KeepInvitations
    | Finish
)
