"""The lines below the header of a meeting: each stands as long as what it says is so."""

from collections.abc import Callable

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app import texts
from app.i18n import _
from app.intents import Intent
from app.meeting.view import Lock, MeetingView, Power
from app.meeting.wishes import AllowPasswords
from app.screens import InMeeting
from app.ui.widgets.banner import Banner


class Banners(QWidget):
    """What is the matter with the meeting as a whole, the gravest first."""

    def __init__(self, submit: Callable[[Intent], None]) -> None:
        super().__init__()
        self.setObjectName("banners")
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 0, 12, 0)
        column.setSpacing(8)
        self.alarm = Banner("shield-alert", "danger", name="alarm")
        self.lost = Banner("hourglass", "warn", name="lost")
        self.guessing = Banner("key-round", "warn", name="guessing").offer(
            _("Allow again"), lambda: submit(AllowPasswords())
        )
        self.problem = Banner("triangle-alert", "warn", name="problem")
        self.info = Banner("info", "muted", name="info")
        self._all = (self.alarm, self.lost, self.guessing, self.problem, self.info)
        for banner in self._all:
            column.addWidget(banner)

    def show_screen(self, screen: InMeeting) -> None:
        """Show this state."""
        view = screen.view
        self.alarm.show_text(texts.alarm(view.alarm) if view.lock is Lock.BROKEN else "")
        problems = filter(None, (screen.camera_problem, screen.microphone_problem))
        self.problem.show_text("\n".join(problems))
        self.guessing.show_text(_guessing(view))
        self.lost.show_text(_lost(view))
        self.info.show_text(_info(screen))
        self.setVisible(any(not banner.isHidden() for banner in self._all))


def _guessing(view: MeetingView) -> str:
    if not view.password_blocked or Power.SET_PASSWORD not in view.powers:
        return ""
    return _("Too many wrong passwords were given at the door; none is taken now.")


def _lost(view: MeetingView) -> str:
    """Return what it means that the host is away; empty while they are there."""
    if view.electing:
        return _(
            "The host was lost. Those who are here agree on another one; you can go on talking."
        )
    if view.frozen:
        return _(
            "The host cannot be reached. Nobody can join until they return. You can go on talking."
        )
    return ""


def _info(screen: InMeeting) -> str:
    said = []
    if screen.view.test_guest:
        said.append(
            _("The test guest sends back what you say, one second later.")
            if len(screen.view.people) > 1
            else _("The test guest is on the way.")
        )
    if screen.standing_in:
        said.append(_("There is no camera or microphone here: a test picture and a tone stand in."))
    return " ".join(said)
