"""What a person can choose: one frozen value, and one table that describes it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.i18n import mark
from app.team_servers import LONGEST as LONGEST_SERVERS
from app.team_servers import parse_team_servers

MAX_TEXT = 256  # characters of a text setting; names of sound devices are long

Value = str | bool | int


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting with its default; TABLE describes them."""

    name: str = ""
    language: str = ""
    theme: str = "system"
    text_scale: int = 100
    reduce_motion: bool = False
    camera: str = ""
    microphone: str = ""
    speaker: str = ""
    picture_height: int = 720
    mirror_self: bool = True
    echo_cancellation: bool = True
    noise_suppression: str = "mild"
    automatic_gain: bool = True
    music_mode: bool = False
    push_to_talk: str = "talk"
    muted_hint: str = "short"
    meeting_sounds: bool = True
    live_text: bool = False
    view: str = "grid"
    self_view: str = "grid"
    picture_in_picture: bool = False
    notifications: str = "plain"
    keep_recent: bool = False
    keep_in_tray: bool = False
    autostart: bool = False
    open_links: bool = False
    download_folder: str = ""
    visible: bool = False
    lobby: bool = True
    local_meetings: bool = False
    listen_port: int = 0
    open_router: bool = False
    team_servers: str = ""
    host_servers: bool = True
    write_log: bool = True
    update_source: str = ""
    look_for_updates: bool = False


@dataclass(frozen=True, slots=True)
class Description:
    """What one setting is: its page, its words (to be translated with `_`), what it may be."""

    page: str
    title: str
    why: str
    choices: tuple[Value, ...] = ()  # empty: any value of its type within the limits
    words: tuple[str, ...] = ()  # of the choices, in their order
    low: int = 0
    high: int = 0
    longest: int = MAX_TEXT
    folder: bool = False  # of this computer, so it can be chosen in the system's dialog
    lines: bool = False  # may hold several lines
    check: Callable[[str], object] | None = None  # raises ValueError, in words for people
    formerly: tuple[tuple[Value, Value], ...] = ()  # what older files say, and what that is now


TABLE: Mapping[str, Description] = {
    "name": Description(
        "you", mark("Your name"), mark("Proposed for every meeting; you can take another one."),
        longest=64,
    ),
    "language": Description(
        "appearance", mark("Language"), mark("Counts at once, everywhere in Conclave."), longest=16
    ),
    "theme": Description(
        "appearance", mark("Colours"), mark("Light, dark, strong contrast, or as the system."),
        choices=("system", "light", "dark", "contrast"),
        words=(mark("As the system"), mark("Light"), mark("Dark"), mark("High contrast")),
    ),
    "text_scale": Description(
        "appearance", mark("Size of the text"), mark("On top of what the system asks for."),
        choices=(100, 125, 150, 175, 200), words=("100 %", "125 %", "150 %", "175 %", "200 %"),
    ),
    "reduce_motion": Description(
        "appearance", mark("Less motion"), mark("Panels appear at once instead of gliding in.")
    ),
    "camera": Description(
        "devices", mark("Camera"), mark("It stays closed until you switch it on.")
    ),
    "microphone": Description(
        "devices", mark("Microphone"), mark("It stays closed until you switch it on.")
    ),
    "speaker": Description("devices", mark("Speaker"), mark("Where you hear the others.")),
    "picture_height": Description(
        "devices", mark("Picture"), mark("A smaller picture needs less of computer and network."),
        choices=(360, 720), words=("640 × 360", "1280 × 720"),
    ),
    "mirror_self": Description(
        "devices", mark("Mirror my picture"), mark("Only for you; others see you as you are.")
    ),
    "echo_cancellation": Description(
        "devices", mark("Remove echo"), mark("Others do not hear themselves from your speaker.")
    ),
    "noise_suppression": Description(
        "devices", mark("Remove noise"), mark("Fans and keyboards become quieter."),
        choices=("off", "mild", "strong"), words=(mark("Off"), mark("A little"), mark("Strongly")),
        formerly=((False, "off"), (True, "mild")),
    ),
    "automatic_gain": Description(
        "devices", mark("Even out the loudness"), mark("Quiet voices are raised, loud lowered.")
    ),
    "music_mode": Description(
        "devices", mark("Music"), mark("Instruments sound as they are; use headphones for it.")
    ),
    "push_to_talk": Description(
        "devices", mark("Hold the space bar"), mark("What it does for as long as you hold it."),
        choices=("off", "talk", "only", "mute"),
        words=(
            mark("Nothing"), mark("Speak while muted"), mark("Speak only then"), mark("Be mute"),
        ),
    ),
    "muted_hint": Description(
        "devices", mark("Tell me when I speak while muted"),
        mark(
            "Nothing is sent for it. The microphone closes five seconds after muting; for the last "
            "choice it stays open."
        ),
        choices=("off", "short", "long"),
        words=(mark("Never"), mark("Right after muting"), mark("As long as I am muted")),
        formerly=((False, "off"), (True, "short")),
    ),
    "meeting_sounds": Description(
        "meetings", mark("Sounds of the meeting"),
        mark("A short sound when somebody calls, knocks, comes or goes."),
    ),
    "live_text": Description(
        "meetings", mark("Others read as I write"),
        mark("In the chat, letter by letter. Otherwise nobody sees that you write."),
    ),
    "view": Description(
        "meetings", mark("How people are shown"),
        mark("All alike, or who speaks large; a shared screen is always large."),
        choices=("grid", "speaker"), words=(mark("All alike"), mark("Who speaks large")),
    ),
    "self_view": Description(
        "meetings", mark("My own picture"), mark("Where you see yourself; others see you anyway."),
        choices=("grid", "corner", "hidden"),
        words=(mark("Among the others"), mark("Small in a corner"), mark("Hidden")),
    ),
    "picture_in_picture": Description(
        "meetings", mark("Small picture above other windows"),
        mark("It appears while you work in another window, and goes when you come back."),
    ),
    "download_folder": Description(
        "meetings", mark("Where files are saved"),
        mark("A folder on this computer; empty means your downloads."), longest=1024, folder=True,
    ),
    "notifications": Description(
        "computer", mark("Notifications"),
        mark("While another window is in front: nothing, what happens, or also who."),
        choices=("off", "plain", "names"),
        words=(mark("None"), mark("Without names"), mark("With names")),
    ),
    "keep_in_tray": Description(
        "computer", mark("Stay ready when the window is closed"),
        mark("Conclave stays in the tray, so contacts can call you."),
    ),
    "autostart": Description(
        "computer", mark("Start with the computer"), mark("Conclave starts when you sign in.")
    ),
    "open_links": Description(
        "computer", mark("Open invitations with Conclave"),
        mark("A click on a link that begins with “conclave:” opens it here."),
    ),
    "keep_recent": Description(
        "privacy", mark("Remember recent meetings"),
        mark("Titles and times, sealed on this computer; off forgets them at once."),
    ),
    "visible": Description(
        "network", mark("Show my meetings on this network"),
        mark("The choice a new meeting starts with."),
    ),
    "lobby": Description(
        "privacy", mark("People knock first"), mark("The choice a new meeting starts with.")
    ),
    "local_meetings": Description(
        "network", mark("Keep my meetings on the local network"),
        mark("The choice a new meeting starts with."),
    ),
    "listen_port": Description(
        "network", mark("Port"), mark("0 takes a free one; a fixed one helps with firewalls."),
        low=0, high=65535,
    ),
    "open_router": Description(
        "network", mark("Let people outside in through my router"),
        mark(
            "Your router is asked to open one port while you host a meeting, and to close it "
            "at the end. The choice a new meeting starts with."
        ),
    ),
    "team_servers": Description(
        "network", mark("Servers of your team"),
        mark(
            "Help people beyond this network to reach each other, as “turn:192.0.2.7”. "
            "Empty: no server is ever asked."
        ),
        longest=LONGEST_SERVERS, lines=True, check=parse_team_servers,
    ),
    "host_servers": Description(
        "network", mark("Servers that the host names"),
        mark("In a meeting, those of the host's team may be asked when no direct path is found."),
    ),
    "write_log": Description(
        "privacy", mark("Keep a log on this computer"),
        mark("Seven days, without names, addresses or content; it helps to find faults."),
    ),
    "update_source": Description(
        "updates", mark("Where updates are"),
        mark("A folder, or an address such as http://192.0.2.7/conclave. Empty: nowhere."),
        longest=400,
    ),
    "look_for_updates": Description(
        "updates", mark("Look by itself"),
        mark("At the start and once a day, only there. Otherwise nothing is asked."),
    ),
}  # fmt: skip


class SettingError(ValueError):
    """There is no such setting, or it cannot have this value."""


def checked(name: str, value: object) -> Value:
    """Return the value if the setting may have it; raises SettingError."""
    description = TABLE.get(name)
    if description is None:
        raise SettingError(f"there is no setting {name!r}")
    wanted = type(getattr(DEFAULTS, name))
    if type(value) is not wanted or not isinstance(value, str | bool | int):
        raise SettingError(f"{name} is of another type")
    if description.choices and value not in description.choices:
        raise SettingError(f"{name} cannot be that")
    if isinstance(value, str):
        lines = value.split("\n") if description.lines else [value]
        fits = len(value) <= description.longest and all(line.isprintable() for line in lines)
        if fits and description.check is not None:
            _checked_by(description.check, value)
    elif isinstance(value, bool) or description.choices:
        fits = True
    else:
        fits = description.low <= value <= description.high
    if not fits:
        raise SettingError(f"{name} is too long or out of range")
    return value


def _checked_by(check: Callable[[str], object], value: str) -> None:
    try:
        check(value)
    except ValueError as error:
        raise SettingError(str(error)) from error


def changed(settings: Settings, name: str, value: object) -> Settings:
    """Return the settings with one of them changed; raises SettingError."""
    changes: dict[str, Any] = {name: checked(name, value)}
    return replace(settings, **changes)


def of_today(name: str, value: object) -> object:
    """Return what a value of an older file is called now."""
    formerly = TABLE[name].formerly if name in TABLE else ()
    for old, new in formerly:
        if type(value) is type(old) and value == old:
            return new
    return value


DEFAULTS = Settings()
