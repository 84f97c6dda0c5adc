"""A thin bar that shows how far something is."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QProgressBar

from app.ui import theme

HEIGHT = 4  # pixels
STEPS = 1000


class ThinBar(QProgressBar):
    """Painted in the colours of the theme; `resting` shows that nothing moves."""

    def __init__(self, *, name: str, accessible: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(accessible)
        self.setRange(0, STEPS)
        self.setTextVisible(False)
        self.setFixedHeight(round(HEIGHT * theme.scale()))
        self._resting = False

    def show_share(self, share: float, *, resting: bool) -> None:
        """Show a share from 0 to 1."""
        value = round(STEPS * min(1.0, max(0.0, share)))
        if (value, resting) != (self.value(), self._resting):
            self._resting = resting
            self.setValue(value)
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        round_by = self.height() / 2
        painter.setBrush(QColor(tokens.line))
        painter.drawRoundedRect(QRectF(self.rect()), round_by, round_by)
        width = self.width() * self.value() / STEPS
        if width > 0:
            painter.setBrush(QColor(tokens.muted if self._resting else tokens.accent))
            painter.drawRoundedRect(
                QRectF(0, 0, max(width, self.height()), self.height()), round_by, round_by
            )
