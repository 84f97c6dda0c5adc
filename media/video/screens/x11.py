"""What can be shared on X11: windows, also covered ones, and whole screens."""

import contextlib
import os

from media.errors import ScreenError
from media.video.screens import whole
from media.video.screens.offer import Kind, Part, Shareable
from media.video.screens.small import WINDOW_BOX, preview
from media.video.screens.source import Area, Eye, Pixels, ScreenSource, Sight
from media.video.screens.xcb import Display, Pointer, XError

WINDOW = "window:"  # of the key; the window's number follows
MOST_WINDOWS = 60  # that are offered: more nobody looks through
LONGEST_TITLE = 200  # characters
SMALLEST = 32  # pixels of a side: what is smaller is no window that people see
NOT_OFFERED = ("_NET_WM_WINDOW_TYPE_DESKTOP", "_NET_WM_WINDOW_TYPE_DOCK")
BAD_WINDOW, BAD_DRAWABLE = 3, 9
GONE = frozenset({BAD_WINDOW, BAD_DRAWABLE})  # errors of a window that was closed


class X11Screens:
    """The windows that the window manager names, and the screens. `display` as in $DISPLAY."""

    def __init__(self, display: str | None = None) -> None:
        self._name = display
        self._display: Display | None = None
        self._screens = whole.AllScreens(display)

    def offer(self) -> tuple[Shareable, ...]:
        """Return the windows, those in front first, then the screens."""
        try:
            if self._display is None:
                self._display = Display(self._name)
            windows = self._windows(self._display) if self._display.has_composite() else ()
            return (*windows, *self._screens.offer())
        except XError as error:
            raise ScreenError("lost", f"the X server refused: {error}") from error

    def source(self, key: str, part: Part | None, fps: int) -> ScreenSource:
        """Return what gives the pictures of a window or a screen."""
        display = self._name
        if key.startswith(WINDOW):
            window = _number(key)
            return ScreenSource(key, lambda _stopping: _eye_for(window, display), fps)
        number = whole.number_of(key)
        return ScreenSource(key, lambda _stopping: ScreenEye(number, part, display), fps)

    def close(self) -> None:
        """Hang up: windows that were looked at are left alone again."""
        if self._display is not None:
            self._display.close()
            self._display = None
        self._screens.close()

    def _windows(self, display: Display) -> tuple[Shareable, ...]:
        stacked = display.numbers(display.root, "_NET_CLIENT_LIST_STACKING")
        listed = stacked or display.numbers(display.root, "_NET_CLIENT_LIST")
        found: list[Shareable] = []
        for window in reversed(listed):  # the one in front comes last there
            with contextlib.suppress(XError):  # closed meanwhile, or minimised
                offered = _offered(display, window)
                if offered is not None:
                    found.append(offered)
            if len(found) == MOST_WINDOWS:
                break
        return tuple(found)


class WindowEye:
    """Looks at one window: moved, covered, resized or not. Minimised, it cannot be seen."""

    def __init__(self, display: Display, window: int) -> None:
        self._display, self._window = display, window
        display.redirect(window)

    def look(self) -> Sight:
        """Return its content without the frame that the window manager puts around it."""
        display, window = self._display, self._window
        try:
            if not display.is_viewable(window):
                return Sight(None, None)
            left, top = display.place(window)
            cut = _invisible_edges(display, window)
            pixels = cropped(_content(display, window), cut)
            frame = display.numbers(window, "_NET_FRAME_EXTENTS", 4)
        except XError as error:
            if error.code in GONE:
                raise ScreenError("closed", "the window was closed") from error
            return Sight(None, None)  # it is just being resized or minimised
        height, width = pixels.shape[:2]
        inside = Area(left + cut[0], top + cut[2], width, height)
        with contextlib.suppress(XError):
            pixels = with_pointer(pixels, inside, display.pointer())
        return Sight(pixels, _framed(inside, frame))

    def close(self) -> None:
        """Let the window be."""
        self._display.close()


class ScreenEye:
    """Looks at a screen, or a part of it, with the pointer on it."""

    def __init__(self, number: int, part: Part | None, display: str | None) -> None:
        self._screen = whole.WholeScreen(number, part, display)
        self._display = Display(display)

    def look(self) -> Sight:
        """Return how it looks now."""
        sight = self._screen.look()
        if sight.pixels is None or sight.area is None:
            return sight
        with contextlib.suppress(XError):
            pixels = with_pointer(sight.pixels, sight.area, self._display.pointer())
            return Sight(pixels, sight.area)
        return sight

    def close(self) -> None:
        """Let go of the display."""
        self._screen.close()
        self._display.close()


def with_pointer(pixels: Pixels, area: Area, pointer: Pointer | None) -> Pixels:
    """Return pixels with the pointer painted on them, where it is over that area."""
    if pointer is None:
        return pixels
    tall, wide = pointer.pixels.shape[:2]
    left, top = pointer.left - area.left, pointer.top - area.top
    from_x, from_y = max(0, -left), max(0, -top)
    to_x, to_y = min(wide, area.width - left), min(tall, area.height - top)
    if from_x >= to_x or from_y >= to_y:
        return pixels
    shape = pointer.pixels[from_y:to_y, from_x:to_x].astype("uint16")
    made = pixels.copy()
    under = made[top + from_y : top + to_y, left + from_x : left + to_x]
    seen = shape[:, :, 3:]
    under[:] = (shape + under * (255 - seen) // 255).clip(0, 255)
    return made


def cropped(pixels: Pixels, cut: tuple[int, int, int, int]) -> Pixels:
    """Return pixels without so many at left, right, top and bottom."""
    left, right, top, bottom = cut
    height, width = pixels.shape[:2]
    if left + right + SMALLEST > width or top + bottom + SMALLEST > height:
        return pixels
    return pixels[top : height - bottom, left : width - right]


def _eye_for(window: int, name: str | None) -> Eye:
    display = Display(name)
    try:
        if not display.has_composite():
            raise ScreenError("unsupported", "this display shows no windows one by one")
        return WindowEye(display, window)
    except XError as error:
        display.close()
        raise ScreenError("closed", "the window was closed") from error


def _offered(display: Display, window: int) -> Shareable | None:
    """Return a window that people see, with how it looks now."""
    kinds = display.numbers(window, "_NET_WM_WINDOW_TYPE")
    if any(display.atom(kind) in kinds for kind in NOT_OFFERED if display.atom(kind)):
        return None
    if not display.is_viewable(window):
        return None
    display.redirect(window)
    pixels = cropped(_content(display, window), _invisible_edges(display, window))
    height, width = pixels.shape[:2]
    if min(height, width) < SMALLEST:
        return None
    own = display.numbers(window, "_NET_WM_PID", 1) == (os.getpid(),)
    small = preview(pixels, WINDOW_BOX)
    return Shareable(
        f"{WINDOW}{window:#x}", Kind.WINDOW, _title(display, window), width, height, small, own
    )


def _content(display: Display, window: int) -> Pixels:
    """Return all pixels of a redirected window."""
    pixmap = display.name_pixmap(window)
    try:
        size = display.geometry(pixmap)
        return display.image(pixmap, 0, 0, size.width, size.height)
    finally:
        display.free_pixmap(pixmap)


def _title(display: Display, window: int) -> str:
    title = display.property(window, "_NET_WM_NAME").decode("utf-8", "replace")
    if not title:
        title = display.property(window, "WM_NAME").decode("latin-1")
    return title[:LONGEST_TITLE]


def _invisible_edges(display: Display, window: int) -> tuple[int, int, int, int]:
    """Return how much shadow a window draws around itself: left, right, top, bottom."""
    edges = display.numbers(window, "_GTK_FRAME_EXTENTS", 4)
    if len(edges) != 4 or max(edges) > 500:
        return 0, 0, 0, 0
    return edges[0], edges[1], edges[2], edges[3]


def _framed(inside: Area, frame: tuple[int, ...]) -> Area:
    """Return where a window lies with the frame that the window manager puts around it."""
    if len(frame) != 4 or max(frame) > 500:
        return inside
    left, right, top, bottom = frame
    return Area(
        inside.left - left,
        inside.top - top,
        inside.width + left + right,
        inside.height + top + bottom,
    )


def _number(key: str) -> int:
    try:
        return int(key.removeprefix(WINDOW), 16) & 0xFFFFFFFF
    except ValueError:
        raise ScreenError("closed", f"there is no window {key}") from None
