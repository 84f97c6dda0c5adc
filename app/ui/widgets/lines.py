"""The lines of a chat: plain text, only ever added to; its links are followed after a question."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QMimeData, Qt, QTimer, QUrl
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QKeySequence,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextOption,
)
from PySide6.QtWidgets import QFrame, QMenu, QTextBrowser

from app.i18n import _
from app.links import Leads, Piece, pieces
from app.meeting.wishes import LONGEST_LINE
from app.names import ISOLATE, POP, clean_text
from app.ui import theme, web_address

NEAR_END = 24  # pixels above the end at which one still reads along
_OWN_INDENT = 28  # pixels: own lines are told apart by where they stand, too
_BESIDE = 8  # pixels between the words and the bar, or the edge
_BLANK_LINES = re.compile(r"\n{3,}")
_LINE_BREAK = "\u2028"  # keeps what one person said in one paragraph
_COPIED = str.maketrans({"\u2029": "\n", _LINE_BREAK: "\n", ISOLATE: "", POP: "", "\u00a0": " "})


class Lines(QTextBrowser):
    """Shows lines; nothing in them is ever taken for markup, and nothing is loaded or opened."""

    def __init__(
        self, on_link: Callable[[Piece], None], on_menu: Callable[[QMenu], None], *, name: str
    ) -> None:
        super().__init__()
        self._on_link, self._on_menu = on_link, on_menu
        self._links: list[Piece] = []
        self._mark: QTextCursor | None = None
        self._heads = 0
        self.setObjectName(name)
        self.setOpenLinks(False)
        self.setUndoRedoEnabled(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTabChangesFocus(True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextBrowserInteraction
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.document().setDocumentMargin(0)
        self.anchorClicked.connect(self._follow)
        self.follows = True
        """Whether the newest line is in sight, and stays so when others come."""
        self.verticalScrollBar().valueChanged.connect(self._moved)
        self.verticalScrollBar().rangeChanged.connect(self._grown)

    # What is shown --------------------------------------------------------------------------

    def forget(self) -> None:
        """Show nothing any more."""
        self.clear()
        self._links.clear()
        self._mark = None
        self._heads = 0

    def head(self, name: str, time: str, *, mine: bool) -> None:
        """Begin what one person says; heads are numbered from 0 on."""
        t = theme.current()
        cursor = self._paragraph(top=4 if self._is_empty else 14, mine=mine)
        cursor.block().setUserState(self._heads)
        self._heads += 1
        cursor.insertText(name, _letters(t.text, bold=True))
        cursor.insertText(f"\u00a0\u00a0{time}", _letters(t.muted, theme.SMALL))

    def rename(self, names: Sequence[str]) -> None:
        """Have each head name the person as they are called now; all else stays as it is."""
        block = self.document().begin()
        while block.isValid():
            if 0 <= block.userState() < len(names):
                _put_name(block, names[block.userState()])
            block = block.next()

    def say(self, text: str, *, mine: bool) -> None:
        """Add what somebody said."""
        t = theme.current()
        cut = text[:LONGEST_LINE] + ("…" if len(text) > LONGEST_LINE else "")
        tidy = _BLANK_LINES.sub("\n\n", clean_text(cut))
        plain, link = _letters(t.text), _letters(t.accent)
        link.setFontUnderline(True)
        cursor = self._paragraph(top=3, mine=mine)
        for piece in pieces(tidy):
            words = piece.text.replace("\n", _LINE_BREAK)
            if not _can_be_followed(piece):
                cursor.insertText(words, plain)
                continue
            link.setAnchor(True)
            link.setAnchorHref(f"#{len(self._links)}")  # never what somebody else wrote
            self._links.append(piece)
            cursor.insertText(words, link)

    def mark_new(self) -> bool:
        """Say that everything below is new; False if that is said already, or goes without."""
        if self._mark is not None or self._is_empty:
            return False
        t = theme.current()
        cursor = self._paragraph(top=14, mine=False)
        cursor.insertText(_("New"), _letters(t.accent, theme.SMALL, bold=True))
        self._mark = QTextCursor(cursor.block())
        return True

    def unmark(self) -> None:
        """Take that line away."""
        if self._mark is None:
            return
        cursor, self._mark = self._mark, None
        cursor.select(QTextCursor.SelectionType.BlockUnderCursor)
        cursor.removeSelectedText()

    # Where one reads ------------------------------------------------------------------------

    def go_to_end(self) -> None:
        """Show the newest line."""
        bar = self.verticalScrollBar()
        bar.setValue(bar.maximum())

    def go_to_new(self) -> None:
        """Show what is new from its beginning, as soon as it is laid out; else the end."""
        QTimer.singleShot(0, self, self._to_mark)

    def _to_mark(self) -> None:
        self.go_to_end()
        if self._mark is not None and (above := self.cursorRect(self._mark).top()) < 0:
            bar = self.verticalScrollBar()
            bar.setValue(bar.value() + above - NEAR_END)

    def _moved(self) -> None:
        bar = self.verticalScrollBar()
        self.follows = bar.value() >= bar.maximum() - NEAR_END

    def _grown(self) -> None:
        if self.follows:
            self.go_to_end()

    # What is done with it -------------------------------------------------------------------

    def createMimeDataFromSelection(self) -> QMimeData:
        """Copy plain text: what is pasted elsewhere is what was read here."""
        copied = QMimeData()
        copied.setText(self.textCursor().selectedText().translate(_COPIED))
        return copied

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = self.menu(self.anchorAt(event.pos()))
        menu.popup(event.globalPos())

    def menu(self, anchor: str = "") -> QMenu:
        """Return what can be done here; `anchor` is the link below the pointer."""
        menu = QMenu(self)
        menu.setObjectName("lines_menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if anchor:
            menu.addAction(_("Open link…"), lambda: self._follow(QUrl(anchor)))
        copy = menu.addAction(_("Copy"), self.copy)
        copy.setShortcut(QKeySequence(QKeySequence.StandardKey.Copy))
        copy.setEnabled(self.textCursor().hasSelection())
        menu.addAction(_("Select all"), self.selectAll)
        self._on_menu(menu)
        return menu

    def loadResource(self, kind: int, name: QUrl | str) -> Any:
        """Load nothing, whatever is asked for."""
        return None

    def follow(self, number: int) -> None:
        """Have a link asked about, by its place among all that stand here."""
        if 0 <= number < len(self._links):
            self._on_link(self._links[number])

    def _follow(self, anchor: QUrl) -> None:
        number = anchor.fragment()
        if number.isdecimal():
            self.follow(int(number))

    # How it is written ----------------------------------------------------------------------

    @property
    def _is_empty(self) -> bool:
        return self.document().isEmpty()

    def _paragraph(self, *, top: int, mine: bool) -> QTextCursor:
        """Begin a paragraph at the end."""
        form = QTextBlockFormat()
        form.setTopMargin(top)
        form.setLeftMargin(_OWN_INDENT if mine else 0)
        form.setRightMargin(_BESIDE)
        form.setLineHeight(118, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        if self._is_empty:
            cursor.setBlockFormat(form)
        else:
            cursor.insertBlock(form)
        return cursor


def _put_name(block: QTextBlock, name: str) -> None:
    """Write another name into a head, unless it stands there."""
    first = block.begin().fragment()  # the name; the time after it has other letters
    if first.text() != name:
        cursor = QTextCursor(block)
        cursor.setPosition(first.position())
        cursor.setPosition(first.position() + first.length(), QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(name, first.charFormat())


def _can_be_followed(piece: Piece) -> bool:
    """Tell whether a link leads somewhere for certain; what can be misread stays plain text."""
    if piece.leads is Leads.WEB:
        return web_address.read(piece.text) is not None
    return piece.leads is Leads.MEETING


def _letters(colour: str, size: int = theme.BODY, *, bold: bool = False) -> QTextCharFormat:
    form = QTextCharFormat()
    form.setFont(theme.font(size, bold=bold))
    form.setForeground(QColor(colour))
    return form
