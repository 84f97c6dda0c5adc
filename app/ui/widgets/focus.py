"""The ring around what the keyboard acts on: accent, two pixels wide, two pixels away."""

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, Slot
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QWindow
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QWidget
from shiboken6 import isValid

from app.ui import theme
from app.ui.widgets.painting import ring

AWAY, WIDTH = 2, 2  # pixels
_MOVES = {
    QEvent.Type.Resize,
    QEvent.Type.Move,
    QEvent.Type.Show,
    QEvent.Type.Hide,
    QEvent.Type.LayoutRequest,
}


class FocusRing(QWidget):
    """Lies over a window and rings the widget that has the keyboard.

    The ring shows once the keyboard moves the focus and goes when the pointer does.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("focus_ring")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._target: QWidget | None = None
        self._watched: list[QWidget] = []  # the target and what it lies in
        self._keyboard = False
        self._handle: QWindow | None = None
        self.hide()
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._focus_moved)

    @property
    def target(self) -> QWidget | None:
        """What is ringed now."""
        return self._target if self.isVisible() else None

    def listen(self) -> None:
        """Hear from the window, once it is on a screen, whether keys or the pointer are used."""
        handle = self.window().windowHandle()
        if handle is not None and handle is not self._handle:
            self._handle = handle
            handle.installEventFilter(self)

    @Slot(QWidget, QWidget)
    def _focus_moved(self, old: QWidget | None, new: QWidget | None) -> None:
        for before in self._watched:
            if isValid(before):
                before.removeEventFilter(self)
        self._watched = []
        self._target = new if new is not None and new.window() is self.window() else None
        widget: QWidget | None = self._target
        while widget is not None and widget is not self.window():
            widget.installEventFilter(self)
            self._watched.append(widget)
            widget = widget.parentWidget()
        self._follow()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if watched is self._handle:
            if kind == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
                if event.key() in {Qt.Key.Key_Tab, Qt.Key.Key_Backtab}:
                    self._keyboard = True
                    self._follow()
            elif kind == QEvent.Type.MouseButtonPress:
                self._keyboard = False
                self._follow()
        elif kind in _MOVES:
            self._follow()
        return False

    def _follow(self) -> None:
        target = self._target
        if (
            target is None
            or not isValid(target)
            or not self._keyboard
            or not target.isVisible()
            or isinstance(target, QPlainTextEdit)
        ):
            self.hide()
            return
        around = target.rect().translated(target.mapTo(self.window(), target.rect().topLeft()))
        reach = AWAY + WIDTH
        self.setGeometry(around.adjusted(-reach, -reach, reach, reach))
        self.raise_()
        self.show()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        radius = min(theme.RADIUS + AWAY + WIDTH, self.height() / 2)
        target = self._target
        stage = target is not None and _stands_on_stage(target)
        colour = (theme.on_stage() if stage else theme.current()).accent
        ring(QPainter(self), QRectF(self.rect()), colour, radius, WIDTH)


def _stands_on_stage(widget: QWidget) -> bool:
    """Tell whether a widget lies directly on the dark stage, not on a card above it."""
    above: QWidget | None = widget
    while above is not None:
        if above.objectName() == "stage":
            return True
        if above.objectName() in {"float", "card", "panel"}:
            return False
        above = above.parentWidget()
    return False
