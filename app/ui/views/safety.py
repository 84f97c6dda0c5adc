"""The sheet of safety: the code to read aloud, and how well each person is known."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app import texts
from app.i18n import _
from app.meeting.view import Code, Lock, MeetingView, Person
from app.meeting.wishes import CodesDiffer, CodesMatch
from app.path_words import servers_used
from app.screens import Door
from app.texts import alarm, lan_only
from app.ui.assets import emoji_table
from app.ui.context import Context
from app.ui.views.safety_facts import SafetyFacts
from app.ui.views.safety_person import KnownRow
from app.ui.widgets.buttons import Button
from app.ui.widgets.emoji import EmojiPicture
from app.ui.widgets.sheet import Sheet
from app.ui.widgets.text import hairline, label, set_text


class SafetySheet(Sheet):
    """Paints the code and the people; the two answers go to the meeting."""

    def __init__(self, context: Context, on_verify: Callable[[bytes], None]) -> None:
        super().__init__(context.ground, _("Safety"), name="safety_sheet", width=760)
        self._context, self._on_verify = context, on_verify
        self._code: Code | None = None
        self._first_eid = b""  # of the code that stood here when reading began
        self._known: tuple[Person, ...] = ()
        self._build_code()
        self._rows = QVBoxLayout()
        self._rows.setSpacing(12)
        self.lan_only = label(lan_only(), "safe", name="safety_lan_only", wrap=True)
        self.lan_only.hide()
        self.fold_button = Button(
            _("What is used"), self._toggle_fold, name="safety_fold_button", role="link"
        )
        self.door = label(name="safety_door", wrap=True)
        self.door.hide()
        self.servers = label(kind="small", name="safety_servers", wrap=True)
        self.servers.hide()
        self._facts = SafetyFacts()
        self._facts.hide()
        self.content.addSpacing(4)
        self.content.addWidget(hairline())
        self.content.addSpacing(4)
        self.content.addLayout(self._rows)
        self.content.addWidget(self.servers)
        self.content.addWidget(self.lan_only)
        self.content.addWidget(self.door)
        self.content.addWidget(self.fold_button, 0, Qt.AlignmentFlag.AlignLeft)
        self.content.addWidget(self._facts)

    def _build_code(self) -> None:
        self.line = label(kind="muted", name="safety_line", wrap=True)
        self.changed = label(
            _("The code has changed: somebody came or went, or new keys were due. Begin again."),
            "warn",
            name="safety_changed",
            wrap=True,
        )
        self.changed.hide()
        self.emoji = _EmojiRow()
        self.digits = label(kind="digits", name="safety_digits")
        self.digits.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.digits.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.digits.hide()
        self.show_digits = Button(
            _("Show digits instead"), self._toggle_digits, name="safety_show_digits", role="link"
        )
        self.match = Button(_("They match"), self._match, name="safety_match")
        self.differ = Button(_("They differ"), self._differ, name="safety_differ")
        answers = QHBoxLayout()
        answers.setSpacing(12)
        answers.addStretch(1)
        answers.addWidget(self.match)
        answers.addWidget(self.differ)
        answers.addStretch(1)
        self.verdict = label(kind="safe", name="safety_verdict", wrap=True)
        self.caution = label(
            _("A voice can be imitated. It is safer side by side, or by camera below."),
            "small",
            name="safety_caution",
            wrap=True,
        )
        for centred in (self.verdict, self.caution):
            centred.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.content.addWidget(self.line)
        self.content.addWidget(self.changed)
        self.content.addSpacing(4)
        self.content.addWidget(self.emoji)
        self.content.addWidget(self.digits)
        self.content.addWidget(self.show_digits, 0, Qt.AlignmentFlag.AlignHCenter)
        self.content.addSpacing(4)
        self.content.addLayout(answers)
        self.content.addWidget(self.verdict)
        self.content.addWidget(self.caution)

    def show_view(self, view: MeetingView) -> None:
        """Show this state."""
        others = tuple(person for person in view.people if not person.is_me)
        changed = self._show_code(view, bool(others))
        changed |= self.lan_only.isHidden() == view.lan_only
        self.lan_only.setVisible(view.lan_only)
        self._facts.show_epoch(view.epoch)
        words = servers_used(view.servers)
        if words != self.servers.text():
            changed = True
            set_text(self.servers, words)
            self.servers.setVisible(bool(words))
        known = tuple(_still(person) for person in others)
        if known != self._known:
            changed = True
            self._known = known
            self._show_people(others)
        if changed and self.isVisible():
            self.relayout()

    def show_door(self, door: Door) -> None:
        """Say where people outside can knock, while they can."""
        words = texts.door(door) if door.address else ""
        changed = self.door.isHidden() == bool(words)
        set_text(self.door, words)
        self.door.setVisible(bool(words))
        if changed and self.isVisible():
            self.relayout()

    def _show_code(self, view: MeetingView, others: bool) -> bool:
        """Show the code and what can be answered; tell whether the sheet changed its size."""
        self._code = view.code
        if view.lock is Lock.BROKEN:
            line = alarm(view.alarm)
        elif not others:
            line = _("As soon as somebody else is here, you can compare a code with them.")
        elif view.code is None:
            line = _("The code is being worked out.")
        else:
            line = _("Read these aloud. If everyone sees the same, nobody is in between.")
        set_text(self.line, line)
        have = view.code is not None and others
        before = [part.isHidden() for part in self._parts()]
        self.emoji.setVisible(have)
        self.show_digits.setVisible(have)
        self.digits.setVisible(have and not self.digits.isHidden())
        if view.code is not None:
            self.emoji.show_code(view.code.emoji)
            set_text(self.digits, view.code.digits)
            self._first_eid = self._first_eid or view.code.eid
        asked = have and view.lock is not Lock.BROKEN and view.lock is not Lock.VERIFIED
        outdated = view.code is not None and view.code.eid != self._first_eid
        self.changed.setVisible(asked and outdated)
        self.match.setVisible(asked)
        self.caution.setVisible(asked)
        self.differ.setVisible(have and view.lock is not Lock.BROKEN)
        verified = view.lock is Lock.VERIFIED
        set_text(
            self.verdict,
            _("You compared this code: everybody here is verified.") if verified else "",
        )
        self.verdict.setVisible(verified)
        return before != [part.isHidden() for part in self._parts()]

    def _parts(self) -> tuple[QWidget, ...]:
        return (
            self.emoji,
            self.digits,
            self.changed,
            self.match,
            self.differ,
            self.caution,
            self.verdict,
        )

    def _show_people(self, others: Sequence[Person]) -> None:
        focus = self.window().focusWidget()
        again = b""
        while self._rows.count():
            item = self._rows.takeAt(0)
            row = item.widget() if item is not None else None
            if isinstance(row, KnownRow):
                again = row.dev if focus is not None and row.isAncestorOf(focus) else again
                row.hide()
                row.deleteLater()
        for person in others:
            made = KnownRow(person, self._on_verify)
            self._rows.addWidget(made)
            made.show()
            if person.dev == again:
                made.verify.setFocus(Qt.FocusReason.OtherFocusReason)

    def _toggle_digits(self) -> None:
        shown_ = self.digits.isHidden()
        self.digits.setVisible(shown_)
        self.show_digits.set_words(_("Hide digits") if shown_ else _("Show digits instead"))
        self.relayout()

    def _toggle_fold(self) -> None:
        self._facts.setVisible(self._facts.isHidden())
        self.relayout()

    def _match(self) -> None:
        if self._code is not None:
            self._context.submit(CodesMatch(self._code.eid))

    def _differ(self) -> None:
        if self._code is not None:
            self._context.submit(CodesDiffer(self._code.eid))


def _still(person: Person) -> Person:
    """Return of a person only what their row says: who speaks or is muted changes nothing here."""
    return Person(
        dev=person.dev,
        name=person.name,
        badge=person.badge,
        presence=person.presence,
        is_host=False,
        microphone_on=False,
        camera_on=False,
        imitates=person.imitates,
        known_since=person.known_since,
        verified_by=person.verified_by,
        verified_when=person.verified_when,
        safety_number=person.safety_number,
        show_code=person.show_code,
        relayed=person.relayed,
    )


class _EmojiRow(QWidget):
    """Seven pictures in one row, each with its name."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("safety_emoji")
        self._code: tuple[int, ...] = ()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        self._cells = [EmojiPicture(name=f"emoji_{place}") for place in range(7)]
        for cell in self._cells:
            row.addWidget(cell, 1)

    def show_code(self, code: Sequence[int]) -> None:
        """Show these seven."""
        if tuple(code) != self._code:
            self._code = tuple(code)
            table = emoji_table()
            for cell, number in zip(self._cells, code, strict=False):
                cell.show_emoji(number, table[number].name)
