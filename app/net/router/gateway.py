"""Which router this computer's way out leads through, as the system tells."""

import ipaddress
import re
import struct
import subprocess
import sys
from pathlib import Path
from typing import Final

PATIENCE: Final = 2.0  # seconds for a command of the system

_ROUTE_IS_UP, _HAS_GATEWAY = 0x1, 0x2  # RTF_UP, RTF_GATEWAY of <linux/route.h>


def default_gateway(platform: str = sys.platform) -> ipaddress.IPv4Address | None:
    """Return the router that the best IPv4 default route leads through, None if there is none.

    None also where that route leads into a tunnel: a door in the router would not help then.
    Linux was tried; the commands of Windows and macOS are used as their manuals describe them.
    """
    try:
        if platform.startswith("linux"):
            return best_of_proc(Path("/proc/net/route").read_text("ascii"))
        if platform == "darwin":
            return best_of_macos(_said("/sbin/route", "-n", "get", "default"))
        if platform == "win32":
            return best_of_windows(_said("route.exe", "print", "-4", "0.0.0.0"))
    except (OSError, ValueError, subprocess.SubprocessError):
        pass  # a system that does not tell has no router for us
    return None


def _said(*command: str) -> str:
    return subprocess.run(
        command,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
        text=True,
        errors="replace",
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # Windows would show one
    ).stdout


def best_of_proc(table: str) -> ipaddress.IPv4Address | None:
    """Read /proc/net/route (proc(5)): hexadecimal words in the byte order of the machine."""
    routes = []
    for line in table.splitlines()[1:]:
        words = line.split()
        if len(words) < 8 or int(words[1], 16) or int(words[7], 16):
            continue
        flags, metric = int(words[3], 16), int(words[6])
        if flags & _ROUTE_IS_UP:
            raw = struct.pack("=I", int(words[2], 16))
            routes.append((metric, raw if flags & _HAS_GATEWAY else b""))
    return _first(routes)


def best_of_macos(said: str) -> ipaddress.IPv4Address | None:
    """Read `route -n get default`; a tunnel's default route names an interface only."""
    match = re.search(r"^\s*gateway: (\S+)$", said, re.MULTILINE)
    return _address(match.group(1)) if match else None


def best_of_windows(said: str) -> ipaddress.IPv4Address | None:
    """Read `route print`: target, mask, gateway, interface, metric; the words are translated."""
    routes = []
    for line in said.splitlines():
        words = line.split()
        if len(words) == 5 and words[:2] == ["0.0.0.0", "0.0.0.0"] and words[4].isdigit():
            gateway = _address(words[2])  # "On-link", in whatever language, for a tunnel
            routes.append((int(words[4]), gateway.packed if gateway else b""))
    return _first(routes)


def _first(routes: list[tuple[int, bytes]]) -> ipaddress.IPv4Address | None:
    if not routes:
        return None
    _, packed = min(routes, key=lambda route: route[0])
    return ipaddress.IPv4Address(packed) if packed else None


def _address(text: str) -> ipaddress.IPv4Address | None:
    try:
        return ipaddress.IPv4Address(text)
    except ValueError:
        return None
