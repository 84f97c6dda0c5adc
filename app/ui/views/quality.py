"""The panel of call quality: what is wrong and what helps, how it is with each person, figures."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app import quality_words as words
from app.i18n import _
from app.intents import LookAtQuality
from app.meeting.view import Person, Presence
from app.names import shown
from app.person_words import presence_in_short
from app.screens import CallQuality, InMeeting, PersonQuality
from app.ui import theme
from app.ui.context import Context
from app.ui.views.panel import Panel
from app.ui.widgets.avatar import Avatar, Sign
from app.ui.widgets.buttons import Button
from app.ui.widgets.copy import CopyButton
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.quality_bars import QualityBars
from app.ui.widgets.scroll import Scroll
from app.ui.widgets.text import hairline, label, set_text
from app.ui.widgets.toast import announce


class QualityPanel(Panel):
    """Paints how the call is."""

    def __init__(self, context: Context, on_close: Callable[[], None]) -> None:
        super().__init__(_("Call quality"), on_close, name="quality")
        self._context = context
        self._looking = False
        self.rows: dict[bytes, QualityRow] = {}
        inside = QWidget()
        inside.setObjectName("quality_inside")
        column = QVBoxLayout(inside)
        column.setContentsMargins(16, 4, 16, 16)
        column.setSpacing(12)
        column.addLayout(self._build_verdict())
        column.addWidget(hairline())
        self._people = QVBoxLayout()
        self._people.setSpacing(12)
        column.addLayout(self._people)
        self._line = hairline()
        column.addWidget(self._line)
        self.fold = Button(_("Show figures"), self._toggle, name="quality_fold", role="link")
        column.addWidget(self.fold, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._build_figures())
        column.addStretch(1)
        self.column.addWidget(Scroll(inside, name="quality_scroll"), 1)

    def _build_verdict(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(10)
        self._sign = Sign("circle-check", "safe", 20, name="quality_sign")
        row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        text = QVBoxLayout()
        text.setSpacing(4)
        self.sentence = label(kind="heading", name="quality_sentence", wrap=True)
        self.advice = label(kind="muted", name="quality_advice", wrap=True)
        self.more = label(name="quality_more", wrap=True)
        for part in (self.sentence, self.advice, self.more):
            text.addWidget(part)
        row.addLayout(text, 1)
        return row

    def _build_figures(self) -> QWidget:
        self.figures = QWidget()
        self.figures.setObjectName("quality_figures")
        column = QVBoxLayout(self.figures)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        self._blocks = QVBoxLayout()
        self._blocks.setSpacing(16)
        self._tables: list[_Table] = []
        self.copy = CopyButton(_("Copy the figures"), name="quality_copy")
        self.copy.setProperty("small", True)
        column.addWidget(self.copy)
        column.addWidget(
            label(_("Without names and addresses."), "small", name="quality_copy_note", wrap=True)
        )
        column.addLayout(self._blocks)
        self.figures.hide()
        return self.figures

    def show_screen(self, screen: InMeeting) -> None:
        """Show this state, and have the figures told only while they are looked at."""
        looking = self.isVisible() and not self.figures.isHidden()
        if looking != self._looking:
            self._looking = looking
            self._context.submit(LookAtQuality(looking))
        if not self.isVisible():
            return
        people = {person.dev: person for person in screen.view.people}
        names = {dev: shown(person.name, person.badge) for dev, person in people.items()}
        self._show_verdict(screen.quality, names)
        self._show_people(screen.quality.people, people)
        self._show_figures(screen.quality, names)

    def _show_verdict(self, quality: CallQuality, names: dict[bytes, str]) -> None:
        first, *rest = quality.findings or (None,)
        if first is None:
            said, helps = words.all_well(quality)
            self._sign.show_icon(
                "circle-check" if quality.measured else "hourglass",
                "safe" if quality.measured else "muted",
            )
        else:
            said, helps = words.sentence(first, names), words.advice(first, quality.step)
            self._sign.show_icon("triangle-alert", "warn")
        if self.sentence.text() not in {"", said}:
            announce(self, said)
        set_text(self.sentence, said)
        set_text(self.advice, helps)
        self.advice.setVisible(bool(helps))
        own = [words.sentence(f, names) for f in rest if f is not None and not f.devs]
        set_text(self.more, "\n".join(own))  # the others' stand in their rows
        self.more.setVisible(bool(own))

    def _show_people(self, told: Sequence[PersonQuality], people: dict[bytes, Person]) -> None:
        wanted = {one.dev: one for one in told if one.dev in people}
        for dev in [dev for dev in self.rows if dev not in wanted]:
            row = self.rows.pop(dev)
            row.hide()
            row.deleteLater()
        for number, (dev, one) in enumerate(wanted.items()):
            if dev not in self.rows:
                self.rows[dev] = QualityRow()
            row = self.rows[dev]
            row.show_person(people[dev], one)
            if self._people.indexOf(row) != number:
                self._people.insertWidget(number, row)
                row.show()
        self._line.setVisible(bool(wanted))

    def _show_figures(self, quality: CallQuality, names: dict[bytes, str]) -> None:
        figures = quality.figures
        if figures is None or self.figures.isHidden():
            return
        blocks = [(_("This computer"), words.computer_figures(figures))]
        for person in quality.people:
            if person.dev in figures.peers:
                rows = words.person_figures(figures.peers[person.dev])
                blocks.append((names.get(person.dev, ""), rows))
        while len(self._tables) > len(blocks):
            table = self._tables.pop()
            table.hide()
            table.deleteLater()
        for number, (heading, rows) in enumerate(blocks):
            if number == len(self._tables):
                self._tables.append(_Table())
                self._blocks.addWidget(self._tables[number])
                self._tables[number].show()
            self._tables[number].show_rows(heading, rows)
        self.copy.set_copied(words.report(quality))

    def _toggle(self) -> None:
        """Show the figures, or put them away again."""
        opened = self.figures.isHidden()
        self.figures.setVisible(opened)
        self.fold.set_words(_("Hide figures") if opened else _("Show figures"))
        self._looking = opened
        self._context.submit(LookAtQuality(opened))


class QualityRow(QWidget):
    """How the call with one person is, in bars and in words."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("quality_person")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        self._avatar = Avatar(32, name="quality_avatar")
        row.addWidget(self._avatar, 0, Qt.AlignmentFlag.AlignTop)
        text = QVBoxLayout()
        text.setSpacing(0)
        self.name = ElidedLabel("strong", name="quality_name")
        self.line = label(kind="small", name="quality_line", wrap=True)
        text.addWidget(self.name)
        text.addWidget(self.line)
        self.where = label(kind="small", name="quality_where", wrap=True)
        text.addWidget(self.where)
        row.addLayout(text, 1)
        self.bars = QualityBars(name="quality_bars")
        row.addWidget(self.bars, 0, Qt.AlignmentFlag.AlignVCenter)

    def show_person(self, person: Person, quality: PersonQuality) -> None:
        """Show how it is with this person now."""
        name = shown(person.name, person.badge)
        connected = person.presence is Presence.CONNECTED
        line, where = words.person_line(quality) if connected else (presence_in_short(person), "")
        self._avatar.show_name(person.name, person.dev)
        self.name.show_text(name)
        set_text(self.line, line)
        set_text(self.where, where)
        self.where.setVisible(bool(where))
        self.bars.show_quality(quality.quality if connected else None)
        self.setAccessibleName(f"{name}: {line}. {where}".rstrip())


class _Table(QWidget):
    """What it is, how much: one line for each figure."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("quality_table")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(1, 1)
        self._heading = ElidedLabel("strong", name="quality_table_heading")
        self._grid.addWidget(self._heading, 0, 0, 1, 2)
        self._lines: list[tuple[QLabel, QLabel]] = []

    def show_rows(self, heading: str, rows: Sequence[words.Row]) -> None:
        """Show these figures; only what differs is painted anew."""
        self._heading.show_text(heading)
        while len(self._lines) < len(rows):
            number = len(self._lines) + 1
            what = label(kind="small", name="quality_what", wrap=theme.text_is_large())
            much = label(kind="small", name="quality_much", wrap=True)
            much.setAlignment(Qt.AlignmentFlag.AlignRight)
            self._grid.addWidget(what, number, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(much, number, 1)
            self._lines.append((what, much))
        for number, (what, much) in enumerate(self._lines):
            there = number < len(rows)
            set_text(what, rows[number][0] if there else "")
            set_text(much, rows[number][1] if there else "")
            what.setVisible(there)
            much.setVisible(there)
