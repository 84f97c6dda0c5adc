"""The crossing from the engine's thread to the window's: snapshots, newest wins."""

import threading

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from app.screens import Screen


class Bridge(QObject):
    """Takes snapshots on any thread and gives them out on the thread it was made on.

    However fast snapshots are published, at most one wake-up is under way, and only the newest
    is shown: each is a whole picture of its moment, so none before it is missed.
    """

    shown = Signal(object)
    """A Screen, on the window's thread."""

    _woken = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._newest: Screen | None = None
        self.published = 0
        """How many snapshots came."""
        self.skipped = 0
        """How many were replaced by a newer one before they were shown."""
        self._painted = threading.Event()
        self._woken.connect(self._show, Qt.ConnectionType.QueuedConnection)

    def publish(self, screen: Screen) -> None:
        """Show a snapshot soon; callable from any thread, never waits for the window."""
        with self._lock:
            idle = self._newest is None
            self._newest = screen
            self.published += 1
            self.skipped += not idle
        if idle:
            self._woken.emit()

    def wait_until_painted(self, timeout: float) -> bool:
        """Wait until a first snapshot stands in the window; on any thread but the window's."""
        return self._painted.wait(timeout)

    @Slot()
    def _show(self) -> None:
        with self._lock:
            screen, self._newest = self._newest, None
        if screen is not None:
            self.shown.emit(screen)
            if not self._painted.is_set():
                QTimer.singleShot(0, self._painted.set)  # behind the painting that was asked for
