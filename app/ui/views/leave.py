"""The sheet in which a host decides what becomes of the meeting: hand it over, or end it."""

from collections.abc import Sequence

from PySide6.QtWidgets import QHBoxLayout

from app.i18n import _
from app.intents import AnswerCall
from app.meeting.view import Act, MeetingView, Person, Role
from app.meeting.wishes import End, Leave
from app.names import shown
from app.person_words import role
from app.screens import IncomingCall, InMeeting
from app.texts import filled
from app.ui.context import Context
from app.ui.widgets.buttons import Button
from app.ui.widgets.choice import Choice
from app.ui.widgets.sheet import Sheet
from app.ui.widgets.text import hairline, label, set_text

_ORDER = list(Role)


def successors(view: MeetingView) -> list[Person]:
    """Return who can host in one's place, the next by role and arrival first."""
    able = [person for person in view.people if Act.HAND_OVER in person.may]
    return sorted(able, key=lambda person: -_ORDER.index(person.role))


class LeaveSheet(Sheet):
    """Both ways to go, and what each means for the others; with a `call` one goes to answer it."""

    def __init__(
        self, context: Context, screen: InMeeting, call: IncomingCall | None = None
    ) -> None:
        super().__init__(context.ground, _("Leave the meeting?"), name="leave_sheet", width=480)
        self._context, self._call = context, call
        self._successor = b""
        self._caption = label(_("Who hosts it then"), "small", name="leave_successor_caption")
        self.successor = Choice(_("Who hosts it then"), self._choose, name="leave_successor")
        self._caption.setBuddy(self.successor)
        self.why = label(kind="muted", name="leave_why", wrap=True)
        self.hand_over = Button(
            _("Leave and hand over"), self._hand_over, name="leave_hand_over", role="primary"
        )
        self.end = Button(_("End the meeting for all"), self._end, name="leave_end", role="danger")
        self.stay = Button(_("Stay"), self.close_sheet, name="leave_stay")
        if call is not None:
            words = filled(
                _("You go over to {name}, who calls you."), name=shown(call.name, call.badge)
            )
            self.content.addWidget(label(words, name="leave_for", wrap=True))
        self.content.addWidget(self._caption)
        self.content.addWidget(self.successor)
        self.content.addWidget(self.why)
        self.content.addWidget(self.hand_over)
        self.content.addSpacing(4)
        self.content.addWidget(hairline())
        self.content.addSpacing(4)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self.end)
        row.addStretch(1)
        row.addWidget(self.stay)
        self.content.addLayout(row)
        self.show_screen(screen)

    def show_screen(self, screen: InMeeting) -> None:
        """Follow who comes and goes while the sheet is open; a call that is over closes it."""
        if self._call is not None and self._call.key not in {c.key for c in screen.calls}:
            self.close_sheet()
            return
        able = successors(screen.view)
        if self._successor not in {person.dev for person in able}:
            self._successor = able[0].dev if able else b""
        self.successor.show_choices(_choices(able), self._successor.hex())
        for part in (self._caption, self.successor, self.hand_over):
            part.setVisible(bool(able))
        set_text(
            self.why,
            _(
                "The others go on under the new host. Links that were given out so far no longer "
                "open this meeting."
            )
            if able
            else _("Nobody here can host in your place: without you the meeting ends."),
        )
        if self.isVisible():
            self.relayout()

    def _choose(self, dev: str) -> None:
        self._successor = bytes.fromhex(dev)

    def _hand_over(self) -> None:
        self._go(Leave(self._successor))
        self.close_sheet()

    def _end(self) -> None:
        self._go(End())
        self.close_sheet()

    def _go(self, leave: Leave | End) -> None:
        call = self._call
        self._context.submit(
            leave if call is None else AnswerCall(call.key, self._context.own_name(), leave)
        )


def _choices(able: Sequence[Person]) -> list[tuple[str, str]]:
    """Return keys and words: the name, and the role where it is not the usual one."""
    return [
        (
            person.dev.hex(),
            filled(_("{name} ({role})"), name=shown(person.name, person.badge), role=word)
            if (word := role(person.role))
            else shown(person.name, person.badge),
        )
        for person in able
    ]
