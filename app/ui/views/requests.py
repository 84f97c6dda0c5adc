"""What waits for an answer on the stage: asked to unmute, contacts who call, somebody knocks."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import _
from app.intents import Intent
from app.meeting.view import Ringing
from app.meeting.wishes import AnswerAsk, StopRinging
from app.names import isolated
from app.screens import InMeeting
from app.texts import filled
from app.ui.views.calls import CallStack
from app.ui.views.knocks import KnockStack
from app.ui.widgets.answers import Answers
from app.ui.widgets.avatar import Sign
from app.ui.widgets.buttons import Button
from app.ui.widgets.offer_card import OfferCard
from app.ui.widgets.text import label, set_text
from app.ui.widgets.toast import announce


class AskCard(QFrame):
    """Somebody asks one to switch the microphone on; only one's own hand does it."""

    def __init__(self, submit: Callable[[Intent], None]) -> None:
        super().__init__()
        self.setObjectName("float")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(10)
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(Sign("mic", "accent", 20, name="ask_sign"), 0, Qt.AlignmentFlag.AlignTop)
        self.heading = label(kind="strong", name="ask_heading", wrap=True)
        head.addWidget(self.heading, 1)
        column.addLayout(head)
        self.answers = Answers(
            (_("Not now"), lambda: submit(AnswerAsk(False)), "ask_not_now"),
            (_("Switch on"), lambda: submit(AnswerAsk(True)), "ask_switch_on"),
            name="ask_answers",
        )
        column.addWidget(self.answers)
        self.hide()

    def show_ask(self, by: str) -> bool:
        """Show who asks, nobody if empty; tell whether the card came or went."""
        words = filled(_("{by} asks you to switch your microphone on."), by=isolated(by))
        changed = self.isHidden() == bool(by)
        if by and (changed or words != self.heading.text()):
            set_text(self.heading, words)
            self.answers.describe(_("Microphone"))
            announce(self, words)
        self.setVisible(bool(by))
        return changed


class RingingCard(QFrame):
    """A contact is being called."""

    def __init__(self, ringing: Ringing, submit: Callable[[Intent], None]) -> None:
        super().__init__()
        self.setObjectName("float")
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 10, 12, 10)
        row.setSpacing(10)
        row.addWidget(Sign("phone", "accent", 18, name="ringing_sign"))
        name = isolated(ringing.name)
        words = filled(_("Calling {name}…"), name=name)
        row.addWidget(label(words, "strong", name="ringing_words", wrap=True), 1)
        row.addWidget(
            Button(
                _("Hang up"),
                lambda: submit(StopRinging(ringing.dev)),
                name="ringing_stop",
                small=True,
                accessible=filled(_("Stop calling {name}"), name=name),
            )
        )


class RequestStack(QWidget):
    """The cards in one column: what oneself is asked, who calls, whom one calls, who knocks."""

    def __init__(
        self, submit: Callable[[Intent], None], on_answer: Callable[[str], None], *, name: str
    ) -> None:
        """`on_answer` gets the key of a call that comes in."""
        super().__init__()
        self.setObjectName(name)
        self._submit = submit
        self.ask = AskCard(submit)
        self.offer = OfferCard(submit, floats=True)
        self.calls = CallStack(submit, on_answer, name="calls", floats=True)
        self.ringing: dict[bytes, RingingCard] = {}
        self.knocks = KnockStack(submit, name="knocks")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self._column.addWidget(self.ask)
        self._column.addWidget(self.offer)
        self._column.addWidget(self.calls)
        self._column.addWidget(self.knocks)
        self.hide()

    def height_for(self, width: int) -> int:
        """Return how tall the cards are at a width, in pixels."""
        self._column.activate()
        return max(0, self._column.totalHeightForWidth(width))

    def show_screen(self, screen: InMeeting, *, knocks: bool) -> bool:
        """Show what waits; without `knocks` those are elsewhere. Tell whether the size changed."""
        view, offer = screen.view, screen.devices.offer
        changed = self.ask.show_ask(view.asked_by)
        changed = self.offer.show_offer(offer) or changed
        changed = self.calls.show_calls(screen.calls) or changed
        changed = self._show_ringing(view.ringing) or changed
        changed = self.knocks.show_knocks(view.knocks if knocks else (), say=True) or changed
        waits = (view.asked_by, offer, screen.calls, view.ringing, knocks and view.knocks)
        self.setVisible(any(waits))
        return changed

    def _show_ringing(self, ringing: Sequence[Ringing]) -> bool:
        wanted = {one.dev: one for one in ringing}
        changed = list(wanted) != list(self.ringing)
        for dev in [dev for dev in self.ringing if dev not in wanted]:
            card = self.ringing.pop(dev)
            card.hide()
            self._column.removeWidget(card)
            card.deleteLater()
        for dev, one in wanted.items():
            if dev not in self.ringing:
                self.ringing[dev] = RingingCard(one, self._submit)
                self._column.insertWidget(self._column.count() - 1, self.ringing[dev])
                self.ringing[dev].show()
        return changed
