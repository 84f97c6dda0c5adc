"""One meeting in the list of those nearby."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import _, ngettext
from app.names import clean, isolated, shown
from app.screens import NearbyMeeting
from app.texts import filled
from app.ui.widgets.avatar import Sign
from app.ui.widgets.badge import BadgeChip
from app.ui.widgets.buttons import Button
from app.ui.widgets.text import hairline, label, set_text


class NearbyRow(QWidget):
    """Title, host, how many, lock or open, badge, and the button to join."""

    def __init__(self, on_join: Callable[[], None]) -> None:
        super().__init__()
        self.setObjectName("nearby_row")
        self._meeting: NearbyMeeting | None = None
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(12)
        row = QHBoxLayout()
        row.setContentsMargins(0, 12, 0, 0)
        row.setSpacing(12)
        self._sign = Sign("door-open", "muted", 20, name="nearby_sign")
        row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(4)
        self._title = label(kind="heading", name="nearby_row_title", wrap=True)
        self._details = label(kind="muted", name="nearby_row_details", wrap=True)
        words.addWidget(self._title)
        words.addWidget(self._details)
        self._badge = BadgeChip(name="nearby_badge")
        words.addWidget(self._badge, 0, Qt.AlignmentFlag.AlignLeft)
        row.addLayout(words, 1)
        self.button = Button(_("Join"), on_join, name="nearby_join", small=True)
        row.addWidget(self.button, 0, Qt.AlignmentFlag.AlignVCenter)
        outer.addLayout(row)
        outer.addWidget(hairline())

    def show_meeting(self, meeting: NearbyMeeting) -> None:
        """Show this meeting."""
        if meeting == self._meeting:
            return
        self._meeting = meeting
        title = isolated(meeting.title) if clean(meeting.title) else _("Meeting")
        host = filled(_("Host: {name}"), name=shown(meeting.host_name, meeting.badge))
        count = filled(
            ngettext("{count} person", "{count} people", meeting.people),
            count=str(meeting.people),
        )
        way = _("you knock") if meeting.lobby else _("open")
        way = _("locked") if meeting.locked else way
        set_text(self._title, title)
        set_text(self._details, f"{host} · {count} · {way}")
        self._sign.show_icon("lock" if meeting.locked else "door-open", "muted")
        self._badge.show_badge(meeting.badge)
        self.button.setEnabled(not meeting.locked)
        self.button.setAccessibleName(filled(_("Join {title}"), title=title))
