"""What the disk does for files of a meeting: nothing overwritten, nothing half-written left."""

import errno
import os
import sys
from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path

import pytest

from app.file_store import PART_PREFIX, FileStore, RealSystem
from app.file_thread import FileThread
from app.meeting.files.orders import (
    CloseSource,
    DiskEvent,
    DropTarget,
    FinishTarget,
    OpenSource,
    OpenTarget,
    PictureMade,
    ReadSource,
    SaveTarget,
    SourceFailed,
    SourceOpened,
    SourceRead,
    TargetFailed,
    TargetFinished,
    TargetNotSaved,
    TargetOpened,
    TargetWritten,
    WriteTarget,
)
from app.meeting.view import Thumbnail

KEY, ID, BEN, CLEO = b"k" * 24, b"i" * 8, b"b" * 16, b"c" * 16
DATA = bytes(range(256)) * 100


class Weak(RealSystem):
    """A system that has little room, or stops at so many bytes."""

    def __init__(self, room: int = 1 << 40, breaks_at: int = 1 << 40, error: int = errno.ENOSPC):
        self.room, self.left, self.error = room, breaks_at, error

    def free(self, folder: Path) -> int:
        return self.room

    def write(self, descriptor: int, data: bytes) -> int:
        if self.left <= 0:
            raise OSError(self.error, "no")
        written = os.write(descriptor, data[: self.left])
        self.left -= written
        return written


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "Downloads"
    made.mkdir()
    return made


@pytest.fixture
def store(folder: Path) -> Iterator[FileStore]:
    made = FileStore(lambda: folder)
    yield made
    made.close()


def digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=32).digest()


def take(
    store: FileStore, name: str = "plan.pdf", data: bytes = DATA, path: str = ""
) -> DiskEvent | None:
    event = store.do(OpenTarget(KEY, path, name, len(data)))
    for offset in range(0, len(data), 8192):
        if isinstance(event, TargetFailed):
            return event
        event = store.do(WriteTarget(KEY, offset, data[offset : offset + 8192]))
    if isinstance(event, TargetFailed):
        return event
    return store.do(FinishTarget(KEY, digest(data)))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# -- what comes in --------------------------------------------------------------------------------


def test_what_was_accepted_is_stored_under_its_name(store: FileStore, folder: Path):
    assert take(store) == TargetFinished(KEY, str(folder / "plan.pdf"))
    assert names(folder) == ["plan.pdf"]
    assert (folder / "plan.pdf").read_bytes() == DATA


def test_a_file_of_no_bytes_is_stored(store: FileStore, folder: Path):
    assert take(store, data=b"") == TargetFinished(KEY, str(folder / "plan.pdf"))
    assert (folder / "plan.pdf").read_bytes() == b""


def test_nothing_that_is_there_is_overwritten(store: FileStore, folder: Path):
    (folder / "plan.pdf").write_bytes(b"mine")
    (folder / "plan (2).pdf").symlink_to(folder / "nowhere")
    take(store)
    assert names(folder) == ["plan (2).pdf", "plan (3).pdf", "plan.pdf"]
    assert (folder / "plan.pdf").read_bytes() == b"mine"
    assert not (folder / "nowhere").exists()
    assert (folder / "plan (3).pdf").read_bytes() == DATA


@pytest.mark.skipif(sys.platform == "win32", reason="about links of POSIX")
def test_a_disk_without_links_takes_files_all_the_same(
    store: FileStore, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    def link(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, "no links on this disk")

    monkeypatch.setattr(os, "link", link)
    (folder / "plan.pdf").write_bytes(b"mine")
    take(store)
    assert names(folder) == ["plan (2).pdf", "plan.pdf"]
    assert (folder / "plan.pdf").read_bytes() == b"mine"
    assert (folder / "plan (2).pdf").read_bytes() == DATA


@pytest.mark.skipif(sys.platform == "win32", reason="about permissions of POSIX")
def test_no_file_can_be_run_whatever_it_is_called_and_whatever_the_umask(
    store: FileStore, folder: Path
):
    before = os.umask(0)
    try:
        for name in ("tool.exe", "tool.sh", "tool.desktop"):
            take(store, name)
            assert (folder / name).stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(before)


def test_what_is_under_way_is_hidden_and_for_this_user_alone(store: FileStore, folder: Path):
    store.do(OpenTarget(KEY, "", "plan.pdf", 10))
    store.do(WriteTarget(KEY, 0, b"hello"))
    (part,) = folder.iterdir()
    assert part.name.startswith(PART_PREFIX)
    if sys.platform != "win32":
        assert part.stat().st_mode & 0o777 == 0o600


def test_a_file_with_a_wrong_checksum_leaves_nothing(store: FileStore, folder: Path):
    store.do(OpenTarget(KEY, "", "plan.pdf", 5))
    store.do(WriteTarget(KEY, 0, b"hello"))
    assert store.do(FinishTarget(KEY, digest(b"hallo"))) == TargetFailed(KEY, "damaged")
    assert names(folder) == []


def test_what_is_given_up_leaves_nothing(store: FileStore, folder: Path):
    store.do(OpenTarget(KEY, "", "plan.pdf", 5))
    store.do(WriteTarget(KEY, 0, b"hello"))
    store.do(DropTarget(KEY))
    assert names(folder) == []
    assert store.do(WriteTarget(KEY, 5, b"more")) is None


def test_at_the_end_nothing_half_written_is_left(folder: Path):
    store = FileStore(lambda: folder)
    store.do(OpenTarget(KEY, "", "plan.pdf", 5))
    store.do(WriteTarget(KEY, 0, b"hello"))
    store.close()
    assert names(folder) == []


def test_what_a_crash_left_goes_when_the_folder_is_used_again_and_nothing_else(
    store: FileStore, folder: Path
):
    left, fresh = (folder / f".conclave-{digit * 16}.part" for digit in "ab")
    others = [folder / name for name in (".conclave-notes.part", f"conclave-{'a' * 16}.part")]
    for path in (left, fresh, *others):
        path.write_bytes(b"half")
    for path in (left, *others):
        os.utime(path, (0, 0))
    assert isinstance(take(store), TargetFinished)
    assert not left.exists()
    assert all(path.exists() for path in (fresh, *others))


def test_a_disk_without_room_is_noticed_before_anything_comes(folder: Path):
    store = FileStore(lambda: folder, Weak(room=1000))
    assert store.do(OpenTarget(KEY, "", "plan.pdf", 5000)) == TargetFailed(KEY, "disk_full")
    assert names(folder) == []


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (errno.ENOSPC, "disk_full"),
        (errno.EDQUOT, "disk_full"),
        (errno.EIO, "not_written"),
        (errno.EROFS, "not_written"),
    ],
)
def test_a_disk_that_gives_up_on_the_way_leaves_nothing(folder: Path, error: int, why: str):
    store = FileStore(lambda: folder, Weak(breaks_at=10_000, error=error))
    assert take(store) == TargetFailed(KEY, why)
    assert names(folder) == []


def test_a_short_write_is_gone_on_with(folder: Path):
    class Slow(RealSystem):
        def write(self, descriptor: int, data: bytes) -> int:
            return os.write(descriptor, data[:100])

    store = FileStore(lambda: folder, Slow())
    assert isinstance(take(store), TargetFinished)
    assert (folder / "plan.pdf").read_bytes() == DATA


@pytest.mark.skipif(sys.platform == "win32", reason="an open file keeps its folder there")
def test_a_folder_that_is_removed_meanwhile_is_said_so(store: FileStore, folder: Path):
    inner = folder / "inner"
    inner.mkdir()
    store.do(OpenTarget(KEY, str(inner), "plan.pdf", 5))
    store.do(WriteTarget(KEY, 0, b"hello"))
    for path in inner.iterdir():
        path.unlink()
    inner.rmdir()
    assert store.do(FinishTarget(KEY, digest(b"hello"))) == TargetFailed(KEY, "folder_gone")
    assert names(folder) == []


def test_a_folder_that_never_was_is_said_so(store: FileStore, folder: Path):
    event = store.do(OpenTarget(KEY, str(folder / "no" / "such" / "x.pdf"), "x.pdf", 5))
    assert event == TargetFailed(KEY, "folder_gone")


def test_who_says_where_gets_it_there(store: FileStore, folder: Path, tmp_path: Path):
    assert take(store, path=str(tmp_path)) == TargetFinished(KEY, str(tmp_path / "plan.pdf"))
    chosen = tmp_path / "my own name.pdf"
    assert take(store, path=str(chosen)) == TargetFinished(KEY, str(chosen))
    assert names(folder) == []


@pytest.mark.parametrize("name", [
    "../../escape.txt", "/etc/passwd", "..\\..\\escape.txt", "C:\\x.txt", ".hidden", "", "..", "~",
    "a/b/c.txt", "con", "nul.txt", "x\0y.txt", "x" * 5000 + ".txt", "\u202egpj.exe", "-rf",
    "\ud800",
])  # fmt: skip
def test_no_name_leads_out_of_the_folder(store: FileStore, folder: Path, tmp_path: Path, name: str):
    event = take(store, name=name)
    assert isinstance(event, TargetFinished)
    assert Path(event.path).parent == folder
    assert len(names(folder)) == 1
    assert names(tmp_path) == ["Downloads"]


def test_a_downloads_folder_that_is_not_there_yet_is_made(tmp_path: Path):
    store = FileStore(lambda: tmp_path / "home" / "Downloads")
    assert isinstance(take(store), TargetFinished)


# -- what is looked at ----------------------------------------------------------------------------


def look(store: FileStore) -> DiskEvent | None:
    store.do(OpenTarget(KEY, "", "view.png", len(DATA), in_memory=True))
    store.do(WriteTarget(KEY, 0, DATA))
    return store.do(FinishTarget(KEY, digest(DATA)))


def test_what_is_only_looked_at_is_nowhere_on_the_disk(store: FileStore, folder: Path):
    assert look(store) == TargetFinished(KEY, "")
    assert store.content(KEY) == DATA
    assert names(folder) == []
    store.do(DropTarget(KEY))
    assert store.content(KEY) is None


def test_what_was_looked_at_can_be_saved(store: FileStore, folder: Path):
    look(store)
    event = store.do(SaveTarget(KEY, "", "view.png"))
    assert event == TargetFinished(KEY, str(folder / "view.png"))
    assert (folder / "view.png").read_bytes() == DATA
    assert store.content(KEY) is None


def test_what_cannot_be_saved_is_held_on(folder: Path):
    store = FileStore(lambda: folder, Weak(breaks_at=100))
    look(store)
    assert store.do(SaveTarget(KEY, "", "view.png")) == TargetNotSaved(KEY, "disk_full")
    assert store.content(KEY) == DATA
    assert names(folder) == []


# -- what goes out --------------------------------------------------------------------------------


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "report.txt"
    path.write_bytes(DATA)
    return path


def read(store: FileStore, offset: int, size: int, dev: bytes = BEN) -> DiskEvent | None:
    return store.do(ReadSource(ID, dev, 1, offset, size))


def test_a_file_is_read_in_pieces_and_the_last_has_the_checksum(store: FileStore, source: Path):
    assert store.do(OpenSource(ID, str(source))) == SourceOpened(ID, "report.txt", len(DATA))
    assert read(store, 0, 10_000) == SourceRead(ID, BEN, 1, 0, DATA[:10_000])
    rest = len(DATA) - 10_000
    last = SourceRead(ID, BEN, 1, 10_000, DATA[10_000:], digest(DATA))
    assert read(store, 10_000, rest) == last


def test_who_goes_back_gets_the_same_checksum(store: FileStore, source: Path):
    store.do(OpenSource(ID, str(source)))
    read(store, 0, 20_000)
    read(store, 5_000, 10_000)
    last = read(store, 5_000, len(DATA) - 5_000)
    assert isinstance(last, SourceRead)
    assert last.digest == digest(DATA)
    assert isinstance(read(store, 0, 20_000, CLEO), SourceRead)


def test_an_empty_file_has_its_checksum_too(store: FileStore, tmp_path: Path):
    (tmp_path / "empty").write_bytes(b"")
    store.do(OpenSource(ID, str(tmp_path / "empty")))
    assert read(store, 0, 0) == SourceRead(ID, BEN, 1, 0, b"", digest(b""))


def test_a_source_that_changes_meanwhile_is_noticed(store: FileStore, source: Path):
    store.do(OpenSource(ID, str(source)))
    read(store, 0, 10_000)
    with source.open("r+b") as file:
        file.write(b"other")
    os.utime(source, ns=(1, 1))
    assert read(store, 10_000, 10_000) == SourceFailed(ID, "changed")


def test_a_source_that_shrinks_is_noticed(store: FileStore, source: Path):
    store.do(OpenSource(ID, str(source)))
    os.truncate(source, 100)
    assert read(store, 0, 10_000) == SourceFailed(ID, "changed")


def test_what_is_no_file_is_not_offered(store: FileStore, tmp_path: Path):
    assert store.do(OpenSource(ID, str(tmp_path))) == SourceFailed(ID, "unreadable")
    assert store.do(OpenSource(ID, str(tmp_path / "none"))) == SourceFailed(ID, "unreadable")
    assert store.do(OpenSource(ID, "x\0y")) == SourceFailed(ID, "unreadable")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        assert store.do(OpenSource(ID, str(tmp_path / "pipe"))) == SourceFailed(ID, "unreadable")


def test_a_closed_source_is_read_no_more(store: FileStore, source: Path):
    store.do(OpenSource(ID, str(source)))
    store.do(CloseSource(ID))
    assert read(store, 0, 10) is None


@pytest.mark.skipif(sys.platform == "win32", reason="needs a file with holes")
def test_a_file_of_more_than_four_gigabytes_is_read_to_its_end(store: FileStore, tmp_path: Path):
    size = 5 * 1024**3
    path = tmp_path / "large.bin"
    with path.open("wb") as file:
        file.truncate(size - 4)
        file.seek(size - 4)
        file.write(b"last")
    assert store.do(OpenSource(ID, str(path))) == SourceOpened(ID, "large.bin", size)
    piece = read(store, size - 8, 8)
    assert isinstance(piece, SourceRead)
    assert piece.data == bytes(4) + b"last"


# -- the threads ----------------------------------------------------------------------------------


def thread(
    folder: Path, look: Callable[[bytes], Thumbnail | None] | None = None
) -> tuple[FileThread, list[DiskEvent]]:
    told: list[DiskEvent] = []
    return FileThread(FileStore(lambda: folder), told.append, look), told


def test_orders_are_carried_out_in_their_order_and_nothing_is_left_at_the_end(folder: Path):
    files, told = thread(folder)
    files.order(OpenTarget(KEY, "", "plan.pdf", 10))
    files.order(WriteTarget(KEY, 0, b"hello"))
    files.order(WriteTarget(KEY, 5, b"world"))
    files.close()
    assert told == [TargetOpened(KEY), TargetWritten(KEY, 5), TargetWritten(KEY, 10)]
    assert names(folder) == []


def test_only_a_picture_that_was_accepted_is_looked_at(folder: Path):
    seen: list[bytes] = []
    small = Thumbnail(1, 1, b"rgb")

    def see(content: bytes) -> Thumbnail:
        seen.append(content)
        return small

    files, told = thread(folder, see)
    for key, name in ((KEY, "view.png"), (b"o" * 24, "tool.exe")):
        files.order(OpenTarget(key, "", name, 5))
        files.order(WriteTarget(key, 0, b"hello"))
        files.order(FinishTarget(key, digest(b"hello")))
    files.close()
    assert files._looker is not None
    files._looker.join(5)
    assert seen == [b"hello"]
    assert [event for event in told if isinstance(event, PictureMade)] == [PictureMade(KEY, small)]
