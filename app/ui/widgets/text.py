"""Words on the screen: labels in the few kinds the style sheet knows."""

from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QWidget

Kind = Literal[
    "body",
    "display",
    "title",
    "heading",
    "lead",
    "strong",
    "muted",
    "small",
    "danger",
    "warn",
    "safe",
    "digits",
]


def label(text: str = "", kind: Kind = "body", *, name: str, wrap: bool = False) -> QLabel:
    """Return a label of plain text; it has no accessible name, because its text is what is read."""
    made = QLabel(text)
    made.setObjectName(name)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setProperty("kind", kind)
    if wrap:
        made.setWordWrap(True)
        made.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    return made


def set_text(target: QLabel, text: str) -> None:
    """Change a label only where it changes, so that nothing is laid out or announced in vain."""
    if target.text() != text:
        target.setText(text)


def set_kind(target: QWidget, kind: str, key: str = "kind") -> None:
    """Let the style sheet paint a widget as another kind."""
    if target.property(key) != kind:
        target.setProperty(key, kind)
        target.style().unpolish(target)
        target.style().polish(target)


def hairline() -> QFrame:
    """Return a line between two parts of a card."""
    made = QFrame()
    made.setProperty("kind", "line")
    made.setFixedHeight(1)
    return made
