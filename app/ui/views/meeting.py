"""The meeting: the stage with its tiles, the bar, and the panels that push it aside."""

from collections.abc import Callable

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from app import texts
from app.i18n import _
from app.intents import RefreshDevices
from app.meeting.view import Lock, MeetingView, Power
from app.meeting.wishes import (
    AllowPasswords,
    Leave,
    RaiseHand,
    SetCamera,
    SetLocked,
    SetMicrophone,
)
from app.quality_words import busy
from app.screens import InMeeting
from app.texts import NOTICES
from app.ui import theme
from app.ui.context import Context
from app.ui.views.bar import Bar, BarActions
from app.ui.views.chat import ChatPanel
from app.ui.views.header import Header
from app.ui.views.invite import InviteCard
from app.ui.views.meeting_sheets import MeetingSheets
from app.ui.views.panel import Panel
from app.ui.views.people import PeoplePanel
from app.ui.views.person_menu import PersonActions, PersonMenu
from app.ui.views.quality import QualityPanel
from app.ui.views.requests import RequestStack
from app.ui.views.rules import RULES
from app.ui.widgets.banner import Banner
from app.ui.widgets.grid import TileGrid
from app.ui.widgets.toast import Toast, announce

# A card, a banner or a sheet says these already, for as long as they hold.
_SILENT_NOTICES = {"knocks", "asked_to_unmute", "frozen", "password_blocked", "second_device"}
_CARD_WIDTH = 300  # pixels
_CARD_ROOM = QSize(720, 520)  # pixels of a stage on which the card of the invitation has a place


class MeetingScreen(QWidget):
    """Paints `InMeeting`."""

    def __init__(
        self,
        context: Context,
        on_full_screen: Callable[[], None],
        on_shortcuts: Callable[[], None],
    ) -> None:
        super().__init__()
        self.setObjectName("page")
        self._context = context
        self._on_full_screen, self._on_shortcuts = on_full_screen, on_shortcuts
        self._screen: InMeeting | None = None
        self._call_id = b""
        self._last_notice = 0
        self._read = 0
        self._told_busy = 0
        self.sheets = MeetingSheets(context)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._build_stage(), 1)
        self.chat = ChatPanel(context, self.toggle_chat)
        self._about = PersonActions(
            submit=context.submit,
            remove=self.sheets.remove,
            hand_over=self.sheets.hand_over,
            loudness=self._open_loudness,
            quality=self.open_quality,
            safety=lambda _dev: self.sheets.safety(),
        )
        self.people = PeoplePanel(context, self.toggle_people, self._about, self.sheets.rules)
        self.quality = QualityPanel(context, self.toggle_quality)
        for panel in self._panels:
            panel.hide()
            row.addWidget(panel)

    @property
    def _panels(self) -> tuple[Panel, ...]:
        return (self.chat, self.people, self.quality)

    def _build_stage(self) -> QWidget:
        self.stage = _Stage(self._place_floating)
        column = QVBoxLayout(self.stage)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.header = Header(self.sheets.safety, self.open_quality, self._on_full_screen)
        column.addWidget(self.header)
        banners = QVBoxLayout()
        banners.setContentsMargins(12, 0, 12, 0)
        banners.setSpacing(8)
        self.alarm = Banner("shield-alert", "danger", name="alarm")
        self.problem = Banner("triangle-alert", "warn", name="problem")
        self.guessing = Banner("key-round", "warn", name="guessing").offer(
            _("Allow again"), lambda: self._context.submit(AllowPasswords())
        )
        self.lost = Banner("hourglass", "warn", name="lost")
        self.info = Banner("info", "muted", name="info")
        for banner in (self.alarm, self.lost, self.guessing, self.problem, self.info):
            banners.addWidget(banner)
        column.addLayout(banners)
        middle = QHBoxLayout()
        middle.setContentsMargins(12, 8, 12, 0)
        middle.setSpacing(12)
        self.grid = TileGrid(
            self._context.submit, self._context.feed, self._tile_menu, self.open_quality
        )
        middle.addWidget(self.grid, 1)
        self.invite_card = InviteCard()
        self.invite_card.hide()
        middle.addWidget(self.invite_card, 0, Qt.AlignmentFlag.AlignVCenter)
        column.addLayout(middle, 1)
        self.bar = Bar(
            BarActions(
                microphone=self.toggle_microphone,
                camera=self.toggle_camera,
                hand=self.toggle_hand,
                chat=self.toggle_chat,
                people=self.toggle_people,
                invite=self.sheets.invitations,
                more=self._open_more,
                leave=self.leave,
            )
        )
        column.addWidget(self.bar)
        self.requests = RequestStack(self._context.submit, name="requests")
        self.requests.setParent(self.stage)
        self.toast = Toast(self.stage, self._toast_room)
        return self.stage

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for panel in self._panels:
            panel.fit(self.width())

    # What is shown --------------------------------------------------------------------------

    def show_screen(self, screen: InMeeting) -> None:
        """Show this state."""
        view = screen.view
        self._screen = screen
        if view.call_id != self._call_id:
            self._begin(view)
        self.header.show_screen(screen)
        self._show_banners(screen)
        self.grid.mirror_self(self._context.settings().mirror_self)
        self.grid.show_people(view.people)
        self._show_invitation(view)
        listed = self.people.isVisible()
        if self.requests.show_view(view, knocks=not listed):
            self._place_floating()
        self.chat.show_view(view)
        self.people.show_view(view)
        self.quality.show_screen(screen)
        self._show_bar(view)
        self._show_notices(view)
        self._tell_busy(screen)
        self.sheets.show_screen(screen)

    def _begin(self, view: MeetingView) -> None:
        """Forget the meeting before."""
        self._call_id = view.call_id
        self._last_notice = 0
        self._read = 0
        self._told_busy = 0
        self.toast.clear()
        for panel in self._panels:
            panel.hide()
        self._context.submit(RefreshDevices())

    def _show_bar(self, view: MeetingView) -> None:
        others = sum(not line.mine for line in view.chat)
        if self.chat.isVisible():
            self._read = others
        self.bar.show_view(
            view,
            unread=max(0, others - self._read),
            chat_open=self.chat.isVisible(),
            people_open=self.people.isVisible(),
        )

    def _show_banners(self, screen: InMeeting) -> None:
        view = screen.view
        self.alarm.show_text(texts.alarm(view.alarm) if view.lock is Lock.BROKEN else "")
        problems = filter(None, (screen.camera_problem, screen.microphone_problem))
        self.problem.show_text("\n".join(problems))
        blocked = view.password_blocked and Power.SET_PASSWORD in view.powers
        self.guessing.show_text(
            _("Too many wrong passwords were given at the door; none is taken now.")
            if blocked
            else ""
        )
        self.lost.show_text(_lost(view))
        info = []
        if view.test_guest:
            info.append(
                _("The test guest sends back what you say, one second later.")
                if len(view.people) > 1
                else _("The test guest is on the way.")
            )
        if screen.standing_in:
            info.append(
                _("There is no camera or microphone here: a test picture and a tone stand in.")
            )
        self.info.show_text(" ".join(info))

    def _show_invitation(self, view: MeetingView) -> None:
        waits = view.knocks or view.ringing or view.asked_by
        alone = len(view.people) == 1 and bool(view.invitation) and not waits
        alone = alone and not view.test_guest
        least = _CARD_ROOM * theme.scale()
        wide = self.stage.width() >= least.width() and self.stage.height() >= least.height()
        if view.invitation:
            self.invite_card.content.show_link(view.invitation)
        if self.invite_card.isHidden() == (alone and wide):
            self.invite_card.setVisible(alone and wide)

    def _show_notices(self, view: MeetingView) -> None:
        for notice in view.notices:
            if notice.number <= self._last_notice:
                continue
            self._last_notice = notice.number
            if notice.kind not in NOTICES:
                continue
            sentence = texts.notice(notice)
            if notice.kind in _SILENT_NOTICES:
                announce(self, sentence)
            else:
                self.toast.say(sentence)
        if view.notices:
            self._place_floating()

    def _tell_busy(self, screen: InMeeting) -> None:
        """Say that this computer is too slow, when it is to be said."""
        if screen.quality.told > self._told_busy:
            self._told_busy = screen.quality.told
            self.toast.say(busy(screen.quality.step))

    def _toast_room(self) -> QRect:
        """Below the header, beside the cards that wait where the stage is wide enough."""
        beside = self.requests.width() + 16 if not self.requests.isHidden() else 0
        whole = self.stage.rect().adjusted(16, self.header.height() + 8, -16, 0)
        middle = whole.adjusted(beside, 0, -beside, 0)
        if middle.width() >= 240:
            return middle
        return whole.adjusted(0, 0, -beside, 0) if whole.width() - beside >= 160 else whole

    def _place_floating(self) -> None:
        """Cards that wait stand upper right, below the header; the toast in the middle."""
        if self._screen is not None:
            self._show_invitation(self._screen.view)
        width = min(round(_CARD_WIDTH * theme.scale()), self.stage.width() - 24)
        self.requests.resize(width, self.requests.height_for(width))
        top = self.header.height() + 8
        self.requests.move(self.stage.width() - width - 16, top)
        self.requests.raise_()
        if not self.toast.isHidden():
            self.toast.reposition()
            self.toast.raise_()

    # What is asked for ----------------------------------------------------------------------

    def toggle_microphone(self) -> None:
        """Switch the own microphone."""
        if self._screen is not None:
            self._context.submit(SetMicrophone(not self._screen.view.microphone_on))

    def toggle_camera(self) -> None:
        """Switch the own camera."""
        if self._screen is not None:
            self._context.submit(SetCamera(not self._screen.view.camera_on))

    def toggle_hand(self) -> None:
        """Raise the own hand, or take it down."""
        if self._screen is not None:
            self._context.submit(RaiseHand(not self._screen.view.hand_up))

    def toggle_chat(self) -> None:
        """Open the chat, or close it."""
        self._toggle(self.chat, self.chat.field)

    def toggle_people(self) -> None:
        """Open the list of people, or close it."""
        self._toggle(self.people, self.people.close_button)

    def toggle_quality(self) -> None:
        """Open how the call is, or close it."""
        self._toggle(self.quality, self.quality.close_button)

    def open_quality(self) -> None:
        """Open how the call is, wherever that was asked for."""
        if self.quality.isHidden():
            self.toggle_quality()

    def _toggle(self, panel: Panel, first: QWidget) -> None:
        for other in self._panels:
            if other is not panel:
                other.hide()
        panel.setVisible(panel.isHidden())
        if self._screen is not None:
            self.show_screen(self._screen)
        if panel.isVisible():
            first.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self._opener(panel).setFocus(Qt.FocusReason.OtherFocusReason)

    def _opener(self, panel: Panel) -> QWidget:
        """Return the button that the keyboard goes back to when a panel closes."""
        if panel is self.chat:
            return self.bar.chat
        if panel is self.people:
            return self.bar.people
        return self.bar.more if self.header.quality.isHidden() else self.header.quality

    def leave(self) -> None:
        """Go; a host with others first decides what becomes of the meeting."""
        view = self._screen.view if self._screen is not None else None
        leads = view is not None and Power.END in view.powers
        if view is not None and leads and len(view.people) > 1 and not view.test_guest:
            self.sheets.leave()
        else:
            self._context.submit(Leave())

    def _tile_menu(self, dev: bytes, where: QPoint) -> None:
        """Open what can be done about a person where the pointer is."""
        menu = self.person_menu(dev)
        if menu is not None:
            menu.popup(where)

    def person_menu(self, dev: bytes) -> PersonMenu | None:
        """Return the menu of a person; there is none about oneself."""
        row = self.people.rows.get(dev)
        return row.menu() if row is not None else None

    def _open_loudness(self, dev: bytes) -> None:
        """The slider stands in the list of people."""
        if self.people.isHidden():
            self.toggle_people()
        row = self.people.rows.get(dev)
        if row is not None:
            row.open_loudness()

    def _open_more(self) -> None:
        menu = self.more_menu()
        button = self.bar.more
        size = menu.sizeHint()
        corner = button.mapToGlobal(QPoint(0, 0))
        menu.popup(corner - QPoint((size.width() - button.width()) // 2, size.height() + 8))

    def more_menu(self) -> QMenu:
        """Return the menu of what is needed less often."""
        menu = QMenu(self)
        menu.setObjectName("more_menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(_("Safety"), self.sheets.safety)
        view = self._screen.view if self._screen is not None else None
        if view is not None:
            menu.addAction(
                _("Take the hand down") if view.hand_up else _("Raise your hand"), self.toggle_hand
            )
        if view is not None and self.bar.invites(view):
            menu.addAction(_("Invite somebody"), self.sheets.invitations)
        if view is not None and Power.LOCK in view.powers:
            action = menu.addAction(
                _("Unlock the meeting") if view.locked else _("Lock the meeting")
            )
            action.triggered.connect(lambda: self._context.submit(SetLocked(not view.locked)))
        if view is not None and RULES & view.powers:
            menu.addAction(_("Meeting settings"), self.sheets.rules)
        menu.addAction(_("Call quality"), self.open_quality)
        menu.addSeparator()
        menu.addAction(_("Full screen"), self._on_full_screen)
        menu.addAction(_("Shortcuts"), self._on_shortcuts)
        menu.addAction(_("Settings"), self._context.open_settings)
        return menu

    def end(self) -> None:
        """Let go of everything of the meeting that is over."""
        self._screen, self._call_id = None, b""
        self.quality.hide()
        self.grid.clear()
        self.toast.clear()


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


class _Stage(QWidget):
    """The dark ground; tells when its size changes, so that what floats can be placed."""

    def __init__(self, on_resize: Callable[[], None]) -> None:
        super().__init__()
        self.setObjectName("stage")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._on_resize = on_resize

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._on_resize()
