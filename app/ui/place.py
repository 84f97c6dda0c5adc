"""Where the window stands, as a short text to keep; a place off the screen is mended."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from app.ui import theme

MOST = 0.92  # of a screen: what a window takes at most that opens for the first time
SEEN = 64  # pixels of the window's upper edge that must lie on a screen to take hold of it
_TEXT = re.compile(r"(-?\d{1,5}) (-?\d{1,5}) (\d{1,5}) (\d{1,5})( maximized)?")


@dataclass(frozen=True)
class Place:
    """The rectangle of a window that is neither minimised nor full screen."""

    left: int
    top: int
    width: int
    height: int
    maximized: bool = False

    def text(self) -> str:
        """Return what `read` takes."""
        numbers = f"{self.left} {self.top} {self.width} {self.height}"
        return numbers + (" maximized" if self.maximized else "")


def read(text: str) -> Place | None:
    """Return the place that a text tells; None for any other text."""
    found = _TEXT.fullmatch(text.strip())
    if found is None:
        return None
    left, top, width, height = (int(number) for number in found.groups()[:4])
    return Place(left, top, width, height, found.group(5) is not None)


def on_a_screen(place: Place, screens: Sequence[QRect], smallest: QSize) -> QRect:
    """Return where the window is to open, so that it can be seen, taken hold of, and fits.

    `screens` are the free parts of the screens, the main one first; there is at least one.
    """
    wanted = QRect(place.left, place.top, place.width, place.height)
    edge = QRect(wanted.topLeft(), QSize(wanted.width(), 1))

    def seen(screen: QRect) -> int:
        shared = edge.intersected(screen)
        return shared.width() if shared.isValid() else 0

    best = max(screens, key=seen)
    size = wanted.size().expandedTo(smallest).boundedTo(best.size())
    if seen(best) < SEEN:  # that screen is gone, or the window was pushed off it
        middle = QRect(QPoint(0, 0), size)
        middle.moveCenter(best.center())
        return middle
    return QRect(wanted.topLeft(), size)


def place_of(window: QWidget) -> Place:
    """Return where a window stands when it is neither minimised nor full screen."""
    free = not (window.isMaximized() or window.isFullScreen())
    at = window.geometry() if free else window.normalGeometry()
    return Place(at.x(), at.y(), at.width(), at.height(), window.isMaximized())


def put_in_place(window: QWidget, text: str, usual: QSize) -> None:
    """Let a window stand where a text tells, or open it in its usual size, or as large as fits."""
    place = read(text)
    screens = QGuiApplication.screens()
    if place is None or not screens:
        window.resize(_first_size(usual, window.minimumSize()))
        return
    main = QGuiApplication.primaryScreen()
    free = [s.availableGeometry() for s in sorted(screens, key=lambda s: s is not main)]
    window.setGeometry(on_a_screen(place, free, window.minimumSize()))
    if place.maximized:
        window.setWindowState(Qt.WindowState.WindowMaximized)


def _first_size(usual: QSize, smallest: QSize) -> QSize:
    """Return how large a window opens: larger with larger type, but not beyond the screen."""
    screen = QGuiApplication.primaryScreen()
    most = screen.availableSize() * MOST if screen is not None else usual
    return (usual * theme.scale()).boundedTo(most).expandedTo(smallest)
