"""What can be seen of a meeting at one moment: frozen values for the window and the terminal."""

from dataclasses import dataclass, field
from enum import Enum


class Badge(Enum):
    """How well this device knows a person's device."""

    NEW = "new"
    KNOWN = "known"
    VERIFIED = "verified"
    CHANGED = "changed"


class Verified(Enum):
    """How it was made sure that a person's device is theirs."""

    NOT_YET = "not_yet"
    CODE = "code"  # the code of a meeting, read aloud
    NUMBER = "number"  # the two keys themselves: the safety number, or a code that a camera read


class Role(Enum):
    """What a person may do in this meeting, least first."""

    GUEST = "guest"
    PARTICIPANT = "participant"
    PRESENTER = "presenter"
    CO_HOST = "co_host"
    HOST = "host"


class Act(Enum):
    """Something that may be done to a person; only what is allowed is offered."""

    MUTE = "mute"
    ASK_TO_UNMUTE = "ask_to_unmute"
    STOP_SHARING = "stop_sharing"
    LOWER_HAND = "lower_hand"
    SET_CHAT = "set_chat"
    REMOVE = "remove"
    SET_ROLE = "set_role"
    HAND_OVER = "hand_over"


class Power(Enum):
    """Something that I may do for the whole meeting."""

    ADMIT = "admit"
    INVITE = "invite"
    SET_LOBBY = "set_lobby"
    LOCK = "lock"
    SET_PASSWORD = "set_password"
    MUTE_ALL = "mute_all"
    SET_CHAT = "set_chat"
    SET_SHARING = "set_sharing"
    END = "end"
    CHAT = "chat"
    SHARE = "share"


class Tie(Enum):
    """Whether two people can call each other without a link."""

    NONE = "none"
    OFFERED = "offered"  # by me; they have not answered yet
    WANTED = "wanted"  # they offered it
    CONTACT = "contact"


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
    UNREACHED = "unreached"  # and for so long that there may be none
    SECURING = "securing"  # keys are on their way
    CONNECTED = "connected"
    RECONNECTING = "reconnecting"  # heard nothing for 3 s; the seat is kept
    HELD = "held"  # their security key changed: nothing is sent until the user decides
    UNVERIFIED = "unverified"  # frames arrive that do not authenticate
    DIVERGED = "diverged"  # they see another participant list: no media either way


class Quality(Enum):
    """How good the path to one person is, in one word."""

    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"


class Reaction(Enum):
    """What somebody says without a word, by its number on the wire."""

    AGREE = 1
    APPLAUSE = 2
    HEART = 3
    LAUGH = 4
    WONDER = 5
    CHEER = 6


@dataclass(frozen=True)
class Shown:
    """A reaction on somebody's tile; it is gone from the view when its time is over."""

    reaction: Reaction
    until: float  # the meeting's clock: tells a sign that was shown again from the one before


@dataclass(frozen=True)
class Relayed:
    """A relay that passes media on between this person and another.

    `by` is how this computer speaks to it: "udp", "tcp" or "tls". If the other side chose it,
    `address` is the one that it has there.
    """

    address: str
    by: str
    theirs: bool = False


@dataclass(frozen=True)
class UsedServer:
    """A server of the team that may be asked when no direct path is found."""

    address: str
    use: str  # "stun", or as a relay by "udp", "tcp", "tls"
    named: bool  # by the host; otherwise by one's own settings
    trouble: str = ""  # what went wrong there last


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
    speaking: bool = False  # by voice, or by signs
    signing: bool = False
    quality: Quality = Quality.GOOD
    imitates: str = ""  # the known contact whose name this New person's name resembles
    known_since: float = 0.0  # when their device was first met, Unix time; 0: just now
    verified_by: Verified = Verified.NOT_YET
    verified_when: float = 0.0  # Unix time; 0: just now, or not yet
    safety_number: str = ""  # 60 digits in 12 groups for the two device keys; empty: not worked out
    role: Role = Role.PARTICIPANT
    may: frozenset[Act] = frozenset()  # what I may do to them
    hand_since: float = 0.0  # when the hand went up, this computer's clock; 0: it is down
    sharing: bool = False
    chat_allowed: bool = True
    tie: Tie = Tie.NONE
    show_code: str = ""  # what their camera reads from my screen to verify me, as a QR code
    reaction: Shown | None = None
    relayed: Relayed | None = None  # the relay that media take, if there is one

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
    second_device: bool = False  # the link was first used by another device
    invitation: str = ""  # the label of the link they came with


@dataclass(frozen=True)
class Invitation:
    """A link that this person gave out; the host's own list."""

    number: int
    label: str
    link: str = field(repr=False)
    single_use: bool
    as_guest: bool
    expiry: float  # Unix time
    used: bool  # a single-use link that let somebody in: it lets nobody else in
    holder: str = ""  # the name of the device it is bound to


@dataclass(frozen=True)
class Ringing:
    """A contact who is being called into this meeting."""

    dev: bytes
    name: str
    since: float  # this computer's clock


@dataclass(frozen=True)
class ChatLine:
    """One line of chat as it arrived; plain text, never markup."""

    dev: bytes
    name: str
    text: str
    at: float  # seconds since the epoch, this computer's clock
    mine: bool


@dataclass(frozen=True)
class LiveText:
    """What somebody else is writing at this moment, as they let everybody see."""

    dev: bytes
    name: str
    text: str


@dataclass(frozen=True)
class Code:
    """The code that people read aloud, complete for one epoch."""

    eid: bytes  # of that epoch: a number may come twice, when blocks are undone
    emoji: tuple[int, ...]  # seven numbers 0..63 into the table of emoji
    digits: str  # "123 456 789 012"


@dataclass(frozen=True)
class Notice:
    """One sentence about something that happened; shown for five seconds and announced."""

    number: int
    kind: str  # a key of the notice texts, e.g. "joined", "left", "removed", "imitates"
    name: str = ""
    by: str = ""  # who asked for it


class FileState(Enum):
    """How it stands with a file and one person."""

    PREPARING = "preparing"  # a file of one's own is being opened
    OFFERED = "offered"  # nobody said yes or no yet
    RUNNING = "running"
    HELD = "held"  # somebody made a pause
    AWAY = "away"  # no media path: it goes on where it was when the path is back
    CHECKING = "checking"  # all came; the checksum is compared
    DONE = "done"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    FAILED = "failed"

    @property
    def is_over(self) -> bool:
        """Tell whether nothing more happens."""
        return self in _OVER


_OVER = frozenset({FileState.DONE, FileState.DECLINED, FileState.CANCELLED, FileState.FAILED})


@dataclass(frozen=True)
class Thumbnail:
    """A small picture of a picture: RGB, three bytes a pixel, line after line."""

    width: int
    height: int
    pixels: bytes = field(repr=False)


@dataclass(frozen=True)
class FileLeg:
    """A file on its way to or from one person."""

    dev: bytes
    name: str
    state: FileState
    done: int = 0  # bytes stored by who receives
    speed: float = 0.0  # bytes a second, of late
    seconds_left: float | None = None  # None: not known
    held_by_me: bool = False
    held_by_them: bool = False
    why: str = ""  # a key of the file texts, when it is over or has not begun


@dataclass(frozen=True)
class SharedFile:
    """A file that somebody offered, as a card shows it."""

    key: bytes
    dev: bytes  # who offered it
    name: str  # of that person
    file_name: str  # made harmless
    size: int
    at: float  # this computer's clock, Unix time
    mine: bool
    legs: tuple[FileLeg, ...]  # each person it was offered to; of others' files only one's own
    to_all: bool = True
    path: str = ""  # where it was saved
    in_memory: bool = False  # received to be looked at; nowhere on the disk yet
    fits_memory: bool = False  # can be looked at without saving it
    picture: Thumbnail | None = None
    problem: str = ""  # a key of the file texts: what went wrong when it was saved


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
    eid: bytes  # names this very list; the number does not, when blocks are undone
    lobby: bool
    locked: bool
    visible: bool
    invitation: str = field(repr=False)  # the link for many; empty for those who may not invite
    microphone_on: bool
    camera_on: bool
    notices: tuple[Notice, ...] = ()
    frozen: bool = False  # the host cannot be reached: nobody can join until they return
    electing: bool = False  # the host is lost and those who are in agree on another
    alarm: str = ""  # a key of the alarm texts when the lock is BROKEN
    my_role: Role = Role.PARTICIPANT
    powers: frozenset[Power] = frozenset()
    invitations: tuple[Invitation, ...] = ()  # the host's; the first is the one for many
    has_password: bool = False
    lan_only: bool = False  # nobody in it sends anything past the local networks
    password_blocked: bool = False  # too many wrong ones: none is taken until the host says so
    chat_open: bool = True
    sharing_open: bool = True
    hand_up: bool = False  # one's own
    asked_by: str = ""  # who asks me to switch the microphone on
    ringing: tuple[Ringing, ...] = ()
    scanned: str = ""  # how the last scan of a code went: a key of the notice texts
    test_guest: bool = False  # "Try Conclave": the other one is the test guest
    live_texts: tuple[LiveText, ...] = ()  # of others, in order of arrival
    files: tuple[SharedFile, ...] = ()  # in order of arrival
    servers: tuple[UsedServer, ...] = ()  # of the team
