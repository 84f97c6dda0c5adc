"""The meeting: the stage with its tiles, the bar, and the panels that push it aside."""

from collections.abc import Callable

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from app import texts
from app.i18n import _
from app.intents import RefreshDevices
from app.meeting.view import Lock, MeetingView
from app.meeting.wishes import Leave, SetCamera, SetLocked, SetMicrophone
from app.screens import InMeeting
from app.texts import NOTICES
from app.ui import theme
from app.ui.context import Context
from app.ui.views.bar import Bar, BarActions
from app.ui.views.chat import ChatPanel
from app.ui.views.confirm import EndSheet, RemoveSheet
from app.ui.views.header import Header
from app.ui.views.invite import InviteCard, InviteSheet
from app.ui.views.knocks import KnockStack
from app.ui.views.people import PeoplePanel
from app.ui.views.safety import SafetySheet
from app.ui.widgets.banner import Banner
from app.ui.widgets.grid import TileGrid
from app.ui.widgets.toast import Toast, announce

_SILENT_NOTICES = {"knocks"}  # a card stands for them already
_KNOCK_WIDTH = 300  # pixels


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
        self._safety: SafetySheet | None = None
        self._invite: InviteSheet | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._build_stage(), 1)
        self.chat = ChatPanel(context, self.toggle_chat)
        self.people = PeoplePanel(context, self.toggle_people, self._ask_to_remove)
        for panel in (self.chat, self.people):
            panel.hide()
            row.addWidget(panel)

    def _build_stage(self) -> QWidget:
        self.stage = _Stage(self._place_floating)
        column = QVBoxLayout(self.stage)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.header = Header(self.open_safety, self._on_full_screen)
        column.addWidget(self.header)
        banners = QVBoxLayout()
        banners.setContentsMargins(12, 0, 12, 0)
        banners.setSpacing(8)
        self.alarm = Banner("shield-alert", "danger", name="alarm")
        self.problem = Banner("triangle-alert", "warn", name="problem")
        self.info = Banner("info", "muted", name="info")
        for banner in (self.alarm, self.problem, self.info):
            banners.addWidget(banner)
        column.addLayout(banners)
        middle = QHBoxLayout()
        middle.setContentsMargins(12, 8, 12, 0)
        middle.setSpacing(12)
        self.grid = TileGrid(self._context.submit, self._context.feed, self._tile_menu)
        middle.addWidget(self.grid, 1)
        self.invite_card = InviteCard()
        self.invite_card.hide()
        middle.addWidget(self.invite_card, 0, Qt.AlignmentFlag.AlignVCenter)
        column.addLayout(middle, 1)
        self.bar = Bar(
            BarActions(
                microphone=self.toggle_microphone,
                camera=self.toggle_camera,
                chat=self.toggle_chat,
                people=self.toggle_people,
                invite=self._open_invite,
                more=self._open_more,
                leave=self.leave,
            )
        )
        column.addWidget(self.bar)
        self.knocks = KnockStack(self._context.submit, name="knocks")
        self.knocks.setParent(self.stage)
        self.toast = Toast(self.stage, self._toast_room)
        return self.stage

    # What is shown --------------------------------------------------------------------------

    def show_screen(self, screen: InMeeting) -> None:
        """Show this state."""
        view = screen.view
        self._screen = screen
        if view.call_id != self._call_id:
            self._begin(view)
        self.header.show_view(view)
        self._show_banners(screen)
        self.grid.mirror_self(self._context.settings().mirror_self)
        self.grid.show_people(view.people)
        self._show_invitation(view)
        listed = self.people.isVisible()
        if self.knocks.show_knocks(view.knocks if not listed else (), say=True):
            self._place_floating()
        self.chat.show_view(view)
        self.people.show_view(view)
        self._show_bar(view)
        self._show_notices(view)
        if self._safety is not None:
            self._safety.show_view(view)

    def _begin(self, view: MeetingView) -> None:
        """Forget the meeting before."""
        self._call_id = view.call_id
        self._last_notice = 0
        self._read = 0
        self.toast.clear()
        self.chat.hide()
        self.people.hide()
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
        info = []
        if view.frozen:
            info.append(
                _(
                    "The host cannot be reached. You can go on talking; nobody new comes in "
                    "until they are back."
                )
            )
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
        alone = len(view.people) == 1 and bool(view.invitation) and not view.knocks
        alone = alone and not view.test_guest
        wide = self.stage.width() >= 720 and self.stage.height() >= 520
        if view.invitation:
            self.invite_card.content.show_link(view.invitation)
            if self._invite is not None:
                self._invite.invite.show_link(view.invitation)
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

    def _toast_room(self) -> QRect:
        """Below the header, beside the cards of those who knock where the stage is wide enough."""
        beside = self.knocks.width() + 16 if not self.knocks.isHidden() else 0
        whole = self.stage.rect().adjusted(16, self.header.height() + 8, -16, 0)
        middle = whole.adjusted(beside, 0, -beside, 0)
        if middle.width() >= 240:
            return middle
        return whole.adjusted(0, 0, -beside, 0) if whole.width() - beside >= 160 else whole

    def _place_floating(self) -> None:
        """Cards of those who knock stand upper right, below the header; the toast in the middle."""
        if self._screen is not None:
            self._show_invitation(self._screen.view)
        width = min(round(_KNOCK_WIDTH * theme.scale()), self.stage.width() - 24)
        self.knocks.resize(width, self.knocks.height_for(width))
        top = self.header.height() + 8
        self.knocks.move(self.stage.width() - width - 16, top)
        self.knocks.raise_()
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

    def toggle_chat(self) -> None:
        """Open the chat, or close it."""
        self._toggle(self.chat, self.people, self.chat.field)

    def toggle_people(self) -> None:
        """Open the list of people, or close it."""
        self._toggle(self.people, self.chat, self.people.close_button)

    def _toggle(self, panel: QWidget, other: QWidget, first: QWidget) -> None:
        other.hide()
        panel.setVisible(panel.isHidden())
        if self._screen is not None:
            self.show_screen(self._screen)
        if panel.isVisible():
            first.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            button = self.bar.chat if panel is self.chat else self.bar.people
            button.setFocus(Qt.FocusReason.OtherFocusReason)

    def leave(self) -> None:
        """Go; a host with others is asked once more, because the meeting ends with the host."""
        view = self._screen.view if self._screen is not None else None
        if view is not None and view.i_am_host and len(view.people) > 1 and not view.test_guest:
            sheet = EndSheet(self._context)
            sheet.open_sheet(sheet.stay)
        else:
            self._context.submit(Leave())

    def open_safety(self) -> None:
        """Show the code and the people."""
        if self._screen is None or self._safety is not None:
            return
        self._safety = SafetySheet(self._context)
        self._safety.destroyed.connect(self._safety_closed)
        self._safety.show_view(self._screen.view)
        self._safety.open_sheet(self._safety.close_button)

    def _safety_closed(self) -> None:
        self._safety = None

    def _open_invite(self) -> None:
        if self._screen is None or self._invite is not None:
            return
        self._invite = InviteSheet(self._context)
        self._invite.destroyed.connect(self._invite_closed)
        self._invite.invite.show_link(self._screen.view.invitation)
        self._invite.open_sheet(self._invite.invite.copy)

    def _invite_closed(self) -> None:
        self._invite = None

    def _ask_to_remove(self, dev: bytes) -> None:
        if self._screen is None:
            return
        for person in self._screen.view.people:
            if person.dev == dev:
                sheet = RemoveSheet(self._context, person)
                sheet.open_sheet(sheet.keep)

    def _tile_menu(self, dev: bytes, where: QPoint) -> None:
        """What can be done about a person stands in the list of people: open it there."""
        row = self.people.rows.get(dev)
        if row is not None and row.menu.isVisibleTo(self.people):
            if self.people.isHidden():
                self.toggle_people()
            row.open_fold()

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
        menu.addAction(_("Safety"), self.open_safety)
        view = self._screen.view if self._screen is not None else None
        if view is not None and view.i_am_host:
            action = menu.addAction(
                _("Unlock the meeting") if view.locked else _("Lock the meeting")
            )
            action.triggered.connect(lambda: self._context.submit(SetLocked(not view.locked)))
        menu.addSeparator()
        menu.addAction(_("Full screen"), self._on_full_screen)
        menu.addAction(_("Shortcuts"), self._on_shortcuts)
        menu.addAction(_("Settings"), self._context.open_settings)
        return menu

    def end(self) -> None:
        """Let go of everything of the meeting that is over."""
        self._screen, self._call_id = None, b""
        self.grid.clear()
        self.toast.clear()


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
