"""A home that is full, read-only or not there: the meeting takes place, and it is said."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes import weak_disks
from fakes.running_copy import RunningCopy

from bench import netlab

pytestmark = [pytest.mark.netlab, pytest.mark.slow]

MEETS = ["host", "--headless", "--camera", "none", "--microphone", "none", "--speaker", "none"]


@pytest.fixture(scope="module")
def lab(laboratory: Callable[..., netlab.NetLab]) -> netlab.NetLab:
    if reason := weak_disks.why_not():
        pytest.skip(reason)
    return laboratory(1)


def meets(lab: netlab.NetLab, home: Path, kind: str, disk: Path, *words: str) -> RunningCopy:
    """Hold a meeting for a moment with such a disk; return the copy after its end."""
    program = ("fakes.weak_disks", kind, str(disk))
    words = (*MEETS, "--duration", "1", *words)
    with RunningCopy(home, *words, lab=lab, host="h1", program=program, stats=False) as copy:
        copy.invitation()
        assert copy.end() == 0, copy.stderr
        assert "Traceback" not in copy.stderr
        return copy


@pytest.mark.parametrize("kind", ["full", "read-only"])
def test_a_meeting_takes_place_though_nothing_can_be_kept_and_that_is_said(
    lab: netlab.NetLab, tmp_path: Path, kind: str
):
    copy = meets(lab, tmp_path, kind, tmp_path / "profile")
    (said,) = copy.stderr.splitlines()
    assert "Nothing can be stored" in said


@pytest.fixture(scope="module")
def without_a_home(lab: netlab.NetLab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hold a meeting where no home is named, and no umask keeps others out; return its profile."""
    folder, before = tmp_path_factory.mktemp("homeless"), os.umask(0)
    try:
        return meets(lab, folder, "gone", folder / "disk").profile
    finally:
        os.umask(before)


def test_a_meeting_takes_place_where_there_is_no_home(without_a_home: Path):
    assert (without_a_home / "vault").is_file()


def test_what_is_written_is_for_its_owner_alone_whatever_the_umask(without_a_home: Path):
    written = [without_a_home, *without_a_home.rglob("*")]
    assert len(written) > 1
    for path in written:
        assert not stat.S_IMODE(path.lstat().st_mode) & 0o077, path
