"""Looks for updates by itself, where the person switched that on, and nowhere else."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from app.rules import Function, Rules
from app.settings import Settings
from app.ui.errand import Errand
from app.ui.outside import UpdateNews

FIRST = 15_000  # milliseconds after the start: nobody waits for it
EVERY = 24 * 3600 * 1000


class UpdateWatch(QObject):
    """Tells what is newer, in words."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        rules: Rules,
        look: Callable[[str], UpdateNews],
        tell: Callable[[str], None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._settings, self._rules, self._find, self._tell = settings, rules, look, tell
        self._errand: Errand[UpdateNews] = Errand(self._found, self)
        self._timer = QTimer(self, interval=FIRST)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def look(self) -> None:
        """Look now, if that is wanted."""
        self._timer.setInterval(EVERY)
        settings = self._settings()
        source = settings.update_source
        if settings.look_for_updates and source and self._rules.allow(Function.UPDATES):
            self._errand.send(lambda: self._find(source))

    def _found(self, news: UpdateNews) -> None:
        if news.newer:
            self._tell(news.words)
