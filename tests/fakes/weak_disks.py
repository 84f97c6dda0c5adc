"""Disks that are full, read-only or pulled out, as the kernel makes them; only this test sees them.

    python -m fakes.weak_disks KIND FOLDER ARGUMENTS..

Runs `conclave ARGUMENTS` where FOLDER is such a disk: "full", "read-only" or "gone" (its home is
not set). A thread that mounts has a namespace of its own, so what it mounts goes with it.
"""

import contextlib
import ctypes
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

CLONE_NEWNS = 0x00020000
MB = 1024 * 1024


def why_not() -> str:
    """Return why no disk can be mounted here, or nothing."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "mounting disks needs root on Linux"
    try:
        with_mounts_of_its_own(lambda: None)
    except OSError as error:
        return f"mounting disks is not allowed here: {error.strerror}"
    return ""


def mounts_of_its_own() -> None:
    """Give this thread mounts that nobody else sees; raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    _mount("--make-rprivate", "/")


def with_mounts_of_its_own(work: Callable[[], None]) -> None:
    """Do something in a thread that has mounts of its own; what it raises is raised here."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            mounts_of_its_own()
            work()
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if raised:
        raise raised[0]


def plug_in(folder: Path, kilobytes: int) -> None:
    """Mount an empty disk of that size."""
    folder.mkdir(parents=True, exist_ok=True)
    _mount("-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder))


def fill(folder: Path) -> None:
    """Leave no byte of room on a disk."""
    with contextlib.suppress(OSError), open(folder / "somebody else's", "wb", buffering=0) as file:
        while True:
            file.write(bytes(min(MB, shutil.disk_usage(folder).free) or 4096))


def make_read_only(folder: Path) -> None:
    """Let nothing more be written to a disk, also by who has a file open there."""
    _mount("-o", "remount,ro", str(folder))


def pull_out(folder: Path) -> None:
    """Take a disk away from under who has files open there."""
    subprocess.run(["umount", "--lazy", str(folder)], check=True, capture_output=True)


def _mount(*words: str) -> None:
    done = subprocess.run(["mount", *words], check=False, capture_output=True, text=True)
    if done.returncode:
        raise OSError(1, done.stderr.strip())


def main(kind: str, folder: str, *arguments: str) -> int:
    """Run the program on such a disk; return its exit code."""
    from app.__main__ import main as conclave

    mounts_of_its_own()
    plug_in(Path(folder), 256)
    match kind:
        case "full":
            fill(Path(folder))
        case "read-only":
            make_read_only(Path(folder))
        case "gone":
            del os.environ["HOME"]
    return conclave(list(arguments))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
