"""Files of one's own while people are given them: read piece by piece, with a checksum for each."""

import errno
import hashlib
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from app.meeting.files.orders import ReadSource, SourceFailed, SourceOpened, SourceRead
from app.meeting.files.wire import DIGEST_BYTES

_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)

Changed = tuple[int, int, int]
"""What tells that a file is still the same: size, time of its last change, number."""


@dataclass
class _Source:
    descriptor: int
    was: Changed
    sums: dict[bytes, "_Sum"] = field(default_factory=dict)


@dataclass
class _Sum:
    """The checksum of what one member got, as far as they got."""

    hash: "hashlib.blake2b" = field(
        default_factory=lambda: hashlib.blake2b(digest_size=DIGEST_BYTES)
    )
    upto: int = 0

    def take(self, offset: int, data: bytes) -> None:
        if offset <= self.upto < offset + len(data):
            self.hash.update(data[self.upto - offset :])
            self.upto = offset + len(data)


class FileSources:
    """The files that are open for reading; a file that changes meanwhile is noticed."""

    def __init__(self) -> None:
        self._sources: dict[bytes, _Source] = {}

    def open(self, file_id: bytes, path: Path) -> SourceOpened | SourceFailed:
        """Open a plain file."""
        try:
            descriptor = os.open(path, _READ)
        except (OSError, ValueError):
            return SourceFailed(file_id, "unreadable")
        try:
            state = os.fstat(descriptor)
            if not stat.S_ISREG(state.st_mode):
                raise OSError(errno.EINVAL, "not a file")
        except OSError:
            os.close(descriptor)
            return SourceFailed(file_id, "unreadable")
        self._sources[file_id] = _Source(descriptor, _changed(state))
        return SourceOpened(file_id, path.name, state.st_size)

    def read(self, order: ReadSource) -> SourceRead | SourceFailed | None:
        """Read a piece; None of a file that is closed already."""
        source = self._sources.get(order.id)
        if source is None:
            return None
        try:
            os.lseek(source.descriptor, order.offset, os.SEEK_SET)
            data = _read_exactly(source.descriptor, order.size)
            state = os.fstat(source.descriptor)
        except OSError:
            return SourceFailed(order.id, "unreadable")
        if _changed(state) != source.was or len(data) != order.size:
            return SourceFailed(order.id, "changed")
        done = source.sums.setdefault(order.dev, _Sum())
        done.take(order.offset, data)
        end = order.offset + order.size
        digest = done.hash.digest() if end == source.was[0] == done.upto else b""
        return SourceRead(order.id, order.dev, order.turn, order.offset, data, digest)

    def close(self, file_id: bytes) -> None:
        """Let go of one."""
        if source := self._sources.pop(file_id, None):
            os.close(source.descriptor)

    def close_all(self) -> None:
        """Let go of all."""
        for file_id in list(self._sources):
            self.close(file_id)


def _read_exactly(descriptor: int, size: int) -> bytes:
    pieces = []
    while size > 0:
        piece = os.read(descriptor, size)
        if not piece:
            break
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def _changed(state: os.stat_result) -> Changed:
    return state.st_size, state.st_mtime_ns, state.st_ino
