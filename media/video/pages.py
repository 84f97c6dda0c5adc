"""Pages of text that scroll now and then: what stands for a shared screen where there is none."""

import random
from typing import Any

import numpy as np
import numpy.typing as npt

from media.slot import Slot
from media.video.camera import CapturedFrame, ThreadedSource

LINE = 26  # pixels from one line of text to the next
INK, PAPER = (40, 30, 20), (250, 252, 252)
WORDS = ("thin", "lines", "and", "sharp", "edges", "which", "a", "bad", "picture", "makes", "grey.")


class Pages(ThreadedSource):
    """Shows a page for `still` seconds, then scrolls on by a few lines, over and over."""

    def __init__(
        self, width: int = 1920, height: int = 1080, *, still: float = 4.0, fps: int = 15
    ) -> None:
        super().__init__("pages")
        self._width, self._height = width, height
        self._still, self._fps = still, fps

    def _run(self, frames: Slot[CapturedFrame]) -> None:
        text = page(self._width, 3 * self._height)
        began = due = self._clock()
        while not self._stopping.is_set():
            self._pause_until(due)
            now = self._clock()
            top = int((now - began) / self._still) * 5 * LINE % (2 * self._height)
            pixels = text[top : top + self._height].copy()
            frames.put(CapturedFrame(pixels, "bgr", self._width, self._height, now))
            due = max(due + 1.0 / self._fps, now)


def page(width: int, height: int, seed: int = 1) -> npt.NDArray[np.uint8]:
    """Return a page of small text as BGR (height, width, 3)."""
    import cv2

    made: Any = np.full((height, width, 3), PAPER, np.uint8)
    rng = random.Random(seed)
    for bottom in range(LINE, height, LINE):
        line = " ".join(rng.choice(WORDS) for _ in range(width // 60))
        cv2.putText(made, line, (24, bottom), cv2.FONT_HERSHEY_SIMPLEX, 0.6, INK, 1, cv2.LINE_AA)
    return np.asarray(made, np.uint8)
