"""In full screen header and bar go after a while of stillness; the first move brings them back."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, QPropertyAnimation, Qt, QTimer
from PySide6.QtGui import QCursor, QWindow
from PySide6.QtWidgets import QApplication, QWidget

from app.ui import theme

STILL = 3000  # milliseconds without a move of the pointer or a key
LENGTH = 160  # milliseconds that header and bar take to go
_MOVES = {
    QEvent.Type.MouseMove,
    QEvent.Type.MouseButtonPress,
    QEvent.Type.Wheel,
    QEvent.Type.KeyPress,
    QEvent.Type.TouchBegin,
}


class Curtain(QObject):
    """Moves two parts of a stage out of sight, above and below, and back.

    They are moved and not hidden: whatever has the keyboard keeps it, and screen readers find them.
    """

    def __init__(
        self, stage: QWidget, above: QWidget, below: QWidget, stays: Callable[[], bool]
    ) -> None:
        """`stays()` tells whether they must not go now."""
        super().__init__(stage)
        self._stage, self._above, self._below, self._stays = stage, above, below, stays
        self._handle: QWindow | None = None
        self._open = True
        self._slides = [QPropertyAnimation(part, b"pos", self) for part in (above, below)]
        self._still = QTimer(self, singleShot=True, interval=STILL)
        self._still.timeout.connect(self.be_still)

    @property
    def in_use(self) -> bool:
        """Whether the parts float over the stage."""
        return self._handle is not None

    @property
    def is_open(self) -> bool:
        """Whether the parts are to be seen."""
        return self._open

    def use(self, on: bool) -> None:
        """Let the parts float over the stage and go by themselves, or leave them alone again."""
        handle = self._stage.window().windowHandle() if on else None
        if handle is self._handle:
            return
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        if self._handle is not None:
            self._handle.removeEventFilter(self)
            application.focusChanged.disconnect(self._focus_moved)
        self._handle = handle
        if handle is not None:
            handle.installEventFilter(self)
            application.focusChanged.connect(self._focus_moved)
            self._still.start()
        else:
            self._still.stop()
            for slide in self._slides:
                slide.stop()
        self._open = True
        self._stage.unsetCursor()

    def place(self) -> None:
        """Give the parts their places on a stage of another size."""
        if self._handle is None:
            return
        for part, (seen, gone) in zip((self._above, self._below), self._ways(), strict=True):
            part.resize(self._stage.width(), part.sizeHint().height())
            part.move(seen if self._open else gone)
            part.raise_()

    def wake(self) -> None:
        """Bring the parts back, and wait for stillness again."""
        if self._handle is not None:
            self._still.start()
            self._go(opened=True)

    def be_still(self) -> None:
        """Nothing was moved for a while: take the parts away, unless they are in use."""
        under = QApplication.widgetAt(QCursor.pos())
        held = any(part is under or part.isAncestorOf(under) for part in self._parts if under)
        if held or self._stays() or QApplication.activePopupWidget() is not None:
            self._still.start()
        else:
            self._go(opened=False)

    def _focus_moved(self, _before: QWidget | None, now: QWidget | None) -> None:
        """What has the keyboard is seen, also where no key but a screen reader put it there."""
        if now is not None and any(part.isAncestorOf(now) for part in self._parts):
            self.wake()

    def _go(self, *, opened: bool) -> None:
        if opened == self._open:
            return
        self._open = opened
        if opened:
            self._stage.unsetCursor()
        else:
            self._stage.setCursor(Qt.CursorShape.BlankCursor)
        length = theme.motion(LENGTH, self._stage.window())
        for part, slide, (seen, gone) in zip(self._parts, self._slides, self._ways(), strict=True):
            slide.stop()
            end = seen if opened else gone
            if not length:
                part.move(end)
                continue
            slide.setDuration(length)
            slide.setStartValue(part.pos())
            slide.setEndValue(end)
            slide.start()

    @property
    def _parts(self) -> tuple[QWidget, QWidget]:
        return self._above, self._below

    def _ways(self) -> tuple[tuple[QPoint, QPoint], tuple[QPoint, QPoint]]:
        """Return where each part is seen, and where it is gone."""
        above, below = self._above.sizeHint().height(), self._below.sizeHint().height()
        tall = self._stage.height()
        return (
            (QPoint(0, 0), QPoint(0, -above)),
            (QPoint(0, tall - below), QPoint(0, tall)),
        )

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._handle and event.type() in _MOVES:
            self.wake()
        return False
