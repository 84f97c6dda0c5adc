"""What single values of the command line must look like; each fault is one clear line."""

import math
import os
import re
from pathlib import Path

from app.exit_codes import ExitCode
from app.i18n import _
from app.net.addresses import Address, AddressError, parse_address
from app.team_servers import TeamServersError, parse_team_servers

MAX_LABEL = 64  # bytes of UTF-8 in a title or a name; what a tile and a list can show
MAX_DURATION = 30 * 24 * 3600.0  # seconds; a longer meeting is a typing error
MEDIA_SUFFIXES = frozenset(
    [
        ".avi",
        ".flac",
        ".ivf",
        ".m4v",
        ".mkv",
        ".mov",
        ".mp4",
        ".ogg",
        ".ogv",
        ".wav",
        ".webm",
        ".y4m",
    ]
)


class UsageError(Exception):
    """The command line cannot be used; the text is one line for people."""

    def __init__(self, text: str, code: ExitCode = ExitCode.USAGE) -> None:
        super().__init__(text)
        self.code = code


def label(text: str | None, option: str) -> str | None:
    """Check a title or a name: something to see, not too long, on one line."""
    if text is None:
        return None
    text = text.strip()
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError:
        raise UsageError(_("{option} is not readable text.").format(option=option)) from None
    if not text or not text.isprintable():
        raise UsageError(_("{option} needs text of one line.").format(option=option))
    if size > MAX_LABEL:
        raise UsageError(_("{option} is too long: 64 bytes at most.").format(option=option))
    return text


def source(text: str | None, option: str) -> str | None:
    """Check that what looks like a file is one; names and indices are for the devices to find."""
    if text is not None and _looks_like_a_file(text):
        existing_file(text, option)
    return _named(text, option)


def sink(text: str | None) -> str | None:
    """Check that a file for the sound can be written; names are for the devices to find."""
    if text is not None and _looks_like_a_file(text):
        writable_file(text, "--speaker")
    return _named(text, "--speaker")


def shared_screen(text: str | None) -> str | None:
    """Check that it names a screen; whether there are so many is for the desktop to tell."""
    if text is None or re.fullmatch(r"test|screen:[1-9][0-9]?", text):
        return text
    raise UsageError(_("--share needs “screen:1”, the number of another screen, or “test”."))


def team_servers(text: str | None) -> str | None:
    """Check that the servers can be understood."""
    try:
        parse_team_servers(text or "")
    except TeamServersError as error:
        raise UsageError(f"--team-servers: {error}") from error
    return text


def _named(text: str | None, option: str) -> str | None:
    if text is not None and not text.strip():
        raise UsageError(_("{option} needs a device or a file.").format(option=option))
    return text


def _looks_like_a_file(text: str) -> bool:
    return os.sep in text or Path(text).suffix.lower() in MEDIA_SUFFIXES


def existing_file(text: str | None, option: str) -> Path | None:
    """Check that a file is there."""
    if text is None:
        return None
    path = Path(text)
    if not path.is_file() and not path.is_fifo():
        raise UsageError(
            _("{option}: there is no file “{path}”.").format(option=option, path=short(text))
        )
    return path


def existing_folder(text: str | None, option: str) -> Path | None:
    """Check that a folder is there."""
    if text is None:
        return None
    path = Path(text)
    if not path.is_dir():
        raise UsageError(
            _("{option}: there is no folder “{path}”.").format(option=option, path=short(text))
        )
    return path.absolute()


def writable_file(text: str | None, option: str) -> Path | None:
    """Check that a file can be made where it is wanted."""
    if text is None:
        return None
    path = Path(text)
    if path.is_dir() or not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise UsageError(
            _("{option}: “{path}” cannot be written.").format(option=option, path=short(text))
        )
    return path


def folder(text: str | None) -> Path | None:
    """Check that a folder is one, or can become one."""
    if text is None:
        return None
    path = Path(text)
    if not text or (path.exists() and not path.is_dir()):
        raise UsageError(_("--profile: “{path}” is not a folder.").format(path=short(text)))
    return path.absolute()


def listen_address(text: str | None) -> Address | None:
    """Read where to listen; an empty host stands for every interface, port 0 for any."""
    if text is None:
        return None
    try:
        address = parse_address(text, any_host=True)
    except AddressError as error:
        raise UsageError(f"--listen: {error}") from error
    return Address("", address.port) if address.host in {"0.0.0.0", "::"} else address


def duration(text: str | None) -> float | None:
    """Read a time in seconds."""
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds <= MAX_DURATION:
        raise UsageError(
            _("--duration needs a number of seconds, not “{text}”.").format(text=short(text))
        )
    return seconds


def descriptor(text: str) -> int:
    """Read the number of an inherited file descriptor; ValueError where it is none."""
    number = int(text)
    if not 0 <= number < 1024:
        raise ValueError("no descriptor")
    return number


def short(text: str) -> str:
    """Cut a value that goes into an error message to one readable line."""
    line = "".join(c if c.isprintable() else "?" for c in text)
    return line if len(line) <= 120 else line[:119] + "…"
