"""One stop of the Tab key for many tiles; arrows go from one to the next."""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QWidget
from shiboken6 import isValid

_WAYS = {
    Qt.Key.Key_Left: QPoint(-1, 0),
    Qt.Key.Key_Right: QPoint(1, 0),
    Qt.Key.Key_Up: QPoint(0, -1),
    Qt.Key.Key_Down: QPoint(0, 1),
}


class Roving:
    """Keeps which tile Tab goes to, and finds the next one in a direction."""

    def __init__(self, over: QWidget) -> None:
        self._over = over
        self._tiles: Sequence[QWidget] = ()
        self._alone: QWidget | None = None
        self._stop: QWidget | None = None

    def among(self, tiles: Sequence[QWidget], *, alone: QWidget | None) -> None:
        """Go among these from now on; `alone` is a stop of its own, whose arrows do otherwise."""
        if (tiles, alone) == (self._tiles, self._alone):
            return
        for tile in self._tiles:
            if isValid(tile):
                tile.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._tiles, self._alone = tiles, alone
        others = [tile for tile in tiles if tile is not alone]
        focus = self._over.focusWidget()
        kept = focus if focus in others else self._stop
        self._stop = kept if kept in others else next(iter(others), None)
        for tile in others:
            tile.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        before: QWidget = self._over
        for stop in (self._stop, alone):
            if stop is not None:
                stop.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
                QWidget.setTabOrder(before, stop)
                before = stop
        for tile in tiles:  # and then what has to be decided on them
            for button in tile.findChildren(QAbstractButton):
                QWidget.setTabOrder(before, button)
                before = button

    def key(self, event: QKeyEvent) -> bool:
        """Follow an arrow to the nearest tile that way; False for any other key."""
        way = _WAYS.get(Qt.Key(event.key()))
        focus = self._over.focusWidget()
        if way is None or focus is None or focus not in self._tiles:
            return False
        found = _nearest(focus, [tile for tile in self._tiles if tile is not self._alone], way)
        if found is not None:
            self._go(found)
        return True

    def _go(self, tile: QWidget) -> None:
        if self._stop is not None and isValid(self._stop):
            self._stop.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._stop = tile
        tile.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        QWidget.setTabOrder(self._over, tile)
        tile.setFocus(Qt.FocusReason.TabFocusReason)


def _nearest(start: QWidget, tiles: Sequence[QWidget], way: QPoint) -> QWidget | None:
    """Return the tile that is nearest in a direction; one straight ahead before one aside."""
    here = start.geometry().center()
    found: list[tuple[int, int, QWidget]] = []
    for number, tile in enumerate(tiles):
        off = tile.geometry().center() - here
        ahead = off.x() * way.x() + off.y() * way.y()
        aside = abs(off.x() * way.y()) + abs(off.y() * way.x())
        if tile is not start and ahead > 0 and ahead >= aside / 2:
            found.append((ahead + 2 * aside, number, tile))
    return min(found)[2] if found else None
