"""Files that come in while their disk fills up, is pulled out or becomes read-only: real disks."""

from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path

import pytest
from fakes import weak_disks

from app.file_store import SPARE, FileStore
from app.meeting.files.orders import (
    FinishTarget,
    OpenTarget,
    TargetFailed,
    TargetFinished,
    TargetOpened,
    WriteTarget,
)

KEY = b"k" * 24
PART = bytes(range(256)) * 256
HALF, WHOLE = 20, 40  # parts
ROOMY = (SPARE + 2 * WHOLE * len(PART)) // 1024  # kB: room for the file, and what stays free

needs_disks = pytest.mark.skipif(bool(weak_disks.why_not()), reason=weak_disks.why_not() or "-")


def half_a_file(folder: Path) -> FileStore:
    """Begin to store a file in a folder, and store half of it."""
    store = FileStore(lambda: folder)
    assert isinstance(store.do(OpenTarget(KEY, "", "plan.pdf", WHOLE * len(PART))), TargetOpened)
    for number in range(HALF):
        event = store.do(WriteTarget(KEY, number * len(PART), PART))
        assert not isinstance(event, TargetFailed), event
    return store


def rest_of_it(store: FileStore) -> object:
    """Store the other half; return what became of the file."""
    for number in range(HALF, WHOLE):
        event = store.do(WriteTarget(KEY, number * len(PART), PART))
        if isinstance(event, TargetFailed):
            return event
    return store.do(FinishTarget(KEY, blake2b(PART * WHOLE, digest_size=32).digest()))


def story(tmp_path: Path, befalls: Callable[[Path], None]) -> tuple[object, list[str], bool]:
    """Store a file on a disk that something befalls in the middle of it.

    Return what became of it, what lies in the folder, and whether the store still works elsewhere.
    """
    disk, elsewhere = tmp_path / "disk", tmp_path / "elsewhere"
    elsewhere.mkdir()
    told: list[object] = []

    def work() -> None:
        weak_disks.plug_in(disk, ROOMY)
        store = half_a_file(disk)
        befalls(disk)
        became = rest_of_it(store)
        left = sorted(path.name for path in disk.iterdir())
        store.do(OpenTarget(KEY, str(elsewhere), "plan.pdf", 0))
        again = store.do(FinishTarget(KEY, blake2b(b"", digest_size=32).digest()))
        store.close()
        told.extend((became, left, isinstance(again, TargetFinished)))

    weak_disks.with_mounts_of_its_own(work)
    became, left, works = told
    assert isinstance(left, list)
    return became, left, bool(works)


@needs_disks
def test_a_disk_that_stays_as_it_is_takes_the_file(tmp_path: Path):
    became, left, _ = story(tmp_path, lambda disk: None)
    assert isinstance(became, TargetFinished)
    assert left == ["plan.pdf"]


@needs_disks
def test_a_disk_that_others_fill_up_ends_the_file_and_leaves_no_half(tmp_path: Path):
    became, left, works = story(tmp_path, weak_disks.fill)
    assert became == TargetFailed(KEY, "disk_full")
    assert left == ["somebody else's"]
    assert works


@needs_disks
def test_a_disk_that_is_pulled_out_ends_the_file(tmp_path: Path):
    became, left, works = story(tmp_path, weak_disks.pull_out)
    assert became == TargetFailed(KEY, "folder_gone")
    assert left == []
    assert works


@needs_disks
def test_a_disk_that_takes_nothing_is_said_before_anything_comes(tmp_path: Path):
    disk = tmp_path / "disk"
    told: list[object] = []

    def work() -> None:
        weak_disks.plug_in(disk, ROOMY)
        weak_disks.make_read_only(disk)
        told.append(FileStore(lambda: disk).do(OpenTarget(KEY, "", "plan.pdf", len(PART))))

    weak_disks.with_mounts_of_its_own(work)
    assert told == [TargetFailed(KEY, "not_written")]
