"""How this program is started, for those who start it later: a click on a link, signing in."""

import sys
from pathlib import Path

from app.paths import default_profile

ROOT = Path(__file__).resolve().parent.parent


def start_command(profile: Path | None = None) -> tuple[str, ...]:
    """Return program and arguments; another `profile` than the default is named in them."""
    options = () if profile is None or profile == default_profile() else ("--profile", str(profile))
    return (*_program(), *options)


def _program() -> tuple[str, ...]:
    if getattr(sys, "frozen", False):
        return (sys.executable,)
    windows = sys.platform == "win32"
    installed = Path(sys.executable).with_name("conclave.exe" if windows else "conclave")
    if installed.is_file():
        return (str(installed),)
    return (str(ROOT / ("run.cmd" if windows else "run")),)
