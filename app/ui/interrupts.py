"""Lets Ctrl+C in the terminal close the window as its button does."""

import contextlib
import signal
import socket
from collections.abc import Callable

from PySide6.QtCore import QObject, QSocketNotifier


class Interrupts(QObject):
    """Calls `close` on Ctrl+C in the terminal.

    Python looks at signals only between two of its own steps, and Qt's loop makes none while
    nothing happens: the signal writes to a socket that Qt listens to.
    """

    def __init__(self, close: Callable[[], None], parent: QObject) -> None:
        super().__init__(parent)
        self._reading, self._writing = socket.socketpair()
        self._reading.setblocking(False)
        self._writing.setblocking(False)
        signal.signal(signal.SIGINT, lambda *_: close())
        self._before = signal.set_wakeup_fd(self._writing.fileno())
        kind = QSocketNotifier.Type.Read
        self._notifier = QSocketNotifier(self._reading.fileno(), kind, self)
        self._notifier.activated.connect(self._read)

    def _read(self) -> None:
        """Be a step of Python, in which it calls what the signal is for."""
        with contextlib.suppress(BlockingIOError):
            self._reading.recv(64)

    def close(self) -> None:
        """Listen no more."""
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(self._before)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self._reading.close()
        self._writing.close()
