"""The list at the side of a large sheet: what is in it, of which one thing is shown."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.widgets.buttons import Button
from app.ui.widgets.scroll import Scroll
from app.ui.widgets.text import label


class SideList(Scroll):
    """A title and a button for each thing; `rows` may take others below them."""

    def __init__(self, title: str, *, name: str, width: int) -> None:
        """`width` in pixels at scale 1; `name` begins the names of all that is in it."""
        side = QWidget()
        side.setObjectName("side_list")
        side.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.rows = QVBoxLayout(side)
        self.rows.setContentsMargins(12, 20, 12, 16)
        self.rows.setSpacing(2)
        heading = label(title, "title", name=f"{name}_title")
        heading.setContentsMargins(12, 0, 0, 8)
        self.rows.addWidget(heading)
        super().__init__(side, name=f"{name}_list")
        self.setFixedWidth(round(width * theme.scale()))
        self._name = name
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self.buttons: dict[str, Button] = {}

    def add(self, key: str, words: str, show: Callable[[], None], icon_name: str = "") -> None:
        """Add one thing; `show` shows it."""
        button = Button(words, show, name=f"{self._name}_{key}", role="row", icon_name=icon_name)
        button.setCheckable(True)
        self._group.addButton(button)
        self.buttons[key] = button
        self.rows.addWidget(button)
