"""The line above the pictures: how safe it is, what it is called, what time it is."""

from collections.abc import Callable

from PySide6.QtCore import QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app import texts
from app.i18n import _
from app.meeting.view import Lock, MeetingView
from app.names import clean, isolated
from app.ui import keys, times
from app.ui.keys import with_keys
from app.ui.widgets.buttons import Button
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.text import label, set_kind, set_text

_SIGNS = {
    Lock.ENCRYPTED: "lock",
    Lock.PARTLY_VERIFIED: "lock",
    Lock.VERIFIED: "shield-check",
    Lock.BROKEN: "shield-alert",
}


class Header(QWidget):
    """Lock with its word, title, clock, full screen."""

    def __init__(self, on_safety: Callable[[], None], on_full_screen: Callable[[], None]) -> None:
        super().__init__()
        self.setObjectName("header")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(12)
        self.lock = Button("", on_safety, name="lock", role="pill", icon_name="lock")
        row.addWidget(self.lock)
        self.title = ElidedLabel("heading", name="meeting_title")
        row.addWidget(self.title, 1)
        self.locked = label(kind="muted", name="meeting_locked")
        row.addWidget(self.locked)
        self.clock = label(kind="muted", name="clock")
        row.addWidget(self.clock)
        self.full_screen = Button(
            with_keys(_("Full screen"), keys.FULL_SCREEN),
            on_full_screen,
            name="full_screen",
            role="pill_icon",
            icon_name="maximize",
        )
        row.addWidget(self.full_screen)
        self._timer = QTimer(self, interval=5000)
        self._timer.timeout.connect(self._show_time)
        self._timer.start()
        self._show_time()

    def show_view(self, view: MeetingView) -> None:
        """Show this state."""
        words = texts.lock(view.lock, view.unverified)
        self.lock.set_words(words, f"{words}. {_('Open safety')}")
        set_kind(self.lock, view.lock.value, "lock")
        self.lock.set_icon(_SIGNS[view.lock])
        self.title.show_text(isolated(view.title) if clean(view.title) else _("Meeting"))
        set_text(self.locked, _("Locked") if view.locked else "")
        self.locked.setVisible(view.locked)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Leave out the clock, then the button, where the lock would lose its words."""
        room = self.width() - self.lock.sizeHint().width() - 24 - 60
        room -= self.full_screen.sizeHint().width() + 12
        self.clock.setVisible(room > self.clock.sizeHint().width() + 12)
        self.full_screen.setVisible(room > 0)

    def show_full_screen(self, on: bool) -> None:
        """Show whether the window fills the screen."""
        self.full_screen.set_icon("minimize" if on else "maximize")
        self.full_screen.set_words(
            with_keys(_("Leave full screen"), keys.FULL_SCREEN)
            if on
            else with_keys(_("Full screen"), keys.FULL_SCREEN)
        )

    def _show_time(self) -> None:
        set_text(self.clock, times.now())
