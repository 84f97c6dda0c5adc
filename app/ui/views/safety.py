"""The sheet of safety: the code to read aloud, and how well each person is known."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.i18n import _
from app.meeting.view import Code, Lock, MeetingView, Person
from app.meeting.wishes import CodesDiffer, CodesMatch
from app.names import shown
from app.person_words import BADGES_AT_LENGTH
from app.texts import alarm, filled
from app.ui import times
from app.ui.assets import emoji_table
from app.ui.context import Context
from app.ui.widgets.avatar import Avatar
from app.ui.widgets.badge import BadgeChip
from app.ui.widgets.buttons import Button
from app.ui.widgets.emoji import EmojiPicture
from app.ui.widgets.sheet import Sheet
from app.ui.widgets.text import hairline, label, set_text


class SafetySheet(Sheet):
    """Paints the code and the people; the two answers go to the meeting."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.ground, _("Safety"), name="safety_sheet", width=760)
        self._context = context
        self._code: Code | None = None
        self._epoch = -1
        self._known: tuple[tuple[object, ...], ...] = ()
        self.line = label(kind="muted", name="safety_line", wrap=True)
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
        self.verdict.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(12)
        self.fold_button = Button(
            _("What is used"), self._toggle_fold, name="safety_fold_button", role="link"
        )
        self._facts = QWidget()
        self._facts.setObjectName("safety_facts")
        self._grid = QGridLayout(self._facts)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 1)
        self._epoch_label = self._lay_out_facts()
        self._facts.hide()
        self.content.addWidget(self.line)
        self.content.addSpacing(4)
        self.content.addWidget(self.emoji)
        self.content.addWidget(self.digits)
        self.content.addWidget(self.show_digits, 0, Qt.AlignmentFlag.AlignHCenter)
        self.content.addSpacing(4)
        self.content.addLayout(answers)
        self.content.addWidget(self.verdict)
        self.content.addSpacing(4)
        self.content.addWidget(hairline())
        self.content.addSpacing(4)
        self.content.addLayout(self._rows)
        self.content.addWidget(self.fold_button, 0, Qt.AlignmentFlag.AlignLeft)
        self.content.addWidget(self._facts)

    def show_view(self, view: MeetingView) -> None:
        """Show this state."""
        others = tuple(person for person in view.people if not person.is_me)
        self._epoch = view.epoch
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
        have = view.code is not None and bool(others)
        changed = self.emoji.isHidden() == have
        self.emoji.setVisible(have)
        self.show_digits.setVisible(have)
        self.digits.setVisible(have and not self.digits.isHidden())
        if view.code is not None:
            self.emoji.show_code(view.code.emoji)
            set_text(self.digits, view.code.digits)
        asked = have and view.lock is not Lock.BROKEN and view.lock is not Lock.VERIFIED
        self.match.setVisible(asked)
        self.differ.setVisible(have and view.lock is not Lock.BROKEN)
        verified = view.lock is Lock.VERIFIED
        set_text(
            self.verdict,
            _("You compared this code: everybody here is verified.") if verified else "",
        )
        self.verdict.setVisible(verified)
        set_text(self._epoch_label, str(view.epoch))
        known = tuple(
            (p.dev, p.name, p.badge, p.known_since, p.safety_number) for p in others
        )  # who speaks or is muted changes nothing here
        if known != self._known:
            changed = changed or len(known) != len(self._known)
            self._known = known
            self._show_people(others)
        if changed and self.isVisible():
            self.relayout()

    def _show_people(self, others: Sequence[Person]) -> None:
        while self._rows.count():
            item = self._rows.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for person in others:
            self._rows.addWidget(_KnownRow(person))

    def _lay_out_facts(self) -> QLabel:
        """Write down what protects this meeting, for those who know the words."""
        epoch = label(name="safety_epoch")
        facts: tuple[tuple[str, str | QLabel], ...] = (
            (_("Pictures, sound, chat"), "SFrame (RFC 9605), AES-256-GCM, SHA-512"),
            (_("Between two devices"), "TLS 1.3, X25519MLKEM768; DTLS-SRTP"),
            (
                _("Who is here"),
                _("a signed list, Ed25519; new keys whenever somebody comes or goes"),
            ),
            (_("Keys of this meeting so far"), epoch),
        )
        for row, (what, how) in enumerate(facts):
            self._grid.addWidget(label(what, "muted", name=f"fact_{row}"), row, 0)
            words = how if isinstance(how, QLabel) else label(how, name=f"fact_{row}_is", wrap=True)
            self._grid.addWidget(words, row, 1)
        return epoch

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
            self._context.submit(CodesMatch(self._code.epoch))

    def _differ(self) -> None:
        if self._code is not None:
            self._context.submit(CodesDiffer(self._code.epoch))


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


class _KnownRow(QWidget):
    """One person: badge, since when they are known, safety number."""

    def __init__(self, person: Person) -> None:
        super().__init__()
        self.setObjectName("safety_person")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        avatar = Avatar(36, name="safety_avatar")
        avatar.show_name(person.name, person.dev)
        row.addWidget(avatar, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(2)
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(label(shown(person.name, person.badge), "strong", name="safety_name"))
        badge = BadgeChip(name="safety_badge")
        badge.show_badge(person.badge)
        head.addWidget(badge)
        head.addStretch(1)
        words.addLayout(head)
        words.addWidget(label(_explain(person), "muted", name="safety_since", wrap=True))
        if person.safety_number:
            number = label(person.safety_number, "small", name="safety_number", wrap=True)
            number.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            words.addWidget(number)
        row.addLayout(words, 1)


def _explain(person: Person) -> str:
    words = _(BADGES_AT_LENGTH[person.badge])
    if person.known_since > 0:
        words += " " + filled(_("First met on {date}."), date=times.day_of(person.known_since))
    return words
