"""Whole screens and parts of them, by way of MSS: X11, Windows and macOS."""

from typing import Any

import mss
import numpy as np
from mss.exception import ScreenShotError

from media.errors import ScreenError
from media.video.screens.offer import Kind, Part, Shareable
from media.video.screens.small import SCREEN_BOX, preview
from media.video.screens.source import Area, Pixels, ScreenSource, Sight

SCREEN = "screen:"  # of the key; the number of the screen follows, from 1
MOST = 99  # screens of a computer
SMALLEST = 16  # pixels of a side of a part


class WholeScreen:
    """Looks at a screen, or a part of it."""

    def __init__(self, number: int, part: Part | None, display: str | None = None) -> None:
        self._number, self._part, self._display = number, part, display
        self._mss = opened(display)

    def look(self) -> Sight:
        """Return how it looks now; ScreenError for a screen that was unplugged."""
        try:
            return self._look()
        except ScreenError:
            self._mss.close()  # it keeps where screens lay; one may have been turned or moved
            self._mss = opened(self._display)
            return self._look()

    def _look(self) -> Sight:
        found = screens(self._mss)
        if self._number > len(found):
            raise ScreenError("lost", "this screen is not there any more")
        area = found[self._number - 1]
        if self._part is not None:
            area = part_of(area, self._part)
        return Sight(grabbed(self._mss, area), area)

    def close(self) -> None:
        """Let go of the display."""
        self._mss.close()


class AllScreens:
    """The screens of this computer; the way to them is opened when they are first asked for."""

    def __init__(self, display: str | None = None) -> None:
        self._display = display
        self._grabber: mss.MSS | None = None

    def offer(self) -> tuple[Shareable, ...]:
        """Return them as they look now; ScreenError where there are none."""
        if self._grabber is None:
            self._grabber = opened(self._display)
        return offered(self._grabber)

    def close(self) -> None:
        """Let go of the display."""
        if self._grabber is not None:
            self._grabber.close()
            self._grabber = None


def source(key: str, part: Part | None, fps: int) -> ScreenSource:
    """Return what gives the pictures of a screen, or of a part of it."""
    number = number_of(key)
    return ScreenSource(key, lambda _stopping: WholeScreen(number, part), fps)


def offered(grabber: mss.MSS) -> tuple[Shareable, ...]:
    """Return all screens as they look now."""
    return tuple(
        Shareable(
            f"{SCREEN}{number}",
            Kind.SCREEN,
            "",
            area.width,
            area.height,
            preview(grabbed(grabber, area), SCREEN_BOX),
        )
        for number, area in enumerate(screens(grabber), start=1)
    )


def opened(display: str | None = None) -> mss.MSS:
    """Return what takes pictures of screens; ScreenError where there are none."""
    try:
        return mss.MSS(display=display) if display else mss.MSS()
    except (ScreenShotError, OSError) as error:
        raise ScreenError("unsupported", f"no screen can be seen: {error}") from error


def screens(grabber: mss.MSS) -> tuple[Area, ...]:
    """Return where each screen lies; the first one MSS names is all of them together."""
    try:
        found: list[dict[str, Any]] = grabber.monitors[1:]
    except ScreenShotError as error:
        raise ScreenError("lost", f"the screens cannot be listed: {error}") from error
    return tuple(Area(one["left"], one["top"], one["width"], one["height"]) for one in found)


def grabbed(grabber: mss.MSS, area: Area) -> Pixels:
    """Return how an area of the desktop looks now, as BGRA."""
    box = {"left": area.left, "top": area.top, "width": area.width, "height": area.height}
    try:
        shot = grabber.grab(box)
    except ScreenShotError as error:
        raise ScreenError("lost", f"the screen gives no pictures: {error}") from error
    return np.frombuffer(shot.raw, np.uint8).reshape(shot.height, shot.width, 4)


def part_of(area: Area, part: Part) -> Area:
    """Return a part of a screen in pixels, within it and not too small to be encoded."""
    left = round(min(max(part.left, 0.0), 1.0) * area.width)
    top = round(min(max(part.top, 0.0), 1.0) * area.height)
    left, top = min(left, area.width - SMALLEST), min(top, area.height - SMALLEST)
    width = max(SMALLEST, min(round(part.width * area.width), area.width - left))
    height = max(SMALLEST, min(round(part.height * area.height), area.height - top))
    return Area(area.left + left, area.top + top, width, height)


def number_of(key: str) -> int:
    """Return the number in the key of a screen; ScreenError for what is none."""
    number = key.removeprefix(SCREEN)
    whole = key.startswith(SCREEN) and number.isascii() and number.isdecimal()
    if not whole or not 1 <= int(number) <= MOST:
        raise ScreenError("closed", f"there is no screen {key}")
    return int(number)
