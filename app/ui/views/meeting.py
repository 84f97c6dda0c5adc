"""The meeting: the stage, and the panels that push it aside."""

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.intents import AnswerCall, DeclineCall, EndSharing, RefreshDevices
from app.meeting.view import MeetingView, Power, Quality
from app.meeting.wishes import Leave, RaiseHand, SetCamera, SetMicrophone
from app.names import shown
from app.quality_words import why
from app.rules import Function
from app.screens import InMeeting
from app.ui.context import Context
from app.ui.seating import Seat, SelfView, View
from app.ui.views.bar import Bar, BarActions
from app.ui.views.chat import ChatPanel
from app.ui.views.files import FileDrop, choose_and_offer
from app.ui.views.header import Header
from app.ui.views.little_picture import LittlePicture
from app.ui.views.meeting_menus import Menus, MoreActions
from app.ui.views.meeting_notices import Notices
from app.ui.views.meeting_panels import Panels
from app.ui.views.meeting_sheets import MeetingSheets
from app.ui.views.own_devices import OwnDevices
from app.ui.views.people import PeoplePanel
from app.ui.views.person_menu import PersonActions
from app.ui.views.quality import QualityPanel
from app.ui.views.sayings import Sayings
from app.ui.views.share_marks import ShareMarks
from app.ui.views.stage import Stage
from app.ui.widgets.grid import TileGrid


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
        self._read = 0
        self.sheets = MeetingSheets(context)
        self._marks = ShareMarks(lambda: context.submit(EndSharing()))
        self.destroyed.connect(self._marks.clear)  # they stand beside this window, not in it
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._build_stage(), 1)
        self.chat = ChatPanel(context, self.toggle_chat)
        about = PersonActions(
            submit=context.submit,
            remove=self.sheets.remove,
            hand_over=self.sheets.hand_over,
            loudness=self._open_loudness,
            quality=self.open_quality,
            safety=lambda _dev: self.sheets.safety(),
            volume=lambda dev: dict(self._screen.volumes if self._screen else ()).get(dev, 1.0),
            pin=lambda dev: self.grid.toggle_pin(Seat(dev)),
            offer=lambda dev: choose_and_offer(self, context, dev),
            can_offer=lambda: self.drop.allowed,
            is_pinned=lambda dev: self.grid.pinned == Seat(dev),
        )
        self.people = PeoplePanel(context, self.toggle_people, about, self.sheets.rules)
        self.quality = QualityPanel(context, self.toggle_quality)
        self._notices = Notices(self.stage.toast)
        self._devices = OwnDevices(self.bar, self.stage.toast, context)
        self.little = LittlePicture(context, self.grid, self)
        self._sayings = Sayings(self, self.stage.toast)
        self.drop = FileDrop(self, context, self.open_chat)
        self._panels = Panels(self._show_again)
        for panel, first, opener in (
            (self.chat, lambda: self.chat.field, lambda: self.bar.chat),
            (self.people, lambda: self.people.close_button, lambda: self.bar.people),
            (self.quality, lambda: self.quality.close_button, self._way_to_quality),
        ):
            self._panels.add(panel, first=first, opener=opener)
            row.addWidget(panel)
        self.menus = Menus(
            self, context, self.grid, self.bar,
            view=lambda: self._view, person=about, more=self._more_actions(),
        )  # fmt: skip

    def _build_stage(self) -> Stage:
        self.header = Header(
            self.sheets.safety, self.open_quality, self.toggle_view, self._on_full_screen
        )
        self.grid = TileGrid(
            self._context.submit,
            self._context.feed,
            self._context.screens,
            on_menu=self._open_tile_menu,
            on_quality=self.open_quality,
        )
        self.bar = Bar(
            BarActions(
                microphone=self.toggle_microphone,
                camera=self.toggle_camera,
                share=self.toggle_share,
                hand=self.toggle_hand,
                react=self._open_reactions,
                chat=self.toggle_chat,
                people=self.toggle_people,
                invite=self.sheets.invitations,
                more=self._open_more,
                leave=self.leave,
            )
        )
        self.bar.camera.setVisible(self._context.rules.allow(Function.CAMERA))
        self.bar.chat.setVisible(self._context.rules.allow(Function.CHAT))
        self.stage = Stage(self._context, self.header, self.grid, self.bar, self.answer)
        return self.stage

    @property
    def _view(self) -> MeetingView | None:
        return self._screen.view if self._screen is not None else None

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._panels.fit(self.width())

    # What is shown --------------------------------------------------------------------------

    @property
    def first_stop(self) -> QWidget:
        """Where the keyboard stands at first: on nothing, so that each key does what it says."""
        return self

    def show_screen(self, screen: InMeeting) -> None:
        """Show this state."""
        view = screen.view
        self._screen = screen
        if view.call_id != self._call_id:
            self._begin(view)
        self._show_people(screen)
        self.stage.show_screen(screen, knocks=not self.people.isVisible())
        self.chat.show_view(view)
        self.people.show_view(view)
        self.people.show_volumes(dict(screen.volumes))
        self.quality.show_screen(screen)
        self._show_bar(view)
        self.drop.show_view(view)
        self._notices.show(view, screen.quality)
        self._devices.show_screen(screen)
        self._sayings.show(screen, reads=self.chat.text.hasFocus())
        if view.notices:
            self.stage.place_floating()
        self.sheets.show_screen(screen)
        self._marks.show_share(screen.sharing.own)
        self.little.show_screen(screen)

    def _show_people(self, screen: InMeeting) -> None:
        settings = self._context.settings()
        self.grid.mirror_self(settings.mirror_self)
        self.grid.choose(view=View(settings.view), own=SelfView(settings.self_view))
        self.header.show_view(self.grid.view)
        self.grid.show_people(
            screen.view.people,
            {
                person.dev: why(screen.quality, person.dev, shown(person.name, person.badge))
                for person in screen.view.people
                if person.quality is not Quality.GOOD
            },
        )

    def _begin(self, view: MeetingView) -> None:
        """Forget the meeting before."""
        self._call_id = view.call_id
        self._read = 0
        self._notices.begin()
        self._sayings.begin()
        self._panels.close()
        self._context.submit(RefreshDevices())

    def _show_bar(self, view: MeetingView) -> None:
        others = sum(not line.mine for line in view.chat)
        others += sum(not file.mine for file in view.files)
        if self.chat.isVisible():
            self._read = others
        self.bar.show_view(
            view,
            unread=max(0, others - self._read),
            chat_open=self.chat.isVisible(),
            people_open=self.people.isVisible(),
        )

    def end(self) -> None:
        """Let go of everything of the meeting that is over."""
        self._screen, self._call_id = None, b""
        self._marks.clear()
        self.quality.hide()
        self.little.end()
        self.grid.clear()
        self.stage.toast.clear()

    # What is asked for ----------------------------------------------------------------------

    def toggle_microphone(self) -> None:
        """Switch the own microphone."""
        if self._screen is not None and not self._devices.button_is_held(self._screen):
            self._context.submit(SetMicrophone(not self._screen.view.microphone_on))

    def toggle_camera(self) -> None:
        """Switch the own camera."""
        if self._screen is not None:
            self._context.submit(SetCamera(not self._screen.view.camera_on))

    def toggle_share(self) -> None:
        """Show one's own screen to the others, or stop."""
        if self._screen is None:
            return
        if any(person.is_me and person.sharing for person in self._screen.view.people):
            self._context.submit(EndSharing())
        elif Power.SHARE in self._screen.view.powers:
            self.sheets.share()

    def toggle_hand(self) -> None:
        """Raise the own hand, or take it down."""
        if self._screen is not None:
            self._context.submit(RaiseHand(not self._screen.view.hand_up))

    def leave(self) -> None:
        """Go; a host with others first decides what becomes of the meeting."""
        if self._decides:
            self.sheets.leave()
        else:
            self._context.submit(Leave())

    def answer(self, key: str = "") -> None:
        """Go to a contact who calls, the first if no key says who; a host first decides as well."""
        calls = self._screen.calls if self._screen is not None else ()
        call = next((call for call in calls if call.key == key or not key), None)
        if call is not None and self._decides:
            self.sheets.leave(call)
        elif call is not None:
            self._context.submit(AnswerCall(call.key, self._context.own_name()))

    def decline(self) -> None:
        """Let the first contact who calls ring elsewhere only."""
        for call in self._screen.calls[:1] if self._screen is not None else ():
            self._context.submit(DeclineCall(call.key))

    @property
    def _decides(self) -> bool:
        """Tell whether this person decides what becomes of the meeting when they go."""
        view = self._view
        leads = view is not None and Power.END in view.powers
        return view is not None and leads and len(view.people) > 1 and not view.test_guest

    # How it is shown ------------------------------------------------------------------------

    def toggle_view(self) -> None:
        """Show who speaks large, or everybody alike."""
        other = View.SPEAKER if self.grid.view is View.GRID else View.GRID
        self._context.change("view", other.value)

    def window_changed(self) -> None:
        """The window fills the screen, is minimised, has the keyboard, or is so no more."""
        filled = self.window().isFullScreen()
        self.header.show_full_screen(filled)
        self.stage.fill_screen(filled)
        self.grid.window_state_changed()
        self.little.look()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.window().isFullScreen():
            self._on_full_screen()
        else:
            super().keyPressEvent(event)

    # Panels ---------------------------------------------------------------------------------

    def toggle_chat(self) -> None:
        """Open the chat, or close it."""
        self._panels.toggle(self.chat)

    def open_chat(self) -> None:
        """Open the chat, wherever that was asked for."""
        self._panels.open(self.chat)

    def toggle_people(self) -> None:
        """Open the list of people, or close it."""
        self._panels.toggle(self.people)

    def toggle_quality(self) -> None:
        """Open how the call is, or close it."""
        self._panels.toggle(self.quality)

    def open_quality(self) -> None:
        """Open how the call is, wherever that was asked for."""
        self._panels.open(self.quality)

    def _show_again(self) -> None:
        if self._screen is not None:
            self.show_screen(self._screen)

    def _way_to_quality(self) -> QWidget:
        """Return the button that the keyboard goes back to."""
        return self.bar.more if self.header.quality.isHidden() else self.header.quality

    def _open_tile_menu(self, seat: Seat, where: QPoint) -> None:
        self.menus.open_at(seat, where)

    def _open_reactions(self) -> None:
        self.menus.open_reactions()

    def _open_more(self) -> None:
        self.menus.open_more()

    def _open_loudness(self, dev: bytes) -> None:
        """The slider stands in the list of people."""
        self._panels.open(self.people)
        row = self.people.rows.get(dev)
        if row is not None:
            row.open_loudness()

    def _more_actions(self) -> MoreActions:
        return MoreActions(
            view=self.toggle_view,
            share=self.toggle_share,
            safety=self.sheets.safety,
            hand=self.toggle_hand,
            react=self._open_reactions,
            invite=self.sheets.invitations,
            rules=self.sheets.rules,
            quality=self.open_quality,
            full_screen=self._on_full_screen,
            shortcuts=self._on_shortcuts,
            settings=lambda: self._context.open_settings(""),
        )
