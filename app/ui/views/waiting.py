"""On the way in: how far it has come, and what happens next."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app import texts
from app.i18n import _
from app.intents import GoHome
from app.names import clean, isolated
from app.screens import Progress, Waiting
from app.ui import theme
from app.ui.context import Context
from app.ui.widgets.avatar import Sign
from app.ui.widgets.buttons import Button
from app.ui.widgets.own_picture import OwnPicture
from app.ui.widgets.text import label, set_kind, set_text
from app.ui.widgets.toast import announce

_ORDER = list(Progress)


class WaitingView(QWidget):
    """Paints `Waiting`."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("page")
        self._context = context
        self._screen: Waiting | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(32, 32, 32, 32)
        column.setSpacing(8)
        column.addStretch(1)
        self.picture = OwnPicture(context.feed, name="waiting_picture")
        self.picture.setFixedSize(384, 216)
        column.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(20)
        self.title = label(kind="muted", name="waiting_title", wrap=True)
        self.heading = label(kind="title", name="waiting_heading", wrap=True)
        self.help = label(kind="muted", name="waiting_help", wrap=True)
        for part in (self.title, self.heading, self.help):
            part.setAlignment(Qt.AlignmentFlag.AlignCenter)
            part.setMaximumWidth(round(520 * theme.scale()))
            row = QHBoxLayout()
            row.addStretch(1)
            row.addWidget(part, 10)
            row.addStretch(1)
            column.addLayout(row)
        column.addSpacing(16)
        steps = QHBoxLayout()
        steps.setSpacing(24)
        steps.addStretch(1)
        self._steps = [
            _Step(_("Found"), name="step_found"),
            _Step(_("Encrypted"), name="step_encrypted"),
            _Step(_("Admitted"), name="step_let_in"),
        ]
        for step in self._steps:
            steps.addWidget(step)
        steps.addStretch(1)
        column.addLayout(steps)
        column.addSpacing(24)
        self.leave = Button(_("Leave"), lambda: context.submit(GoHome()), name="waiting_leave")
        column.addWidget(self.leave, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(2)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.picture.take_pictures(True)
        self.leave.setFocus(Qt.FocusReason.OtherFocusReason)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.picture.take_pictures(False)
        self._screen = None

    def show_screen(self, waiting: Waiting) -> None:
        """Show this state."""
        before, self._screen = self._screen, waiting
        heading, help_ = texts.progress(waiting.progress, waiting.host_name)
        set_text(self.title, isolated(waiting.title) if clean(waiting.title) else "")
        self.title.setVisible(bool(self.title.text()))
        set_text(self.heading, heading)
        set_text(self.help, help_)
        done = _ORDER.index(waiting.progress)
        for number, step in enumerate(self._steps):
            step.show_state(done=number < done, now=number == done)
        self.picture.tile.mirror_self(self._context.settings().mirror_self)
        self.picture.show_state(
            self._context.own_name(),
            camera_on=waiting.camera_on,
            microphone_on=True,
            note="",
        )
        if before is None or before.progress is not waiting.progress:
            announce(self, heading)


class _Step(QWidget):
    """A sign and a word for one part of the way."""

    def __init__(self, words: str, *, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        self._sign = Sign("hourglass", "muted", 16, name=f"{name}_sign")
        self._label = label(words, "muted", name=f"{name}_words")
        row.addWidget(self._sign)
        row.addWidget(self._label)

    def show_state(self, *, done: bool, now: bool) -> None:
        """Show the step as done, under way, or still to come."""
        self._sign.show_icon(
            "circle-check" if done else "hourglass" if now else "circle",
            "safe" if done else "text" if now else "muted",
        )
        set_kind(self._label, "strong" if now else "body" if done else "muted")
