"""Turns the pages of a stage that does not hold everybody at once."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.i18n import _
from app.texts import filled
from app.ui.widgets.buttons import Button
from app.ui.widgets.text import label, set_text


class Pager(QWidget):
    """Back, which page of how many, on."""

    def __init__(self, turn: Callable[[int], None], parent: QWidget) -> None:
        """`turn(n)` goes so many pages on."""
        super().__init__(parent)
        self.setObjectName("pager")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 4, 0, 0)
        row.setSpacing(8)
        self.back = Button(
            _("People before"),
            lambda: turn(-1),
            name="page_back",
            role="pill_icon",
            icon_name="chevron-left",
        )
        self.words = label(kind="muted", name="page_words")
        self.on = Button(
            _("More people"),
            lambda: turn(1),
            name="page_on",
            role="pill_icon",
            icon_name="chevron-right",
        )
        for part in (self.back, self.words, self.on):
            row.addWidget(part, 0, Qt.AlignmentFlag.AlignVCenter)
        self.hide()

    def show_page(self, page: int, pages: int) -> None:
        """Show which page of how many stands there, counted from 0; one alone needs no turning."""
        self.setVisible(pages > 1)
        words = filled(_("Page {page} of {pages}"), page=str(page + 1), pages=str(pages))
        set_text(self.words, words)
        self.back.setEnabled(page > 0)
        self.on.setEnabled(page < pages - 1)
        self.adjustSize()
