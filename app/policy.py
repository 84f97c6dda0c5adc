"""The organisation's policy file: settings that nobody changes, and rules beyond them.

What cannot be understood in it closes what it could have been about, and is told at every start.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from app.json_object import read_object
from app.rules import EVERYTHING_OFF, FREE, NOWHERE, STRICTEST, Function, Networks, Rules
from app.settings import DEFAULTS, TABLE, SettingError, Value, checked
from app.team_secret import NAME as TEAM_SECRET
from app.team_secret import is_secret

MAX_FILE = 65_536  # bytes
MOST_NETWORKS = 256

FORCE_LOBBY, REQUIRE_PASSWORD, NETWORKS = "force_lobby", "require_password", "networks"
LAN_ONLY = "lan_only"
SWITCHES = {f"allow_{function}": function for function in Function}
RULE_NAMES = (FORCE_LOBBY, REQUIRE_PASSWORD, LAN_ONLY, *SWITCHES, NETWORKS, TEAM_SECRET)


@dataclass(frozen=True, slots=True)
class Policy:
    """What the file says: the settings that it decides, and the rules."""

    settings: Mapping[str, Value] = field(default_factory=dict)
    rules: Rules = FREE


def load_policy(path: Path | None) -> Policy:
    """Read the organisation's file; without one nobody decides anything.

    One that is there and cannot be read leaves nothing open but this computer itself.
    """
    if path is None:
        return Policy()
    try:
        data = _read(path)
    except (FileNotFoundError, NotADirectoryError):
        return Policy()
    except OSError:
        return Policy(rules=STRICTEST)
    return parse_policy(data)


def parse_policy(data: bytes) -> Policy:
    """Return what a policy file says, whatever its bytes are.

    No JSON object leaves nothing open but this computer itself. A rule with an impossible value
    holds at its strictest, a setting keeps its default. An unknown name may have forbidden
    anything: all that can be switched off is off, lobby and password are asked for, and nothing
    leaves the local networks.
    """
    try:
        return _understood(read_object(data))
    except (ValueError, RecursionError):
        return Policy(rules=STRICTEST)


def _read(path: Path) -> bytes:
    """Return the file's bytes; raises OSError. It belongs to others: it is left as it is."""
    with path.open("rb") as file:
        data = file.read(MAX_FILE + 1)
    if len(data) > MAX_FILE:
        raise OSError("larger than any policy")
    return data


def _understood(raw: Mapping[str, object]) -> Policy:
    settings: dict[str, Value] = {}
    rules = FREE
    faults: list[str] = []
    for name, value in raw.items():
        try:
            if name in TABLE:
                settings[name] = getattr(DEFAULTS, name)
                settings[name] = checked(name, value)
            else:
                rules = _with(rules, name, value)
        except (SettingError, _RuleError):
            faults.append(name)
            if name not in TABLE:
                rules = _strictest(rules, name)
    rules = replace(rules, faults=tuple(faults), decided=frozenset(settings))
    return Policy(settings, rules)


class _RuleError(ValueError):
    """This is no rule, or not a value that it can have."""


def _with(rules: Rules, name: str, value: object) -> Rules:
    if name == NETWORKS:
        return replace(rules, networks=_networks(value))
    if name == TEAM_SECRET:
        if not isinstance(value, str) or not is_secret(value):
            raise _RuleError(name)
        return replace(rules, team_secret=value)
    if not isinstance(value, bool):
        raise _RuleError(name)
    if name == FORCE_LOBBY:
        return replace(rules, lobby=value)
    if name == REQUIRE_PASSWORD:
        return replace(rules, password=value)
    if name == LAN_ONLY:
        return replace(rules, lan_only=value)
    if name not in SWITCHES:
        raise _RuleError(name)
    return rules if value else replace(rules, off=rules.off | {SWITCHES[name]})


def _networks(value: object) -> Networks:
    if not isinstance(value, list) or len(value) > MOST_NETWORKS:
        raise _RuleError(NETWORKS)
    if not all(isinstance(text, str) for text in value):
        raise _RuleError(NETWORKS)
    try:
        return Networks.of(value)
    except ValueError as error:
        raise _RuleError(NETWORKS) from error


def _strictest(rules: Rules, name: str) -> Rules:
    """Return the rules with this one as strict as it can be."""
    if name == NETWORKS:
        return replace(rules, networks=NOWHERE)
    if name == TEAM_SECRET:
        return rules  # without one nothing is asked
    if name == FORCE_LOBBY:
        return replace(rules, lobby=True)
    if name == REQUIRE_PASSWORD:
        return replace(rules, password=True)
    if name == LAN_ONLY:
        return replace(rules, lan_only=True)
    if name in SWITCHES:
        return replace(rules, off=rules.off | {SWITCHES[name]})
    return replace(rules, lobby=True, password=True, lan_only=True, off=EVERYTHING_OFF)
