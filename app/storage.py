"""Small private files: written whole or not at all, read within a limit, kept when damaged."""

import contextlib
import errno
import os
import secrets
import stat
from datetime import datetime
from pathlib import Path

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


class TooLargeError(OSError):
    """A file is larger than anything this program writes there."""


def make_private_folder(folder: Path, mark: str = "") -> None:
    """Make a folder, with its parents, that only this user can enter; raises OSError.

    One that is there already is closed to others if it is this user's and holds a file called
    `mark`, so is ours: a folder such as /tmp, named by mistake, must stay as it is.
    """
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))
    if os.name == "posix" and mark and os.path.lexists(folder / mark):
        state = folder.stat()
        if state.st_uid == os.getuid() and stat.S_IMODE(state.st_mode) & 0o077:
            folder.chmod(PRIVATE_FOLDER)


def write_whole(path: Path, data: bytes) -> None:
    """Replace a file by new content; after a crash there is the old or the new one, never half.

    The file gets the mode 0600 whatever the umask says. Raises OSError.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(temporary, flags | getattr(os, "O_NOFOLLOW", 0), PRIVATE_FILE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    _sync_folder(path.parent)


def read_bounded(path: Path, limit: int) -> bytes:
    """Read a regular file of at most `limit` bytes; links and devices are refused.

    Raises FileNotFoundError, TooLargeError or another OSError.
    """
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(descriptor, "rb") as file:
        state = os.fstat(file.fileno())
        if not stat.S_ISREG(state.st_mode):
            raise OSError(f"{path.name} is not a regular file")
        data = file.read(limit + 1)
        if len(data) > limit:
            raise TooLargeError(f"{path.name} is larger than {limit} bytes")
        if os.name == "posix" and state.st_mode & 0o077 and state.st_uid == os.getuid():
            os.fchmod(file.fileno(), PRIVATE_FILE)
    return data


def keep_aside(path: Path, now: datetime) -> Path:
    """Rename a damaged file to `NAME.broken-DATE`, never over another one; return its new path."""
    stem = f"{path.name}.broken-{now:%Y%m%d-%H%M%S}"
    aside = path.with_name(stem)
    number = 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{stem}-{number}")
    path.rename(aside)
    _sync_folder(path.parent)
    return aside


def sweep(folder: Path) -> None:
    """Remove what interrupted writes have left; only call it under the profile's lock."""
    for leftover in folder.glob(".*.tmp"):
        with contextlib.suppress(OSError):
            leftover.unlink()


def _sync_folder(folder: Path) -> None:
    """Make a rename last through a power cut, where the system can."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):  # some file systems cannot; the rename itself stands
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
