"""The panel of chat: lines as they came, and a field to write."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextOption,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QStackedWidget, QTextEdit

from app.i18n import _
from app.meeting.view import Badge, ChatLine, MeetingView, Power
from app.meeting.wishes import Say
from app.names import clean_text, shown
from app.ui import theme, times
from app.ui.context import Context
from app.ui.views.panel import Panel
from app.ui.widgets.buttons import Button
from app.ui.widgets.text import label, set_text

SHOWN = 500  # lines kept on the screen
TOGETHER = 120.0  # seconds within which lines of one person stand under one name
LONGEST = 2000  # characters of one line


class ChatPanel(Panel):
    """Paints the chat of a meeting; lines are only ever added."""

    def __init__(self, context: Context, on_close: Callable[[], None]) -> None:
        super().__init__(_("Chat"), on_close, name="chat")
        self._context = context
        self._view: MeetingView | None = None
        self._lines: tuple[ChatLine, ...] = ()
        self.rebuilt = 0
        """How often the lines had to be written anew."""
        self.empty = label(
            _("Nobody has written yet.\nThe chat is gone when the meeting ends."),
            "muted",
            name="chat_empty",
            wrap=True,
        )
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.text = QTextEdit()
        self.text.setObjectName("chat_text")
        self.text.setAccessibleName(_("Messages"))
        self.text.setReadOnly(True)
        self.text.setUndoRedoEnabled(False)
        self.text.setFrameShape(QFrame.Shape.NoFrame)
        self.text.setTabChangesFocus(True)
        self.text.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.text.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.text.document().setDocumentMargin(0)
        self._stack = QStackedWidget()
        self._stack.setObjectName("chat_stack")
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.text)
        middle = QHBoxLayout()
        middle.setContentsMargins(16, 0, 4, 0)
        middle.addWidget(self._stack)
        self.column.addLayout(middle, 1)
        row = QHBoxLayout()
        row.setContentsMargins(16, 8, 12, 16)
        row.setSpacing(8)
        self.field = _Field(self._send)
        row.addWidget(self.field, 1)
        self.send = Button(_("Send"), self._send, name="chat_send", role="icon",
                           icon_name="send-horizontal")  # fmt: skip
        row.addWidget(self.send, 0, Qt.AlignmentFlag.AlignBottom)
        self.column.addLayout(row)
        self.closed = label(kind="muted", name="chat_closed", wrap=True)
        self.closed.setContentsMargins(16, 8, 16, 16)
        self.closed.hide()
        self.column.addWidget(self.closed)

    def show_view(self, view: MeetingView) -> None:
        """Show the lines that are new, and whether one may write."""
        self._view = view
        self._show_right(view)
        lines = view.chat[-SHOWN:]
        if lines == self._lines:
            return
        kept = len(self._lines)
        if lines[:kept] != self._lines:  # another meeting, or the oldest lines have gone
            self.text.clear()
            self.rebuilt += 1
            kept = 0
        bar = self.text.verticalScrollBar()
        at_end = bar.value() >= bar.maximum() - 24
        badges = {person.dev: person.badge for person in view.people}
        before = lines[kept - 1] if kept else None
        for line in lines[kept:]:
            together = (
                before is not None
                and before.dev == line.dev
                and 0 <= line.at - before.at < TOGETHER
            )
            self._write(line, badges.get(line.dev, Badge.NEW), headed=not together)
            before = line
        self._lines = lines
        self._stack.setCurrentIndex(1 if lines else 0)
        if at_end:
            QTimer.singleShot(0, self, self._scroll_to_end)

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
        self.field.setVisible(may)
        self.send.setVisible(may)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._view is not None:
            self._lines = ()  # colours stand in the text: write it anew in those of the theme
            self.text.clear()
            self.show_view(self._view)

    def _write(self, line: ChatLine, badge: Badge, *, headed: bool) -> None:
        """Add a line as plain text; nothing in it is ever taken for markup."""
        t = theme.current()
        cursor = QTextCursor(self.text.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        if headed:
            self._begin(cursor, top=14 if self._lines or cursor.position() else 4)
            bold = QTextCharFormat()
            bold.setFont(theme.font(theme.BODY, bold=True))
            bold.setForeground(QColor(t.text))
            cursor.insertText(_("You") if line.mine else shown(line.name, badge), bold)
            small = QTextCharFormat()
            small.setFont(theme.font(theme.SMALL))
            small.setForeground(QColor(t.muted))
            cursor.insertText(f"\u00a0\u00a0{times.time_of(line.at)}", small)
        self._begin(cursor, top=3)
        plain = QTextCharFormat()
        plain.setFont(theme.font(theme.BODY))
        plain.setForeground(QColor(t.text))
        words = clean_text(line.text[:LONGEST]).replace("\n", "\u2028")
        cursor.insertText(words, plain)

    def _begin(self, cursor: QTextCursor, top: int) -> None:
        form = QTextBlockFormat()
        form.setTopMargin(top)
        form.setLineHeight(118, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        if cursor.position() == 0:
            cursor.setBlockFormat(form)
        else:
            cursor.insertBlock(form)

    def _scroll_to_end(self) -> None:
        bar = self.text.verticalScrollBar()
        bar.setValue(bar.maximum())

    def _send(self) -> None:
        text = self.field.toPlainText().strip()[:LONGEST]
        if text:
            self._context.submit(Say(text))
            self.field.clear()
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)


class _Field(QPlainTextEdit):
    """Grows with what is written; Enter sends, Shift and Enter begins a new line."""

    def __init__(self, send: Callable[[], None]) -> None:
        super().__init__()
        self._send = send
        self.setObjectName("chat_field")
        self.setAccessibleName(_("Message"))
        self.setPlaceholderText(_("Write to all"))
        self.setTabChangesFocus(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.textChanged.connect(self._grow)
        self._grow()

    def _grow(self) -> None:
        lines = min(max(1, int(self.document().size().height())), 5)
        self.setFixedHeight(round(self.fontMetrics().lineSpacing() * lines + 24))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}
        if enter and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._send()
        else:
            super().keyPressEvent(event)
