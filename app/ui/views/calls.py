"""A contact calls: a card that stands until it is answered, both answers equal in weight."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import _
from app.intents import DeclineCall, Intent
from app.names import clean, isolated, shown
from app.screens import IncomingCall
from app.texts import filled
from app.ui.widgets.avatar import Avatar, Sign
from app.ui.widgets.badge import BadgeChip
from app.ui.widgets.buttons import Button
from app.ui.widgets.text import label, set_text
from app.ui.widgets.toast import announce


class CallCard(QFrame):
    """Who calls, how well they are known, into which meeting, and the two answers.

    One that `floats` over a meeting is smaller, and says that an answer leaves it.
    """

    def __init__(
        self,
        key: str,
        submit: Callable[[Intent], None],
        on_answer: Callable[[str], None],
        *,
        floats: bool = False,
    ) -> None:
        super().__init__()
        self.setObjectName("float" if floats else "call_card")
        self._floats = floats
        row = QHBoxLayout(self)
        if floats:
            row.setContentsMargins(16, 12, 16, 16)
            row.setSpacing(12)
        else:
            self.setProperty("kind", "card")
            row.setContentsMargins(20, 16, 20, 16)
            row.setSpacing(14)
        self._avatar = Avatar(32 if floats else 48, name="call_avatar")
        row.addWidget(self._avatar, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(4)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(
            Sign("phone-incoming", "accent", 18, name="call_sign"), 0, Qt.AlignmentFlag.AlignTop
        )
        self.heading = label(kind="strong" if floats else "heading", name="call_heading", wrap=True)
        head.addWidget(self.heading, 1)
        words.addLayout(head)
        self.title = label(kind="muted", name="call_title", wrap=True)
        words.addWidget(self.title)
        self.badge = BadgeChip(name="call_badge")
        words.addWidget(self.badge, 0, Qt.AlignmentFlag.AlignLeft)
        if floats:
            note = _("To answer, you leave this meeting.")
            words.addWidget(label(note, "muted", name="call_note", wrap=True))
        words.addSpacing(6)
        answers = QHBoxLayout()
        answers.setSpacing(8)
        self.decline = Button(
            _("Not now"), lambda: submit(DeclineCall(key)), name="call_decline", small=True
        )
        self.answer = Button(_("Answer"), lambda: on_answer(key), name="call_answer", small=True)
        answers.addWidget(self.decline, 1)
        answers.addWidget(self.answer, 1)
        words.addLayout(answers)
        row.addLayout(words, 1)

    def show_call(self, call: IncomingCall) -> None:
        """Show this call."""
        name = shown(call.name, call.badge)
        self._avatar.show_name(call.name, call.dev)
        words = _("{name} calls you.") if self._floats else _("{name} calls.")
        set_text(self.heading, filled(words, name=name))
        set_text(self.title, isolated(call.title) if clean(call.title) else _("Meeting"))
        self.badge.show_badge(call.badge)
        self.answer.setAccessibleName(filled(_("Answer {name}"), name=name))
        self.decline.setAccessibleName(filled(_("Do not answer {name} now"), name=name))


class CallStack(QWidget):
    """The calls that come in, the first on top; each new one is announced and rings once.

    Those that `float` over a meeting do not ring: people talk there.
    """

    def __init__(
        self,
        submit: Callable[[Intent], None],
        on_answer: Callable[[str], None],
        *,
        name: str,
        floats: bool = False,
    ) -> None:
        super().__init__()
        self.setObjectName(name)
        self._submit, self._on_answer, self._floats = submit, on_answer, floats
        self.cards: dict[str, CallCard] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(12)
        self.hide()

    @property
    def first(self) -> str:
        """The key of the call on top; "" without any."""
        return next(iter(self.cards), "")

    def show_calls(self, calls: Sequence[IncomingCall]) -> bool:
        """Show who calls now; tell whether the stack changed its size."""
        wanted = {call.key: call for call in calls}
        changed = list(wanted) != list(self.cards)
        for key in [key for key in self.cards if key not in wanted]:
            card = self.cards.pop(key)
            card.hide()
            self._column.removeWidget(card)
            card.deleteLater()
        for key, call in wanted.items():
            new = key not in self.cards
            if new:
                self.cards[key] = CallCard(key, self._submit, self._on_answer, floats=self._floats)
                self._column.addWidget(self.cards[key])
            self.cards[key].show_call(call)
            if new:
                self.cards[key].show()
                self._ring(self.cards[key])
        self.setVisible(bool(wanted))
        return changed

    def _ring(self, card: CallCard) -> None:
        """Have the call heard: by screen readers, by the system's sound, in the task bar."""
        announce(card, card.heading.text())
        if not self._floats:
            QApplication.beep()
            QApplication.alert(self.window())
