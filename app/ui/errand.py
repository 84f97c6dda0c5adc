"""Lets something that waits for disk or network be done on a thread, and tells the window then."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, QTimer

LOOK_EVERY = 100  # milliseconds

Result = TypeVar("Result")


class Errand(QObject, Generic[Result]):
    """One errand at a time; its result comes back on the window's thread.

    A QObject, as all that signals lead to: it goes with its timer, not whenever Python collects it.
    """

    def __init__(self, done: Callable[[Result], None], parent: QObject) -> None:
        super().__init__(parent)
        self._done = done
        self._results: list[Result] = []
        self._timer = QTimer(self, interval=LOOK_EVERY)
        self._timer.timeout.connect(self._look)

    @property
    def goes_on(self) -> bool:
        """Tell whether one is under way."""
        return self._timer.isActive()

    def send(self, do: Callable[[], Result]) -> None:
        """Do it; nothing happens while another one is under way."""
        if self.goes_on:
            return
        results: list[Result] = []
        self._results = results
        threading.Thread(target=lambda: results.append(do()), name="errand", daemon=True).start()
        self._timer.start()

    def _look(self) -> None:
        if self._results:
            self._timer.stop()
            self._done(self._results.pop())
