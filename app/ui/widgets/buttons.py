"""Buttons: each says what it does, can be reached by keyboard and has an accessible name."""

from collections.abc import Callable
from typing import Literal

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QPushButton, QWidget

from app.ui import theme
from app.ui.assets import ICON, icon

Role = Literal[
    "plain", "primary", "danger", "quiet", "link", "icon", "row", "pill", "pill_icon", "stage",
    "leave",
]  # fmt: skip
_GAP = 4  # pixels between icon and word, beside those of the style
_ON_STAGE = {"pill", "pill_icon", "stage", "leave"}


class Button(QPushButton):
    """A button with a word, an icon, or both; the icon follows the theme."""

    def __init__(
        self,
        text: str,
        do: Callable[[], None],
        *,
        name: str,
        role: Role = "plain",
        icon_name: str = "",
        small: bool = False,
        accessible: str = "",
    ) -> None:
        """`text` is shown except for roles that are an icon alone, where it is the name only."""
        super().__init__()
        self._role, self._icon_name, self._colour = role, icon_name, ""
        self.setObjectName(name)
        self.setProperty("role", role)
        if small:
            self.setProperty("small", True)
        self.setAccessibleName(accessible or text)
        if role in {"icon", "pill_icon"}:
            self.setToolTip(text)
        else:
            self.setText(text.replace("&", "&&"))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAutoDefault(False)
        self.clicked.connect(lambda: do())  # noqa: PLW0108 - a click brings an argument
        self._draw_icon()

    def set_icon(self, icon_name: str) -> None:
        """Show another icon."""
        if icon_name != self._icon_name:
            self._icon_name, self._colour = icon_name, ""
            self._draw_icon()

    def set_words(self, text: str, accessible: str = "") -> None:
        """Show other words, and be called by them."""
        if self._role in {"icon", "pill_icon"}:
            self.setToolTip(text)
        elif self.text() != text.replace("&", "&&"):
            self.setText(text.replace("&", "&&"))
            self._colour = ""
            self._draw_icon()
        if self.accessibleName() != (accessible or text):
            self.setAccessibleName(accessible or text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not press_by_key(self, event):
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in {
            QEvent.Type.PaletteChange,
            QEvent.Type.StyleChange,
            QEvent.Type.EnabledChange,
            QEvent.Type.DynamicPropertyChange,
        }:
            self._draw_icon()

    def _draw_icon(self) -> None:
        if not self._icon_name:
            return
        tokens = theme.on_stage() if self._role in _ON_STAGE else theme.current()
        colour = {
            "primary": tokens.on_accent,
            "danger": tokens.on_accent,
            "leave": tokens.on_accent,
            "link": tokens.accent,
        }.get(self._role, tokens.text)
        if not self.isEnabled():
            colour = tokens.text if tokens.dark and self._role == "primary" else tokens.muted
        colour = {
            "verified": tokens.safe,
            "partly_verified": tokens.warn,
            "broken": tokens.on_accent,
        }.get(str(self.property("lock")), colour)
        if colour != self._colour:
            self._colour = colour
            size = 18 if self.property("small") or self._role == "pill" else ICON
            size = round(size * theme.scale())
            gap = 0 if self._role in {"icon", "pill_icon"} or not self.text() else _GAP
            self.setIcon(icon(self._icon_name, colour, size, gap))
            self.setIconSize(QSize(size + gap, size))


def press_by_key(button: QAbstractButton, event: QKeyEvent) -> bool:
    """Let Enter press the button that has the keyboard; Qt does so in dialogs only."""
    if event.key() not in {Qt.Key.Key_Return, Qt.Key.Key_Enter} or event.isAutoRepeat():
        return False
    button.click()
    return True


def press_with_enter(field: QWidget, button: QPushButton) -> None:
    """Let Enter in a field press a button, if it can be pressed."""
    field.returnPressed.connect(  # type: ignore[attr-defined]
        lambda: button.click() if button.isEnabled() else None
    )
