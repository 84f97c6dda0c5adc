"""A button that copies a text and says that it did."""

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app.i18n import _
from app.ui.widgets.buttons import Button, Role
from app.ui.widgets.toast import announce

_SAID = 2000  # milliseconds the button says "Copied"


class CopyButton(Button):
    """Copies its text to the clipboard with one click."""

    def __init__(self, words: str, *, name: str, role: Role = "plain") -> None:
        super().__init__(words, self._copy, name=name, role=role, icon_name="copy")
        self._words, self._text, self._about = words, "", words
        self._timer = QTimer(self, singleShot=True, interval=_SAID)
        self._timer.timeout.connect(self._back)

    def set_copied(self, text: str, accessible: str = "") -> None:
        """Copy this text when pressed; `accessible` says more than the word does what it is."""
        self._text, self._about = text, accessible or self._words
        self.setEnabled(bool(text))
        if not self._timer.isActive():
            self.setAccessibleName(self._about)

    def _copy(self) -> None:
        QApplication.clipboard().setText(self._text)
        self.set_words(_("Copied"))
        self.set_icon("check")
        announce(self, _("Copied"))
        self._timer.start()

    def _back(self) -> None:
        self.set_words(self._words, self._about)
        self.set_icon("copy")
