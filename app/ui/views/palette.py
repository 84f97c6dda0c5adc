"""Finds a command by a few letters: the table of keys, as a list to choose from."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.i18n import _
from app.ui.context import Context
from app.ui.keys import Shortcut
from app.ui.widgets.buttons import Button
from app.ui.widgets.sheet import Sheet
from app.ui.widgets.text import label

_LONGEST = 60  # characters that can be typed
_HEIGHT = 460  # pixels


class PaletteSheet(Sheet):
    """A field and below it what fits; Enter does the first, arrows go through the list."""

    def __init__(
        self, context: Context, possible: Sequence[Shortcut], run: Callable[[Shortcut], None]
    ) -> None:
        super().__init__(
            context.ground, _("Find a command"), name="palette_sheet", width=440, height=_HEIGHT
        )
        self._run = run
        self.field = QLineEdit()
        self.field.setObjectName("palette_field")
        self.field.setAccessibleName(_("Find a command"))
        self.field.setPlaceholderText(_("What do you want to do?"))
        self.field.setMaxLength(_LONGEST)
        self.field.textChanged.connect(self._show)
        self.field.returnPressed.connect(self._first)
        self.content.addWidget(self.field)
        rows = QWidget()
        rows.setObjectName("palette_rows")
        column = QVBoxLayout(rows)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        self.rows: list[Button] = []
        for one in possible:
            if one.action != "palette":
                self.rows.append(self._row(one))
                column.addWidget(self.rows[-1])
        self.nothing = label(_("There is no such command here."), "muted", name="palette_nothing")
        self.nothing.hide()
        column.addWidget(self.nothing)
        column.addStretch(1)
        self.content.addWidget(rows, 1)
        for key, step in ((Qt.Key.Key_Down, 1), (Qt.Key.Key_Up, -1)):
            arrow = QShortcut(QKeySequence(key), self)
            arrow.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            arrow.activated.connect(partial(self._go, step))

    def _row(self, one: Shortcut) -> Button:
        words = _(one.words)
        said = f"{words}, {one.shown}" if one.keys else words
        made = Button(
            words, lambda: self._do(one), name=f"palette_{one.action}", role="row", accessible=said
        )
        if one.keys:
            keys = label(one.shown, "small", name=f"palette_{one.action}_keys")
            keys.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            beside = QHBoxLayout(made)
            beside.setContentsMargins(12, 0, 12, 0)
            beside.addStretch(1)
            beside.addWidget(keys)
        return made

    def _show(self, text: str) -> None:
        wanted = text.casefold().split()
        for row in self.rows:
            words = row.text().casefold()
            row.setVisible(all(part in words for part in wanted))
        self.nothing.setVisible(all(row.isHidden() for row in self.rows))

    def _first(self) -> None:
        for row in self.rows:
            if not row.isHidden():
                row.click()
                return

    def _do(self, one: Shortcut) -> None:
        self.close_sheet()
        self._run(one)

    def _go(self, step: int) -> None:
        """Go up or down, from the field through what fits and back to it."""
        stops = [self.field, *(row for row in self.rows if not row.isHidden())]
        now = self.window().focusWidget()
        place = next((number for number, stop in enumerate(stops) if stop is now), 0)
        stop = stops[(place + step) % len(stops)]
        stop.setFocus(Qt.FocusReason.OtherFocusReason)
        self.reveal(stop)
