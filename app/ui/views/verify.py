"""The sheet in which one person is verified: by screen and camera, or by the safety number."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import _
from app.intents import ScanCode
from app.meeting.view import Badge, Notice, Person, Verified
from app.meeting.wishes import NumberMatches, Scanned
from app.names import shown
from app.screens import InMeeting
from app.texts import filled, notice
from app.ui.context import Context
from app.ui.widgets.buttons import Button
from app.ui.widgets.own_picture import OwnPicture
from app.ui.widgets.qr import QrCode
from app.ui.widgets.sheet import Sheet
from app.ui.widgets.text import hairline, label, set_kind, set_text
from app.ui.widgets.toast import announce

_CODE = 216  # pixels of one's own code
_PICTURE = 176  # pixels of height of what the own camera sees
_GROUPS_A_LINE = 4  # of the safety number's twelve


class VerifySheet(Sheet):
    """Shows one's own code; looks for theirs in the own camera when asked to."""

    def __init__(self, context: Context, person: Person, me: bytes) -> None:
        self._name = shown(person.name, person.badge)
        super().__init__(
            context.ground, filled(_("Verify {name}"), name=self._name), name="verify_sheet",
            width=640,
        )  # fmt: skip
        self._context = context
        self.dev = person.dev
        self._scanning = False
        screens = QHBoxLayout()
        screens.setSpacing(32)
        screens.addLayout(self._build_mine(), 0)
        screens.addLayout(self._build_theirs(me), 1)
        self.content.addLayout(screens)
        self.content.addSpacing(4)
        self.content.addWidget(hairline())
        self.content.addSpacing(4)
        self._build_number()
        context.submit(Scanned(""))  # what was read before belongs to somebody else

    def _build_mine(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(10)
        column.addWidget(label(_("Show yours"), "heading", name="verify_mine"))
        self.code = QrCode(_CODE, name="verify_code")
        column.addWidget(self.code)
        line = filled(_("Hold this screen before the camera of {name}."), name=self._name)
        column.addWidget(label(line, "muted", name="verify_mine_line", wrap=True))
        column.addStretch(1)
        return column

    def _build_theirs(self, me: bytes) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(10)
        column.addWidget(label(_("Scan theirs"), "heading", name="verify_theirs"))
        self.picture = OwnPicture(self._context.feed, name="verify_picture", also=me)
        self.picture.setFixedSize(_PICTURE * 16 // 9, _PICTURE)
        column.addWidget(self.picture)
        self.outcome = label(name="verify_outcome", wrap=True)
        column.addWidget(self.outcome)
        self.scan = Button(
            _("Scan with the camera"), self._scan, name="verify_scan", icon_name="scan-line"
        )
        column.addWidget(self.scan, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        return column

    def _build_number(self) -> None:
        self._by_number = QWidget()
        self._by_number.setObjectName("verify_by_number")
        column = QVBoxLayout(self._by_number)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(label(_("Or compare the safety number"), "heading", name="verify_or"))
        column.addWidget(
            label(
                _(
                    "Both of you see the same number, in every meeting. Compare it face to face "
                    "or another way than this meeting."
                ),
                "muted",
                name="verify_number_line",
                wrap=True,
            )
        )
        row = QHBoxLayout()
        row.setSpacing(16)
        self.number = label(kind="digits", name="verify_number")
        self.number.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row.addWidget(self.number)
        row.addStretch(1)
        self.same = Button(
            _("They match"),
            lambda: self._context.submit(NumberMatches(self.dev)),
            name="verify_same",
        )
        row.addWidget(self.same, 0, Qt.AlignmentFlag.AlignVCenter)
        column.addLayout(row)
        self.content.addWidget(self._by_number)
        self.verdict = label(kind="safe", name="verify_verdict", wrap=True)
        self.verdict.hide()
        self.content.addWidget(self.verdict)

    def show_screen(self, screen: InMeeting) -> None:
        """Show this state; who is no longer here cannot be verified."""
        view = screen.view
        person = next((one for one in view.people if one.dev == self.dev), None)
        if person is None:
            self.close_sheet()
            return
        before = self._look()
        self.code.show_text(person.show_code)
        self._show_camera(screen)
        self._show_outcome(screen, person)
        set_text(self.number, in_lines(person.safety_number))
        self._by_number.setVisible(bool(person.safety_number))
        verified = person.badge is Badge.VERIFIED
        self.same.setEnabled(person.verified_by is not Verified.NUMBER)
        words = filled(_("{name} is verified on this device."), name=self._name)
        set_text(self.verdict, words if verified else "")
        self.verdict.setVisible(verified)
        if self._look() != before and self.isVisible():
            self.relayout()

    def _look(self) -> tuple[object, ...]:
        """Return what decides how tall the sheet is."""
        return self.outcome.text(), self.verdict.text(), self.number.text()

    def _show_camera(self, screen: InMeeting) -> None:
        view = screen.view
        me = next((one for one in view.people if one.is_me), None)
        self._scanning = screen.scanning
        self.picture.tile.mirror_self(self._context.settings().mirror_self)
        self.picture.show_state(
            me.name if me is not None else "",
            camera_on=screen.scanning or view.camera_on,
            microphone_on=True,
            note="",
        )
        self.scan.set_words(_("Stop scanning") if screen.scanning else _("Scan with the camera"))

    def _show_outcome(self, screen: InMeeting, person: Person) -> None:
        """Say plainly how the last scan went, or what to do."""
        scanned, kind = screen.view.scanned, "muted"
        if scanned == "scanned_wrong":
            words, kind = notice(Notice(0, scanned)), "danger"
        elif scanned == "scanned_ok" and person.badge is Badge.VERIFIED:
            words, kind = notice(Notice(0, scanned, person.name)), "safe"
        elif scanned == "scanned_ok":
            words = _("That was the screen of somebody else here, who is verified now.")
        elif screen.scanning:
            words = filled(_("Hold the screen of {name} before your camera."), name=self._name)
        elif screen.camera_problem:
            words, kind = screen.camera_problem, "warn"
        elif screen.view.camera_on:
            words = _("Your camera is on: the others see what it sees.")
        else:
            words = _("Only you see what your camera sees meanwhile.")
        if words != self.outcome.text():
            set_text(self.outcome, words)
            set_kind(self.outcome, kind)
            if scanned:
                announce(self, words)

    def _scan(self) -> None:
        if not self._scanning:
            self._context.submit(Scanned(""))
        self._context.submit(ScanCode(not self._scanning))

    def open_sheet(self, first: QWidget | None = None) -> None:
        super().open_sheet(first)
        self.picture.take_pictures(True)

    def close_sheet(self) -> None:
        self.picture.take_pictures(False)
        if self._scanning:
            self._context.submit(ScanCode(False))
        super().close_sheet()


def in_lines(number: str) -> str:
    """Return a safety number in lines of four groups, to be read without losing one's place."""
    groups = number.split()
    starts = range(0, len(groups), _GROUPS_A_LINE)
    return "\n".join(" ".join(groups[at : at + _GROUPS_A_LINE]) for at in starts)
