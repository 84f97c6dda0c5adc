"""Three bars for how good a connection is; they stand beside words that say the same."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.meeting.view import Quality
from app.quality_words import BARS
from app.ui import theme
from app.ui.colour import with_opacity
from app.ui.tokens import Tokens

BARS_WIDTH, BARS_HEIGHT = 13, 12  # pixels that the bars take at scale 1
_BAR, _STEP = 3, 5  # pixels: how wide a bar is, from one to the next


def paint_bars(
    painter: QPainter, corner: QPointF, quality: Quality | None, t: Tokens, scale: float = 1.0
) -> None:
    """Paint the bars with their upper left corner at a place; None: none is lit."""
    lit = BARS[quality] if quality is not None else 0
    colour = QColor(t.safe if quality is Quality.GOOD else t.warn)
    painter.setPen(Qt.PenStyle.NoPen)
    for bar in range(3):
        tall = (4 + bar * 4) * scale
        painter.setBrush(colour if bar < lit else with_opacity(t.text, 0.35))
        left = corner.x() + bar * _STEP * scale
        place = QRectF(left, corner.y() + BARS_HEIGHT * scale - tall, _BAR * scale, tall)
        painter.drawRoundedRect(place, scale, scale)


class QualityBars(QWidget):
    """The bars as a part of a row."""

    def __init__(self, *, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._quality: Quality | None = None
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFixedSize(self.sizeHint())

    def show_quality(self, quality: Quality | None) -> None:
        """Show how good it is; None where it was not measured."""
        if quality is not self._quality:
            self._quality = quality
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(round(BARS_WIDTH * theme.scale()), round(BARS_HEIGHT * theme.scale()))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_bars(painter, QPointF(0, 0), self._quality, theme.current(), theme.scale())
