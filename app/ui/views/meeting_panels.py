"""The panels on the right of a meeting: one at a time, and the keyboard goes in and comes back."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from app.ui.views.panel import Panel


class Panels:
    """Opens one panel and closes the others."""

    def __init__(self, show_again: Callable[[], None]) -> None:
        """`show_again` fills what was opened."""
        self._show_again = show_again
        self._first: dict[Panel, Callable[[], QWidget]] = {}
        self._opener: dict[Panel, Callable[[], QWidget]] = {}

    def add(
        self, panel: Panel, *, first: Callable[[], QWidget], opener: Callable[[], QWidget]
    ) -> None:
        """Have one more: its `first` widget takes the keyboard, its `opener` gets it back."""
        self._first[panel], self._opener[panel] = first, opener
        panel.hide()

    def fit(self, width: int) -> None:
        """Give them the room there is in a window of this width."""
        for panel in self._first:
            panel.fit(width)

    def close(self) -> None:
        """Close whatever is open; the keyboard stays where it is."""
        for panel in self._first:
            panel.hide()

    def open(self, panel: Panel) -> None:
        """Open it if it is closed."""
        if panel.isHidden():
            self.toggle(panel)

    def toggle(self, panel: Panel) -> None:
        """Open it in place of the others, or close it."""
        for other in self._first:
            if other is not panel:
                other.hide()
        panel.setVisible(panel.isHidden())
        self._show_again()
        stop = self._first[panel] if panel.isVisible() else self._opener[panel]
        stop().setFocus(Qt.FocusReason.OtherFocusReason)
