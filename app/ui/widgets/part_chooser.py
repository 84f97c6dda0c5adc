"""A picture of a screen on which a part of it is marked: by the pointer or by keys."""

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.i18n import _
from app.intents import Part
from app.texts import filled
from app.ui import theme
from app.ui.colour import with_opacity
from app.ui.widgets.source_card import as_image, fitted
from media.video.picture import Picture

FIRST = Part(0.25, 0.25, 0.5, 0.5)  # what is marked before somebody marks something
LEAST = 0.05  # of a side of the screen
STEP = 0.02  # of a side, with each press of a key
_KEYS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class PartChooser(QWidget):
    """Shows a screen dark but for the part that would be shared.

    The arrow keys move that part; with Shift they make it larger or smaller.
    """

    def __init__(self, on_change: Callable[[], None] = lambda: None) -> None:
        super().__init__()
        self.setObjectName("part_chooser")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._on_change = on_change
        self._picture: Picture | None = None
        self._image: QImage | None = None
        self._part = FIRST
        self._from: QPointF | None = None  # where a drag began, as shares of the screen
        self._grip: QPointF | None = None  # where the part was taken to be moved
        self._name()

    @property
    def part(self) -> Part:
        """What is marked."""
        return self._part

    def show_picture(self, picture: Picture | None) -> None:
        """Show how the screen looks now."""
        if picture is not self._picture:
            self._picture = picture
            self._image = as_image(picture) if picture is not None else None
            self.update()

    def mark(self, part: Part) -> None:
        """Mark another part; what does not fit on the screen is moved onto it."""
        width = min(max(part.width, LEAST), 1.0)
        height = min(max(part.height, LEAST), 1.0)
        left = min(max(part.left, 0.0), 1.0 - width)
        top = min(max(part.top, 0.0), 1.0 - height)
        made = Part(left, top, width, height)
        if made != self._part:
            self._part = made
            self._name()
            self._on_change()
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(640, 360)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 135)

    # -- what hands do --------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        at = self._at(event.position())
        if at is None:
            return
        if _rect(self._part).adjusted(0.01, 0.01, -0.01, -0.01).contains(at):
            self._grip = at - QPointF(self._part.left, self._part.top)
        else:
            self._from = at

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = self._at(event.position(), held=True)
        if at is None:
            return
        if self._grip is not None:
            corner = at - self._grip
            self.mark(Part(corner.x(), corner.y(), self._part.width, self._part.height))
        elif self._from is not None:
            area = QRectF(self._from, at).normalized()
            self.mark(Part(area.x(), area.y(), area.width(), area.height()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._from = self._grip = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        way = _KEYS.get(Qt.Key(event.key()))
        if way is None:
            super().keyPressEvent(event)
            return
        part, across, down = self._part, way[0] * STEP, way[1] * STEP
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            width = min(part.width + across, 1.0 - part.left)
            height = min(part.height + down, 1.0 - part.top)
            self.mark(Part(part.left, part.top, width, height))
        else:
            self.mark(Part(part.left + across, part.top + down, part.width, part.height))

    def _name(self) -> None:
        """Say in numbers what is marked, for who does not see it."""
        edges = {
            "left": self._part.left,
            "top": self._part.top,
            "right": self._part.left + self._part.width,
            "bottom": self._part.top + self._part.height,
        }
        self.setAccessibleName(_("The part of the screen that is shared"))
        self.setAccessibleDescription(
            filled(
                _(
                    "From {left} to {right} percent across, from {top} to {bottom} percent down. "
                    "Arrow keys move it, with Shift they change its size."
                ),
                **{name: str(round(100 * edge)) for name, edge in edges.items()},
            )
        )

    def _screen(self) -> QRectF:
        """Return where the picture of the screen stands."""
        place = QRectF(self.rect())
        return fitted(self._image, place) if self._image is not None else place

    def _at(self, position: QPointF, *, held: bool = False) -> QPointF | None:
        """Return a point as shares of the screen; None beside it, unless the pointer is held."""
        screen = self._screen()
        if screen.isEmpty() or not (held or screen.contains(position)):
            return None
        across = (position.x() - screen.left()) / screen.width()
        down = (position.y() - screen.top()) / screen.height()
        return QPointF(min(max(across, 0.0), 1.0), min(max(down, 0.0), 1.0))

    # -- what is painted ------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.on_stage()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        screen = self._screen()
        painter.fillRect(screen, QColor(t.stage))
        if self._image is not None:
            painter.drawImage(screen, self._image)
        part = _rect(self._part)
        inside = QRectF(
            screen.left() + part.left() * screen.width(),
            screen.top() + part.top() * screen.height(),
            part.width() * screen.width(),
            part.height() * screen.height(),
        )
        veil = with_opacity(t.stage, 0.65)
        for beside in (
            QRectF(screen.left(), screen.top(), screen.width(), inside.top() - screen.top()),
            QRectF(
                screen.left(), inside.bottom(), screen.width(), screen.bottom() - inside.bottom()
            ),
            QRectF(screen.left(), inside.top(), inside.left() - screen.left(), inside.height()),
            QRectF(inside.right(), inside.top(), screen.right() - inside.right(), inside.height()),
        ):
            painter.fillRect(beside, veil)
        painter.setPen(QPen(QColor(t.accent), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(inside.adjusted(1, 1, -1, -1))


def _rect(part: Part) -> QRectF:
    return QRectF(part.left, part.top, part.width, part.height)
