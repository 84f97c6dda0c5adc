"""What a command line asks for, as frozen values."""

from dataclasses import dataclass
from pathlib import Path

from app.net.addresses import Address


@dataclass(frozen=True, slots=True)
class ProfileChoice:
    """Whose identity and settings: None stands for the default profile."""

    folder: Path | None = None
    passphrase_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Participation:
    """How this computer takes part; None leaves the choice to the settings."""

    profile: ProfileChoice
    headless: bool = False
    name: str | None = None
    camera: str | None = None  # a name, an index, a file, "test" or "none"
    microphone: str | None = None
    speaker: str | None = None
    share: str | None = None  # a screen, as "screen:1", or "test"
    save_video: Path | None = None
    listen: Address | None = None  # an empty host stands for every interface, port 0 for any
    duration: float | None = None  # seconds
    stats: str | None = None  # a file, or "-" for standard output
    accept_files: Path | None = None  # a folder that all files go to that anybody offers
    send_files: tuple[Path, ...] = ()  # offered to everybody once they are there
    lan_only: bool = False  # this process sends nothing past the local networks
    chat: bool = False  # typed lines go to all, what others write is printed
    team_servers: str | None = None  # as the setting of the same name
    team_secret_file: Path | None = None  # the first line is what their relays know
    add_contacts: bool = False  # offer to everybody who is met, and agree to every offer


@dataclass(frozen=True, slots=True)
class ByLink:
    """Join by an invitation, whole and well-formed; whether it has expired is not known yet."""

    link: str


@dataclass(frozen=True, slots=True)
class ByAddress:
    """Join the visible meeting of a computer somebody typed."""

    address: Address


@dataclass(frozen=True, slots=True)
class ByNearby:
    """Join the first visible meeting on this network."""


@dataclass(frozen=True, slots=True)
class ByCall:
    """Wait for the call of a contact, and answer it."""

    contact: str  # a name, or the first digits of a device


Target = ByLink | ByAddress | ByNearby | ByCall


@dataclass(frozen=True, slots=True)
class PasswordChoice:
    """Where the meeting's password comes from; neither: from the environment, or there is none."""

    file: Path | None = None
    ask: bool = False  # at the terminal


@dataclass(frozen=True, slots=True)
class WindowOptions:
    """`conclave [LINK]`: open the window; a link is only filled in."""

    profile: ProfileChoice
    link: str | None = None
    toggle_microphone: bool = False  # of the window that is open already; none is opened
    in_tray: bool = False  # as the computer starts it: without a window where there is a tray
    close: bool = False  # the window that is open already; none is opened


@dataclass(frozen=True, slots=True)
class HostOptions:
    """`conclave host`."""

    part: Participation
    title: str | None = None
    visible: bool = False
    lobby: bool = True
    admit_all: bool = False  # knocks are answered with "come in" without asking anybody
    password: PasswordChoice = PasswordChoice()
    invites: tuple[str, ...] = ()  # for whom to make links that work once
    calls: tuple[str, ...] = ()  # contacts to call, by name or the first digits of a device
    reopen: bool = False  # under the links of the last meeting, if the program died in it
    open_router: bool = False  # let people outside in through the own router


@dataclass(frozen=True, slots=True)
class JoinOptions:
    """`conclave join`."""

    part: Participation
    target: Target
    password: PasswordChoice = PasswordChoice()


@dataclass(frozen=True, slots=True)
class TryOptions:
    """`conclave try`: meet the test guest."""

    part: Participation


@dataclass(frozen=True, slots=True)
class GuestOptions:
    """The test guest's own process; the link comes through a descriptor, not through `ps`."""

    link_descriptor: int = 0


@dataclass(frozen=True, slots=True)
class PictureOptions:
    """The process that makes a small picture of a file; it comes over standard input."""


@dataclass(frozen=True, slots=True)
class DevicesOptions:
    """`conclave devices`."""

    as_json: bool = False


@dataclass(frozen=True, slots=True)
class DoctorOptions:
    """`conclave doctor`."""

    profile: ProfileChoice
    as_json: bool = False
    towards: ByLink | ByAddress | None = None  # a computer that cannot be reached, perhaps
    router: bool = False  # try whether the own router would let people in


@dataclass(frozen=True, slots=True)
class ContactsOptions:
    """`conclave contacts`."""

    profile: ProfileChoice
    as_json: bool = False
    forget: str | None = None


@dataclass(frozen=True, slots=True)
class EvidenceOptions:
    """`conclave evidence [FILE]`: list what was kept, write it, or check somebody's file."""

    profile: ProfileChoice
    file: Path | None = None
    check: Path | None = None


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """`conclave export FILE`: write everything that is kept, readable, without keys."""

    profile: ProfileChoice
    file: Path


@dataclass(frozen=True, slots=True)
class EraseOptions:
    """`conclave erase`: erase everything that is kept."""

    profile: ProfileChoice
    sure: bool = False  # nobody is asked


@dataclass(frozen=True, slots=True)
class MeetingPointOptions:
    """`conclave meeting-point`: be where people meet who have no open port."""

    listen: Address  # an empty host stands for every interface, port 0 for any
    reached_at: Address | None = None  # where others reach it, if this computer cannot know
    key_file: Path | None = None


@dataclass(frozen=True, slots=True)
class UpdateOptions:
    """`conclave update [SOURCE]`: look for a newer version, take it, or go back."""

    profile: ProfileChoice
    source: str | None = None  # a folder, an index in it, or an address
    install: bool = False
    folder: Path | None = None  # for a package that the system installs
    roll_back: bool = False
    as_json: bool = False
    nearby: bool = False  # ask computers in this network
    share: Path | None = None  # serve this folder to them
    sure: bool = False  # nobody is asked


Command = (
    WindowOptions
    | HostOptions
    | JoinOptions
    | TryOptions
    | GuestOptions
    | PictureOptions
    | DevicesOptions
    | DoctorOptions
    | ContactsOptions
    | EvidenceOptions
    | ExportOptions
    | EraseOptions
    | MeetingPointOptions
    | UpdateOptions
)
