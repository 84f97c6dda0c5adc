"""Lets a tile float over the others and be moved to the four corners, by pointer and by keys."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

from app.ui.layout import Corner, nearest

_KEYS = {
    Qt.Key.Key_Left: (False, None),
    Qt.Key.Key_Right: (True, None),
    Qt.Key.Key_Up: (None, False),
    Qt.Key.Key_Down: (None, True),
}


class Floating(QObject):
    """Follows the pointer while it holds the tile; let go, the tile goes to the nearest corner."""

    def __init__(self, on_moved: Callable[[], None], parent: QObject) -> None:
        """`on_moved` when the tile is to go to `corner`."""
        super().__init__(parent)
        self._on_moved = on_moved
        self._tile: QWidget | None = None
        self._held_at: QPoint | None = None  # where on the tile the pointer holds it
        self._pressed_at = QPoint()
        self._dragging = False
        self.corner = Corner.BOTTOM_RIGHT

    @property
    def dragging(self) -> bool:
        """Whether the tile follows the pointer now."""
        return self._dragging

    def float(self, tile: QWidget | None) -> None:
        """Let this tile be moved, and no other."""
        if tile is self._tile:
            return
        if self._tile is not None:
            self._tile.removeEventFilter(self)
        self._tile, self._held_at, self._dragging = tile, None, False
        if tile is not None:
            tile.installEventFilter(self)

    def let_go_of(self, tile: QWidget) -> None:
        """Forget a tile that is going away."""
        if tile is self._tile:
            self.float(None)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is not self._tile:
            return False
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            return self._key(event)
        if isinstance(event, QMouseEvent):
            return self._pointer(event)
        return False

    def _key(self, event: QKeyEvent) -> bool:
        way = _KEYS.get(Qt.Key(event.key()))
        if way is None or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return False
        right, bottom = way
        self._go(
            Corner(
                (
                    self.corner.right if right is None else right,
                    self.corner.bottom if bottom is None else bottom,
                )
            )
        )
        return True

    def _pointer(self, event: QMouseEvent) -> bool:
        assert self._tile is not None
        where = event.globalPosition().toPoint()
        if (
            event.type() is QEvent.Type.MouseButtonPress
            and event.button() is Qt.MouseButton.LeftButton
        ):
            self._held_at = where - self._tile.pos()
            self._pressed_at = where
        elif event.type() is QEvent.Type.MouseMove and self._held_at is not None:
            far = (where - self._pressed_at).manhattanLength()
            if self._dragging or far >= QApplication.startDragDistance():
                self._dragging = True
                self._tile.move(where - self._held_at)
                return True
        elif event.type() is QEvent.Type.MouseButtonRelease and self._held_at is not None:
            self._held_at = None
            if self._dragging:
                self._dragging = False
                self._land()
                return True
        return False

    def _land(self) -> None:
        assert self._tile is not None
        middle, stage = self._tile.geometry().center(), self._tile.parentWidget()
        assert stage is not None
        self._go(nearest(middle.x(), middle.y(), stage.width(), stage.height()))

    def _go(self, corner: Corner) -> None:
        self.corner = corner
        self._on_moved()
