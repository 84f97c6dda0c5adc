"""The file of the settings: read with care, bounded, and written whole or not at all."""

import json
from dataclasses import dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from app.json_object import read_object
from app.policy import load_policy
from app.rules import FREE, Rules
from app.settings import DEFAULTS, SettingError, Settings, Value, checked, of_today
from app.storage import TooLargeError, keep_aside, read_bounded, write_whole

MAX_FILE = 65_536  # bytes; a real file has about one thousand


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings as they are in force, and what was noticed while they were read."""

    settings: Settings
    locked: frozenset[str] = frozenset()  # names that the organisation's policy decides
    rules: Rules = FREE  # what it decides beyond them
    kept_aside: Path | None = None  # the damaged file, when there was one
    unreadable: bool = False  # the file could not be read; it is left alone


def load_settings(path: Path, now: datetime, policy: Path | None = None) -> Loaded:
    """Read the settings; a damaged file is kept aside and the defaults hold.

    Unknown names are passed over, and so is a value that its setting cannot have. What a
    `policy` file names, it decides.
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
    decided = load_policy(policy)
    changes: dict[str, Any] = {**values, **decided.settings}
    settings = replace(DEFAULTS, **changes)
    return Loaded(settings, frozenset(decided.settings), decided.rules, aside, unreadable)


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


def _parse(data: bytes) -> dict[str, Value]:
    """Return the good values of a settings file; ValueError when it is none at all."""
    raw = read_object(data)
    values: dict[str, Value] = {}
    for name, value in raw.items():
        try:
            values[name] = checked(name, of_today(name, value))
        except SettingError:
            continue  # of another version, or edited by hand: the default holds
    return values
