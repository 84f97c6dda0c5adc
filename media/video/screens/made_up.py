"""A desktop that is made up: a window with pages of text, for tests and for trying things out."""

import numpy as np

from media.errors import ScreenError
from media.video.pages import LINE, page
from media.video.screens.offer import Kind, Part, Shareable
from media.video.screens.small import WINDOW_BOX, preview
from media.video.screens.source import Pixels, ScreenSource, Sight

KEY = "test"
SIZE = 1280, 720  # pixels
STILL = 60  # looks at a page before it is scrolled: four seconds


class MadeUpScreens:
    """One window, which scrolls on by five lines now and then."""

    def offer(self) -> tuple[Shareable, ...]:
        """Return the window."""
        small = preview(pages(SIZE[1]), WINDOW_BOX)
        return (Shareable(KEY, Kind.WINDOW, "Pages of text", *SIZE, small),)

    def source(self, key: str, part: Part | None, fps: int) -> ScreenSource:
        """Return what gives its pictures."""
        if key != KEY:
            raise ScreenError("closed", f"there is no window {key}")
        return ScreenSource(key, lambda _stopping: PagesEye(), fps)

    def close(self) -> None:
        """There is nothing to let go of."""


class PagesEye:
    """Looks at the pages."""

    def __init__(self) -> None:
        self._text = pages(3 * SIZE[1])
        self._looks = 0

    def look(self) -> Sight:
        """Return the page of this moment; it lies nowhere on the real desktop."""
        top = self._looks // STILL * 5 * LINE % (2 * SIZE[1])
        self._looks += 1
        return Sight(self._text[top : top + SIZE[1]].copy(), None)

    def close(self) -> None:
        """There is nothing to let go of."""


def pages(height: int) -> Pixels:
    """Return the text from its beginning, as BGRA."""
    import cv2

    return np.asarray(cv2.cvtColor(page(SIZE[0], height), cv2.COLOR_BGR2BGRA), np.uint8)
