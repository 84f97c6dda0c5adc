"""What the window can be told by keyboard, and by the name of a command."""

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from app.ui.keys import SHORTCUTS, Shortcut, Where

Act = Callable[[], None]


class Commands(QObject):
    """Joins the table of keys to what a window does; each works only where it means something."""

    def __init__(
        self, window: QWidget, actions: Mapping[str, Act], where: Callable[[], Where]
    ) -> None:
        """`actions` has every action of the table; `where` tells what is on the screen now."""
        super().__init__(window)
        self._actions, self._where = dict(actions), where
        for one in SHORTCUTS:
            for keys in one.keys if one.action else ():
                shortcut = QShortcut(QKeySequence(keys), window)
                shortcut.setContext(Qt.ShortcutContext.WindowShortcut)
                shortcut.activated.connect(lambda one=one: self.run(one))

    def possible(self) -> list[Shortcut]:
        """Return what can be done now, in the order of the table."""
        return [one for one in SHORTCUTS if one.action and one.where & self._where()]

    def run(self, one: Shortcut) -> None:
        """Do it, if it means something now."""
        if one.where & self._where():
            self._actions[one.action]()
