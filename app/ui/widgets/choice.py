"""A list to choose one thing from."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPaintEvent, QWheelEvent
from PySide6.QtWidgets import (
    QComboBox,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
)

from app.ui import theme
from app.ui.widgets.painting import paint_icon

_LEFT, _ARROW = 12, 36  # pixels that the style keeps before the words and for the arrow


class Choice(QComboBox):
    """A combo box whose entries carry keys; only a person's choice is told."""

    def __init__(self, accessible: str, do: Callable[[str], None], *, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(accessible)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumContentsLength(8)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.activated.connect(lambda index: do(str(self.itemData(index))))

    def show_choices(self, choices: Sequence[tuple[str, str]], chosen: str) -> None:
        """Show (key, words) pairs and which is chosen; nothing moves while they stay the same."""
        have = [(str(self.itemData(i)), self.itemText(i)) for i in range(self.count())]
        if have != list(choices):
            self.clear()
            for key, words in choices:
                self.addItem(words, key)
        index = self.findData(chosen)
        if index != self.currentIndex():
            self.setCurrentIndex(index)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # scrolling a page must not change a device

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        room = self.width() - round((_LEFT + _ARROW) * theme.scale()) - 2
        end = Qt.TextElideMode.ElideRight
        option.currentText = self.fontMetrics().elidedText(option.currentText, end, room)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        colour = t.text if self.isEnabled() else t.muted
        size = round(16 * theme.scale())
        corner = QPointF(self.width() - size - 14, (self.height() - size) / 2)
        paint_icon(painter, "chevron-down", colour, corner, size)
