"""What can be shared on Windows: windows, also covered ones, by PrintWindow, and whole screens.

Written against the documentation of Microsoft; it has run on no Windows yet.
"""

import ctypes
import os
from ctypes import POINTER, byref, c_int, c_uint, c_uint32, c_void_p, c_wchar_p
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
RENDER_FULL_CONTENT = 2  # PW_RENDERFULLCONTENT: also what a graphics card draws
EXTENDED_STYLE, TOOL_WINDOW = -20, 0x80  # GWL_EXSTYLE, WS_EX_TOOLWINDOW
FRAME_BOUNDS, CLOAKED = 9, 14  # DWMWA_EXTENDED_FRAME_BOUNDS, DWMWA_CLOAKED
OnWindow = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p)  # 64-bit Windows has one convention


class _Rect(ctypes.Structure):
    _fields_ = (("left", c_int), ("top", c_int), ("right", c_int), ("bottom", c_int))


class _BitmapInfo(ctypes.Structure):
    """BITMAPINFOHEADER, and no colours."""

    _fields_ = (
        ("size", c_uint32),
        ("width", c_int),
        ("height", c_int),
        ("planes", ctypes.c_uint16),
        ("bits", ctypes.c_uint16),
        ("rest", c_uint32 * 6),
    )


class WindowsScreens:
    """The windows that stand in the task bar, and the screens."""

    def __init__(self) -> None:
        self._screens = whole.AllScreens()

    def offer(self) -> tuple[Shareable, ...]:
        """Return the windows, those in front first, then the screens."""
        system = _System()
        windows = [_offered(system, window) for window in system.windows()]
        shown = [found for found in windows if found is not None]
        return (*shown[:MOST_WINDOWS], *self._screens.offer())

    def source(self, key: str, part: Part | None, fps: int) -> ScreenSource:
        """Return what gives the pictures of a window or a screen."""
        if key.startswith(WINDOW):
            try:
                window = int(key.removeprefix(WINDOW), 16)
            except ValueError:
                raise ScreenError("closed", f"there is no window {key}") from None
            return ScreenSource(key, lambda _stopping: WindowEye(window), fps)
        return whole.source(key, part, fps)

    def close(self) -> None:
        """Let go of the display."""
        self._screens.close()


class WindowEye:
    """Looks at one window. Minimised, it cannot be seen."""

    def __init__(self, window: int) -> None:
        self._system, self._window = _System(), window

    def look(self) -> Sight:
        """Return how it looks now."""
        system, window = self._system, self._window
        if not system.user.IsWindow(window):
            raise ScreenError("closed", "the window was closed")
        if not system.is_shown(window):
            return Sight(None, None)
        area = system.area(window)
        pixels = system.pixels(window)
        return Sight(pixels, area if pixels is not None else None)

    def close(self) -> None:
        """There is nothing to let go of."""


class _System:
    """The functions of Windows that are needed."""

    def __init__(self) -> None:
        self.user, self.gdi = ctypes.CDLL("user32"), ctypes.CDLL("gdi32")
        self.dwm = ctypes.CDLL("dwmapi")
        for library, name, takes, gives in (
            (self.user, "EnumWindows", (OnWindow, c_void_p), c_int),
            (self.user, "IsWindow", (c_void_p,), c_int),
            (self.user, "IsWindowVisible", (c_void_p,), c_int),
            (self.user, "IsIconic", (c_void_p,), c_int),
            (self.user, "GetWindowTextW", (c_void_p, c_wchar_p, c_int), c_int),
            (self.user, "GetWindowLongW", (c_void_p, c_int), c_int),
            (self.user, "GetWindowRect", (c_void_p, POINTER(_Rect)), c_int),
            (self.user, "GetWindowThreadProcessId", (c_void_p, POINTER(c_uint32)), c_uint32),
            (self.user, "PrintWindow", (c_void_p, c_void_p, c_uint), c_int),
            (self.user, "GetDC", (c_void_p,), c_void_p),
            (self.user, "ReleaseDC", (c_void_p, c_void_p), c_int),
            (self.dwm, "DwmGetWindowAttribute", (c_void_p, c_uint, c_void_p, c_uint), c_int),
            (self.gdi, "CreateCompatibleDC", (c_void_p,), c_void_p),
            (self.gdi, "CreateDIBSection", (c_void_p, POINTER(_BitmapInfo), c_uint,
                                            POINTER(c_void_p), c_void_p, c_uint), c_void_p),
            (self.gdi, "SelectObject", (c_void_p, c_void_p), c_void_p),
            (self.gdi, "DeleteObject", (c_void_p,), c_int),
            (self.gdi, "DeleteDC", (c_void_p,), c_int),
        ):  # fmt: skip
            function: Any = getattr(library, name)
            function.argtypes, function.restype = takes, gives

    def windows(self) -> list[int]:
        """Return all top-level windows, the one in front first."""
        found: list[int] = []

        def note(window: int | None, _: int | None) -> int:
            if window:
                found.append(window)
            return 1

        self.user.EnumWindows(OnWindow(note), None)
        return found

    def is_shown(self, window: int) -> bool:
        """Tell whether people see a window: visible, not minimised, not on another desktop."""
        cloaked = c_uint32()
        self.dwm.DwmGetWindowAttribute(window, CLOAKED, byref(cloaked), 4)
        visible = self.user.IsWindowVisible(window) and not self.user.IsIconic(window)
        return bool(visible) and not cloaked.value

    def area(self, window: int) -> Area:
        """Return where a window lies, without its shadow."""
        rect = _Rect()
        if self.dwm.DwmGetWindowAttribute(window, FRAME_BOUNDS, byref(rect), ctypes.sizeof(rect)):
            self.user.GetWindowRect(window, byref(rect))
        return Area(rect.left, rect.top, rect.right - rect.left, rect.bottom - rect.top)

    def title(self, window: int) -> str:
        """Return what stands in a window's title."""
        text = ctypes.create_unicode_buffer(200)
        self.user.GetWindowTextW(window, text, len(text))
        return text.value

    def is_own(self, window: int) -> bool:
        """Tell whether a window is of this very program."""
        process = c_uint32()
        self.user.GetWindowThreadProcessId(window, byref(process))
        return process.value == os.getpid()

    def pixels(self, window: int) -> Pixels | None:
        """Return a window's pixels, also where others cover it; None if it does not paint them."""
        rect = _Rect()
        self.user.GetWindowRect(window, byref(rect))
        width, height = rect.right - rect.left, rect.bottom - rect.top
        if width <= 0 or height <= 0:
            return None
        info = _BitmapInfo(ctypes.sizeof(_BitmapInfo), width, -height, 1, 32)  # top line first
        bits = c_void_p()
        screen = self.user.GetDC(None)
        drawn = self.gdi.CreateCompatibleDC(screen)
        bitmap = self.gdi.CreateDIBSection(screen, byref(info), 0, byref(bits), None, 0)
        try:
            if not bitmap or not bits.value:
                return None
            before = self.gdi.SelectObject(drawn, bitmap)
            painted = self.user.PrintWindow(window, drawn, RENDER_FULL_CONTENT)
            self.gdi.SelectObject(drawn, before)
            if not painted:
                return None
            copy = ctypes.string_at(bits.value, width * height * 4)
            whole_window = np.frombuffer(copy, np.uint8).reshape(height, width, 4)
            seen = self.area(window)
            left, top = max(0, seen.left - rect.left), max(0, seen.top - rect.top)
            return whole_window[top : top + seen.height, left : left + seen.width]
        finally:
            if bitmap:
                self.gdi.DeleteObject(bitmap)
            self.gdi.DeleteDC(drawn)
            self.user.ReleaseDC(None, screen)


def _offered(system: _System, window: int) -> Shareable | None:
    """Return a window that people see, with how it looks now."""
    tool = system.user.GetWindowLongW(window, EXTENDED_STYLE) & TOOL_WINDOW
    if tool or not system.is_shown(window) or not system.title(window):
        return None
    pixels = system.pixels(window)
    if pixels is None or min(pixels.shape[:2]) < SMALLEST:
        return None
    height, width = pixels.shape[:2]
    return Shareable(
        f"{WINDOW}{window:#x}",
        Kind.WINDOW,
        system.title(window),
        width,
        height,
        preview(pixels, WINDOW_BOX),
        system.is_own(window),
    )
