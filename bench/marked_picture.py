"""A test picture that says whose it is, and what a watcher makes of the pictures of others.

The mark is a row of squares at the lower edge: eight bits of a number and the same eight inverted.
When it was taken stands in the time code of the scene (media/video/scene.py).
"""

import threading
import time
from collections import Counter

import numpy as np
import numpy.typing as npt

from media.slot import Slot
from media.video.camera import CapturedFrame, ThreadedSource
from media.video.picture import Picture
from media.video.scene import BRIGHT, DARK, THRESHOLD, Scene, read_time_code

MARKS = 256
WIDTH, HEIGHT, FPS = 320, 180, 10
SQUARES = 16  # across the whole width
EDGE_S = 0.5  # a picture may be taken so long before who sends it knows of a change

Luma = npt.NDArray[np.uint8]


class MarkedPicture(ThreadedSource):
    """A camera whose pictures bear a number below MARKS, and the time."""

    def __init__(self, mark: int) -> None:
        super().__init__(f"picture {mark}")
        self._mark = mark

    def _run(self, frames: Slot[CapturedFrame]) -> None:
        scene = Scene(WIDTH, HEIGHT)
        due = began = self._clock()
        while not self._stopping.is_set():
            now = self._clock()
            made = scene.picture(now - began, now)
            write_mark(made[:HEIGHT], self._mark)
            frames.put(CapturedFrame(made, "i420", WIDTH, HEIGHT, now))
            due = max(due + 1 / FPS, now)
            self._pause_until(due)


def write_mark(luma: Luma, mark: int) -> None:
    """Write a number into the luma plane (height, width) of a picture."""
    bits = np.unpackbits(np.array([mark, ~mark & 0xFF], np.uint8))
    side = luma.shape[1] // SQUARES
    row = np.where(bits, BRIGHT, DARK).astype(np.uint8)
    luma[-side:, : SQUARES * side] = np.repeat(row, side)


def read_mark(picture: Picture) -> int | None:
    """Return the number in a picture of any size; None if it cannot be read."""
    lines = np.frombuffer(picture.pixels, np.uint8, picture.stride * picture.height)
    bgra = lines.reshape(picture.height, picture.stride)[:, : picture.width * 4]
    green = bgra.reshape(picture.height, picture.width, 4)[:, :, 1]
    side = picture.width / SQUARES
    row = round(picture.height - side / 2)
    reach = max(1, int(side / 4))
    columns = ((np.arange(SQUARES) + 0.5) * side).astype(int)
    squares = [
        green[row - reach : row + reach, at - reach : at + reach].mean() > THRESHOLD
        for at in columns
    ]
    mark, inverted = np.packbits(squares)
    return int(mark) if mark == ~inverted & 0xFF else None


class Watcher:
    """Looks at every picture that one person in a meeting is shown; for any thread.

    What must not be seen: anybody else's picture in somebody's place ("another's"), one that was
    taken before this person came in ("past"), or after whose it is was out ("afterwards").
    """

    def __init__(self, came: float) -> None:
        self.seen: Counter[int] = Counter()  # pictures, by mark
        self.wrong: Counter[str] = Counter()
        self.unreadable = 0
        self._came = came
        self._gone: dict[int, float] = {}
        self._lock = threading.Lock()

    def comes(self, mark: int) -> None:
        """Note that somebody is on the list; this mark was another's before, or is theirs again."""
        with self._lock:
            self._gone.pop(mark, None)

    def out(self, mark: int, at: float) -> None:
        """Note since when somebody is not on the list any more."""
        with self._lock:
            self._gone[mark] = at

    def look(self, picture: Picture, place: int) -> None:
        """Take in a picture that is shown in the place of whoever has this mark."""
        mark, taken = read_mark(picture), read_time_code(picture, near=time.monotonic())
        if mark is None or taken is None:
            with self._lock:
                self.unreadable += 1
            return
        with self._lock:
            self.seen[mark] += 1
            if mark != place:
                self.wrong["another's"] += 1
            if taken < self._came - EDGE_S:
                self.wrong["past"] += 1
            if taken > self._gone.get(place, taken) + EDGE_S:
                self.wrong["afterwards"] += 1
