"""The field in which one writes to all: it grows, and says at once what is too long."""

from collections.abc import Callable

from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QPlainTextEdit

from app.i18n import _, ngettext
from app.meeting.wishes import LONGEST_LINE
from app.texts import filled

MOST_PASTED = 5 * LONGEST_LINE  # characters: more would only stop the window for a while
_LINES = 5  # that the field grows to


class ChatField(QPlainTextEdit):
    """Enter sends; Shift and Enter begins a new line."""

    def __init__(self, send: Callable[[], None], refused: Callable[[str], None]) -> None:
        """`refused` gets a sentence about a text that was not even taken."""
        super().__init__()
        self._send, self._refused = send, refused
        self.setObjectName("chat_field")
        self.setAccessibleName(_("Message"))
        self.setTabChangesFocus(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.textChanged.connect(self._grow)
        self.show_live(False)
        self._grow()

    def show_live(self, live: bool) -> None:
        """Say in the empty field who reads what is written into it, and when."""
        words = _("All read this as you write") if live else _("Write to all")
        if self.placeholderText() != words:
            self.setPlaceholderText(words)

    @property
    def too_long_by(self) -> int:
        """How many characters do not fit into one message."""
        return max(0, len(self.toPlainText().strip()) - LONGEST_LINE)

    def _grow(self) -> None:
        tall = self.document().size().height()
        lines = min(max(1, int(tall)), _LINES)
        more = tall > _LINES
        policy = Qt.ScrollBarPolicy
        self.setVerticalScrollBarPolicy(
            policy.ScrollBarAsNeeded if more else policy.ScrollBarAlwaysOff
        )
        self.setFixedHeight(round(self.fontMetrics().lineSpacing() * lines + 24))

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Take plain text, of a length that somebody could mean."""
        count = len(source.text())
        if count > MOST_PASTED:
            self._refused(
                filled(
                    _("A text of {count} characters is too long for the chat; send it as a file."),
                    count=f"{count}",
                )
            )
        elif source.hasText():
            self.insertPlainText(source.text())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}
        if enter and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._send()
        else:
            super().keyPressEvent(event)


def too_long(count: int) -> str:
    """Return the sentence about so many characters too many; empty for none."""
    if not count:
        return ""
    words = ngettext(
        "{count} character too many for one message. Send it in parts, or as a file.",
        "{count} characters too many for one message. Send it in parts, or as a file.",
        count,
    )
    return filled(words, count=str(count))
