"""What can be shared on macOS: windows, also covered ones, and whole screens.

Written against the documentation of Apple; it has run on no Mac yet. The system asks once whether
Conclave may see the screen, and wants it started again then.
"""

import os
from typing import Any

import numpy as np

from media.errors import ScreenError
from media.video.screens import whole
from media.video.screens.offer import Kind, Part, Shareable
from media.video.screens.small import WINDOW_BOX, preview
from media.video.screens.source import Area, Pixels, ScreenSource, Sight

WINDOW = "window:"
MOST_WINDOWS = 60  # that are offered
SMALLEST = 32  # pixels of a side
NORMAL_LAYER = 0  # of windows; menus, the dock and the like lie on others


class MacScreens:
    """The windows that are on the screen, and the screens."""

    def __init__(self) -> None:
        self._screens = whole.AllScreens()

    def offer(self) -> tuple[Shareable, ...]:
        """Return the windows, those in front first, then the screens."""
        quartz = _quartz()
        if not quartz.CGPreflightScreenCaptureAccess():
            quartz.CGRequestScreenCaptureAccess()
            raise ScreenError("refused", "the system does not let this program see the screen")
        options = quartz.kCGWindowListOptionOnScreenOnly
        options |= quartz.kCGWindowListExcludeDesktopElements
        listed = quartz.CGWindowListCopyWindowInfo(options, quartz.kCGNullWindowID) or ()
        windows = [_offered(quartz, found) for found in listed]
        shown = [found for found in windows if found is not None]
        return (*shown[:MOST_WINDOWS], *self._screens.offer())

    def source(self, key: str, part: Part | None, fps: int) -> ScreenSource:
        """Return what gives the pictures of a window or a screen."""
        if key.startswith(WINDOW):
            number = key.removeprefix(WINDOW)
            if not number.isdecimal():
                raise ScreenError("closed", f"there is no window {key}")
            return ScreenSource(key, lambda _stopping: WindowEye(int(number)), fps)
        return whole.source(key, part, fps)

    def close(self) -> None:
        """Let go of the display."""
        self._screens.close()


class WindowEye:
    """Looks at one window. Minimised, it cannot be seen."""

    def __init__(self, window: int) -> None:
        self._quartz, self._window = _quartz(), window

    def look(self) -> Sight:
        """Return how it looks now."""
        quartz, window = self._quartz, self._window
        listed = quartz.CGWindowListCopyWindowInfo(
            quartz.kCGWindowListOptionIncludingWindow, window
        )
        if not listed:
            raise ScreenError("closed", "the window was closed")
        if not listed[0].get(quartz.kCGWindowIsOnscreen):
            return Sight(None, None)
        pixels = _pixels(quartz, window)
        return Sight(pixels, _area(quartz, listed[0]) if pixels is not None else None)

    def close(self) -> None:
        """There is nothing to let go of."""


def _offered(quartz: Any, found: Any) -> Shareable | None:
    """Return a window that people see, with how it looks now."""
    area = _area(quartz, found)
    if found.get(quartz.kCGWindowLayer) != NORMAL_LAYER or min(area.width, area.height) < SMALLEST:
        return None
    number = int(found[quartz.kCGWindowNumber])
    pixels = _pixels(quartz, number)
    if pixels is None:
        return None
    program = str(found.get(quartz.kCGWindowOwnerName) or "")
    return Shareable(
        f"{WINDOW}{number}",
        Kind.WINDOW,
        str(found.get(quartz.kCGWindowName) or program),
        area.width,
        area.height,
        preview(pixels, WINDOW_BOX),
        int(found.get(quartz.kCGWindowOwnerPID) or 0) == os.getpid(),
    )


def _pixels(quartz: Any, window: int) -> Pixels | None:
    """Return a window's pixels, also where others cover it."""
    image = quartz.CGWindowListCreateImage(
        quartz.CGRectNull,
        quartz.kCGWindowListOptionIncludingWindow,
        window,
        quartz.kCGWindowImageBoundsIgnoreFraming | quartz.kCGWindowImageBestResolution,
    )
    if image is None:
        return None
    width, height = quartz.CGImageGetWidth(image), quartz.CGImageGetHeight(image)
    line = quartz.CGImageGetBytesPerRow(image)
    data = bytes(quartz.CGDataProviderCopyData(quartz.CGImageGetDataProvider(image)))
    if quartz.CGImageGetBitsPerPixel(image) != 32 or len(data) < line * height:
        return None
    lines = np.frombuffer(data, np.uint8, line * height).reshape(height, line)
    return lines[:, : width * 4].reshape(height, width, 4)


def _area(quartz: Any, found: Any) -> Area:
    bounds = found[quartz.kCGWindowBounds]
    return Area(*(int(bounds[side]) for side in ("X", "Y", "Width", "Height")))


def _quartz() -> Any:
    """Import the bridge to the system where it is there."""
    import importlib

    return importlib.import_module("Quartz")
