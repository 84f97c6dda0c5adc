"""The sign in the tray: what is live, and the few things one wants without the window."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QRectF, Qt
from PySide6.QtGui import QAction, QColor, QIcon, QPainter, QPen
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from app.i18n import _
from app.live_words import NOTHING, live_of, live_words
from app.screens import InMeeting, Live, Preview, Screen, Waiting
from app.ui import theme
from app.ui.tokens import LIGHT
from app.ui.widgets.brand import brand_icon

SIZES = (16, 22, 24, 32, 48, 64)  # pixels that trays ask for
SHARE = 0.56  # of the sign that the mark of what is live covers


@dataclass(frozen=True)
class TrayActions:
    """What the entries do."""

    show: Callable[[], None]
    microphone: Callable[[], None]
    leave: Callable[[], None]
    quit: Callable[[], None]


class Tray(QObject):
    """Is there where the desktop has a tray, also one that comes later; else it does nothing."""

    def __init__(self, actions: TrayActions, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._actions = actions
        self._signs: dict[tuple[bool, bool], QIcon] = {}  # each drawn once
        self._shown: tuple[bool, bool] | None = None
        self._icon = QSystemTrayIcon(self)
        self._icon.activated.connect(self._pressed)
        self._icon.messageClicked.connect(actions.show)
        self.menu = QMenu()
        self.menu.setObjectName("tray_menu")
        self.open_action = self._entry(actions.show)
        self.microphone_action = self._entry(actions.microphone)
        self.leave_action = self._entry(actions.leave)
        self.menu.addSeparator()
        self.quit_action = self._entry(actions.quit)
        self._icon.setContextMenu(self.menu)
        self.show_screen(None)

    def _entry(self, do: Callable[[], None]) -> QAction:
        """Add an entry that this object keeps.

        WORKAROUND: under X11, PySide 6.11 takes actions that a menu made itself for deleted after
        a few seconds, and every later word to them raises.
        """
        made = QAction(self)
        made.triggered.connect(do)
        self.menu.addAction(made)
        return made

    @property
    def is_there(self) -> bool:
        """Tell whether there is a tray that shows the sign."""
        return QSystemTrayIcon.isSystemTrayAvailable()

    @property
    def sign(self) -> QIcon:
        """What stands in the tray."""
        return self._icon.icon()

    @property
    def words(self) -> str:
        """What the sign says to a pointer; no title and no name, they are for the window."""
        return self._icon.toolTip()

    def show_screen(self, screen: Screen | None) -> None:
        """Show what is live, and what can be done now."""
        live = live_of(screen)
        inside = isinstance(screen, InMeeting)
        said = live_words(live)
        self._icon.setToolTip(f"Conclave – {said}" if said else "Conclave")
        if (state := (live.anything, inside)) != self._shown:
            self._shown = state
            if state not in self._signs:
                self._signs[state] = tray_icon(live, inside=inside)
            self._icon.setIcon(self._signs[state])
        self.open_action.setText(_("Open Conclave"))
        self.microphone_action.setText(
            _("Switch the microphone off") if live.microphone else _("Switch the microphone on")
        )
        self.leave_action.setText(_("Leave"))
        self.quit_action.setText(_("Quit Conclave"))
        self.microphone_action.setVisible(isinstance(screen, InMeeting | Preview))
        self.leave_action.setVisible(isinstance(screen, InMeeting | Preview | Waiting))
        if not self._icon.isVisible() and self.is_there:
            self._icon.show()

    def say(self, sentence: str) -> None:
        """Show a sentence at the sign, where there is one."""
        if self._icon.isVisible() and self.is_there:
            self._icon.showMessage("Conclave", sentence, brand_icon())

    def close(self) -> None:
        """Take the sign away."""
        self._icon.hide()
        self.menu.deleteLater()

    def _pressed(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason in {
            QSystemTrayIcon.ActivationReason.Trigger,
            QSystemTrayIcon.ActivationReason.DoubleClick,
        }:
            self._actions.show()


def tray_icon(live: Live = NOTHING, *, inside: bool = False) -> QIcon:
    """Return the mark: with a red disc while anything is live, with a ring in a meeting."""
    plain = brand_icon()
    if not (live.anything or inside):
        return plain
    made = QIcon()
    for size in SIZES:
        pixmap = plain.pixmap(size, size)
        across = round(size * SHARE)
        edge = max(1.0, size / 16)
        disc = QRectF(size - across, size - across, across, across)
        disc.adjust(edge / 2, edge / 2, -edge / 2, -edge / 2)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.PAPER), edge))
        painter.setBrush(QColor(LIGHT.danger if live.anything else LIGHT.accent))
        painter.drawEllipse(disc)
        if not live.anything:  # a ring, so that the two differ in shape too
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.PAPER))
            hole = disc.width() * 0.28
            painter.drawEllipse(disc.center(), hole, hole)
        painter.end()
        made.addPixmap(pixmap)
    return made
