"""What the panels on the right have in common: a title, a way to close them, Esc."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import _
from app.ui import theme
from app.ui.widgets.buttons import Button
from app.ui.widgets.text import label, set_text

WIDTH = 320  # pixels
MOST = 0.5  # of the window that a panel takes where type is large


class Panel(QWidget):
    """Pushes the pictures aside and never covers them."""

    def __init__(self, title: str, on_close: Callable[[], None], *, name: str) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(title)
        self._on_close = on_close
        self.fit(0)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(1, 0, 0, 0)
        self.column.setSpacing(0)
        self.top = top = QHBoxLayout()
        top.setContentsMargins(16, 10, 12, 8)
        self.title = label(title, "heading", name=f"{name}_title")
        top.addWidget(self.title, 1)
        self.close_button = Button(
            _("Close"), on_close, name=f"{name}_close", role="icon", icon_name="x"
        )
        top.addWidget(self.close_button)
        self.column.addLayout(top)

    def fit(self, window: int) -> None:
        """Take the room there is in a window of this width in pixels."""
        wanted = round(WIDTH * theme.scale())
        self.setFixedWidth(max(WIDTH, min(wanted, round(window * MOST))))

    def set_title(self, title: str) -> None:
        """Show another title."""
        set_text(self.title, title)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._on_close()
        else:
            super().keyPressEvent(event)
