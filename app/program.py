"""How this program is started: by itself beside itself, by a click on a link, by signing in."""

import sys
from pathlib import Path

from app.paths import default_profile, resource
from app.windows_entries import PROGRAM

ROOT = Path(__file__).resolve().parent.parent
FROZEN = bool(getattr(sys, "frozen", False))
# Python looks for modules where it is started: never in a folder that holds somebody's downloads.
PLACE = None if FROZEN else ROOT
PACKAGED = "packaged"  # a resource that a package brings along: one word, what kind it is


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


def is_packaged() -> bool:
    """Tell whether this program came in a package, which has a menu entry of its own."""
    return FROZEN and resource(PACKAGED).exists()


def _program() -> tuple[str, ...]:
    windows = sys.platform == "win32"
    if FROZEN and windows:  # of two programs the one that opens no terminal
        return (str(Path(sys.executable).with_name(PROGRAM)),)
    if FROZEN:
        return (str(_starter(Path(sys.executable))),)
    installed = Path(sys.executable).with_name(PROGRAM if windows else "conclave")
    if installed.is_file():
        return (str(installed),)
    return (str(ROOT / ("run.cmd" if windows else "run")),)


def _starter(program: Path) -> Path:
    """Return what starts a program: in a folder installation what stands outside of its version.

    That is HOME/conclave for HOME/versions/0.2.0/conclave; else it is the program itself.
    """
    versions = program.parent.parent
    starter = versions.parent / program.name
    return starter if versions.name == "versions" and starter.is_file() else program
