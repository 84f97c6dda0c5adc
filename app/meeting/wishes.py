"""What a person in the meeting asks for: the events that come from a hand, not from the network."""

from dataclasses import dataclass

from app.meeting.view import Reaction, Role

LONGEST_LINE = 4_000  # characters of a line of chat: a long paragraph; more belongs into a file


@dataclass(frozen=True)
class Admit:
    """Let somebody in who knocks."""

    join_id: bytes


@dataclass(frozen=True)
class Deny:
    """Turn somebody away who knocks."""

    join_id: bytes


@dataclass(frozen=True)
class Remove:
    """Put a person out for the rest of this meeting."""

    dev: bytes


@dataclass(frozen=True)
class Say:
    """Send a line of chat."""

    text: str


@dataclass(frozen=True)
class Write:
    """Let everybody see the line that one is writing, as it stands; empty: no more."""

    text: str


@dataclass(frozen=True)
class React:
    """Show a small sign for some seconds."""

    reaction: Reaction


@dataclass(frozen=True)
class SetMicrophone:
    """Switch one's own microphone on or off."""

    on: bool


@dataclass(frozen=True)
class SetCamera:
    """Switch one's own camera on or off."""

    on: bool


@dataclass(frozen=True)
class SetScreen:
    """Show one's own screen to everybody, or no longer; `why` it ended is a key of the notices."""

    on: bool
    why: str = ""


@dataclass(frozen=True)
class SetLobby:
    """Make newcomers wait for the host, or let them straight in."""

    on: bool


@dataclass(frozen=True)
class SetLocked:
    """Lock the meeting: nobody can knock any more."""

    on: bool


@dataclass(frozen=True)
class CodesMatch:
    """Everybody read the same code aloud: mark every device of that epoch as verified."""

    eid: bytes  # as in the `Code` that they read


@dataclass(frozen=True)
class CodesDiffer:
    """Somebody read another code: stop sending, show the alarm."""

    eid: bytes  # as in the `Code` that they read


@dataclass(frozen=True)
class Trust:
    """Accept the changed key of a person who is held."""

    dev: bytes


@dataclass(frozen=True)
class Distrust:
    """Keep sending nothing to a person whose key changed."""

    dev: bytes


@dataclass(frozen=True)
class NumberMatches:
    """The safety number of a person was compared outside this meeting, and is the same."""

    dev: bytes


@dataclass(frozen=True)
class Scanned:
    """A camera read this text from somebody's screen; it may be a code to verify them by."""

    text: str


@dataclass(frozen=True)
class NewInvitation:
    """Make one more link to this meeting."""

    label: str  # for whom, in the host's words; may be empty
    single_use: bool = True
    lifetime: float = 24 * 3600.0  # seconds
    as_guest: bool = False


@dataclass(frozen=True)
class Revoke:
    """Let a link open nothing any more."""

    number: int


@dataclass(frozen=True)
class SetPassword:
    """Ask newcomers for this password from now on; empty: for none."""

    password: str

    def __repr__(self) -> str:
        return "SetPassword()"


@dataclass(frozen=True)
class AllowPasswords:
    """Take passwords again after too many wrong ones."""


@dataclass(frozen=True)
class SetRole:
    """Give a person another role (host only)."""

    dev: bytes
    role: Role


@dataclass(frozen=True)
class HandOver:
    """Let another person host this meeting from now on."""

    dev: bytes


@dataclass(frozen=True)
class Mute:
    """Switch somebody's microphone off; nobody can switch it on but they."""

    dev: bytes


@dataclass(frozen=True)
class MuteAll:
    """Switch off every microphone but one's own."""


@dataclass(frozen=True)
class AskToUnmute:
    """Ask somebody to switch the microphone on."""

    dev: bytes


@dataclass(frozen=True)
class AnswerAsk:
    """Switch one's microphone on as asked, or not."""

    accept: bool


@dataclass(frozen=True)
class StopSharing:
    """End what somebody shows of their screen."""

    dev: bytes


@dataclass(frozen=True)
class LowerHand:
    """Take somebody's raised hand down."""

    dev: bytes


@dataclass(frozen=True)
class RaiseHand:
    """Raise one's own hand, or take it down."""

    up: bool


@dataclass(frozen=True)
class SpeakBySigns:
    """Tell the others that one speaks by signs now, or no longer does."""

    on: bool


@dataclass(frozen=True)
class SetChat:
    """Let one person write chat lines, or not."""

    dev: bytes
    allowed: bool


@dataclass(frozen=True)
class SetChatForAll:
    """Let everybody write chat lines, or only host and co-hosts."""

    on: bool


@dataclass(frozen=True)
class SetSharingForAll:
    """Let every participant share the screen, or only presenters."""

    on: bool


@dataclass(frozen=True)
class AddContact:
    """Offer somebody to call each other without a link from now on, or accept their offer."""

    dev: bytes


@dataclass(frozen=True)
class IgnoreContact:
    """Leave somebody's offer unanswered."""

    dev: bytes


@dataclass(frozen=True)
class Ring:
    """Call a contact into this meeting."""

    dev: bytes


@dataclass(frozen=True)
class StopRinging:
    """Give up calling a contact."""

    dev: bytes


@dataclass(frozen=True)
class OfferFile:
    """Offer a file to everybody who is in, or to one person."""

    path: str
    to: bytes = b""  # dev; empty: everybody


@dataclass(frozen=True)
class AcceptFile:
    """Take a file in and store it.

    `path` is a folder, or the file to make; empty: the folder for downloads. Nothing that is
    there already is ever overwritten.
    """

    key: bytes
    path: str = ""


@dataclass(frozen=True)
class LookAtFile:
    """Take a small file in to look at it; it is stored nowhere until SaveFile."""

    key: bytes


@dataclass(frozen=True)
class SaveFile:
    """Store what was taken in to be looked at; `path` as for AcceptFile."""

    key: bytes
    path: str = ""


@dataclass(frozen=True)
class DeclineFile:
    """Do not take a file."""

    key: bytes


@dataclass(frozen=True)
class HoldFile:
    """Make a pause with a file, or go on; of one's own for one person, or (empty) for all."""

    key: bytes
    on: bool
    dev: bytes = b""


@dataclass(frozen=True)
class CancelFile:
    """Give up a file: take an own offer back, from one person or (empty) all, or stop taking."""

    key: bytes
    dev: bytes = b""


FileWish = OfferFile | AcceptFile | LookAtFile | SaveFile | DeclineFile | HoldFile | CancelFile


@dataclass(frozen=True)
class Leave:
    """Go, and let the others go on; who hosts hands over to `successor` first."""

    successor: bytes = b""  # dev; empty for who hosts: the next by role and seat


@dataclass(frozen=True)
class End:
    """End the meeting for everybody (host only)."""


Wish = (
    Admit
    | Deny
    | Remove
    | Say
    | Write
    | React
    | SetMicrophone
    | SetCamera
    | SetScreen
    | SetLobby
    | SetLocked
    | CodesMatch
    | CodesDiffer
    | NumberMatches
    | Scanned
    | Trust
    | Distrust
    | NewInvitation
    | Revoke
    | SetPassword
    | AllowPasswords
    | SetRole
    | HandOver
    | Mute
    | MuteAll
    | AskToUnmute
    | AnswerAsk
    | StopSharing
    | LowerHand
    | RaiseHand
    | SpeakBySigns
    | SetChat
    | SetChatForAll
    | SetSharingForAll
    | AddContact
    | IgnoreContact
    | Ring
    | StopRinging
    | FileWish
    | Leave
    | End
)
