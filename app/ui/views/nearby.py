"""The live list of meetings on this network."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import _, ngettext
from app.names import clean, isolated, shown
from app.screens import Home, NearbyMeeting
from app.texts import filled, home_notice
from app.ui.widgets.avatar import Sign
from app.ui.widgets.badge import BadgeChip
from app.ui.widgets.buttons import Button
from app.ui.widgets.flow import flowing
from app.ui.widgets.scroll import Scroll
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
        facts = [host, count, way]
        if meeting.password and not meeting.locked:
            facts.append(_("with a password"))
        set_text(self._title, title)
        set_text(self._details, " · ".join(facts))
        self._sign.show_icon("lock" if meeting.locked else "door-open", "muted")
        self._badge.show_badge(meeting.badge)
        self.button.setEnabled(not meeting.locked)
        self.button.setAccessibleName(filled(_("Join {title}"), title=title))


class NearbyCard(QFrame):
    """The meetings, or a quiet line when there are none; a way to be among them; help."""

    def __init__(
        self,
        on_join: Callable[[str], None],
        on_start: Callable[[], None],
        on_check: Callable[[], None],
    ) -> None:
        """`on_start` begins a meeting that others nearby see in this list."""
        super().__init__()
        self.setObjectName("nearby")
        self.setProperty("kind", "card")
        self._on_join = on_join
        self._closed = False
        self._rows: dict[str, NearbyRow] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(8)
        column.addWidget(label(_("Nearby"), "title", name="nearby_title"))
        rows = QWidget()
        rows.setObjectName("nearby_rows")
        self._list = QVBoxLayout(rows)
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(0)
        self._list.addStretch(1)
        self._scroll = Scroll(rows, name="nearby_scroll")
        column.addWidget(self._scroll, 1)
        column.addWidget(self._build_empty(), 1)
        self._help = label(
            _(
                "Meetings are listed only when their host shows them on this network. Some "
                "networks keep their computers apart: then ask the host for the link, or join "
                "with the host's address and port."
            ),
            "muted",
            name="nearby_help",
            wrap=True,
        )
        self._help.hide()
        column.addWidget(self._help)
        self.start_button = Button(
            _("Start one that is shown here"), on_start, name="nearby_start", small=True
        )
        shown = _("Everybody on this network sees its title and your name.")
        self.start_button.setAccessibleDescription(shown)
        self.start_button.setToolTip(shown)
        self.help_button = Button(
            _("Not finding it?"), self._toggle_help, name="nearby_help_button", role="link"
        )
        self.check_button = Button(
            _("Check sound and network"), on_check, name="nearby_check", role="link"
        )
        self.check_button.hide()
        ways = (self.start_button, self.help_button, self.check_button)
        column.addWidget(flowing(*ways, name="nearby_ways", gap=16))

    def _build_empty(self) -> QWidget:
        self._empty = QWidget()
        self._empty.setObjectName("nearby_empty")
        middle = QVBoxLayout(self._empty)
        middle.addStretch(1)
        middle.addWidget(
            Sign("network", "muted", 32, name="nearby_empty_sign"),
            0,
            Qt.AlignmentFlag.AlignHCenter,
        )
        middle.addSpacing(8)
        self.empty_line = label(kind="muted", name="nearby_empty_line", wrap=True)
        self.empty_line.setAlignment(Qt.AlignmentFlag.AlignCenter)
        middle.addWidget(self.empty_line)
        middle.addStretch(1)
        return self._empty

    def close_door(self) -> None:
        """The organisation allows no meetings that are found nearby; say so, and nothing else."""
        self._closed = True
        self.start_button.hide()
        self.help_button.hide()

    def show_screen(self, home: Home) -> None:
        """Show the meetings of this state."""
        wanted = {} if self._closed else {meeting.key: meeting for meeting in home.nearby}
        for key in [key for key in self._rows if key not in wanted]:
            row = self._rows.pop(key)
            row.hide()
            row.deleteLater()
        for number, (key, meeting) in enumerate(wanted.items()):
            if key not in self._rows:
                self._rows[key] = NearbyRow(lambda key=key: self._on_join(key))  # type: ignore[misc]
            row = self._rows[key]
            row.show_meeting(meeting)
            if self._list.indexOf(row) != number:
                self._list.insertWidget(number, row)
                row.show()
        self.start_button.setVisible(home.searching and not self._closed)
        self._scroll.setVisible(bool(wanted))
        self._empty.setVisible(not wanted)
        if self._closed:
            line = home_notice("switched_off")
        elif home.searching:
            line = _(
                "Nothing nearby yet.\nMeetings on this network appear here by themselves.\n"
                "Links and addresses work, too."
            )
        elif home.offline:
            line = _("This computer is in no network.\nPlug in a cable or join a wireless network.")
        else:
            line = _("This network gives no way to look around.\nJoin with a link instead.")
        set_text(self.empty_line, line)

    def _toggle_help(self) -> None:
        self._help.setVisible(not self._help.isVisible())
        self.check_button.setVisible(self._help.isVisible())
