"""Decides when the small picture is there: while one is elsewhere, and never for a blink."""

from PySide6.QtCore import QObject, QSize, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QWindow
from PySide6.QtWidgets import QApplication, QWidget

from app.live_words import live_of
from app.screens import InMeeting
from app.ui.context import Context
from app.ui.seating import Seat
from app.ui.views.little_window import LittleWindow
from app.ui.widgets.grid import TileGrid

APPEARS_AFTER = 400  # milliseconds elsewhere: who only passes through other windows needs none


class LittlePicture(QObject):
    """Belongs to the view of a meeting; its window is made when it is needed first."""

    def __init__(self, context: Context, grid: TileGrid, over: QWidget) -> None:
        """`over` is in the window that one may be away from."""
        super().__init__(over)
        self._context, self._grid, self._over = context, grid, over
        self._screen: InMeeting | None = None
        self._closed = False  # by hand: it stays away until one was in the meeting again
        self.window: LittleWindow | None = None
        self._soon = QTimer(self, singleShot=True, interval=APPEARS_AFTER)
        self._soon.timeout.connect(self._appear)
        application = QGuiApplication.instance()
        assert isinstance(application, QGuiApplication)
        application.focusWindowChanged.connect(self._focus_moved)

    def show_screen(self, screen: InMeeting) -> None:
        """Show who speaks now, if it is there."""
        self._screen = screen
        self.look()

    def end(self) -> None:
        """The meeting is over."""
        self._screen, self._closed = None, True
        self._soon.stop()
        if self.window is not None:
            self.window.go()
            self.window.deleteLater()
            self.window = None

    def look(self) -> None:
        """Find out whether one is elsewhere, and come or go."""
        away = self._is_away()
        if not away:
            self._closed = False
        wanted = away and not self._closed and self._context.settings().picture_in_picture
        if self._screen is None or not wanted:
            self._soon.stop()
            if self.window is not None and self.window.isVisible():
                self.window.go()
        elif self.window is not None and self.window.isVisible():
            self._fill(self.window)
        elif not self._soon.isActive():
            self._soon.start()

    def _is_away(self) -> bool:
        """Tell whether the window cannot be seen, or no window of Conclave has the keyboard."""
        main = self._over.window()
        if main.isMinimized() or not main.isVisible():
            return True
        active = QApplication.activeWindow()
        return active is None or active is self.window

    def _appear(self) -> None:
        if self._is_away():
            self.appear()

    def appear(self) -> None:
        """Show the small picture now, if there is anything to be seen."""
        if self._screen is None:
            return
        if self.window is None:
            self.window = LittleWindow(
                self._context.feed,
                self._context.screens,
                on_back=self._back,
                on_close=self._close,
                on_room=self._tell_room,
            )
        if self._fill(self.window):
            self.window.appear(self._over.window())

    def _fill(self, window: LittleWindow) -> bool:
        """Show what there is to be seen; False where there is nothing."""
        screen, seat = self._screen, self._grid.looked_at
        people = {person.dev: person for person in screen.view.people} if screen else {}
        if screen is None or seat is None or seat.dev not in people:
            return False
        window.live.show_live(live_of(screen))
        window.show_seat(seat, people[seat.dev], self._grid.widget(seat).picture)
        return True

    def _tell_room(self, seat: Seat | None, room: QSize) -> None:
        self._grid.show_also(seat, room)

    def _back(self) -> None:
        main = self._over.window()
        main.setWindowState(main.windowState() & ~Qt.WindowState.WindowMinimized)
        main.show()
        main.raise_()
        main.activateWindow()
        if self.window is not None:
            self.window.go()

    def _close(self) -> None:
        self._closed = True
        self.look()

    def _focus_moved(self, _window: QWindow | None) -> None:
        self.look()
