"""Private files: whole or not at all, whatever happens while they are written."""

import os
import random
import signal
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.storage import (
    TooLargeError,
    keep_aside,
    make_private_folder,
    read_bounded,
    sweep,
    write_whole,
)

NOW = datetime(2026, 11, 21, 19, 30, 5, tzinfo=UTC)
posix = pytest.mark.skipif(os.name != "posix", reason="about POSIX permissions and signals")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@posix
def test_files_and_folders_are_private_whatever_the_umask(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        folder = tmp_path / "a" / "profile"
        make_private_folder(folder)
        write_whole(folder / "vault", b"x")
    finally:
        os.umask(old)
    assert mode(folder) == mode(tmp_path / "a") == 0o700
    assert mode(folder / "vault") == 0o600


@posix
def test_open_permissions_are_closed_again(tmp_path: Path) -> None:
    path = tmp_path / "vault"
    path.write_bytes(b"x")
    path.chmod(0o644)
    tmp_path.chmod(0o755)
    make_private_folder(tmp_path, mark="vault")
    assert read_bounded(path, 10) == b"x"
    assert mode(path) == 0o600
    assert mode(tmp_path) == 0o700


@posix
def test_a_folder_that_is_not_ours_keeps_its_permissions(tmp_path: Path) -> None:
    (tmp_path / "somebody else's").write_bytes(b"")
    tmp_path.chmod(0o755)
    make_private_folder(tmp_path, mark="vault")
    assert mode(tmp_path) == 0o755


def test_a_failed_write_leaves_the_old_file_and_no_rubbish(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "vault"
    write_whole(path, b"old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


WRITER = """
import sys
from pathlib import Path
from app.storage import write_whole
path, number = Path(sys.argv[1]), 0
write_whole(path, b"%08d" % 0 * 20000)
print("go", flush=True)
while True:
    number += 1
    write_whole(path, b"%08d" % number * 20000)
"""


@posix
def test_a_kill_at_any_moment_leaves_an_old_or_a_new_file_and_never_half_of_one(
    tmp_path: Path,
) -> None:
    path, chance = tmp_path / "vault", random.Random(7)
    for _ in range(12):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parent.parent.parent,
        ) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"go\n"
            time.sleep(chance.uniform(0, 0.03))
            writer.send_signal(signal.SIGKILL)
            writer.wait()
        data = path.read_bytes()
        assert len(data) == 160_000
        assert data == data[:8] * 20_000
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_of_gigabytes_is_refused_without_being_read(tmp_path: Path) -> None:
    path = tmp_path / "vault"
    with path.open("wb") as file:
        file.truncate(3 * 2**30)
    with pytest.raises(TooLargeError):
        read_bounded(path, 1000)


@posix
def test_links_pipes_and_folders_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("link", "pipe", "folder"):
        with pytest.raises(OSError, match=r"."):
            read_bounded(tmp_path / name, 10)
    with pytest.raises(FileNotFoundError):
        read_bounded(tmp_path / "nothing", 10)


def test_damaged_files_are_kept_side_by_side(tmp_path: Path) -> None:
    kept = []
    for number in range(3):
        (tmp_path / "vault").write_bytes(b"%d" % number)
        kept.append(keep_aside(tmp_path / "vault", NOW))
    assert kept[0].name == "vault.broken-20261121-193005"
    assert [path.read_bytes() for path in kept] == [b"0", b"1", b"2"]
