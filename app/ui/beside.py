"""What stands beside the window: tray, notifications, the door, the end of it all."""

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtWidgets import QApplication

from app.screens import Screen, Unlock
from app.ui.attention import Attention
from app.ui.interrupts import Interrupts
from app.ui.notifier import Notifier
from app.ui.tray import Tray, TrayActions
from app.ui.window import Window

if TYPE_CHECKING:
    from app.ui.doorbell import Doorbell


class Beside(QObject):
    """Made with the window and closed after it."""

    def __init__(self, application: QApplication, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self.tray = Tray(
            TrayActions(
                show=window.come_forward,
                microphone=window.acts.microphone,
                leave=window.acts.leave,
                quit=window.quit,
            ),
            window,
        )
        window.can_stay = lambda: self.tray.is_there
        self._notifier = Notifier(self.tray.say, window.come_forward, window)
        self._attention = Attention(
            window, lambda: window.settings, self._notifier.say, time.monotonic
        )
        self._doorbell: Doorbell | None = None
        self._interrupts = Interrupts(window.quit, window)
        application.setQuitOnLastWindowClosed(False)  # a window in the tray is closed, not gone
        window.gone.connect(application.quit)
        application.applicationStateChanged.connect(self._state_changed)

    def open_door(self) -> None:
        """Hear what later starts of the program ask for; they have the patience to wait for it."""
        from app.ui.doorbell import Doorbell

        self._doorbell = Doorbell(self._window.answer, self._window)
        self._doorbell.listen(self._window.outside.address)

    @Slot(object)
    def show_screen(self, screen: Screen) -> None:
        """Show at the sign what the window shows; a passphrase can only be typed in the window."""
        self.tray.show_screen(screen)
        self._attention.show_screen(screen)
        if isinstance(screen, Unlock) and self._window.isHidden():
            self._window.come_forward()

    def close(self) -> None:
        """Take everything away."""
        if self._doorbell is not None:
            self._doorbell.close()
        self._interrupts.close()
        self.tray.close()

    def _state_changed(self, state: Qt.ApplicationState) -> None:
        if state is Qt.ApplicationState.ApplicationActive:
            self._notifier.withdraw()
