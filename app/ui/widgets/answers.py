"""Two answers beside each other: equal in weight, or at the foot of a sheet."""

from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.i18n import _
from app.texts import filled
from app.ui.widgets.buttons import Button

Answer = tuple[str, Callable[[], None], str]  # its word, what it does, its object name


class Answers(QWidget):
    """A row of two small buttons."""

    def __init__(self, first: Answer, second: Answer, *, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self._words = (first[0], second[0])
        self.buttons = tuple(
            Button(words, do, name=button, small=True) for words, do, button in (first, second)
        )
        for button in self.buttons:
            row.addWidget(button, 1)

    def describe(self, about: str) -> None:
        """Name for screen readers whom or what the answers are about."""
        for button, words in zip(self.buttons, self._words, strict=True):
            button.setAccessibleName(filled(_("{answer}: {about}"), answer=words, about=about))


def foot(*answers: QWidget) -> QHBoxLayout:
    """Return the row at the foot of a sheet, on the right: first what leaves things as they are."""
    row = QHBoxLayout()
    row.setSpacing(12)
    row.addStretch(1)
    for answer in answers:
        row.addWidget(answer)
    return row
