"""The home screen: start a meeting, join one, call somebody, see who is nearby or calls."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from app.handed_over import LINK_SCHEME
from app.i18n import _
from app.intents import (
    AnswerCall,
    CallContact,
    DeclineCall,
    JoinNearby,
    JoinRecent,
    StartMeeting,
    TryConclave,
)
from app.names import clean
from app.paths import policy_file
from app.rules import Function
from app.screens import ContactCard, Home, RecentMeeting, WayBack
from app.texts import home_notice, policy_fault, profile_notices
from app.ui import theme
from app.ui.context import Context
from app.ui.views.calls import CallStack
from app.ui.views.confirm import ForgetSheet
from app.ui.views.contacts import ContactsCard
from app.ui.views.join import JoinSheet
from app.ui.views.nearby import NearbyCard
from app.ui.views.recents import RecentsSheet
from app.ui.views.scan import ScanSheet
from app.ui.views.start import StartSheet
from app.ui.widgets.avatar import Avatar
from app.ui.widgets.brand import Brand
from app.ui.widgets.buttons import Button
from app.ui.widgets.scroll import Scroll
from app.ui.widgets.text import hairline, label, set_text
from app.ui.widgets.toast import announce

LEFT, RIGHT, LOWEST = 320, 380, 300  # pixels of width of the sides, of height of the list
NAME_LONGEST = 64  # characters that can be typed; what others see is bounded again
LINK_LONGEST = 2048  # characters of an invitation; a real one has fewer than 200


class HomeView(QWidget):
    """Paints `Home`."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("page")
        self._context = context
        self._join: JoinSheet | None = None
        self._start: StartSheet | None = None
        self._scan: ScanSheet | None = None
        self._recents_sheet: RecentsSheet | None = None
        self._recents: tuple[RecentMeeting, ...] = ()
        self._notice_key = self._done_with = self._name_shown = ""
        self._reopen = False
        self._waits_for_name: Callable[[str], None] | None = None
        self._columns = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._columns.setSpacing(32)
        self._columns.addLayout(self._left(), 0)
        self._columns.addLayout(self._right_side(), 1)
        inside = QWidget()
        inside.setObjectName("home_inside")
        self._whole = QVBoxLayout(inside)
        self._whole.setContentsMargins(32, 32, 32, 32)
        self._whole.setSpacing(24)
        self._whole.addLayout(self._columns, 1)
        self._scroll = Scroll(inside, name="home_scroll", bound=True)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._scroll)

    # What stands where ----------------------------------------------------------------------

    def _left(self) -> QVBoxLayout:
        left = QVBoxLayout()
        left.setSpacing(0)
        self._build_head(left)
        left.addStretch(1)
        self._build_name(left)
        left.addSpacing(16)
        self._build_ways_in(left)
        left.addSpacing(16)
        left.addWidget(hairline())
        left.addSpacing(12)
        self._build_trial(left)
        left.addStretch(2)
        self.newer = Button("", self._open_updates, name="home_update", role="link")
        self.newer.hide()
        left.addWidget(self.newer, 0, Qt.AlignmentFlag.AlignLeft)
        left.addLayout(self._foot())
        return self._framed(left)

    def _build_head(self, left: QVBoxLayout) -> None:
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(Brand(44))
        head.addWidget(label("Conclave", "display", name="app_name"), 1)
        left.addLayout(head)
        left.addSpacing(8)
        line = _("Private meetings, straight from device to device.")
        left.addWidget(label(line, "muted", name="app_line", wrap=True))

    def _build_name(self, left: QVBoxLayout) -> None:
        if self._context.rules.faults:
            names = ", ".join(name for name in self._context.rules.faults if name)
            fault = policy_fault(str(policy_file()), names)
            left.addWidget(label(fault, "warn", name="policy_fault", wrap=True))
            left.addSpacing(16)
        self.profile_notice = label(kind="warn", name="profile_notice", wrap=True)
        self.profile_notice.setContentsMargins(0, 0, 0, 16)
        self.profile_notice.hide()
        left.addWidget(self.profile_notice)
        caption = label(_("Your name"), "small", name="name_caption")
        left.addWidget(caption)
        left.addSpacing(4)
        row = QHBoxLayout()
        row.setSpacing(12)
        self.avatar = Avatar(40, name="own_avatar")
        row.addWidget(self.avatar)
        self.name = QLineEdit()
        self.name.setObjectName("own_name")
        self.name.setAccessibleName(_("Your name"))
        self.name.setPlaceholderText(_("What others call you"))
        self.name.setMaxLength(LINK_LONGEST)  # a link that lands here by mistake is not cut off
        self.name.textChanged.connect(self._name_typed)
        self.name.editingFinished.connect(self._name_done)
        self.name.returnPressed.connect(self._go_on)
        caption.setBuddy(self.name)
        row.addWidget(self.name, 1)
        left.addLayout(row)

    def _build_ways_in(self, left: QVBoxLayout) -> None:
        self.start_button = Button(
            _("Start a meeting"),
            self._open_start,
            name="start_meeting",
            role="primary",
            icon_name="video",
        )
        left.addWidget(self.start_button)
        left.addSpacing(8)
        self.join_button = Button(
            _("Join with a link"), self._open_join, name="join_link", icon_name="link"
        )
        left.addWidget(self.join_button)
        left.addSpacing(8)
        self.recents_button = _quiet(
            _("Recent meetings"), self._open_recents, name="recent_meetings", icon_name="history"
        )
        self.recents_button.hide()
        left.addWidget(self.recents_button, 0, Qt.AlignmentFlag.AlignLeft)
        self.notice = label(kind="warn", name="home_notice", wrap=True)
        self.notice.hide()
        left.addWidget(self.notice)

    def _build_trial(self, left: QVBoxLayout) -> None:
        button = _quiet(_("Try Conclave"), self._try, name="try_conclave", icon_name="bot")
        left.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        line = _("A test guest on this computer meets you and sends back what you say.")
        left.addWidget(label(line, "small", name="try_line", wrap=True))

    def _foot(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(24)
        for words, do, name, icon_name in (
            (_("Settings"), self._open_settings, "open_settings", "settings"),
            (_("Help"), self._open_help, "open_help", "circle-question-mark"),
        ):
            row.addWidget(_quiet(words, do, name=name, icon_name=icon_name))
        row.addStretch(1)
        return row

    def _open_settings(self) -> None:
        self._context.open_settings("")

    def _open_updates(self) -> None:
        self._context.open_settings("updates")

    def show_update(self, words: str) -> None:
        """Say that there is a newer version; an empty sentence says nothing."""
        if words and words != self.newer.text():
            announce(self, words)
        self.newer.set_words(words)
        self.newer.setVisible(bool(words))

    def _open_help(self) -> None:
        self._context.open_help("")

    def _framed(self, left: QVBoxLayout) -> QVBoxLayout:
        holder = QVBoxLayout()
        frame = QWidget()
        frame.setObjectName("home_left")
        frame.setLayout(left)
        left.setContentsMargins(0, 0, 0, 0)
        self._frame = frame
        holder.addWidget(frame)
        return holder

    def _right_side(self) -> QVBoxLayout:
        self._right = right = QVBoxLayout()
        right.setSpacing(16)
        self.calls = CallStack(self._context.submit, self.answer, name="calls")
        self.contacts = ContactsCard(self._call, self._ask_to_forget)
        self.nearby = NearbyCard(self._join_nearby, self._start_nearby, self._context.open_doctor)
        right.addWidget(self.calls)
        right.addWidget(self.contacts)
        right.addWidget(self.nearby, 1)
        if not self._context.rules.allow(Function.NEARBY):
            self.nearby.close_door()
        return right

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()
        self._fit_contacts()

    def _arrange(self) -> None:
        """Set the two sides beside each other, or below each other where type is large."""
        wide = self.width() >= round((LEFT + RIGHT) * theme.scale()) + 96
        ways = QBoxLayout.Direction
        self._columns.setDirection(ways.LeftToRight if wide else ways.TopToBottom)
        side = round(LEFT * theme.scale())
        self._frame.setMinimumWidth(side if wide else 0)
        self._frame.setMaximumWidth(side if wide else self.width())
        self.nearby.setMinimumHeight(0 if wide else round(LOWEST * theme.scale()))
        (self._right if wide else self._whole).insertWidget(0, self.calls)
        self._scroll.bound = wide
        self._scroll.fit()

    def _fit_contacts(self) -> None:
        if not self.contacts.isHidden():
            self.contacts.fit(self.height() - 64)

    # What is shown --------------------------------------------------------------------------

    @property
    def first_stop(self) -> QWidget:
        """Where the keyboard stands at first: the name as long as there is none."""
        return self.start_button if self.name.text() else self.name

    def show_screen(self, home: Home) -> None:
        """Show this state."""
        being_typed = self.name.hasFocus() and self.name.text()
        if home.name != self._name_shown and not being_typed:
            self._name_shown = home.name  # said again, it does not undo what was typed since
            if not self.name.isModified():
                self.name.setText(home.name)
        self._reopen = home.reopen
        self._recents = home.recents
        self.recents_button.setVisible(bool(home.recents))
        if self._recents_sheet is not None:
            self._recents_sheet.show_recents(home.recents)
        if self._scan is not None:
            self._scan.show_screen(home)
        self.calls.show_calls(home.calls)
        self.contacts.show_contacts(home.contacts)
        self._fit_contacts()
        self.nearby.show_screen(home)
        self._show_profile_notices(home.profile_notices)
        sentence = home_notice(home.notice) if home.notice else ""
        if self._join is not None:
            self._join.show_notice(sentence)
        set_text(self.notice, sentence)
        if home.notice != self._notice_key:
            self._done_with = ""
        elsewhere = self._join is not None or self._scan is not None
        shown = bool(sentence) and not elsewhere and home.notice != self._done_with
        self.notice.setVisible(shown)
        if home.notice and home.notice != self._notice_key:
            announce(self, sentence)
        self._notice_key = home.notice

    def _show_profile_notices(self, keys: tuple[str, ...]) -> None:
        words = profile_notices(keys)
        if words and self.profile_notice.isHidden():
            announce(self, words)
        set_text(self.profile_notice, words)
        self.profile_notice.setVisible(bool(words))

    # What is asked for ----------------------------------------------------------------------

    def _name_typed(self, text: str) -> None:
        if LINK_SCHEME in text.casefold():  # somebody took this field for that of the link
            self.name.setText(self._context.settings().name)
            self.name.setModified(False)
            start = text.casefold().index(LINK_SCHEME)
            self._open_join("".join(text[start:].split()))
            return
        if len(text) > NAME_LONGEST:
            self.name.setText(text[:NAME_LONGEST])
            self.name.setModified(True)
            return
        self.avatar.show_name(text)
        if text.strip() and self.notice.isVisible() and not self._notice_key:
            self.notice.hide()

    def _name_done(self) -> None:
        text = clean(self.name.text())
        if self.name.isModified() and text != self._context.settings().name:
            self._context.change("name", text)
        self.name.setModified(False)

    def _with_name(self, act: Callable[[str], None]) -> None:
        """Do what needs a name; where there is none yet, ask for it and do it after Return."""
        text = clean(self.name.text())
        if text:
            self._waits_for_name = None
            self._name_done()
            act(text)
            return
        self._waits_for_name = act
        sentence = _("Say first what the others should call you.")
        set_text(self.notice, sentence)
        self.notice.show()
        announce(self, sentence)
        self.name.setFocus(Qt.FocusReason.OtherFocusReason)

    def _go_on(self) -> None:
        if self._waits_for_name is not None:
            self._with_name(self._waits_for_name)

    def _open_start(self) -> None:
        self._with_name(self._open_start_as)

    def _open_start_as(self, name: str, title: str = "") -> None:
        self._start = StartSheet(self._context, name, self._reopen)
        self._start.title_field.setText(clean(title))
        self._start.open_sheet(self._start.title_field)

    def _start_nearby(self) -> None:
        self._with_name(self._start_nearby_as)

    def _start_nearby_as(self, name: str) -> None:
        """Start a meeting that others here find; only a password has to be asked for."""
        if self._context.rules.password:
            self._start = StartSheet(self._context, name, self._reopen, visible=True)
            self._start.open_sheet(self._start.password.field)
            return
        lobby = self._context.settings().lobby or self._context.rules.lobby
        lan_only = self._context.settings().local_meetings or self._context.rules.lan_only
        self._context.submit(
            StartMeeting(_("Meeting"), name, visible=True, lobby=lobby, lan_only=lan_only)
        )

    def _open_join(self, text: str = "") -> None:
        self._with_name(partial(self._open_join_as, text))

    def _open_join_as(self, text: str, name: str) -> None:
        self._join = JoinSheet(self._context, name, self._join_closed, self._open_scan)
        self._join.field.setText(text)
        self.notice.hide()
        self._join.open_sheet(self._join.field)

    def offer_link(self, text: str) -> None:
        """Open the sheet with a link that came from outside; nothing is joined by itself."""
        if self._join is not None:
            self._join.field.setText(text)
        else:
            self._open_join(text)

    def _open_scan(self) -> None:
        if self._join is not None:
            self._join.close_sheet()
        self._with_name(self._open_scan_as)

    def _open_scan_as(self, name: str) -> None:
        self._scan = ScanSheet(self._context, name, self._scan_closed)
        self._scan.open_sheet(self._scan.close_button)
        self._scan.begin()

    def _scan_closed(self) -> None:
        self._scan = None
        self._done_with = self._notice_key

    def _open_recents(self) -> None:
        self._recents_sheet = RecentsSheet(self._context, self._back_to, self._recents_closed)
        self._recents_sheet.show_recents(self._recents)
        self._recents_sheet.open_sheet()

    def _recents_closed(self) -> None:
        self._recents_sheet = None

    def _back_to(self, meeting: RecentMeeting) -> None:
        if meeting.way is WayBack.START:
            self._with_name(partial(self._open_start_as, title=meeting.title))
        else:
            self._with_name(lambda name: self._context.submit(JoinRecent(meeting.key, name)))

    def _join_closed(self) -> None:
        self._join = None
        self._done_with = self._notice_key  # it was read in the sheet

    def _join_nearby(self, key: str) -> None:
        self._with_name(lambda name: self._context.submit(JoinNearby(key, name)))

    def _call(self, dev: bytes) -> None:
        self._with_name(lambda name: self._context.submit(CallContact(dev, name)))

    def answer(self, key: str = "") -> None:
        """Go to a contact who calls, the first if no key says who."""
        wanted = key or self.calls.first
        if wanted:
            self._with_name(lambda name: self._context.submit(AnswerCall(wanted, name)))

    def decline(self) -> None:
        """Let the first contact who calls ring elsewhere only."""
        if self.calls.first:
            self._context.submit(DeclineCall(self.calls.first))

    def _ask_to_forget(self, contact: ContactCard) -> None:
        sheet = ForgetSheet(self._context, contact)
        sheet.open_sheet(sheet.keep)

    def _try(self) -> None:
        self._context.submit(TryConclave(clean(self.name.text()) or _("Me")))


def _quiet(words: str, do: Callable[[], None], *, name: str, icon_name: str) -> Button:
    return Button(words, do, name=name, role="quiet", icon_name=icon_name, small=True)
