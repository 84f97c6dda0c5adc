"""The panel of chat: lines as they came, what is being written, and a field to write."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget

from app.i18n import _, ngettext
from app.intents import SaveChat
from app.links import Leads, Piece
from app.meeting.view import Badge, ChatLine, MeetingView, Power
from app.meeting.wishes import LONGEST_LINE, Say, Write
from app.names import shown
from app.texts import filled
from app.ui import times, web_address
from app.ui.context import Context
from app.ui.views.chat_field import ChatField, too_long
from app.ui.views.files import FileShelf, PaperClip
from app.ui.views.open_link import JoinLinkSheet, OpenLinkSheet
from app.ui.views.panel import Panel
from app.ui.widgets.buttons import Button
from app.ui.widgets.lines import Lines
from app.ui.widgets.live_box import LiveBox
from app.ui.widgets.switch import SwitchRow
from app.ui.widgets.text import label, set_text
from app.ui.widgets.toast import announce

SHOWN = 500  # lines that are shown at least, if there are so many; twice as many at most
MOST_GONE = 64  # lines that may have gone at the front since one looked last
TOGETHER = 120.0  # seconds within which lines of one person stand under one name
FILE_NAME = "conclave-chat.txt"  # proposed


class ChatPanel(Panel):
    """Paints the chat of a meeting; lines are only ever added."""

    def __init__(self, context: Context, on_close: Callable[[], None]) -> None:
        super().__init__(_("Chat"), on_close, name="chat")
        self._context = context
        self._view: MeetingView | None = None
        self._lines: tuple[ChatLine, ...] = ()
        self._badges: dict[bytes, Badge] = {}  # also of who was here and left
        self._heads: list[ChatLine] = []  # the lines that stand under a name of their own
        self._first = 0  # of those that stand in the text
        self._read_along = ""  # what others see of the field now
        self._below = 0  # lines that came while one read further up
        self.rebuilt = 0
        """How often the lines had to be written anew."""
        self.save = Button(_("Save the chat…"), self._save, name="chat_save", role="icon",
                           icon_name="file-down")  # fmt: skip
        self.save.hide()
        self.top.insertWidget(1, self.save)
        self.column.addLayout(self._build_middle(), 1)
        self.files = FileShelf(context)
        self.column.addWidget(self.files)
        self.column.addLayout(self._build_below())
        self.closed = label(kind="muted", name="chat_closed", wrap=True)
        self.closed.setContentsMargins(16, 8, 16, 16)
        self.closed.hide()
        self.column.addWidget(self.closed)
        self.column.addWidget(self._build_writing())

    def _build_middle(self) -> QHBoxLayout:
        self.empty = label(
            _("Nobody has written yet.\nThe chat is gone when the meeting ends."),
            "muted",
            name="chat_empty",
            wrap=True,
        )
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.text = Lines(self._follow, self._add_to_menu, name="chat_text")
        self.text.setAccessibleName(_("Messages"))
        self.text.verticalScrollBar().valueChanged.connect(self._scrolled)
        self._stack = QStackedWidget()
        self._stack.setObjectName("chat_stack")
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.text)
        middle = QHBoxLayout()
        middle.setContentsMargins(16, 0, 4, 0)
        middle.addWidget(self._stack)
        return middle

    def _build_below(self) -> QVBoxLayout:
        """What stands between the lines and the field: a way to the end, who is writing."""
        self.to_end = Button("", self.text.go_to_end, name="chat_to_end", role="link")
        self.to_end.hide()
        self.live = LiveBox(name="chat_live")
        below = QVBoxLayout()
        below.setContentsMargins(16, 0, 12, 0)
        below.setSpacing(6)
        below.addWidget(self.to_end, 0, Qt.AlignmentFlag.AlignHCenter)
        below.addWidget(self.live)
        return below

    def _build_writing(self) -> QWidget:
        self.writing = QWidget()
        self.writing.setObjectName("chat_writing")
        column = QVBoxLayout(self.writing)
        column.setContentsMargins(16, 8, 12, 14)
        column.setSpacing(8)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.clip = PaperClip(self._context)
        row.addWidget(self.clip, 0, Qt.AlignmentFlag.AlignBottom)
        self.field = ChatField(self._send, self._refuse)
        self.field.textChanged.connect(self._written)
        row.addWidget(self.field, 1)
        self.send = Button(_("Send"), self._send, name="chat_send", role="icon",
                           icon_name="send-horizontal")  # fmt: skip
        row.addWidget(self.send, 0, Qt.AlignmentFlag.AlignBottom)
        column.addLayout(row)
        self.refused = label(kind="danger", name="chat_refused", wrap=True)
        self.refused.hide()
        column.addWidget(self.refused)
        self.let_read = SwitchRow(
            _("Others read as I write"), "", self._let_read, name="chat_let_read"
        )
        if "live_text" in self._context.locked:
            self.let_read.lock()
        column.addWidget(self.let_read)
        return self.writing

    # What is shown --------------------------------------------------------------------------

    def show_view(self, view: MeetingView) -> None:
        """Show the lines that are new, who is writing, and whether one may write."""
        self._view = view
        self._show_right(view)
        self.files.show_view(view)
        self.clip.show_view(view)
        badges = {person.dev: person.badge for person in view.people}
        texts = view.live_texts if self.isVisible() else ()
        self.live.show_texts((text, badges.get(text.dev, Badge.NEW)) for text in texts)
        if badges.items() - self._badges.items():
            self._badges.update(badges)
            self.text.rename([self._called(line) for line in self._heads])
        if view.chat != self._lines:
            self._show_lines(view.chat)
            self.save.setVisible(bool(view.chat))

    def _called(self, line: ChatLine) -> str:
        """Return who said a line, as they are known now."""
        badge = self._badges.get(line.dev, Badge.NEW)
        return _("You") if line.mine else shown(line.name, badge)

    def _show_lines(self, lines: tuple[ChatLine, ...]) -> None:
        kept = self._kept(lines)
        before = lines[kept - 1] if kept > self._first else None
        reads = self.isVisible() and self.text.follows
        first_ones = not self._lines and not self.isVisible()
        for line in lines[kept:]:
            together = (
                before is not None
                and before.dev == line.dev
                and 0 <= line.at - before.at < TOGETHER
            )
            if not (line.mine or reads or first_ones) and self.text.mark_new():
                together = False
            if not together:
                self.text.head(self._called(line), times.time_of(line.at), mine=line.mine)
                self._heads.append(line)
            self.text.say(line.text, mine=line.mine)
            before = line
        self._below += sum(not line.mine for line in lines[kept:])
        self._lines = lines
        self._stack.setCurrentIndex(1 if lines else 0)
        self._scrolled()

    def _kept(self, lines: tuple[ChatLine, ...]) -> int:
        """Return how many lines need not be written; the text is emptied where it must be."""
        was = self._lines
        gone = next((n for n in range(MOST_GONE) if was[n:] == lines[: len(was) - n]), None)
        if was and gone is not None and len(lines) - self._first + gone <= 2 * SHOWN:
            self._first = max(0, self._first - gone)
            return len(was) - gone
        if was:
            self._forget()
            self.rebuilt += 1
        self._first = max(0, len(lines) - SHOWN)
        return self._first

    def _forget(self) -> None:
        self.text.forget()
        self._heads.clear()

    def _scrolled(self) -> None:
        """Offer a way to what came below, while one reads further up."""
        if self.text.follows:
            self._below = 0
        count = self._below
        words = ngettext("{count} new message below", "{count} new messages below", count)
        self.to_end.set_words(filled(words, count=str(count)))
        self.to_end.setVisible(bool(count))

    def _show_right(self, view: MeetingView) -> None:
        """Let one write, or say why not."""
        may = Power.CHAT in view.powers
        why = (
            _("The chat was switched off for you.")
            if view.chat_open
            else _("Only the host and co-hosts can write in the chat now.")
        )
        set_text(self.closed, "" if may else why)
        self.closed.setVisible(not may)
        for part in (self.writing, self.field, self.send):
            part.setVisible(may)
        self.let_read.show_state(self._lets_read)
        self.field.show_live(self._lets_read)
        self._tell_text()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.text.go_to_new()
        if self._view is not None:
            self.show_view(self._view)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.text.unmark()
        self._tell_text()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._view is not None:
            self._forget()  # colours stand in the text: write it anew in those of the theme
            self._lines = ()
            self.show_view(self._view)

    # What is written ------------------------------------------------------------------------

    @property
    def _lets_read(self) -> bool:
        return self._context.settings().live_text

    def _let_read(self, on: bool) -> None:
        """Let others read from now on what is being written, or no more."""
        self._context.change("live_text", on)
        self.field.show_live(on)
        self._tell_text()

    def _written(self) -> None:
        self._show_refusal(too_long(self.field.too_long_by))
        self._tell_text()

    def _tell_text(self) -> None:
        """Let others read the field as it stands, if this person wishes it and may write."""
        may = self._view is not None and Power.CHAT in self._view.powers
        seen = self._lets_read and may and self.isVisible()
        text = self.field.toPlainText()[:LONGEST_LINE] if seen else ""
        if text != self._read_along:
            self._read_along = text
            self._context.submit(Write(text))

    def _send(self) -> None:
        text = self.field.toPlainText().strip()
        if self.field.too_long_by:
            announce(self, too_long(self.field.too_long_by))
        elif text:
            self._context.submit(Say(text))
            self._read_along = ""  # it became the line
            self.field.clear()
            self.text.unmark()
            self.text.go_to_end()
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def _refuse(self, why: str) -> None:
        self._show_refusal(why)
        announce(self, why)

    def _show_refusal(self, why: str) -> None:
        set_text(self.refused, why)
        self.refused.setVisible(bool(why))

    # What is done with it -------------------------------------------------------------------

    def _follow(self, piece: Piece) -> None:
        """Ask before a link is followed."""
        if piece.leads is Leads.MEETING:
            join = JoinLinkSheet(self._context, piece.text)
            join.open_sheet(join.keep)
        elif (address := web_address.read(piece.text)) is not None:
            sheet = OpenLinkSheet(self._context, address)
            sheet.open_sheet(sheet.keep)

    def _add_to_menu(self, menu: QMenu) -> None:
        menu.addSeparator()
        menu.addAction(_("Save the chat…"), self._save)

    def _save(self) -> None:
        """Ask where to, and have the chat written there: nothing else brings it to the disk."""
        path, _kind = QFileDialog.getSaveFileName(
            self, _("Save the chat"), FILE_NAME, _("Text (*.txt)")
        )
        if path:
            self._context.submit(SaveChat(path))
