"""A line across the stage that stands as long as what it says is true."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.ui import theme
from app.ui.colour import blend
from app.ui.widgets.avatar import Sign
from app.ui.widgets.buttons import Button
from app.ui.widgets.text import label, set_text
from app.ui.widgets.toast import announce


class Banner(QWidget):
    """A sign and a sentence, on a ground tinted by how serious it is."""

    def __init__(self, icon_name: str, kind: str, *, name: str) -> None:
        """`kind` is the token it is coloured by: muted, warn or danger."""
        super().__init__()
        self.setObjectName(name)
        self._kind = kind
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 10, 16, 10)
        row.setSpacing(10)
        self._sign = Sign(icon_name, kind, 18, name=f"{name}_sign").stand_on_stage()
        row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        self.label = label(name=f"{name}_text", wrap=True)
        row.addWidget(self.label, 1)
        self._row = row
        self.hide()

    def offer(self, words: str, do: Callable[[], None]) -> "Banner":
        """Put a button beside the sentence, for what can be done about it."""
        button = Button(words, do, name=f"{self.objectName()}_do", role="stage")
        self._row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        self._row.setAlignment(self._sign, Qt.AlignmentFlag.AlignVCenter)
        return self

    def show_text(self, text: str) -> None:
        """Show this sentence; an empty one hides the banner."""
        if text and text != self.label.text():
            announce(self, text)
        set_text(self.label, text)
        self.setVisible(bool(text))

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.on_stage()
        painter = QPainter(self)
        ground = t.raised if self._kind == "muted" else blend(t.stage, getattr(t, self._kind), 0.16)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(ground))
        painter.drawRoundedRect(self.rect(), theme.RADIUS, theme.RADIUS)
