"""What the files of a meeting want done, and what the disk says to it: frozen values both ways."""

from dataclasses import dataclass, field
from typing import Literal

from app.meeting.view import Thumbnail

Trouble = Literal["unreadable", "changed", "disk_full", "folder_gone", "not_written", "damaged"]
"""What a disk can say no with.

Of a source: it cannot be read (any more), or is not what it was when it was offered. Of a target:
no room, no such folder, it cannot be written, or what came is not what was sent.
"""


@dataclass(frozen=True)
class Tell:
    """Seal a message and send it to one member over the media link."""

    dev: bytes
    payload: bytes = field(repr=False)


@dataclass(frozen=True)
class OpenSource:
    """Open a file of one's own for reading; ends in SourceOpened or SourceFailed."""

    id: bytes
    path: str


@dataclass(frozen=True)
class ReadSource:
    """Read a piece for one member; ends in SourceRead or SourceFailed."""

    id: bytes
    dev: bytes
    turn: int
    offset: int
    size: int


@dataclass(frozen=True)
class CloseSource:
    """Let go of a file of one's own."""

    id: bytes


@dataclass(frozen=True)
class OpenTarget:
    """Begin to take a file in; ends in TargetOpened or TargetFailed.

    `path` is a folder, or a file in one; empty: the folder for downloads. `in_memory`: nowhere on
    the disk until SaveTarget says where.
    """

    key: bytes
    path: str
    name: str
    size: int
    in_memory: bool = False


@dataclass(frozen=True)
class WriteTarget:
    """Store the next bytes; ends in TargetWritten or TargetFailed."""

    key: bytes
    offset: int
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class FinishTarget:
    """Compare the checksum and give the file its name; ends in TargetFinished or TargetFailed."""

    key: bytes
    digest: bytes


@dataclass(frozen=True)
class SaveTarget:
    """Write what is held in memory to the disk; ends in TargetFinished or TargetNotSaved."""

    key: bytes
    path: str
    name: str


@dataclass(frozen=True)
class DropTarget:
    """Remove what was stored of a file that has no name yet, or is held in memory."""

    key: bytes


Order = (
    Tell
    | OpenSource
    | ReadSource
    | CloseSource
    | OpenTarget
    | WriteTarget
    | FinishTarget
    | SaveTarget
    | DropTarget
)


@dataclass(frozen=True)
class SourceOpened:
    """A file of one's own can be read."""

    id: bytes
    name: str
    size: int


@dataclass(frozen=True)
class SourceRead:
    """A piece of a file; with its last one comes the checksum of all."""

    id: bytes
    dev: bytes
    turn: int
    offset: int
    data: bytes = field(repr=False)
    digest: bytes = b""


@dataclass(frozen=True)
class SourceFailed:
    """A file of one's own cannot be read, or not any more."""

    id: bytes
    why: Trouble


@dataclass(frozen=True)
class TargetOpened:
    """There is a place for a file."""

    key: bytes


@dataclass(frozen=True)
class TargetWritten:
    """All before `offset` is stored."""

    key: bytes
    offset: int


@dataclass(frozen=True)
class TargetFinished:
    """A file is whole: at `path`, or, where that is empty, in memory."""

    key: bytes
    path: str


@dataclass(frozen=True)
class TargetFailed:
    """A file cannot be taken in; nothing of it is left."""

    key: bytes
    why: Trouble


@dataclass(frozen=True)
class TargetNotSaved:
    """What is held in memory could not be written; it is still held."""

    key: bytes
    why: Trouble


@dataclass(frozen=True)
class PictureMade:
    """A picture that was received can be shown small."""

    key: bytes
    picture: Thumbnail


DiskEvent = (
    SourceOpened
    | SourceRead
    | SourceFailed
    | TargetOpened
    | TargetWritten
    | TargetFinished
    | TargetFailed
    | TargetNotSaved
    | PictureMade
)
