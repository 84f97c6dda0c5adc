"""The line above the pictures: how safe it is, what it is called, what time it is, the view."""

from collections.abc import Callable

from PySide6.QtCore import QTimer
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app import texts
from app.i18n import _
from app.meeting.view import Lock
from app.names import clean, isolated
from app.quality_words import in_short
from app.screens import InMeeting
from app.ui import keys, theme, times
from app.ui.keys import with_keys
from app.ui.seating import View
from app.ui.widgets.buttons import Button
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.painting import paint_over
from app.ui.widgets.text import label, set_kind, set_text

_SIGNS = {
    Lock.ENCRYPTED: "lock",
    Lock.PARTLY_VERIFIED: "lock",
    Lock.VERIFIED: "shield-check",
    Lock.BROKEN: "shield-alert",
}


class Header(QWidget):
    """Lock with its word, title, what is wrong with the call, clock, full screen."""

    def __init__(
        self,
        on_safety: Callable[[], None],
        on_quality: Callable[[], None],
        on_view: Callable[[], None],
        on_full_screen: Callable[[], None],
    ) -> None:
        super().__init__()
        self.setObjectName("header")
        self._trouble = ""
        self._over = False
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(12)
        self.lock = Button("", on_safety, name="lock", role="pill", icon_name="lock")
        row.addWidget(self.lock)
        self.title = ElidedLabel("heading", name="meeting_title")
        row.addWidget(self.title, 1)
        self.locked = label(kind="muted", name="meeting_locked")
        row.addWidget(self.locked)
        self.quality = Button(
            "", on_quality, name="quality", role="pill", icon_name="triangle-alert"
        )
        self.quality.hide()
        row.addWidget(self.quality)
        self.clock = label(kind="muted", name="clock")
        row.addWidget(self.clock)
        self.view = Button(
            with_keys(_("Show who speaks large"), keys.VIEW),
            on_view,
            name="view",
            role="pill_icon",
            icon_name="gallery-thumbnails",
        )
        row.addWidget(self.view)
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

    def show_screen(self, screen: InMeeting) -> None:
        """Show this state."""
        view = screen.view
        words = texts.lock(view.lock, view.unverified)
        self.lock.set_words(words, ". ".join((words, _("Open safety"))))
        set_kind(self.lock, view.lock.value, "lock")
        self.lock.set_icon(_SIGNS[view.lock])
        self.title.show_text(isolated(view.title) if clean(view.title) else _("Meeting"))
        facts = [_("Local network only")] if view.lan_only else []
        facts += [_("Locked")] if view.locked else []
        set_text(self.locked, " · ".join(facts))
        self.locked.setVisible(bool(facts))
        self._trouble = in_short(screen.quality)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Leave out the clock, the button, then more, before the lock would lose its words."""
        beside = self.width() - self.lock.sizeHint().width() - 24
        room = beside - 60
        if self._trouble:
            room -= self._width_of_trouble() + 12
        full_screen = self.full_screen.sizeHint().width() + 12
        view = self.view.sizeHint().width() + 12
        clock = self.clock.sizeHint().width() + 12
        self.clock.setVisible(room > full_screen + view + clock)
        self.view.setVisible(room > full_screen + view)
        self.full_screen.setVisible(room > full_screen)
        said = ". ".join((self._trouble, _("Open call quality")))
        self.quality.set_words(self._trouble if room >= 0 else "", said)
        self.quality.setToolTip(self._trouble if room < 0 else "")
        self.quality.setVisible(bool(self._trouble) and beside > 64 * theme.scale())

    def _width_of_trouble(self) -> int:
        """Return how wide the sign of what is wrong is with its words."""
        words = self.quality.fontMetrics().horizontalAdvance(self._trouble)
        return words + round(52 * theme.scale())  # beside them the icon and two margins

    def show_view(self, view: View) -> None:
        """Offer the view that is not shown now."""
        grid = view is View.GRID
        words = _("Show who speaks large") if grid else _("Show everybody alike")
        self.view.set_icon("gallery-thumbnails" if grid else "layout-grid")
        self.view.set_words(with_keys(words, keys.VIEW))

    def float_over(self, on: bool) -> None:
        """Have a ground of its own, because pictures lie behind."""
        self._over = on
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._over:
            paint_over(QPainter(self), self.rect())

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
