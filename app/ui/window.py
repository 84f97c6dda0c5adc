"""The one window: shows the view that fits the newest screen, and hears the keys."""

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent, QShowEvent
from PySide6.QtWidgets import QMainWindow, QStackedWidget

from app.handed_over import Close, OfferLink, Request, ShowWindow, ToggleMicrophone
from app.i18n import use_language
from app.intents import Enter, GoHome, HoldMicrophone, Intent, SetSetting
from app.meeting.wishes import Leave
from app.rules import FREE, Rules
from app.screens import Farewell, Home, InMeeting, Preview, Screen, Unlock, Waiting
from app.settings import Settings, Value, changed
from app.ui.acts import Acts
from app.ui.appearance import Appearance, system_wants_less_motion
from app.ui.commands import Commands
from app.ui.context import Context
from app.ui.feed import PictureFeed
from app.ui.hold_key import HoldKey
from app.ui.keys import Where
from app.ui.outside import Outside
from app.ui.place import place_of, put_in_place
from app.ui.title import title_of
from app.ui.update_watch import UpdateWatch
from app.ui.view_stack import ViewStack
from app.ui.widgets.brand import brand_icon
from app.ui.widgets.focus import FocusRing
from app.ui.window_sheets import WindowSheets
from media.slot import Slot as Mailbox
from media.video.picture import Picture

if TYPE_CHECKING:
    from app.ui.view_stack import View

DEFAULT_SIZE, SMALLEST_SIZE = QSize(1024, 700), QSize(720, 520)
SHOWN_AT_ONCE = frozenset({"mirror_self", "self_view", "view", "picture_in_picture"})  # when set


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
        self._link = ""
        stack = QStackedWidget()
        stack.setObjectName("stack")
        self.setCentralWidget(stack)
        self.sheets = WindowSheets(lambda: self._context, self.outside.examine)
        self._context = self._make_context(stack, locked, rules)
        self._views = ViewStack(
            stack,
            self._context,
            full_screen=self.toggle_full_screen,
            shortcuts=self.sheets.open_shortcuts,
        )
        self.acts = Acts(self._views, self.sheets, submit, self.come_forward)
        self._ring = FocusRing(self)
        self._hold = HoldKey(
            self,
            free=self._may_hold,
            ringed=lambda: self._ring.target,
            tell=lambda held: self._submit(HoldMicrophone(held)),
        )
        self.commands = Commands(self, self._actions(), self._where)
        self.setWindowIcon(brand_icon())
        self.setMinimumSize(SMALLEST_SIZE)
        put_in_place(self, self.outside.place, DEFAULT_SIZE)
        self._move_less(settings.reduce_motion)
        self._show_title()
        self._update = ""  # what is newer, in words
        self.update_watch = UpdateWatch(
            lambda: self._settings, rules, self.outside.look_for_update, self._tell_update, self
        )

    def _make_context(
        self, ground: QStackedWidget, locked: frozenset[str], rules: Rules
    ) -> Context:
        return Context(
            submit=self._pass_on,
            feed=self._feed,
            screens=self._screens,
            settings=lambda: self._settings,
            change=self._change,
            locked=locked,
            ground=ground,
            open_settings=self.sheets.open_settings,
            own_name=lambda: self._name,
            open_doctor=self.sheets.open_doctor,
            open_help=self.sheets.open_help,
            export=self.outside.export,
            look_for_update=self.outside.look_for_update,
            take_update=self.outside.take_update,
            erase=self._erase,
            rules=rules,
        )

    # What is shown --------------------------------------------------------------------------

    @property
    def view(self) -> "View | None":
        """The view that is shown now."""
        return self._views.current

    @property
    def settings(self) -> Settings:
        """What is set now."""
        return self._settings

    def prepare(self) -> None:
        """Make the first screen's view while there is nothing to show in it yet."""
        self._views.prepare(Home)

    @Slot(object)
    def show_screen(self, screen: Screen) -> None:
        """Show a snapshot: in place where the view stays the same."""
        before, self._screen = self._screen, screen
        if type(before) is not type(screen):
            self.sheets.close_all(but_settings=True)
            self._hold.end()
        self._views.show(screen)
        self.sheets.show_screen(screen)
        self._show_title()
        if (home := self._views.home) is not None:
            home.show_update(self._update)
            if self._link:
                link, self._link = self._link, ""
                home.offer_link(link)

    def _tell_update(self, words: str) -> None:
        self._update = words
        if (home := self._views.home) is not None:
            home.show_update(words)

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
                self.sheets.say_link_is_kept()

    def answer(self, request: Request) -> None:
        """Do what a later start of the program asks for."""
        match request:
            case ShowWindow(token):
                self.come_forward(token)
            case OfferLink(link, token):
                self.come_forward(token)
                self.offer_link(link)
            case ToggleMicrophone():
                self.acts.microphone()
            case Close():
                self.quit()

    def come_forward(self, token: str = "") -> None:
        """Stand in front of other windows; some desktops let us only with a token."""
        if token:
            os.environ["XDG_ACTIVATION_TOKEN"] = token  # Qt takes it from there, once
        if self.isMinimized():
            self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def _show_title(self) -> None:
        title = title_of(self._screen)
        if self.windowTitle() != title:
            self.setWindowTitle(title)

    def _pass_on(self, intent: Intent) -> None:
        if isinstance(intent, Enter):
            self._name = intent.name
        self._submit(intent)

    # What is set ----------------------------------------------------------------------------

    def _change(self, name: str, value: Value) -> None:
        if getattr(self._settings, name) == value:
            return
        if name in self.outside.system and (why := self.outside.system[name](bool(value))):
            self.sheets.say_why(why)
            return
        self._settings = changed(self._settings, name, value)
        self._submit(SetSetting(name, value))
        if name == "theme" and self._appearance is not None:
            self._appearance.choose(str(value))
        elif name in SHOWN_AT_ONCE and self._screen is not None:
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
        was_set = self.sheets.settings is not None
        self.sheets.close_all()
        self._views.forget_all()
        if self._screen is not None:
            self.show_screen(self._screen)
        if was_set:
            self.sheets.open_settings("appearance")

    # What the keyboard does -----------------------------------------------------------------

    def _actions(self) -> dict[str, Callable[[], None]]:
        """Return what each entry in the table of keys does."""
        acts, sheets = self.acts, self.sheets
        return {
            "microphone": acts.microphone,
            "camera": acts.camera,
            "share": acts.share,
            "hand": acts.hand,
            "chat": acts.chat,
            "people": acts.people,
            "view": acts.change_view,
            "leave": acts.leave,
            "answer": acts.answer,
            "decline": acts.decline,
            "full_screen": self.toggle_full_screen,
            "settings": sheets.open_settings,
            "shortcuts": sheets.open_shortcuts,
            "palette": lambda: sheets.open_palette(self.commands),
            "doctor": sheets.open_doctor,
            "help": sheets.open_help,
            "close": self._close,
            "quit": self.quit,
        }

    def _where(self) -> Where:
        match self._screen:
            case InMeeting(calls=calls):
                return Where.MEETING | Where.CALLED if calls else Where.MEETING
            case Home(calls=calls) if calls:
                return Where.ELSEWHERE | Where.CALLED
            case Preview():
                return Where.PREVIEW
            case Waiting():
                return Where.WAITING
            case _:
                return Where.ELSEWHERE

    @Slot()
    def toggle_full_screen(self) -> None:
        """Fill the screen, or stop filling it."""
        if self.isFullScreen():
            self.showNormal()
        else:
            self.showFullScreen()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        changes = {QEvent.Type.WindowStateChange, QEvent.Type.ActivationChange}
        if event.type() in changes and self._views.meeting is not None:
            self._views.meeting.window_changed()

    def _may_hold(self) -> bool:
        """Tell whether the space bar has a meaning of its own now."""
        return self.acts.uncovered is not None and self._settings.push_to_talk != "off"

    def focusNextPrevChild(self, next: bool) -> bool:
        sheets = self.sheets.standing
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
        self.outside.keep_place(place_of(self).text())
        if isinstance(self._screen, InMeeting):
            self._submit(Leave())
        if self._views.meeting is not None:
            self._views.meeting.little.end()
        if not self._quits and self._settings.keep_in_tray and self.can_stay():
            if not isinstance(self._screen, InMeeting | Home | Unlock):
                self._submit(GoHome())
            self.sheets.close_all()
            self.hide()
            event.ignore()
            return
        self._feed.close()
        self._screens.close()
        super().closeEvent(event)
        self.gone.emit()
