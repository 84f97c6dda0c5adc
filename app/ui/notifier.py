"""Says a sentence outside the window: through the desktop, or through the sign in the tray."""

import sys
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import SLOT, QObject, Slot

PORTAL = "org.freedesktop.portal.Desktop"
PORTAL_PATH = "/org/freedesktop/portal/desktop"
NOTIFICATION = "org.freedesktop.portal.Notification"
ONE = "conclave"  # each sentence takes the place of the one before


class Notifier(QObject):
    """One sentence at a time; a click on it calls `opened`.

    On Linux the desktop portal is asked, which needs no tray; `fallback` says what it cannot.
    """

    def __init__(
        self,
        fallback: Callable[[str], None],
        opened: Callable[[], None],
        parent: QObject | None = None,
        *,
        portal: bool = sys.platform == "linux",
    ) -> None:
        super().__init__(parent)
        self._fallback, self._opened = fallback, opened
        self._portal = portal
        self._bus: Any = None
        self._shown = False
        self._waiting: set[QObject] = set()

    def say(self, sentence: str) -> None:
        """Show a sentence; returns at once."""
        self._shown = True
        if not self._connect():
            self._fallback(sentence)
            return
        note = {"title": "Conclave", "body": sentence, "default-action": "open"}
        self._call("AddNotification", [ONE, note], lambda: self._fallback(sentence))

    def withdraw(self) -> None:
        """Take back what was said last: the window is in front again."""
        if self._shown and self._bus is not None:
            self._call("RemoveNotification", [ONE], lambda: None)
        self._shown = False

    def _connect(self) -> bool:
        """Connect to the session bus when it is needed first; tell whether there is one."""
        if not self._portal or self._bus is not None:
            return self._bus is not None
        from PySide6.QtDBus import QDBusConnection

        bus = QDBusConnection.sessionBus()
        if not bus.isConnected():
            self._portal = False
            return False
        self._bus = bus
        slot = SLOT("_acted(QDBusMessage)")
        bus.connect(PORTAL, PORTAL_PATH, NOTIFICATION, "ActionInvoked", self, slot)  # type: ignore[call-overload]
        return True

    def _call(self, method: str, arguments: list[Any], failed: Callable[[], None]) -> None:
        from PySide6.QtDBus import QDBusMessage, QDBusPendingCallWatcher

        message = QDBusMessage.createMethodCall(PORTAL, PORTAL_PATH, NOTIFICATION, method)
        message.setArguments(arguments)
        watcher = QDBusPendingCallWatcher(self._bus.asyncCall(message), self)
        self._waiting.add(watcher)

        def done() -> None:
            self._waiting.discard(watcher)
            if watcher.isError():
                failed()
            watcher.deleteLater()

        watcher.finished.connect(done)

    @Slot("QDBusMessage")
    def _acted(self, message: Any) -> None:
        arguments = message.arguments()
        if arguments[:1] == [ONE]:
            self._opened()
