"""How loud the own microphone is."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui import theme

SILENT, LOUD = -60.0, -6.0  # decibels of full scale shown at the left and right end
_BARS = 24


class Meter(QWidget):
    """A row of bars that fill with the level; empty while the microphone is closed."""

    def __init__(self, *, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._filled = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(10)

    def show_level(self, level_db: float) -> None:
        """Show a level in decibels of full scale."""
        share = (min(max(level_db, SILENT), LOUD) - SILENT) / (LOUD - SILENT)
        filled = round(share * _BARS)
        if filled != self._filled:
            self._filled = filled
            self.update()

    @property
    def filled(self) -> int:
        """How many bars are lit."""
        return self._filled

    def sizeHint(self) -> QSize:
        return QSize(160, 10)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        step = (self.width() + 3) / _BARS
        for bar in range(_BARS):
            lit = t.safe if bar < _BARS * 0.85 else t.warn
            colour = lit if bar < self._filled else t.line
            painter.setBrush(QColor(colour))
            painter.drawRoundedRect(QRectF(bar * step, 0, step - 3, self.height()), 2, 2)
