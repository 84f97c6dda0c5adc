"""Says what happens while the window is not in front, as little of it as the settings want."""

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QWidget

from app.live_words import live_of
from app.screens import Screen
from app.settings import Settings
from app.tidings import Kind, tiding_words, tidings

AGAIN = 3.0  # seconds between two words about the same kind of thing: a chat is no alarm


class Attention(QObject):
    """Compares each screen with the one before."""

    def __init__(
        self,
        window: QWidget,
        settings: Callable[[], Settings],
        say: Callable[[str], None],
        clock: Callable[[], float],
    ) -> None:
        super().__init__(window)
        self._window, self._settings, self._say, self._clock = window, settings, say, clock
        self._before: Screen | None = None
        self._said: dict[Kind, float] = {}
        self.unsaid = 0
        """How many things came too soon after another of their kind."""

    def show_screen(self, screen: Screen) -> None:
        """Say what is new on a screen, if nobody looks at the window."""
        before, self._before = self._before, screen
        new = tidings(before, screen)
        wanted = self._settings().notifications
        looked_at = self._window.isVisible() and self._window.isActiveWindow()
        if not new or wanted == "off" or looked_at:
            return
        first = new[0]
        now = self._clock()
        if now - self._said.get(first.kind, -AGAIN) < AGAIN:
            self.unsaid += 1
            return
        self._said[first.kind] = now
        # Others see the own screen while it is shared: no names on it then.
        names = wanted == "names" and not live_of(screen).screen
        self._say(tiding_words(first, names=names))
        QApplication.alert(self._window)
