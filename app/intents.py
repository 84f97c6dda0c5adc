"""What a person asks of the app outside the rules of the meeting itself."""

from dataclasses import dataclass, field

from app.meeting.wishes import End, Leave, Wish


@dataclass(frozen=True)
class StartMeeting:
    """Go to the preview of a meeting that this person hosts."""

    title: str
    name: str
    visible: bool
    lobby: bool = True
    password: str = field(default="", repr=False)
    lan_only: bool = False  # nobody in it sends anything past the local networks
    reopen: bool = False  # under the links of the last meeting, if this program died in it
    open_router: bool = False  # let people outside in through the own router


@dataclass(frozen=True)
class OpenRouter:
    """Let people outside in through the own router while this meeting lasts, or no longer."""

    on: bool


@dataclass(frozen=True)
class JoinLink:
    """Go to the preview of a meeting from an invitation link, a QR text or a typed address."""

    text: str = field(repr=False)
    name: str


@dataclass(frozen=True)
class JoinNearby:
    """Go to the preview of a meeting in the list."""

    key: str
    name: str


@dataclass(frozen=True)
class TryConclave:
    """Meet the test guest on this computer."""

    name: str


@dataclass(frozen=True)
class Enter:
    """From the preview into the meeting; devices as they are switched there."""

    name: str
    password: str = field(default="", repr=False)  # of somebody's meeting that asks for one


@dataclass(frozen=True)
class CallContact:
    """Go to the preview of a meeting of one's own into which a contact is called."""

    dev: bytes
    name: str  # one's own


@dataclass(frozen=True)
class AnswerCall:
    """Go to the preview of the meeting that a contact calls us into.

    Out of a meeting one goes there at once, with microphone and camera as they are switched.
    """

    key: str
    name: str
    leave: Leave | End = field(default_factory=Leave)  # how the meeting is left that one is in


@dataclass(frozen=True)
class JoinRecent:
    """Go to the preview of what leads back to a meeting that was visited lately."""

    key: str
    name: str


@dataclass(frozen=True)
class ForgetRecent:
    """Forget a meeting that was visited lately; with "" all of them."""

    key: str = ""


@dataclass(frozen=True)
class ScanInvitation:
    """Look for the code of an invitation with the camera, or stop; it leads to the preview."""

    on: bool
    name: str = ""


@dataclass(frozen=True)
class DeclineCall:
    """Stop a contact's ringing, here only."""

    key: str


@dataclass(frozen=True)
class ForgetContact:
    """Forget a contact: they can no longer call, and their device is new again."""

    dev: bytes


@dataclass(frozen=True)
class ScanCode:
    """Look for a code to verify by in the pictures of one's own camera, or stop looking."""

    on: bool


@dataclass(frozen=True)
class SaveProof:
    """Write the proof that a host lied into a file."""

    path: str


@dataclass(frozen=True)
class SaveChat:
    """Write the chat of the meeting into a file; nothing else brings it to the disk."""

    path: str


@dataclass(frozen=True)
class GoHome:
    """Give up the preview, the waiting or the farewell."""


@dataclass(frozen=True)
class Retry:
    """Knock again after a farewell that allows it."""


@dataclass(frozen=True)
class ChooseCamera:
    """Use another camera."""

    key: str


@dataclass(frozen=True)
class ChooseMicrophone:
    """Use another microphone."""

    key: str


@dataclass(frozen=True)
class ChooseSpeaker:
    """Use another speaker."""

    key: str


@dataclass(frozen=True)
class RefreshDevices:
    """Look again which devices are there."""


@dataclass(frozen=True)
class UseOffered:
    """Use what was just plugged in, or leave everything as it is."""

    use: bool


@dataclass(frozen=True)
class TrySpeaker:
    """Play the test sound, or stop it."""


@dataclass(frozen=True)
class TryMicrophone:
    """Record three seconds and play them back, to nobody else; or stop that."""


@dataclass(frozen=True)
class LookAtLevel:
    """Have the level of an open microphone told, or no more."""

    on: bool


@dataclass(frozen=True)
class HoldMicrophone:
    """A key is held that opens or mutes the microphone, or it was let go of."""

    held: bool


@dataclass(frozen=True)
class SetVolume:
    """Make one person louder or softer, only here; 1.0 leaves them as they are."""

    dev: bytes
    gain: float


@dataclass(frozen=True)
class SetTile:
    """Tell how large a person's tile is, in device pixels, and whether it can be seen."""

    dev: bytes
    width: int
    height: int
    visible: bool


@dataclass(frozen=True)
class LookAt:
    """Have all pictures of one person come, whoever speaks; an empty device: of nobody more."""

    dev: bytes


@dataclass(frozen=True)
class SetScreenTile:
    """The same of the tile of the screen that a person shares; until then it is not sent."""

    dev: bytes
    width: int
    height: int
    visible: bool


@dataclass(frozen=True)
class LookForScreens:
    """List again and again which windows and screens of this computer can be shared, or stop."""

    on: bool


@dataclass(frozen=True)
class Part:
    """A part of a screen: left, top, width and height, each as a share of the screen, 0 to 1."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class ShareScreen:
    """Show a window, a screen or a part of a screen to everybody in the meeting."""

    key: str  # of the source
    part: Part | None = None
    motion: bool = False  # fluent pictures before sharp text


@dataclass(frozen=True)
class EndSharing:
    """Show nothing of one's own screen any more."""


@dataclass(frozen=True)
class LookAtQuality:
    """Have the figures of the call told each second, or no more."""

    on: bool


@dataclass(frozen=True)
class KeepTeamSecret:
    """Keep, sealed, what the team's relays know; "" keeps nothing any more."""

    secret: str = field(repr=False)


@dataclass(frozen=True)
class SetSetting:
    """Change one setting by its name in the table of settings."""

    name: str
    value: str | bool | int | float


@dataclass(frozen=True)
class GivePassphrase:
    """Open, or for the first time seal, the identity."""

    passphrase: str


Intent = (
    StartMeeting
    | OpenRouter
    | JoinLink
    | JoinNearby
    | TryConclave
    | Enter
    | CallContact
    | AnswerCall
    | DeclineCall
    | JoinRecent
    | ForgetRecent
    | ScanInvitation
    | ForgetContact
    | ScanCode
    | SaveProof
    | SaveChat
    | GoHome
    | Retry
    | ChooseCamera
    | ChooseMicrophone
    | ChooseSpeaker
    | RefreshDevices
    | UseOffered
    | TrySpeaker
    | TryMicrophone
    | LookAtLevel
    | HoldMicrophone
    | SetVolume
    | SetTile
    | LookAt
    | SetScreenTile
    | LookForScreens
    | ShareScreen
    | EndSharing
    | LookAtQuality
    | SetSetting
    | KeepTeamSecret
    | GivePassphrase
    | Wish
)
