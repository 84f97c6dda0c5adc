"""What a person can choose: one frozen value, one table that describes it, one file, one policy."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from app.i18n import mark
from app.storage import TooLargeError, keep_aside, read_bounded, write_whole

MAX_FILE = 65_536  # bytes; a real file has about one thousand
MAX_TEXT = 256  # characters of a text setting; names of sound devices are long

Value = str | bool | int


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting with its default; TABLE describes them."""

    name: str = ""
    language: str = ""
    theme: str = "system"
    reduce_motion: bool = False
    camera: str = ""
    microphone: str = ""
    speaker: str = ""
    picture_height: int = 720
    mirror_self: bool = True
    echo_cancellation: bool = True
    noise_suppression: bool = True
    automatic_gain: bool = True
    visible: bool = False
    lobby: bool = True
    listen_port: int = 0
    write_log: bool = True


@dataclass(frozen=True, slots=True)
class Description:
    """What one setting is: its page, its words (to be translated with `_`), what it may be."""

    page: str
    title: str
    why: str
    choices: tuple[Value, ...] = ()  # empty: any value of its type within the limits
    low: int = 0
    high: int = 0
    longest: int = MAX_TEXT


TABLE: Mapping[str, Description] = {
    "name": Description(
        "you", mark("Your name"), mark("Proposed for every meeting; you can take another one."),
        longest=64,
    ),
    "language": Description(
        "appearance", mark("Language"), mark("Empty follows the system."), longest=16
    ),
    "theme": Description(
        "appearance", mark("Colours"), mark("Light, dark, or as the system has them."),
        choices=("system", "light", "dark"),
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
        choices=(360, 720),
    ),
    "mirror_self": Description(
        "devices", mark("Mirror my picture"), mark("Only for you; others see you as you are.")
    ),
    "echo_cancellation": Description(
        "devices", mark("Remove echo"), mark("Others do not hear themselves from your speaker.")
    ),
    "noise_suppression": Description(
        "devices", mark("Remove noise"), mark("Fans and keyboards become quieter.")
    ),
    "automatic_gain": Description(
        "devices", mark("Even out the loudness"), mark("Quiet voices are raised, loud lowered.")
    ),
    "visible": Description(
        "network", mark("Show my meetings on this network"),
        mark("The choice a new meeting starts with."),
    ),
    "lobby": Description(
        "privacy", mark("People knock first"), mark("The choice a new meeting starts with.")
    ),
    "listen_port": Description(
        "network", mark("Port"), mark("0 takes a free one; a fixed one helps with firewalls."),
        low=0, high=65535,
    ),
    "write_log": Description(
        "privacy", mark("Keep a log on this computer"),
        mark("Seven days, without names, addresses or content; it helps to find faults."),
    ),
}  # fmt: skip


class SettingError(ValueError):
    """There is no such setting, or it cannot have this value."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings as they are in force, and what was noticed while they were read."""

    settings: Settings
    locked: frozenset[str] = frozenset()  # names that the organisation's policy decides
    kept_aside: Path | None = None  # the damaged file, when there was one
    unreadable: bool = False  # the file could not be read; it is left alone


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
        fits = len(value) <= description.longest and (value.isprintable() or not value)
    elif isinstance(value, bool) or description.choices:
        fits = True
    else:
        fits = description.low <= value <= description.high
    if not fits:
        raise SettingError(f"{name} is too long or out of range")
    return value


def changed(settings: Settings, name: str, value: object) -> Settings:
    """Return the settings with one of them changed; raises SettingError."""
    changes: dict[str, Any] = {name: checked(name, value)}
    return replace(settings, **changes)


def load_settings(path: Path, now: datetime, policy: Path | None = None) -> Loaded:
    """Read the settings; a damaged file is kept aside and the defaults hold.

    Unknown names are passed over, and so is a value that its setting cannot have. A readable
    `policy` file of the same form decides the settings it names.
    """
    aside, unreadable = None, False
    values: dict[str, Value] = {}
    try:
        values = _parse(read_bounded(path, MAX_FILE))
    except (FileNotFoundError, NotADirectoryError):
        pass
    except (ValueError, RecursionError, TooLargeError):
        try:
            aside = keep_aside(path, now)
        except OSError:
            unreadable = True
    except OSError:
        unreadable = True
    locked: frozenset[str] = frozenset()
    if policy is not None:
        rules = _policy(policy)
        values |= rules
        locked = frozenset(rules)
    changes: dict[str, Any] = dict(values)
    return Loaded(replace(DEFAULTS, **changes), locked, aside, unreadable)


def save_settings(path: Path, settings: Settings, locked: frozenset[str] = frozenset()) -> None:
    """Write what differs from the defaults and is not decided by a policy; raises OSError."""
    values = {
        field.name: getattr(settings, field.name)
        for field in fields(settings)
        if field.name not in locked
        and getattr(settings, field.name) != getattr(DEFAULTS, field.name)
    }
    text = json.dumps(values, indent=2, ensure_ascii=False, sort_keys=True)
    write_whole(path, text.encode("utf-8") + b"\n")


def _policy(path: Path) -> dict[str, Value]:
    """Read the organisation's file; one that cannot be read decides nothing."""
    try:
        return _parse(read_bounded(path, MAX_FILE))
    except (OSError, ValueError, RecursionError):
        return {}


def _parse(data: bytes) -> dict[str, Value]:
    """Return the good values of a settings file; ValueError when it is none at all."""
    raw = json.loads(data.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    if not isinstance(raw, dict):
        raise ValueError("settings are one object")
    values: dict[str, Value] = {}
    for name, value in raw.items():
        try:
            values[name] = checked(name, value)
        except SettingError:
            continue  # of another version, or edited by hand: the default holds
    return values


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len({name for name, _value in pairs}) != len(pairs):
        raise ValueError("a name stands there twice")
    return dict(pairs)


def _no_constant(text: str) -> None:
    raise ValueError(f"{text} is not JSON")


DEFAULTS = Settings()
