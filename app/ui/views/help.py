"""The help: a list of pages on the left, the page on the right; nothing leads out of it."""

from functools import partial
from typing import Any

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import (
    QFont,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
)
from PySide6.QtWidgets import QHBoxLayout, QTextBrowser

from app.help_pages import FIRST, TOPICS, help_page, topic_of
from app.i18n import _
from app.ui import theme
from app.ui.context import Context
from app.ui.widgets.buttons import Button
from app.ui.widgets.sheet import Sheet
from app.ui.widgets.side_list import SideList

_SIDE = 256  # pixels of the list
_LINE = 145  # percent of the height of a line


class HelpText(QTextBrowser):
    """Shows Markdown of our own; fetches nothing, opens nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("help_text")
        self.setProperty("kind", "reading")
        self.setOpenLinks(False)
        self.setFrameShape(QTextBrowser.Shape.NoFrame)

    def loadResource(self, kind: int, name: QUrl | str) -> Any:
        return None

    def show_text(self, title: str, text: str) -> None:
        """Show a page from its beginning."""
        self.setAccessibleName(title)
        self.setMarkdown(text)
        typeset(self.document())
        self.verticalScrollBar().setValue(0)


def typeset(document: QTextDocument) -> None:
    """Give a page the sizes and the room between lines that the rest of the window has."""
    scale = theme.scale()
    block = document.begin()
    while block.isValid():
        level = block.blockFormat().headingLevel()
        listed = block.textList() is not None
        shape = QTextBlockFormat()
        kind = QTextBlockFormat.LineHeightTypes.ProportionalHeight.value
        shape.setLineHeight(_LINE if not level else 120, kind)
        shape.setTopMargin({0: 0, 1: 0}.get(level, 14) * scale)
        shape.setBottomMargin((4 if listed else 10) * scale)
        cursor = QTextCursor(block)
        cursor.mergeBlockFormat(shape)
        for start, length, letters in _letters(block):
            if level:
                size = theme.TITLE if level == 1 else theme.CONTROL
                letters.clearProperty(QTextCharFormat.Property.FontSizeAdjustment)
                letters.setProperty(QTextCharFormat.Property.FontPixelSize, round(size * scale))
            if level or letters.fontWeight() > QFont.Weight.DemiBold:
                letters.setFontWeight(QFont.Weight.DemiBold)  # the heavier one of our typeface
            cursor.setPosition(start)
            cursor.setPosition(start + length, QTextCursor.MoveMode.KeepAnchor)
            cursor.setCharFormat(letters)
        block = block.next()


def _letters(block: QTextBlock) -> list[tuple[int, int, QTextCharFormat]]:
    """Return where letters of one look stand, how many, and their look."""
    found = []
    walk = block.begin()
    while not walk.atEnd():
        piece = walk.fragment()
        found.append((piece.position(), piece.length(), piece.charFormat()))
        walk += 1
    return found


class HelpSheet(Sheet):
    """All pages; opens at the one that is asked for."""

    def __init__(self, context: Context, topic: str = FIRST) -> None:
        super().__init__(
            context.ground, _("Help"), name="help_sheet", width=800, height=580, framed=False
        )
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self.content.addLayout(row)
        self._list = SideList(_("Help"), name="help", width=_SIDE)
        for name in TOPICS:
            self._list.add(name, help_page(name).title, partial(self._show, name))
        self._list.rows.addStretch(1)
        self._list.rows.addWidget(
            Button(
                _("Check sound and network"),
                context.open_doctor,
                name="help_doctor",
                role="row",
                icon_name="stethoscope",
            )
        )
        self.topics = self._list.buttons
        row.addWidget(self._list)
        self.text = HelpText()
        self.text.anchorClicked.connect(self._follow)
        right = QHBoxLayout()
        right.setContentsMargins(28, 20, 12, 16)
        right.setSpacing(8)
        right.addWidget(self.text, 1)
        right.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(right, 1)
        self.show_topic(topic)

    def show_topic(self, topic: str) -> None:
        """Show a page."""
        self.topics[topic].click()

    def _show(self, topic: str) -> None:
        page = help_page(topic)
        self.text.show_text(page.title, page.text)

    def _follow(self, url: QUrl) -> None:
        topic = topic_of(url.toString())
        if topic:
            self.show_topic(topic)
