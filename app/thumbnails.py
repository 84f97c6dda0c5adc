"""Small pictures of what somebody sent, made by a process of its own: a hostile one breaks that."""

import contextlib
import logging
import os
import subprocess
import sys

from app.meeting.view import Thumbnail
from app.program import PLACE, own_process

TIME = 15.0  # seconds until a picture that is still being read is given up; most take one
MOST_CPU = 10  # seconds of the processor, where the system can say so
MOST_MEMORY = 512 * 1024 * 1024  # bytes beyond what the program has when it begins
LARGEST = 32 * 1024 * 1024  # bytes of a file that is looked at
MOST_SIDE = 480  # pixels of a small picture

log = logging.getLogger(__name__)


def look_at(data: bytes) -> Thumbnail | None:
    """Return a small picture of a file's content; None if it cannot be had, for whatever reason."""
    try:
        done = subprocess.run(
            own_process("picture"),
            cwd=PLACE,
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=TIME,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        log.info("a picture was not looked at: %s", type(error).__name__)
        return None
    return read(done.stdout) if done.returncode == 0 else None


def read(answer: bytes) -> Thumbnail | None:
    """Return what the process said, if that is a small picture; it may have been taken over."""
    head, _line, pixels = answer.partition(b"\n")
    words = head.split(b" ")
    if len(words) != 2 or not all(word.isdigit() and len(word) <= 4 for word in words):
        return None
    width, height = int(words[0]), int(words[1])
    if not (0 < width <= MOST_SIDE and 0 < height <= MOST_SIDE):
        return None
    return Thumbnail(width, height, pixels) if len(pixels) == width * height * 3 else None


def make_from_standard_input() -> int:
    """Be that process: read a file, write its small picture; returns the exit code."""
    from media.video.still import small

    data = sys.stdin.buffer.read(LARGEST + 1)
    if len(data) > LARGEST:
        return 1
    _give_up_powers()
    made = small(data)
    if made is None:
        return 1
    width, height, pixels = made
    sys.stdout.buffer.write(b"%d %d\n" % (width, height) + pixels)
    sys.stdout.buffer.flush()
    return 0


def _give_up_powers() -> None:
    """Have the system stop this process where it takes too much, or wants to write a file."""
    if sys.platform == "win32":  # there is the time limit
        return
    import resource

    os.nice(10)  # a call goes on beside it
    used = _memory()
    for what, most in (
        (resource.RLIMIT_CPU, MOST_CPU),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_AS, used + MOST_MEMORY if used else resource.RLIM_INFINITY),
    ):
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(what, (most, most))


def _memory() -> int:
    """Return how much address space this process has; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            pages = int(file.read().split()[0])
    except OSError:
        return 0
    import resource

    return pages * resource.getpagesize()
