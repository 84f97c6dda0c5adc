"""The one window: shows the view that fits the newest screen, and hears the keys."""

import os
import sys
from collections.abc import Callable

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent, QGuiApplication, QShowEvent
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from app.handed_over import OfferLink, Request, ShowWindow, ToggleMicrophone
from app.help_pages import FIRST
from app.i18n import _, use_language
from app.intents import Enter, GoHome, HoldMicrophone, Intent, SetSetting
from app.live_words import live_of, live_words
from app.meeting.wishes import Leave
from app.names import clean
from app.rules import FREE, Rules
from app.screens import (
    Farewell,
    Home,
    InMeeting,
    Preview,
    Screen,
    SoundCheck,
    Unlock,
    Waiting,
)
from app.settings import Settings, Value, changed
from app.ui import theme
from app.ui.appearance import Appearance, system_wants_less_motion
from app.ui.commands import Commands
from app.ui.context import Context
from app.ui.feed import PictureFeed
from app.ui.hold_key import HoldKey
from app.ui.keys import Where
from app.ui.outside import Outside
from app.ui.place import Place, on_a_screen
from app.ui.place import read as read_place
from app.ui.views.about import ShortcutSheet
from app.ui.views.doctor import DoctorSheet
from app.ui.views.farewell import FarewellView
from app.ui.views.from_outside import LinkKeptSheet, SayWhySheet
from app.ui.views.help import HelpSheet
from app.ui.views.home import HomeView
from app.ui.views.meeting import MeetingScreen
from app.ui.views.palette import PaletteSheet
from app.ui.views.preview import PreviewView
from app.ui.views.settings import SettingsSheet
from app.ui.views.unlock import UnlockView
from app.ui.views.waiting import WaitingView
from app.ui.widgets.brand import Brand, brand_icon
from app.ui.widgets.focus import FocusRing
from app.ui.widgets.sheet import Sheet
from media.slot import Slot as Mailbox
from media.video.picture import Picture

DEFAULT_SIZE, SMALLEST_SIZE = QSize(1024, 700), QSize(720, 520)
View = HomeView | PreviewView | WaitingView | FarewellView | UnlockView | MeetingScreen


class Window(QMainWindow):
    """Paints screens and hands back intents; it knows nothing of how a meeting works."""

    gone = Signal()
    """The window was closed for good."""

    def __init__(
        self,
        submit: Callable[[Intent], None],
        pictures: Callable[[bytes], Mailbox[Picture]],
        settings: Settings,
        locked: frozenset[str] = frozenset(),
        appearance: Appearance | None = None,
        *,
        screens: Callable[[bytes], Mailbox[Picture]] | None = None,
        outside: Outside | None = None,
        rules: Rules = FREE,
    ) -> None:
        """`pictures(dev)` is the mailbox of a person's pictures; b"" is the own preview.

        `screens(dev)` is that of the screen they share; without it nothing of one is shown.
        """
        super().__init__()
        self.setObjectName("window")
        self._submit, self._settings = submit, settings
        self.outside = outside or Outside()
        self.can_stay: Callable[[], bool] = lambda: False
        """Tells whether there is a tray from which a closed window can be opened again."""
        self._quits = False
        self._name = settings.name
        self._appearance = appearance
        self._feed = PictureFeed(pictures, self)
        nothing: Mailbox[Picture] = Mailbox()
        self._screens = PictureFeed(screens or (lambda _dev: nothing), self)
        self._screen: Screen | None = None
        self._views: dict[type, View] = {}
        self._settings_sheet: SettingsSheet | None = None
        self._doctor: DoctorSheet | None = None
        self._link = ""
        self.setWindowIcon(brand_icon())
        self.setMinimumSize(SMALLEST_SIZE)
        self._stand()
        self._move_less(settings.reduce_motion)
        self._stack = QStackedWidget()
        self._stack.setObjectName("stack")
        self.setCentralWidget(self._stack)
        self._stack.addWidget(_opening_page())
        self._context = Context(
            submit=self._pass_on,
            feed=self._feed,
            screens=self._screens,
            settings=lambda: self._settings,
            change=self._change,
            locked=locked,
            ground=self._stack,
            open_settings=self.open_settings,
            own_name=lambda: self._name,
            open_doctor=self.open_doctor,
            open_help=self.open_help,
            export=self.outside.export,
            erase=self._erase,
            rules=rules,
        )
        self._ring = FocusRing(self)
        self._hold = HoldKey(
            self,
            free=self._may_hold,
            ringed=lambda: self._ring.target,
            tell=lambda held: self._submit(HoldMicrophone(held)),
        )
        self._commands = Commands(self, self._actions(), self._where)
        self._show_title()

    # What is shown --------------------------------------------------------------------------

    @property
    def view(self) -> View | None:
        """The view that is shown now."""
        return self._views.get(type(self._screen)) if self._screen is not None else None

    @property
    def settings(self) -> Settings:
        """What is set now."""
        return self._settings

    @property
    def settings_sheet(self) -> SettingsSheet | None:
        """The settings, while they are open."""
        return self._settings_sheet

    @Slot(object)
    def show_screen(self, screen: Screen) -> None:
        """Show a snapshot: in place where the view stays the same."""
        before, self._screen = self._screen, screen
        kind = type(screen)
        if type(before) is not kind:
            self._close_sheets(keep_settings=True)
            self._hold.end()
            if isinstance(before, InMeeting):
                self._forget(InMeeting)
        view = self._views.get(kind)
        if view is None:
            view = self._views[kind] = self._make(screen)
            self._stack.addWidget(view)
        self._fill(view, screen)
        self._stack.setCurrentWidget(view)
        if type(before) is not kind:
            self._first_focus(view)
        if self._settings_sheet is not None and isinstance(screen, InMeeting | Preview):
            self._settings_sheet.show_devices(screen.devices)
        if self._doctor is not None:
            self._doctor.show_check(_check_of(screen))
        self._show_title()
        if self._link and isinstance(view, HomeView):
            link, self._link = self._link, ""
            view.offer_link(link)

    def offer_link(self, text: str) -> None:
        """Take an invitation from outside: it is shown, never followed by itself.

        On the way into a meeting, and in one, it is kept until the first screen is there again.
        """
        self._link = text
        match self._screen:
            case Home():
                self.show_screen(self._screen)
            case Farewell():
                self._submit(GoHome())
            case Preview() | Waiting() | InMeeting():
                LinkKeptSheet(self._context).open_sheet()

    def answer(self, request: Request) -> None:
        """Do what a later start of the program asks for."""
        match request:
            case ShowWindow(token):
                self.come_forward(token)
            case OfferLink(link, token):
                self.come_forward(token)
                self.offer_link(link)
            case ToggleMicrophone():
                self.toggle_microphone()

    def come_forward(self, token: str = "") -> None:
        """Stand in front of other windows; some desktops let us only with a token."""
        if token:
            os.environ["XDG_ACTIVATION_TOKEN"] = token  # Qt takes it from there, once
        if self.isMinimized():
            self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def _make(self, screen: Screen) -> View:
        context = self._context
        match screen:
            case Home():
                return HomeView(context)
            case Preview():
                return PreviewView(context)
            case Waiting():
                return WaitingView(context)
            case Farewell():
                return FarewellView(context)
            case Unlock():
                return UnlockView(context)
            case InMeeting():
                return MeetingScreen(context, self.toggle_full_screen, self.open_shortcuts)

    def _fill(self, view: View, screen: Screen) -> None:
        match view, screen:
            case HomeView(), Home():
                view.show_screen(screen)
            case PreviewView(), Preview():
                view.show_screen(screen)
            case WaitingView(), Waiting():
                view.show_screen(screen)
            case FarewellView(), Farewell():
                view.show_screen(screen)
            case UnlockView(), Unlock():
                view.show_screen(screen)
            case MeetingScreen(), InMeeting():
                view.show_screen(screen)

    def _forget(self, kind: type) -> None:
        """Throw a view away with all it shows: nothing of a meeting outlives it here."""
        view = self._views.pop(kind, None)
        if view is None:
            return
        if isinstance(view, MeetingScreen):
            view.end()
        view.hide()
        self._stack.removeWidget(view)
        view.deleteLater()

    def _first_focus(self, view: View) -> None:
        match view:
            case HomeView():
                target: QWidget = view.start_button if view.name.text() else view.name
            case PreviewView():
                target = view.first_stop
            case MeetingScreen():
                target = view
            case _:
                return  # these choose for themselves when they are shown
        target.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_title(self) -> None:
        """Name the meeting, and say in the title too what of this person is live."""
        screen = self._screen
        title = ""
        match screen:
            case InMeeting(view=view):
                title = view.title
            case Preview() | Waiting():
                title = screen.title
        live = live_words(live_of(screen))
        sign = f"● {live}" if live else "" if screen is not None else _("Opening")
        parts = [sign, clean(title), "Conclave"]
        words = " – ".join(part for part in parts if part)
        if self.windowTitle() != words:
            self.setWindowTitle(words)

    # What stands over it --------------------------------------------------------------------

    def open_settings(self) -> None:
        """Show the settings over what is there."""
        if self._settings_sheet is not None:
            return
        devices = self._screen.devices if isinstance(self._screen, InMeeting | Preview) else None
        self._settings_sheet = SettingsSheet(self._context, devices, self._settings_closed)
        self._settings_sheet.open_sheet(self._settings_sheet.subjects["you"])

    def open_shortcuts(self) -> None:
        """Show what can be done by keyboard."""
        if not any(isinstance(sheet, ShortcutSheet) for sheet in self._sheets()):
            ShortcutSheet(self._context).open_sheet()

    def open_doctor(self) -> None:
        """Look at this computer and its network, and say what helps."""
        if not any(isinstance(sheet, DoctorSheet) for sheet in self._sheets()):
            sheet = DoctorSheet(self._context, self.outside.examine, self._doctor_closed)
            self._doctor = sheet
            sheet.open_sheet(sheet.close_button)

    def _doctor_closed(self) -> None:
        self._doctor = None
        if isinstance(self._screen, Home) and self._screen.check is not None:
            self._submit(GoHome())  # speaker and microphone were tried from there

    def open_help(self, topic: str = "") -> None:
        """Show the help, at a page."""
        for sheet in self._sheets():
            if isinstance(sheet, HelpSheet):
                sheet.show_topic(topic or FIRST)
                sheet.raise_()
                return
        made = HelpSheet(self._context, topic or FIRST)
        made.open_sheet(made.topics[topic or FIRST])

    def open_palette(self) -> None:
        """Find a command by its words, and do it."""
        if not any(isinstance(sheet, PaletteSheet) for sheet in self._sheets()):
            sheet = PaletteSheet(self._context, self._commands.possible(), self._commands.run)
            sheet.open_sheet(sheet.field)

    def _settings_closed(self) -> None:
        self._settings_sheet = None

    def _sheets(self) -> list[Sheet]:
        return [sheet for sheet in self._stack.findChildren(Sheet) if not sheet.isHidden()]

    def _close_sheets(self, *, keep_settings: bool) -> None:
        for sheet in self._sheets():
            if not (keep_settings and isinstance(sheet, SettingsSheet)):
                sheet.close_sheet()

    def _pass_on(self, intent: Intent) -> None:
        if isinstance(intent, Enter):
            self._name = intent.name
        self._submit(intent)

    # What is set ----------------------------------------------------------------------------

    def _change(self, name: str, value: Value) -> None:
        if getattr(self._settings, name) == value:
            return
        if name in self.outside.system and (why := self.outside.system[name](bool(value))):
            SayWhySheet(self._context, why).open_sheet()
            return
        self._settings = changed(self._settings, name, value)
        self._submit(SetSetting(name, value))
        if name == "theme" and self._appearance is not None:
            self._appearance.choose(str(value))
        elif name in MeetingScreen.SETTINGS and self._screen is not None:
            self.show_screen(self._screen)
        elif name == "reduce_motion":
            self._move_less(bool(value))
        elif name == "text_scale" and self._appearance is not None:
            self._appearance.enlarge(int(value) / 100)
            self._rebuild()
        elif name == "language":
            use_language(str(value))
            if self._appearance is not None:
                self._appearance.speak()
            self._rebuild()

    def _move_less(self, wished: bool) -> None:
        """Show no movement where the person or the system wants none."""
        self.setProperty("reduce_motion", wished or system_wants_less_motion(sys.platform))

    def _rebuild(self) -> None:
        """Make every view anew in the language and the size that are in use now."""
        subject = self._settings_sheet is not None
        self._close_sheets(keep_settings=False)
        for kind in list(self._views):
            self._forget(kind)
        if self._screen is not None:
            self.show_screen(self._screen)
        if subject:
            self.open_settings()
            if self._settings_sheet is not None:
                self._settings_sheet.show_subject("appearance")

    # What the keyboard does -----------------------------------------------------------------

    def _actions(self) -> dict[str, Callable[[], None]]:
        """Return what each entry in the table of keys does."""
        return {
            "microphone": self.toggle_microphone,
            "camera": self._camera,
            "share": self._share,
            "hand": self._hand,
            "chat": self._chat,
            "people": self._people,
            "view": self._change_view,
            "leave": self.leave,
            "full_screen": self.toggle_full_screen,
            "settings": self.open_settings,
            "shortcuts": self.open_shortcuts,
            "palette": self.open_palette,
            "doctor": self.open_doctor,
            "help": self.open_help,
            "close": self._close,
            "quit": self.quit,
        }

    def _where(self) -> Where:
        match self._screen:
            case InMeeting():
                return Where.MEETING
            case Preview():
                return Where.PREVIEW
            case Waiting():
                return Where.WAITING
            case _:
                return Where.ELSEWHERE

    @Slot()
    def toggle_microphone(self) -> None:
        """Switch the own microphone, wherever the window stands."""
        if isinstance(self.view, PreviewView | MeetingScreen):
            self.view.toggle_microphone()

    @Slot()
    def _camera(self) -> None:
        if isinstance(self.view, PreviewView | MeetingScreen):
            self.view.toggle_camera()

    @Slot()
    def _share(self) -> None:
        if isinstance(self.view, MeetingScreen) and not self._sheets():
            self.view.toggle_share()

    @Slot()
    def _hand(self) -> None:
        if isinstance(self.view, MeetingScreen):
            self.view.toggle_hand()

    @Slot()
    def _chat(self) -> None:
        if isinstance(self.view, MeetingScreen) and not self._sheets():
            self.view.toggle_chat()

    @Slot()
    def _people(self) -> None:
        if isinstance(self.view, MeetingScreen) and not self._sheets():
            self.view.toggle_people()

    @Slot()
    def leave(self) -> None:
        """Leave what is going on; a host is asked what becomes of the meeting."""
        if isinstance(self.view, MeetingScreen):
            if not self._sheets():
                self.view.leave()
                if self._sheets():  # it asks something
                    self.come_forward()
        elif isinstance(self.view, PreviewView | WaitingView):
            self._submit(GoHome())

    def _change_view(self) -> None:
        if isinstance(self.view, MeetingScreen):
            self.view.toggle_view()

    @Slot()
    def toggle_full_screen(self) -> None:
        """Fill the screen, or stop filling it."""
        if self.isFullScreen():
            self.showNormal()
        else:
            self.showFullScreen()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in {QEvent.Type.WindowStateChange, QEvent.Type.ActivationChange}:
            view = self._views.get(InMeeting)
            if isinstance(view, MeetingScreen):
                view.window_changed()

    def _may_hold(self) -> bool:
        """Tell whether the space bar has a meaning of its own now."""
        off = self._settings.push_to_talk == "off"
        return isinstance(self.view, MeetingScreen) and not self._sheets() and not off

    def focusNextPrevChild(self, next: bool) -> bool:
        sheets = self._sheets()
        if sheets:
            return sheets[-1].focusNextPrevChild(next)
        return super().focusNextPrevChild(next)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._ring.listen()
        self._hold.listen()

    def _erase(self) -> None:
        """Close, and have everything erased that is kept."""
        self.outside.erase()
        self.quit()

    def quit(self) -> None:
        """Close for good, also where the window would stay in the tray."""
        self._quits = True
        self.close()

    def _close(self) -> None:
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Leave what is going on; where the window stays in the tray, it is only hidden then."""
        self.outside.keep_place(self._place().text())
        if isinstance(self._screen, InMeeting):
            self._submit(Leave())
        if isinstance(self.view, MeetingScreen):
            self.view.little.end()
        if not self._quits and self._settings.keep_in_tray and self.can_stay():
            if not isinstance(self._screen, InMeeting | Home | Unlock):
                self._submit(GoHome())
            self._close_sheets(keep_settings=False)
            self.hide()
            event.ignore()
            return
        self._feed.close()
        self._screens.close()
        super().closeEvent(event)
        self.gone.emit()

    def _place(self) -> Place:
        """Return where the window stands when it is neither minimised nor full screen."""
        at = self.normalGeometry() if self.isMaximized() or self.isFullScreen() else self.geometry()
        return Place(at.x(), at.y(), at.width(), at.height(), self.isMaximized())

    def _stand(self) -> None:
        """Stand where the window stood last, or open as large as fits."""
        place = read_place(self.outside.place)
        screens = QGuiApplication.screens()
        if place is None or not screens:
            self.resize(_first_size())
            return
        main = QGuiApplication.primaryScreen()
        free = [s.availableGeometry() for s in sorted(screens, key=lambda s: s is not main)]
        self.setGeometry(on_a_screen(place, free, SMALLEST_SIZE))
        if place.maximized:
            self.setWindowState(Qt.WindowState.WindowMaximized)


def _check_of(screen: Screen) -> SoundCheck:
    """Return how far trying speaker and microphone is on a screen."""
    match screen:
        case Home(check=check) if check is not None:
            return check
        case Preview(devices=devices) | InMeeting(devices=devices):
            return devices.check
        case _:
            return SoundCheck()


def _first_size() -> QSize:
    """Return how large the window opens: larger with larger type, but not beyond the screen."""
    size = DEFAULT_SIZE * theme.scale()
    screen = QGuiApplication.primaryScreen()
    most = screen.availableSize() * 0.92 if screen is not None else DEFAULT_SIZE
    return size.boundedTo(most).expandedTo(SMALLEST_SIZE)


def _opening_page() -> QWidget:
    """Return what stands there until the first screen comes: the mark, quietly."""
    page = QWidget()
    page.setObjectName("page")
    column = QVBoxLayout(page)
    column.addWidget(Brand(64), 0, Qt.AlignmentFlag.AlignCenter)
    return page
