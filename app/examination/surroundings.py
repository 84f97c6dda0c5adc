"""The doctor's look around the program: disk, key store, clock, screen, camera, sound."""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from app.findings import Finding
from app.i18n import _, ngettext
from app.keychain import system_key_store
from app.storage import make_private_folder

ROOM = 50_000_000  # bytes; profile and log are far smaller, a full disk hurts everything
RELEASED = datetime(2026, 11, 1, tzinfo=UTC)  # no clock that is right shows an earlier day
UNLIKELY = datetime(2060, 1, 1, tzinfo=UTC)


def checks(profile: Path) -> list[tuple[str, Callable[[], Finding]]]:
    """Return what is looked at here."""
    return [
        ("disk", partial(disk, profile)),
        ("key_store", key_store),
        ("clock", clock),
        ("screen", screen),
        ("camera", camera),
        ("microphone", partial(sound, "microphone")),
        ("speaker", partial(sound, "speaker")),
    ]


def disk(profile: Path) -> Finding:
    """Write a file where the profile is."""
    title = _("Disk")
    cure = _("Make room, or choose another folder with --profile.")
    try:
        existed = profile.exists()
        make_private_folder(profile)
        with tempfile.TemporaryFile(dir=profile) as file:
            file.write(b"x")
            file.flush()
            os.fsync(file.fileno())
        free = shutil.disk_usage(profile).free
        if not existed:
            profile.rmdir()
    except OSError as error:
        sentence = _("nothing can be written to {folder} ({cause}).").format(
            folder=profile, cause=error.strerror or type(error).__name__
        )
        return Finding("disk", title, "fail", sentence, cure)
    if free < ROOM:
        sentence = _("there is hardly any room left ({mb} MB).").format(mb=free // 1_000_000)
        return Finding("disk", title, "warn", sentence, cure)
    return Finding("disk", title, "ok", _("identity and settings can be kept."))


def key_store() -> Finding:
    """Look which key store the system has; opens nothing, so nobody is asked for anything."""
    title = _("Key store")
    if system_key_store() is not None:
        return Finding("key_store", title, "ok", _("your system's key store keeps your key."))
    sentence = _("your system has none that keeps secrets; a passphrase takes its place.")
    cure = _("Choose a passphrase when Conclave asks, or install a key store.")
    if sys.platform == "linux":
        cure = _("Choose a passphrase when Conclave asks, or install gnome-keyring or KWallet.")
    return Finding("key_store", title, "warn", sentence, cure)


def clock(now: Callable[[], datetime] | None = None) -> Finding:
    """Look whether the clock can be right."""
    title = _("Clock")
    moment = now() if now else datetime.now(UTC)
    if RELEASED <= moment <= UNLIKELY:
        return Finding("clock", title, "ok", _("the date is plausible."))
    sentence = _("it shows {date}: invitations would be expired or not yet recognised.").format(
        date=moment.date().isoformat()
    )
    return Finding("clock", title, "fail", sentence, _("Set date and time of this computer."))


def screen() -> Finding:
    """Look whether a window can open."""
    title = _("Screen")
    if sys.platform in {"win32", "darwin"}:
        return Finding("screen", title, "ok", _("a window can open."))
    if os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY"):
        return Finding("screen", title, "ok", _("a window can open."))
    sentence = _("there is none here (DISPLAY and WAYLAND_DISPLAY are not set).")
    cure = _("Use --headless, or start Conclave from a desktop.")
    return Finding("screen", title, "warn", sentence, cure)


def camera() -> Finding:
    """Count the cameras; none of them is opened."""
    from media.devices import cameras

    title = _("Camera")
    found = [device.name or device.id for device in cameras()]
    if found:
        return Finding("camera", title, "ok", ", ".join(found) + ".")
    sentence = _("no camera was found; you can join without one.")
    cure = _("Plug one in, or allow Conclave to use it in the system's settings.")
    if sys.platform == "linux" and any(Path("/dev").glob("video*")):
        sentence = _("there is a camera that cannot be opened.")
        cure = _("Give yourself the right to: sudo usermod -aG video $USER, then log in again.")
    return Finding("camera", title, "warn", sentence, cure)


def sound(kind: str) -> Finding:
    """Count the microphones or speakers; none of them is opened."""
    from media.devices import microphones, speakers
    from media.errors import SoundError

    title = _("Microphone") if kind == "microphone" else _("Speaker")
    try:
        found = [device.name for device in (microphones() if kind == "microphone" else speakers())]
    except SoundError as error:
        if error.code == "no_library":
            cure = _("Install PortAudio (./run does; on Debian: sudo apt install libportaudio2).")
            return Finding(kind, title, "fail", _("PortAudio does not load."), cure)
        found = []
    if found:
        others = len(found) - 1
        more = ngettext("and {count} more", "and {count} more", others).format(count=others)
        return Finding(kind, title, "ok", f"{found[0]} {more}." if others else f"{found[0]}.")
    sentence = _("none was found; you can join without it.")
    cure = _("Plug one in, and look whether the system's sound settings show it.")
    return Finding(kind, title, "warn", sentence, cure)
