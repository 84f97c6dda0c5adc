"""What others are writing at this moment, told apart from what they have sent."""

import re
from collections.abc import Iterable

from PySide6.QtWidgets import QFrame, QVBoxLayout

from app.i18n import _, ngettext
from app.meeting.view import Badge, LiveText
from app.names import clean_text, shown
from app.texts import filled
from app.ui.widgets.text import label, set_text

MOST = 3  # people whose text is shown at once
TAIL = 240  # characters of a text: its end, where it grows
_LONG_RUN = re.compile(r"(\S{24})(?=\S)")  # what no line breaks into by itself


class LiveBox(QFrame):
    """One card for each person who lets others read along; gone when nobody does."""

    def __init__(self, *, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        self.cards = tuple(_Card() for _number in range(MOST))
        for card in self.cards:
            column.addWidget(card)
        self.more = label(kind="small", name="live_more")
        column.addWidget(self.more)
        self.hide()

    def show_texts(self, texts: Iterable[tuple[LiveText, Badge]]) -> None:
        """Show these."""
        wanted = list(texts)
        for card, one in zip(self.cards, wanted, strict=False):
            card.show_text(*one)
        for card in self.cards[len(wanted) :]:
            card.hide()
        rest = max(0, len(wanted) - MOST)
        more = ngettext("{count} more person is writing", "{count} more people are writing", rest)
        set_text(self.more, filled(more, count=str(rest)) if rest else "")
        self.more.setVisible(bool(rest))
        self.setVisible(bool(wanted))


class _Card(QFrame):
    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("live_card")
        self.setProperty("kind", "live")
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 6, 10, 8)
        column.setSpacing(2)
        self.who = label(kind="small", name="live_who", wrap=True)
        self.text = label(name="live_text", wrap=True)
        column.addWidget(self.who)
        column.addWidget(self.text)

    def show_text(self, text: LiveText, badge: Badge) -> None:
        who = filled(_("{name} is writing"), name=shown(text.name, badge))
        set_text(self.who, who)
        set_text(self.text, _tail(text.text))
        self.show()


def _tail(text: str) -> str:
    """Return the end of a text, harmless, and broken where no line would break it."""
    end = clean_text(text[-TAIL:])
    return ("…" if len(text) > TAIL else "") + _LONG_RUN.sub("\\1\u200b", end)
