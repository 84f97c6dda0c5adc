"""Where things lie: resources of the program, the profile, the log, the runtime folder."""

import hashlib
import os
import sys
from pathlib import Path

import platformdirs

APPLICATION = "Conclave"
IN_FLATPAK = Path("/.flatpak-info").is_file()  # flatpak(1) puts it there; nobody else can


def resource(*parts: str) -> Path:
    """Return the path of something that ships with the program, below `resources/`."""
    unpacked = getattr(sys, "_MEIPASS", None)  # set by PyInstaller in the installed program
    root = Path(unpacked) if unpacked else Path(__file__).resolve().parent.parent
    return root.joinpath("resources", *parts)


def default_profile() -> Path:
    """Return the folder of the profile that is used when no other is asked for."""
    return Path(platformdirs.user_data_dir(APPLICATION, appauthor=False))


def log_folder(profile: Path) -> Path:
    """Return the folder of the log: the system's own, or inside a profile that was asked for."""
    if profile == default_profile():
        return Path(platformdirs.user_log_dir(APPLICATION, appauthor=False))
    return profile / "log"


def runtime_folder(profile: Path) -> Path:
    """Return a folder for the sockets of a profile, of this user alone; never a shared place.

    Without a runtime folder of the session (XDG_RUNTIME_DIR unset) it is inside the profile. Its
    name is short whatever the profile is called: the path of a socket has little room.
    """
    if sys.platform == "linux" and not os.environ.get("XDG_RUNTIME_DIR"):
        return profile / "run"
    name = hashlib.sha256(os.fsencode(profile.resolve())).hexdigest()[:16]
    return Path(platformdirs.user_runtime_dir(APPLICATION, appauthor=False)) / name


def downloads_folder(chosen: str = "") -> Path:
    """Return the folder for files that are accepted: the one of the settings, or the system's.

    A path that begins nowhere begins at home, not wherever the program was started.
    """
    if not chosen:
        return Path(platformdirs.user_downloads_dir())
    return Path.home() / os.path.expanduser(chosen)


def policy_file() -> Path:
    """Return where an organisation may put settings that hold for everybody on this computer."""
    if sys.platform == "win32":
        return Path(os.environ.get("PROGRAMDATA", r"C:\ProgramData")) / APPLICATION / "policy.json"
    if sys.platform == "darwin":
        return Path("/Library/Application Support") / APPLICATION / "policy.json"
    if IN_FLATPAK:  # where the administrator's extension of it appears; the system's /etc does not
        return Path("/app/etc/conclave/policy.json")
    return Path("/etc/conclave/policy.json")
