"""A switch: a check box that looks like what it does."""

from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.i18n import _
from app.ui import theme
from app.ui.widgets.avatar import Sign
from app.ui.widgets.text import label

_WIDTH, _HEIGHT = 38, 22  # pixels


class Switch(QCheckBox):
    """The switch alone; its name is for screen readers, its words stand beside it."""

    def __init__(self, accessible: str, do: Callable[[bool], None], *, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(accessible)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedSize(self.sizeHint())
        self.clicked.connect(do)

    def show_state(self, on: bool) -> None:
        """Show on or off without asking for anything."""
        if self.isChecked() != on:
            self.setChecked(on)

    def sizeHint(self) -> QSize:
        return QSize(round(_WIDTH * theme.scale()), round(_HEIGHT * theme.scale()))

    def hitButton(self, pos: object) -> bool:
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        track = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        on = self.isChecked()
        painter.setPen(QPen(QColor(t.accent if on else theme.edge(t)), 1.5))
        painter.setBrush(QColor(t.accent if on else t.surface))
        if not self.isEnabled():
            painter.setOpacity(0.5)
        painter.drawRoundedRect(track, track.height() / 2, track.height() / 2)
        knob = track.height() - 7
        left = track.right() - knob - 3.5 if on else track.left() + 3.5
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(t.on_accent if on else theme.edge(t)))
        painter.drawEllipse(QRectF(left, track.top() + 3.5, knob, knob))


class SwitchRow(QWidget):
    """A switch with its name and one line why; a click on the words switches too."""

    def __init__(self, words: str, why: str, do: Callable[[bool], None], *, name: str) -> None:
        super().__init__()
        self.setObjectName(f"{name}_row")
        self.switch = Switch(words, do, name=name)
        self.switch.setAccessibleDescription(why)
        self._texts = texts = QVBoxLayout()
        texts.setSpacing(2)
        self._words = label(words, name=f"{name}_words", wrap=True)
        texts.addWidget(self._words)
        self._why: QLabel | None = None
        if why:
            self._why = label(why, "small", name=f"{name}_why", wrap=True)
            texts.addWidget(self._why)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addLayout(texts, 1)
        row.addWidget(self.switch, 0, Qt.AlignmentFlag.AlignVCenter)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def show_state(self, on: bool) -> None:
        """Show on or off without asking for anything."""
        self.switch.show_state(on)

    def lock(self) -> None:
        """Say that the organisation decides this, and let nobody change it."""
        why = _("Set by your organisation.")
        self.switch.setAccessibleDescription(why)
        self.switch.setEnabled(False)
        self.unsetCursor()
        if self._why is not None:
            self._why.hide()
        line = lock_line(why, name=self.objectName().removesuffix("_row"))
        self._texts.addLayout(line)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        inside = self.rect().contains(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and inside and self.switch.isEnabled():
            self.switch.click()


def lock_line(words: str, *, name: str) -> QHBoxLayout:
    """Return a small lock, and beside it who decides."""
    line = QHBoxLayout()
    line.setSpacing(6)
    line.addWidget(Sign("lock", "muted", 14, name=f"{name}_lock"), 0, Qt.AlignmentFlag.AlignTop)
    line.addWidget(label(words, "small", name=f"{name}_why", wrap=True), 1)
    return line
