"""The sound server of Linux (PulseAudio or PipeWire): its devices by the names people know."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

PROGRAM = "pactl"  # of pulseaudio-utils; PipeWire answers it as well
GATE = "pulse"  # what ALSA, and so PortAudio, calls the way to the server
PATIENCE = 3.0  # seconds for an answer; it takes some milliseconds
MOST = 200  # devices that are listed

_KIND = {"input": ("sources", "Default Source"), "output": ("sinks", "Default Sink")}
_ROUTE = {"input": "PULSE_SOURCE", "output": "PULSE_SINK"}

Direction = Literal["input", "output"]


@dataclass(frozen=True)
class ServerDevice:
    """A microphone or speaker; `node` names it to the server, `name` to people."""

    node: str
    name: str
    is_default: bool


def is_possible() -> bool:
    """Tell whether this computer may have such a server that can be asked."""
    return sys.platform == "linux" and shutil.which(PROGRAM) is not None


def devices(direction: Direction) -> list[ServerDevice] | None:
    """Return what the server has now, the default first; None without a server to ask."""
    if not is_possible():
        return None
    kind, default = _KIND[direction]
    about, listed = _ask("info"), _ask("list", kind)
    if about is None or listed is None:
        return None
    return parse(listed, _value(about, default))


def parse(listed: str, default: str) -> list[ServerDevice]:
    """Return the devices in what `pactl list` says, the default first, each name once.

    What a speaker plays can be listened to as well; that is no microphone and is left out.
    """
    found: dict[str, ServerDevice] = {}
    for part in listed.split("\n\n"):
        node, name = _value(part, "Name"), _value(part, "Description")
        monitor = _value(part, "Monitor of Sink")
        if not node or monitor not in ("", "n/a") or len(found) >= MOST:
            continue
        name = plain = name or node
        number = 1
        while name in found:
            number += 1
            name = f"{plain} ({number})"
        found[name] = ServerDevice(node, name, node == default)
    return sorted(found.values(), key=lambda device: not device.is_default)


def route(direction: Direction, node: str) -> Mapping[str, str]:
    """Return the environment in which what is opened is connected to this device."""
    return {_ROUTE[direction]: node} if node else {}


def environment() -> dict[str, str]:
    """Return the environment to ask in: its words are those of C, whatever people speak."""
    return {**os.environ, "LC_ALL": "C"}


def _ask(*question: str) -> str | None:
    try:
        answer = subprocess.run(
            [PROGRAM, *question],
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.decode("utf-8", "replace")


def _value(text: str, key: str) -> str:
    """Return what stands behind `key:` at the beginning of a line; empty for nothing."""
    for line in text.splitlines():
        head, colon, value = line.strip().partition(": ")
        if colon and head == key:
            return value.strip()
    return ""
