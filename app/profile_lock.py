"""Keeps a profile to one process: a lock that the system takes back when the process ends."""

import contextlib
import os
import sys
from pathlib import Path
from typing import Self

from app.storage import PRIVATE_FILE

LOCK_FILE = "lock"
_BYTE = 4096  # what Windows locks: a byte beyond the text, so that the text stays readable


class LockedError(Exception):
    """Another process uses the profile; `pid` is its number, None when it is not known."""

    def __init__(self, pid: int | None) -> None:
        super().__init__("another process uses this profile")
        self.pid = pid


class ProfileLock:
    """Held from `take` to `release`; a killed process holds nothing."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    @classmethod
    def take(cls, folder: Path) -> Self:
        """Lock a profile folder; raises LockedError, or OSError where no file can be made."""
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        descriptor = os.open(folder / LOCK_FILE, flags, PRIVATE_FILE)
        try:
            if not _lock(descriptor):
                raise LockedError(_pid(descriptor))
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"{os.getpid()}\n".encode("ascii"))
        except BaseException:
            os.close(descriptor)
            raise
        return cls(descriptor)

    def release(self) -> None:
        """Let others use the profile."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> bool:
        os.lseek(descriptor, _BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _pid(descriptor: int) -> int | None:
    with contextlib.suppress(OSError, ValueError):
        return int(os.read(descriptor, 20))
    return None
