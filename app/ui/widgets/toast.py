"""One sentence that comes, is read out, and goes."""

from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QElapsedTimer, QPoint, QPropertyAnimation, QRect, Qt, QTimer
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.ui import theme
from app.ui.widgets.painting import SHADOW, paint_shadow
from app.ui.widgets.text import label, set_text

SHOWN = 5000  # milliseconds a sentence stands
SHOWN_LEAST = 2000  # milliseconds it stands when another one waits
_WAITING = 4  # sentences that may queue; older ones are passed over, but were read out


def announce(source: QWidget, sentence: str) -> None:
    """Have a screen reader say a sentence."""
    QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(source, sentence))


class Toast(QWidget):
    """Shows at most one sentence at a time at the upper centre of its parent."""

    def __init__(self, parent: QWidget, room: Callable[[], QRect]) -> None:
        """`room()` is where a sentence may stand: in the middle of it, at its top."""
        super().__init__(parent)
        self._over, self._room = parent, room
        self.setObjectName("toast")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._waiting: deque[str] = deque(maxlen=_WAITING)
        self._label = label(name="toast_text", kind="strong")
        row = QHBoxLayout(self)
        row.setContentsMargins(SHADOW + 16, SHADOW + 10, SHADOW + 16, SHADOW + 10)
        row.addWidget(self._label)
        self._timer = QTimer(self, singleShot=True, interval=SHOWN)
        self._timer.timeout.connect(self._next)
        self._since = QElapsedTimer()
        self._slide = QPropertyAnimation(self, b"pos", self)
        self.hide()

    @property
    def text(self) -> str:
        """What is shown; empty when nothing is."""
        return self._label.text() if self.isVisibleTo(self._over) else ""

    def say(self, sentence: str) -> None:
        """Show a sentence now or after the one that stands, and have it read out."""
        announce(self, sentence)
        if self._timer.isActive():
            self._waiting.append(sentence)
            self._timer.start(max(0, SHOWN_LEAST - self._since.elapsed()))
        else:
            self._show(sentence)

    def take_back(self, sentence: str) -> None:
        """Show a sentence no longer, nor later, because it is not true any more."""
        if sentence in self._waiting:
            self._waiting.remove(sentence)
        elif self.text == sentence:
            self._timer.stop()
            self._next()

    def clear(self) -> None:
        """Forget what stands and waits."""
        self._waiting.clear()
        self._timer.stop()
        self.hide()

    def reposition(self) -> None:
        """Stand at the upper centre again, after the parent changed its size."""
        room = self._room()
        space = room.width() + 2 * SHADOW
        self._label.setWordWrap(False)  # measured on one line, however it stands now
        hint = self.sizeHint()
        self._label.setWordWrap(hint.width() > space)
        width = min(hint.width(), space)
        height = self.heightForWidth(width) if self._label.wordWrap() else hint.height()
        self.resize(width, max(height, hint.height()))
        place = QPoint(room.center().x() - self.width() // 2, room.top() - SHADOW)
        slides = self._slide.state() == QPropertyAnimation.State.Running
        if slides and self._slide.endValue() == place:
            return  # it is on its way there
        self._slide.stop()
        self.move(place)

    def _show(self, sentence: str) -> None:
        set_text(self._label, sentence)
        self._label.setWordWrap(False)
        self.ensurePolished()
        self.adjustSize()
        self.reposition()
        self.show()
        self.raise_()
        self._since.start()
        self._timer.start(SHOWN_LEAST if self._waiting else SHOWN)
        length = theme.motion(160, self.window())
        if length:
            end = self.pos()
            self._slide.stop()
            self._slide.setDuration(length)
            self._slide.setStartValue(end - QPoint(0, 16))
            self._slide.setEndValue(end)
            self._slide.start()

    def _next(self) -> None:
        if self._waiting:
            self._show(self._waiting.popleft())
        else:
            self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        painter = QPainter(self)
        box = QRect(self.rect()).adjusted(SHADOW, SHADOW, -SHADOW, -SHADOW)
        paint_shadow(painter, box, theme.RADIUS, t)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(t.line))
        painter.setBrush(QColor(t.surface))
        painter.drawRoundedRect(box, theme.RADIUS, theme.RADIUS)
