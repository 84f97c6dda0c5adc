"""Moves widgets to new places in a moment, so that eyes can follow who went where."""

from collections.abc import Mapping

from PySide6.QtCore import QEasingCurve, QRect, QRectF, QVariantAnimation
from PySide6.QtWidgets import QWidget

from app.ui import theme

LENGTH = 180  # milliseconds


class Glide(QVariantAnimation):
    """One movement for all tiles: each goes from where it stands to where it is to stand."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._over = parent
        self._ways: dict[QWidget, tuple[QRect, QRect]] = {}
        self.setStartValue(0.0)
        self.setEndValue(1.0)
        self.setEasingCurve(QEasingCurve.Type.OutCubic)
        self.valueChanged.connect(self._step)

    def move(self, targets: Mapping[QWidget, QRect], *, gently: bool) -> None:
        """Bring widgets to these places; at once unless `gently`, or where less motion is wished.

        What cannot be seen yet appears where it belongs.
        """
        self.stop()
        length = theme.motion(LENGTH, self._over.window()) if gently else 0
        self._ways = {}
        for widget, end in targets.items():
            begin = widget.geometry()
            if length and begin != end and widget.isVisible() and not begin.isEmpty():
                self._ways[widget] = (begin, end)
            else:
                widget.setGeometry(end)
        if self._ways:
            self.setDuration(length)
            self.start()

    def forget(self, widget: QWidget) -> None:
        """Leave a widget alone from now on: it is going away."""
        self._ways.pop(widget, None)

    def target(self, widget: QWidget) -> QRect:
        """Return where a widget stands when everything has come to rest."""
        way = self._ways.get(widget)
        return way[1] if way is not None else widget.geometry()

    def _step(self, share: float) -> None:
        for widget, (begin, end) in self._ways.items():
            widget.setGeometry(_between(begin, end, share))
        if share >= 1.0:
            self._ways = {}


def _between(begin: QRect, end: QRect, share: float) -> QRect:
    if share >= 1.0:
        return end
    a, b = QRectF(begin), QRectF(end)
    return QRectF(
        a.x() + (b.x() - a.x()) * share,
        a.y() + (b.y() - a.y()) * share,
        a.width() + (b.width() - a.width()) * share,
        a.height() + (b.height() - a.height()) * share,
    ).toRect()
