"""The screens of the app as frozen values: what the engine publishes and the window paints."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

from app.meeting.view import Badge, MeetingView, Quality
from media.stats import CallStats
from media.verdict import Cause, Finding
from media.video.picture import Picture


@dataclass(frozen=True)
class NearbyMeeting:
    """A visible meeting on this network, as its host told it over the encrypted channel."""

    key: str  # names it in JoinNearby
    title: str
    host_name: str
    people: int
    locked: bool
    lobby: bool
    badge: Badge
    password: bool = False


@dataclass(frozen=True)
class ContactCard:
    """Somebody who can be called without a link."""

    dev: bytes
    name: str
    badge: Badge


class WayBack(Enum):
    """How one comes back to a meeting that was visited lately."""

    NEARBY = "nearby"  # the same host shows one on this network
    LINK = "link"  # its link has not expired
    CALL = "call"  # the host is a contact
    START = "start"  # it was one's own: begin another
    NONE = "none"


@dataclass(frozen=True)
class RecentMeeting:
    """A meeting that was visited lately, kept only because the person wants it."""

    key: str  # names it in JoinRecent and ForgetRecent
    title: str
    host_name: str
    when: float  # Unix time
    way: WayBack


@dataclass(frozen=True)
class IncomingCall:
    """A contact calls us into a meeting; who it is was proven over the encrypted channel."""

    key: str  # names it in AnswerCall
    dev: bytes
    name: str
    title: str
    badge: Badge


@dataclass(frozen=True)
class Home:
    """Start, join, or look around."""

    name: str
    nearby: tuple[NearbyMeeting, ...] = ()
    searching: bool = True  # False when the network gives no way to look around
    offline: bool = False  # because there is no network at all
    notice: str = ""  # a key of the home texts, e.g. "link_malformed", "address_unreachable"
    contacts: tuple[ContactCard, ...] = ()
    calls: tuple[IncomingCall, ...] = ()
    reopen: bool = False  # nobody came to end the last meeting: its links can be taken again
    scanning: bool = False  # the camera looks for the code of an invitation
    camera_problem: str = ""  # why it cannot, in one sentence, already translated
    recents: tuple[RecentMeeting, ...] = ()  # the newest first
    check: "SoundCheck | None" = None  # while speaker and microphone are tried from here
    devices: "Devices | None" = None  # while they are chosen from here
    profile_notices: tuple[str, ...] = ()  # keys of the profile's texts: what was found or mended


@dataclass(frozen=True)
class Device:
    """A camera, microphone or speaker somebody can choose."""

    key: str  # what open_camera, open_microphone, open_speaker take
    name: str


@dataclass(frozen=True)
class Offer:
    """What was just plugged in and can be used with one press; keys, "" where it has none."""

    name: str
    camera: str = ""
    microphone: str = ""
    speaker: str = ""

    def of(self, kind: Literal["camera", "microphone", "speaker"]) -> str:
        """Return the key of one kind of device."""
        return str(getattr(self, kind))


@dataclass(frozen=True)
class SoundCheck:
    """How far a person has come with trying speaker and microphone, alone."""

    playing: bool = False  # the test sound, or what was recorded
    recorded: float = -1.0  # how much of the recording is there, 0 to 1; -1: none is made
    replaying: bool = False  # what plays is one's own voice
    level_db: float = -100.0  # of an open microphone, while somebody looks at it
    problem: str = ""  # a plain sentence, already translated


@dataclass(frozen=True)
class Devices:
    """What there is to choose from, and what is chosen; "" means none."""

    cameras: tuple[Device, ...] = ()
    microphones: tuple[Device, ...] = ()
    speakers: tuple[Device, ...] = ()
    camera: str = ""
    microphone: str = ""
    speaker: str = ""
    offer: Offer | None = None
    news: str = ""  # which chosen device went or came back, already translated
    news_number: int = 0  # grows with each of them
    check: SoundCheck = SoundCheck()


@dataclass(frozen=True)
class Live:
    """What of this person others can see or hear now, or could before the door."""

    camera: bool = False
    microphone: bool = False
    screen: bool = False

    @property
    def anything(self) -> bool:
        """Tell whether any of it is live."""
        return self.camera or self.microphone or self.screen


@dataclass(frozen=True)
class Preview:
    """Before the meeting: both devices off and unopened until somebody switches them on."""

    title: str
    host_name: str
    hosting: bool
    name: str
    devices: Devices = field(default_factory=Devices)
    microphone_on: bool = False
    camera_on: bool = False
    level_db: float = -100.0  # of the open microphone; -100 when closed
    camera_problem: str = ""  # a plain sentence, already translated
    microphone_problem: str = ""
    lan_only: bool = False  # the meeting keeps to the local network
    password_needed: bool = False
    tries_left: int = -1  # after a wrong password; 0: none is taken any more; -1: none was wrong
    calling: str = ""  # the name of the contact who is called on entering
    live: Live = Live()


class Progress(Enum):
    """How far joining has come."""

    SEARCHING = "searching"
    CONNECTING = "connecting"
    WAITING = "waiting"  # in the lobby; the host has been told
    JOINING = "joining"


@dataclass(frozen=True)
class Waiting:
    """On the way in."""

    title: str
    host_name: str
    progress: Progress
    camera_on: bool = False
    live: Live = Live()


@dataclass(frozen=True)
class Farewell:
    """After the meeting, or after not getting in: why, in one sentence, and what can be done."""

    reason: str  # a key of the farewell texts: "left", "ended", "removed", "refused" ...
    title: str = ""
    can_retry: bool = False
    proof: bool = False  # a proof that the host lied was kept and can be saved
    proof_saved: bool | None = None  # after SaveProof: whether the file could be written


@dataclass(frozen=True)
class Unlock:
    """The key store is missing: a passphrase opens, or for the first time seals, the identity."""

    first_time: bool
    wrong: bool = False


@dataclass(frozen=True)
class PersonQuality:
    """How the call with one person is; None until it was measured."""

    dev: bytes
    quality: Quality | None = None
    cause: Cause | None = None  # where it lies, if it is not this network


@dataclass(frozen=True)
class CallQuality:
    """How the call is: what is wrong, the worst first, and how it is with each person."""

    findings: tuple[Finding, ...] = ()
    people: tuple[PersonQuality, ...] = ()  # in order of arrival, without me
    measured: bool = False  # whether there are figures of anybody yet
    step: int = 0  # what is left out because this computer is too slow, 0 to 7
    told: int = 0  # how often people were to be told so
    figures: CallStats | None = None  # for experts, while somebody looks at them


class SourceKind(Enum):
    """What can be shared; a window comes first, because it shows the least."""

    WINDOW = "window"
    SCREEN = "screen"
    ASKED = "asked"  # the system asks the person itself what is to be shared


@dataclass(frozen=True)
class Source:
    """A window or a screen of this computer that can be shared."""

    key: str  # names it in ShareScreen
    kind: SourceKind
    title: str  # of a window, as its program wrote it; empty for a screen
    width: int  # pixels
    height: int
    preview: Picture | None = None  # how it looks now, small
    own: bool = False  # a window of Conclave


@dataclass(frozen=True)
class Region:
    """A rectangle of the desktop in the system's own pixels."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True)
class OwnShare:
    """What this person shows to the others now."""

    kind: SourceKind
    title: str
    motion: bool = False
    part: bool = False  # only a part of the screen
    region: Region | None = None  # where it lies; None: nowhere to be seen, or not known
    hidden: bool = False  # the window is minimised: the others see its last picture


@dataclass(frozen=True)
class Sharing:
    """The own screen: what could be shown to others, and what is."""

    sources: tuple[Source, ...] | None = None  # None: nobody looks, or it is not known yet
    problem: str = ""  # why nothing can be shared, in one sentence, already translated
    own: OwnShare | None = None


@dataclass(frozen=True)
class ChatSaved:
    """How it went when the chat was to be written into a file."""

    number: int  # counts them: each is told once
    well: bool


@dataclass(frozen=True)
class Door:
    """The door in the own router through which people outside come in, while somebody hosts."""

    may_open: bool = False  # a person may ask for it
    wanted: bool = False  # somebody asked for it
    address: str = ""  # where people outside knock: it is open
    why_not: str = ""  # a key of the door texts, when it could not be opened
    detail: str = ""  # an address that this has to do with


@dataclass(frozen=True)
class MeetingPlace:
    """The meeting point by which people outside come in to somebody who hosts."""

    address: str = ""  # empty: there is none
    held: bool = False  # it knows where to ring
    failing: bool = False  # it could not be reached


@dataclass(frozen=True)
class InMeeting:
    """The meeting itself."""

    view: MeetingView
    devices: Devices = field(default_factory=Devices)
    camera_problem: str = ""
    microphone_problem: str = ""
    scanning: bool = False  # the own camera looks for a code to verify by
    contacts: tuple[ContactCard, ...] = ()  # whom the host can call into this meeting
    standing_in: bool = False  # no camera or microphone here: a test picture and tone stand in
    quality: CallQuality = CallQuality()
    chat_saved: ChatSaved | None = None  # after SaveChat
    sharing: Sharing = Sharing()
    door: Door = Door()
    place: MeetingPlace = MeetingPlace()
    live: Live = Live()
    volumes: tuple[tuple[bytes, float], ...] = ()  # of people who were made louder or softer
    held: bool = False  # the microphone is on, or muted, for as long as a key is held
    told_muted: int = 0  # how often this person spoke while muted and is to be told so
    listening: bool = False  # muted, and the microphone is open all the same
    calls: tuple[IncomingCall, ...] = ()  # contacts who call us out of it


Screen = Home | Preview | Waiting | Farewell | Unlock | InMeeting
