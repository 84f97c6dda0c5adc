"""The round buttons of the meeting's bar and the preview: an icon in a circle, its word below."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy

from app.ui import theme
from app.ui.colour import blend
from app.ui.tokens import Tokens
from app.ui.widgets.buttons import press_by_key
from app.ui.widgets.painting import paint_icon

CIRCLE = 44  # diameter in pixels
MOST_ENLARGED = 1.4  # a circle holds no words: it need not grow as far as they do
_MARK = 8  # diameter of the dot that says "live" or "new"


class RoundButton(QAbstractButton):
    """A round button; live devices carry a red ring and dot, closed ones a struck-through icon."""

    def __init__(
        self,
        do: Callable[[], None],
        *,
        name: str,
        icon_name: str,
        word: str,
        accessible: str = "",
        on_stage: bool = True,
    ) -> None:
        super().__init__()
        self._icon_name, self._on_stage = icon_name, on_stage
        self._live = self._marked = self._open = False
        self._count = ""
        self._worded = True
        self.setObjectName(name)
        self.setText(word)
        self.setAccessibleName(accessible or word)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.clicked.connect(lambda: do())  # noqa: PLW0108 - a click brings an argument

    def show_state(
        self,
        *,
        icon_name: str = "",
        word: str = "",
        accessible: str = "",
        live: bool = False,
        marked: bool = False,
        opened: bool = False,
        count: str = "",
    ) -> None:
        """Show a state: `live` a device that sends, `marked` something new, `opened` its panel."""
        state = (
            icon_name or self._icon_name,
            word or self.text(),
            accessible or self.accessibleName(),
            live,
            marked,
            opened,
            count,
        )
        before = (
            self._icon_name,
            self.text(),
            self.accessibleName(),
            self._live,
            self._marked,
            self._open,
            self._count,
        )
        if state == before:
            return
        if state[1] != before[1]:
            self.setText(state[1])
            self.updateGeometry()
        if state[2] != before[2]:
            self.setAccessibleName(state[2])
            self.setToolTip(state[2])
        self._icon_name = state[0]
        self._live, self._marked, self._open, self._count = live, marked, opened, count
        self.update()

    def show_word(self, shown: bool) -> None:
        """Show the word below the circle, or leave it to the tool tip where room is short."""
        if shown != self._worded:
            self._worded = shown
            self.setToolTip(self.accessibleName())
            self.updateGeometry()
            self.update()

    @property
    def live(self) -> bool:
        """Whether the button says that its device is live."""
        return self._live

    @property
    def icon_name(self) -> str:
        """The icon shown now."""
        return self._icon_name

    def sizeHint(self) -> QSize:
        words = self.fontMetrics().horizontalAdvance(self.text()) if self._worded else 0
        width = max(_enlarged(CIRCLE) + (20 if self._worded else 2), words + 12)
        return QSize(width, _enlarged(CIRCLE) + 6 + self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not press_by_key(self, event):
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.on_stage() if self._on_stage else theme.current()
        ground = t.raised if self._on_stage else t.surface
        if self._open:
            ground = t.accent
        elif self.isDown():
            ground = blend(ground, t.text, 0.18)
        elif self.underMouse() and self.isEnabled():
            ground = blend(ground, t.text, 0.09)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = _enlarged(CIRCLE)
        circle = QRectF((self.width() - side) / 2, 1, side, side)
        border = t.danger if self._live else (ground if self._on_stage or self._open else t.line)
        painter.setPen(QPen(QColor(border), 2 if self._live else 1))
        painter.setBrush(QColor(ground))
        painter.drawEllipse(circle.adjusted(1, 1, -1, -1))
        sign = t.on_accent if self._open else t.danger if self._live else t.text
        size = _enlarged(20)
        paint_icon(
            painter,
            self._icon_name,
            sign if self.isEnabled() else t.muted,
            circle.center() - QPointF(size / 2, size / 2),
            size,
        )
        self._paint_mark(painter, circle, t)
        if not self._worded:
            return
        painter.setPen(QColor(t.danger if self._live else t.text if self.isEnabled() else t.muted))
        words = QRectF(0, side + 5, self.width(), self.height() - side - 5)
        painter.drawText(words, Qt.AlignmentFlag.AlignHCenter, self.text())

    def _paint_mark(self, painter: QPainter, circle: QRectF, t: Tokens) -> None:
        if self._count:
            painter.save()
            font = painter.font()
            font.setPixelSize(_enlarged(11))
            font.setWeight(font.Weight.DemiBold)
            painter.setFont(font)
            tall = _enlarged(18)
            width = max(tall, painter.fontMetrics().horizontalAdvance(self._count) + 10)
            left = min(circle.right() - 12, self.width() - width)
            box = QRectF(left, circle.top() - 1, width, tall)
            painter.setPen(QPen(QColor(t.stage if self._on_stage else t.bg), 2))
            painter.setBrush(QColor(t.accent if self._marked else t.line))
            painter.drawRoundedRect(box, tall / 2, tall / 2)
            painter.setPen(QColor(t.on_accent if self._marked else t.text))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._count)
            painter.restore()
        elif self._live or self._marked:
            dot = QRectF(circle.right() - 11, circle.top() + 1, _MARK + 2, _MARK + 2)
            painter.setPen(QPen(QColor(t.stage if self._on_stage else t.bg), 2))
            painter.setBrush(QColor(t.danger if self._live else t.accent))
            painter.drawEllipse(dot)


def _enlarged(size: int) -> int:
    """Return a size in pixels, grown with the type as far as circles grow."""
    return round(size * min(theme.scale(), MOST_ENLARGED))
