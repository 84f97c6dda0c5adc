"""Pictures of a window or a screen, taken again and again by a thread of its own."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from media.slot import Slot
from media.video.camera import CapturedFrame, ThreadedSource

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of the desktop, in the system's own pixels."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Sight:
    """One look: BGRA `pixels` (height, width, 4) of their own, None while nothing can be seen.

    `area` is where it lies on the desktop, None where that is not known.
    """

    pixels: Pixels | None
    area: Area | None


class Eye(Protocol):
    """Looks at one window or screen; opened, used and closed in one thread."""

    def look(self) -> Sight:
        """Return how it looks now; ScreenError when it is gone."""

    def close(self) -> None:
        """Let go of it."""


class ScreenSource(ThreadedSource):
    """What a call takes as a screen.

    `open_eye` runs in the thread and raises ScreenError if it cannot; where it has to wait for a
    person it gives up when the event is set.
    """

    def __init__(self, name: str, open_eye: Callable[[threading.Event], Eye], fps: int) -> None:
        super().__init__(name)
        self._open_eye = open_eye
        self._interval = 1.0 / fps
        self.area: Area | None = None
        """Where it lies on the desktop now. From any thread."""
        self.hidden = False
        """Whether nothing of it can be seen now, as of a minimised window. From any thread."""

    def _run(self, frames: Slot[CapturedFrame]) -> None:
        eye = self._open_eye(self._stopping)
        try:
            due = self._clock()
            while not self._stopping.is_set():
                self._pause_until(due)
                now = self._clock()
                sight = eye.look()
                self.area, self.hidden = sight.area, sight.pixels is None
                if sight.pixels is not None:
                    pixels = even(sight.pixels)
                    height, width = pixels.shape[:2]
                    frames.put(CapturedFrame(pixels, "bgra", width, height, now))
                due = max(due + self._interval, now)
        finally:
            self.area = None
            eye.close()


def even(pixels: Pixels) -> Pixels:
    """Return pixels of even width and height: to scale away one line would blur all the text."""
    height, width = pixels.shape[:2]
    return np.ascontiguousarray(pixels[: height & ~1, : width & ~1])
