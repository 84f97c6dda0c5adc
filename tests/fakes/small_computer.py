"""A computer with less than a call needs: little processor, little memory, few files (Linux, root).

Processor and memory are limited by control groups, of version 1 or 2, whichever the system has.
"""

import contextlib
import errno
import os
import resource
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
PERIOD_US = 100_000
PATIENCE_S = 10


def why_not(controller: str) -> str:
    """Return why nothing can be limited here ("cpu" or "memory"); nothing where it can."""
    try:
        with _group(controller):
            return ""
    except OSError as error:
        return f"no control group for {controller}: {error.strerror}"


@contextlib.contextmanager
def slow(pid: int, cores: float) -> Iterator[None]:
    """Let a process and what it starts have no more than this part of one processor."""
    with _group("cpu") as group:
        quota = round(cores * PERIOD_US)
        if (group / "cpu.max").exists():
            (group / "cpu.max").write_text(f"{quota} {PERIOD_US}")
        else:
            (group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
            (group / "cpu.cfs_quota_us").write_text(str(quota))
        (group / "cgroup.procs").write_text(str(pid))
        yield


@contextlib.contextmanager
def short_of_memory(pid: int, megabytes: float) -> Iterator[None]:
    """Let a process have no more memory than this; what it has already is not counted again."""
    with _group("memory") as group:
        octets = str(round(megabytes * 1e6))
        version_2 = (group / "memory.max").exists()
        (group / ("memory.max" if version_2 else "memory.limit_in_bytes")).write_text(octets)
        (group / "cgroup.procs").write_text(str(pid))
        yield


@contextlib.contextmanager
def few_files(pid: int, files: int) -> Iterator[None]:
    """Let a process open no more files and sockets than this, in all."""
    _, hard = before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (files, hard))
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_NOFILE, before)


@contextlib.contextmanager
def _group(controller: str) -> Iterator[Path]:
    """Make a control group that is gone afterwards; OSError where that is not allowed."""
    version_2 = (ROOT / "cgroup.controllers").exists()
    if version_2:
        (ROOT / "cgroup.subtree_control").write_text(f"+{controller}")
    group = (ROOT if version_2 else ROOT / controller) / f"conclave-test-{os.getpid()}"
    group.mkdir()
    try:
        yield group
    finally:
        _dissolve(group)


def _dissolve(group: Path) -> None:
    """Remove a group; who is in it, also what was started meanwhile or is ending, leaves before."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        for pid in (group / "cgroup.procs").read_text().split():
            with contextlib.suppress(ProcessLookupError):
                (group.parent / "cgroup.procs").write_text(pid)
        try:
            return group.rmdir()
        except OSError as error:
            if error.errno != errno.EBUSY or time.monotonic() > deadline:
                raise
        time.sleep(0.05)
