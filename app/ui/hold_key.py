"""The space bar held down: tells when it goes down and, whatever happens, when it is let go."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, Slot
from PySide6.QtGui import QKeyEvent, QWindow
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

KEY = Qt.Key.Key_Space
_AWAY = {QEvent.Type.FocusOut, QEvent.Type.Hide, QEvent.Type.Close}
_TYPED_INTO = (QLineEdit, QTextEdit, QPlainTextEdit, QAbstractSpinBox, QComboBox)


class HoldKey(QObject):
    """Watches one window. `tell(True)` is followed by exactly one `tell(False)`.

    The key is let go of when it goes up, and also when that might not be heard: another window or
    program comes to the front, the keyboard goes elsewhere in this one, the window is hidden. It
    belongs to who types, and to a control that was reached by keyboard (`ringed` is that one), so
    that everything can still be pressed with it. `free` tells whether holding it means anything.
    """

    def __init__(
        self,
        window: QWidget,
        *,
        free: Callable[[], bool],
        ringed: Callable[[], QWidget | None],
        tell: Callable[[bool], None],
    ) -> None:
        super().__init__(window)
        self._window, self._free, self._ringed, self._tell = window, free, ringed, tell
        self.held = False
        self._handle: QWindow | None = None
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._focus_moved)
        application.applicationStateChanged.connect(self._state_changed)

    def listen(self) -> None:
        """Hear from the window once it is on a screen; not from each widget in it."""
        handle = self._window.windowHandle()
        if handle is not None and handle is not self._handle:
            self._handle = handle
            handle.installEventFilter(self)

    def end(self) -> None:
        """Let go, if the key is held."""
        if self.held:
            self.held = False
            self._tell(False)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._pressed(event)
        if kind == QEvent.Type.KeyRelease and isinstance(event, QKeyEvent):
            if self.held and event.key() == KEY:
                if not event.isAutoRepeat():
                    self.end()
                return True
        elif kind in _AWAY:
            self.end()
        return False

    def _pressed(self, event: QKeyEvent) -> bool:
        """Take the key if it is ours; what repeats itself while it is held is ours as well."""
        if event.key() != KEY or event.modifiers() != Qt.KeyboardModifier.NoModifier:
            return False
        if self.held:
            return True
        if event.isAutoRepeat() or not self._is_ours():
            return False
        self.held = True
        self._tell(True)
        return True

    def _is_ours(self) -> bool:
        focus = QApplication.focusWidget()
        if QApplication.activePopupWidget() is not None or not self._window.isActiveWindow():
            return False
        if focus is not None and (focus.window() is not self._window or focus is self._ringed()):
            return False
        return not isinstance(focus, _TYPED_INTO) and self._free()

    @Slot(QWidget, QWidget)
    def _focus_moved(self, old: QWidget | None, new: QWidget | None) -> None:
        self.end()

    @Slot(Qt.ApplicationState)
    def _state_changed(self, state: Qt.ApplicationState) -> None:
        if state != Qt.ApplicationState.ApplicationActive:
            self.end()
