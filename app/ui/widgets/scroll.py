"""A page that scrolls only when it must, and counts wrapped lines as tall as they are."""

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QWidget

_BESIDE = 6  # pixels between content and bar


class Scroll(QScrollArea):
    """Gives its content the width there is and the height that its text then needs.

    QScrollArea with a resizable widget asks for the height at the narrowest width instead, and
    leaves gaps or bars where there is room.
    """

    def __init__(
        self, content: QWidget, *, name: str, fills: bool = True, bound: bool = False
    ) -> None:
        """With `fills` the content is at least as tall as the space.

        With `bound` it is no taller either, unless it cannot be as low as that: its own parts
        scroll instead.
        """
        super().__init__()
        self.setObjectName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._content, self._fills = content, fills
        self.bound = bound
        self.setWidget(content)
        content.installEventFilter(self)

    def height_for(self, width: int) -> int:
        """Return how tall the content is at a width, in pixels."""
        layout = self._content.layout()
        if layout is None:
            return self._content.sizeHint().height()
        layout.activate()
        if self.bound:
            return layout.totalMinimumSize().height()
        if layout.hasHeightForWidth():
            return layout.totalHeightForWidth(width)
        return layout.totalSizeHint().height()

    def fit(self) -> None:
        """Lay the content out for the space there is; a bar that is there already counts not."""
        room = self.maximumViewportSize()
        width = room.width()
        height = self.height_for(width)
        if height > room.height():
            width -= _BESIDE + self.verticalScrollBar().sizeHint().width()
            height = self.height_for(width)
        least = room.height() if self._fills else 0
        if self._content.size() != QSize(width, max(height, least)):
            self._content.resize(width, max(height, least))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._content and event.type() == QEvent.Type.LayoutRequest:
            self.fit()
        return super().eventFilter(watched, event)  # the bars follow the content

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep in sight what has the keyboard."""
        super().resizeEvent(event)
        self.fit()
        stop = self.window().focusWidget()
        if stop is not None and self._content.isAncestorOf(stop):
            self.ensureWidgetVisible(stop)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self.height_for(max(self.width(), 240)))

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 64)


def bring_into_view(widget: QWidget) -> None:
    """Scroll whatever a widget lies in until it can be seen."""
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QScrollArea):
            parent.ensureWidgetVisible(widget)
        parent = parent.parentWidget()
