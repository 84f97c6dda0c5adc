"""How this program is started: by itself beside itself, by a click on a link, by signing in."""

import sys
from pathlib import Path

from app.paths import default_profile

ROOT = Path(__file__).resolve().parent.parent
FROZEN = bool(getattr(sys, "frozen", False))
# Python looks for modules where it is started: never in a folder that holds somebody's downloads.
PLACE = None if FROZEN else ROOT


def start_command(profile: Path | None = None) -> tuple[str, ...]:
    """Return program and arguments; another `profile` than the default is named in them."""
    options = () if profile is None or profile == default_profile() else ("--profile", str(profile))
    return (*_program(), *options)


def own_process(command: str, *words: str) -> tuple[str, ...]:
    """Return what starts a command of this very program in a process of its own, from PLACE."""
    if FROZEN:
        return (sys.executable, command, *words)
    isolated = ("-I",) if sys.flags.isolated else ()
    return (sys.executable, *isolated, "-m", "app", command, *words)


def _program() -> tuple[str, ...]:
    if FROZEN:
        return (sys.executable,)
    windows = sys.platform == "win32"
    installed = Path(sys.executable).with_name("conclave.exe" if windows else "conclave")
    if installed.is_file():
        return (str(installed),)
    return (str(ROOT / ("run.cmd" if windows else "run")),)
