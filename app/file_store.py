"""The disk under the files of a meeting: reads what is offered, stores what was accepted."""

import contextlib
import errno
import hashlib
import logging
import os
import re
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, assert_never

from app.file_sources import FileSources
from app.meeting.files.names import numbered, safe_name
from app.meeting.files.orders import (
    CloseSource,
    DiskEvent,
    DropTarget,
    FinishTarget,
    OpenSource,
    OpenTarget,
    Order,
    ReadSource,
    SaveTarget,
    TargetFailed,
    TargetFinished,
    TargetNotSaved,
    TargetOpened,
    TargetWritten,
    Tell,
    Trouble,
    WriteTarget,
)
from app.meeting.files.wire import DIGEST_BYTES

PART_PREFIX, PART_SUFFIX = ".conclave-", ".part"  # hidden, until the file is whole
MOST_NAMES = 1000  # " (2)" to " (1000)"; then the folder is left alone
FORGOTTEN = 24 * 3600.0  # seconds after which a part belongs to a program that did not end well
SPARE = 16 * 1024 * 1024  # bytes that a disk keeps free: a full one breaks more than a file

_PART = re.compile(f"{re.escape(PART_PREFIX)}[0-9a-f]{{16}}{re.escape(PART_SUFFIX)}")
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
_GONE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ESTALE})
_MAKE = os.O_WRONLY | os.O_CREAT | os.O_EXCL
_WRITE = _MAKE | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)

log = logging.getLogger(__name__)


class System(Protocol):
    """What of the operating system a store writes with; tests put a broken one in its place."""

    def write(self, descriptor: int, data: bytes) -> int:
        """Write; return how much was."""

    def sync(self, descriptor: int) -> None:
        """See to it that it is on the disk."""

    def free(self, folder: Path) -> int:
        """Return how many bytes there is room for."""

    def age(self, path: Path) -> float:
        """Return for how many seconds nothing was written to a file."""


class RealSystem:
    """The operating system as it is."""

    def write(self, descriptor: int, data: bytes) -> int:
        """Write; return how much was."""
        return os.write(descriptor, data)

    def sync(self, descriptor: int) -> None:
        """See to it that it is on the disk."""
        os.fsync(descriptor)

    def free(self, folder: Path) -> int:
        """Return how many bytes there is room for."""
        return shutil.disk_usage(folder).free

    def age(self, path: Path) -> float:
        """Return for how many seconds nothing was written to a file."""
        return time.time() - path.lstat().st_mtime


def _new_hash() -> "hashlib.blake2b":
    return hashlib.blake2b(digest_size=DIGEST_BYTES)


@dataclass
class _Target:
    """A file that comes in: in a hidden part file, or in memory."""

    folder: Path
    name: str
    part: Path | None = None
    descriptor: int = -1
    memory: bytearray | None = None
    hash: "hashlib.blake2b" = field(default_factory=_new_hash)
    upto: int = 0


class FileStore:
    """Carries out orders one after the other; for a thread of its own.

    `downloads` is the folder for what is accepted without saying where.
    """

    def __init__(self, downloads: Callable[[], Path], system: System | None = None) -> None:
        self._downloads = downloads
        self._system = system or RealSystem()
        self._sources = FileSources()
        self._targets: dict[bytes, _Target] = {}

    def do(self, order: Order) -> DiskEvent | None:
        """Carry out one order; return what became of it, if anybody is to know."""
        match order:
            case OpenSource(file_id, path):
                return self._sources.open(file_id, Path(path))
            case ReadSource():
                return self._sources.read(order)
            case CloseSource(file_id):
                self._sources.close(file_id)
            case OpenTarget():
                return self._open_target(order)
            case WriteTarget(key, offset, data):
                return self._write(key, offset, data)
            case FinishTarget(key, digest):
                return self._finish(key, digest)
            case SaveTarget(key, path, name):
                return self._save(key, path, name)
            case DropTarget(key):
                self._drop(key)
            case Tell():
                raise ValueError("a disk tells nobody anything")
            case _:
                assert_never(order)
        return None

    def content(self, key: bytes) -> bytes | None:
        """Return what is held in memory under a key."""
        target = self._targets.get(key)
        return bytes(target.memory) if target and target.memory is not None else None

    def close(self) -> None:
        """Let go of everything; what is not whole is removed."""
        self._sources.close_all()
        for key in list(self._targets):
            self._drop(key)

    # -- what is accepted ---------------------------------------------------------------------

    def _open_target(self, order: OpenTarget) -> DiskEvent:
        try:
            if order.in_memory:
                target = _Target(Path(), order.name, memory=bytearray())
            else:
                target = self._begin(order.path, order.name, order.size)
        except OSError as error:
            return TargetFailed(order.key, _trouble(error))
        self._drop(order.key)
        self._targets[order.key] = target
        return TargetOpened(order.key)

    def _begin(self, path: str, name: str, size: int) -> _Target:
        """Make a hidden file where the whole one will stand."""
        folder, name = self._place(path, name)
        if self._system.free(folder) < size + SPARE:
            raise OSError(errno.ENOSPC, "no room")
        self._sweep(folder)
        part = folder / f"{PART_PREFIX}{os.urandom(8).hex()}{PART_SUFFIX}"
        return _Target(folder, name, part, os.open(part, _WRITE, 0o600))

    def _sweep(self, folder: Path) -> None:
        """Remove parts that a crash or a power cut left in this folder."""
        with contextlib.suppress(OSError):  # no right to look, or somebody else removes it now
            for part in folder.iterdir():
                if _PART.fullmatch(part.name) and self._system.age(part) > FORGOTTEN:
                    part.unlink()

    def _place(self, path: str, name: str) -> tuple[Path, str]:
        if not path:
            folder = self._downloads()
            folder.mkdir(parents=True, exist_ok=True)
            return folder, safe_name(name)
        chosen = Path(path)
        if chosen.is_dir():
            return chosen, safe_name(name)
        return chosen.parent, chosen.name

    def _write(self, key: bytes, offset: int, data: bytes) -> DiskEvent | None:
        target = self._targets.get(key)
        if target is None:
            return None
        if offset != target.upto:
            raise ValueError("what is stored comes in order")
        try:
            self._append(target, data)
        except OSError as error:
            self._drop(key)
            return TargetFailed(key, _trouble(error))
        return TargetWritten(key, target.upto)

    def _append(self, target: _Target, data: bytes) -> None:
        if target.memory is not None:
            target.memory += data
        else:
            view = data
            while view:
                view = view[self._system.write(target.descriptor, view) :]
        target.hash.update(data)
        target.upto += len(data)

    def _finish(self, key: bytes, digest: bytes) -> DiskEvent | None:
        target = self._targets.get(key)
        if target is None:
            return None
        if target.hash.digest() != digest:
            self._drop(key)
            return TargetFailed(key, "damaged")
        if target.memory is not None:
            return TargetFinished(key, "")
        try:
            path = self._give_name(target)
        except OSError as error:
            self._drop(key)
            return TargetFailed(key, _trouble(error))
        del self._targets[key]
        return TargetFinished(key, str(path))

    def _save(self, key: bytes, path: str, name: str) -> DiskEvent | None:
        held = self._targets.get(key)
        if held is None or held.memory is None:
            return None
        made: _Target | None = None
        try:
            made = self._begin(path, name, len(held.memory))
            self._append(made, bytes(held.memory))
            final = self._give_name(made)
        except OSError as error:
            if made is not None:
                _remove(made)
            return TargetNotSaved(key, _trouble(error))
        self._drop(key)
        return TargetFinished(key, str(final))

    def _give_name(self, target: _Target) -> Path:
        """Move a whole file to a name that nothing has; return that."""
        assert target.part is not None
        self._system.sync(target.descriptor)
        os.close(target.descriptor)
        target.descriptor = -1
        for number in range(1, MOST_NAMES + 1):
            name = target.name if number == 1 else numbered(target.name, number)
            with contextlib.suppress(FileExistsError):
                _move(target.part, target.folder / name)
                return target.folder / name
        raise FileExistsError(errno.EEXIST, "every name is taken")

    def _drop(self, key: bytes) -> None:
        target = self._targets.pop(key, None)
        if target is not None:
            _remove(target)


def _remove(target: _Target) -> None:
    """Leave nothing of a file that has no name, neither on the disk nor in memory."""
    if target.descriptor >= 0:
        with contextlib.suppress(OSError):
            os.close(target.descriptor)
        target.descriptor = -1
    if target.part is not None:
        try:
            target.part.unlink(missing_ok=True)
        except OSError as error:
            log.warning("a part of a file could not be removed: %s", type(error).__name__)
    if target.memory is not None:
        target.memory[:] = bytes(len(target.memory))
        target.memory.clear()


def _move(part: Path, path: Path) -> None:
    """Move a file to a name that must be free, in one step: who looks sees all of it or nothing.

    Raises FileExistsError, or another OSError.
    """
    if sys.platform == "win32":
        os.rename(part, path)  # never over another file there
        return
    try:
        os.link(part, path, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        os.close(os.open(path, _MAKE, 0o600))  # of two that want the name only one can
        try:
            os.replace(part, path)
        except OSError:
            with contextlib.suppress(OSError):
                path.unlink()
            raise
    else:
        os.unlink(part)


def _trouble(error: OSError) -> Trouble:
    if error.errno in _FULL:
        return "disk_full"
    return "folder_gone" if error.errno in _GONE else "not_written"
