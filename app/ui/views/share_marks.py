"""While a screen is shared: a frame around what others see, and a small bar that ends it.

Both stand beside the window, because that may be minimised or far away meanwhile.
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, QRectF, Qt, QTimer
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QMouseEvent,
    QMoveEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QRegion,
    QResizeEvent,
    QScreen,
)
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import _
from app.names import isolated
from app.screens import OwnShare, Region, SourceKind
from app.texts import filled
from app.ui import theme
from app.ui.widgets.avatar import Sign
from app.ui.widgets.buttons import Button
from app.ui.widgets.elided import ElidedLabel

THICK = 4  # pixels of the frame
_WIDEST = 560  # pixels of the bar
_ABOVE = 12  # pixels between the bar and the upper edge of the screen
_SETTLED = 250  # milliseconds after which a window manager has put the bar in its place

_FLOATING = (
    Qt.WindowType.Tool | Qt.WindowType.FramelessWindowHint | Qt.WindowType.WindowStaysOnTopHint
)
_UNTOUCHED = (
    Qt.WindowType.WindowTransparentForInput
    | Qt.WindowType.WindowDoesNotAcceptFocus
    | Qt.WindowType.X11BypassWindowManagerHint
)


@dataclass(frozen=True)
class Monitor:
    """A screen: where it lies in Qt's own measure, and how many pixels each of those has."""

    geometry: QRect
    ratio: float


class ShareMarks:
    """Follows what this person shares; nothing is there while nothing is shared."""

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop
        self.bar: ShareBar | None = None
        self.edges: tuple[Edge, ...] = ()
        self._strips: tuple[QRect, ...] = ()

    def show_share(self, own: OwnShare | None) -> None:
        """Mark this, or nothing any more."""
        if own is None:
            self.clear()
            return
        if self.bar is None:
            self.bar = ShareBar(self._stop, self._mark_edges)
            self._strips = (QRect(),) * 4
            self.edges = tuple(Edge(side) for side in ("left", "top", "right", "bottom"))
        monitors = [Monitor(one.geometry(), _ratio(one)) for one in QGuiApplication.screens()]
        area = placed(own.region, monitors) if own.region is not None else None
        self.bar.show_share(own, area)
        strips = frame(area, [one.geometry for one in monitors]) if area is not None else ()
        self._strips = strips or (QRect(),) * 4
        self._mark_edges()

    def _mark_edges(self) -> None:
        """Draw the frame, but for where the bar is: it would lie above that, as above all else."""
        bar = self.bar.frameGeometry() if self.bar is not None else QRect()
        for edge, strip in zip(self.edges, self._strips, strict=True):
            edge.mark(strip, bar)

    def clear(self) -> None:
        """Take everything away."""
        for part in (self.bar, *self.edges):
            if part is not None:
                part.hide()
                part.deleteLater()
        self.bar, self.edges, self._strips = None, (), ()


class Edge(QWidget):
    """One side of the frame; clicks go through it to what lies below."""

    def __init__(self, side: str) -> None:
        super().__init__(None, _FLOATING | _UNTOUCHED)
        self.setObjectName(f"share_edge_{side}")
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, False)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._seen = QRegion()

    def mark(self, strip: QRect, hole: QRect) -> None:
        """Stand here, but for a hole; where nothing is left, nowhere."""
        seen = QRegion(strip).subtracted(QRegion(hole))
        if not seen.isEmpty() and seen != self._seen:
            self._seen = seen
            self.setGeometry(strip)
            if seen == QRegion(strip):
                self.clearMask()
            else:
                self.setMask(seen.translated(-strip.topLeft()))
        if seen.isEmpty() == self.isVisible():
            self.setVisible(not seen.isEmpty())

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), QColor(theme.current().danger))


class ShareBar(QWidget):
    """Says what is shared, and ends it; it can be dragged out of the way."""

    def __init__(self, stop: Callable[[], None], moved: Callable[[], None]) -> None:
        """`moved` is called wherever it is moved."""
        super().__init__(None, _FLOATING)
        self._moved = moved
        self.setObjectName("share_bar")
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, False)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setWindowTitle("Conclave")
        around = QVBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        card = QFrame()
        card.setObjectName("share_bar_card")
        card.setProperty("kind", "card")
        around.addWidget(card)
        row = QHBoxLayout(card)
        row.setContentsMargins(16, 8, 8, 8)
        row.setSpacing(10)
        row.addWidget(Sign("screen-share", "danger", 18, name="share_bar_sign"))
        self.words = ElidedLabel("strong", name="share_bar_words")
        row.addWidget(self.words, 1)
        self.stop = Button(
            _("Stop sharing"), stop, name="share_bar_stop", role="danger", small=True
        )
        row.addWidget(self.stop)
        self.setCursor(Qt.CursorShape.OpenHandCursor)  # it can be taken and put elsewhere
        self._pressed: QPoint | None = None  # where the pointer took it
        self._grip: QPoint | None = None  # where on it the pointer holds it, if we move it
        self._place: QPoint | None = None  # where it was put, until somebody takes it elsewhere
        self._placed = QTimer(self, singleShot=True, interval=_SETTLED)
        self._placed.timeout.connect(self._stand)

    def show_share(self, own: OwnShare, area: QRect | None) -> None:
        """Say this; stand at the top of the screen on which it lies, once."""
        words = sentence(own)
        if words != self.words.text():
            self.words.show_text(words)
            self.setAccessibleName(words)
            for part in (self, *self.findChildren(QWidget)):
                part.ensurePolished()  # the style sheet says how large the words are
            whole = self.words.fontMetrics().horizontalAdvance(words) + 4
            beside = self.minimumSizeHint().width()
            self.resize(
                min(round(_WIDEST * theme.scale()), beside + whole), self.sizeHint().height()
            )
        if self._place is None:
            screen = QGuiApplication.screenAt(area.center()) if area is not None else None
            screen = screen or QGuiApplication.primaryScreen()
            room = screen.availableGeometry()
            self._place = QPoint(room.center().x() - self.width() // 2, room.top() + _ABOVE)
            self.move(self._place)
            self._placed.start()
        if not self.isVisible():
            self.show()

    def _stand(self) -> None:
        """Say once more where it stands.

        WORKAROUND: under a window manager of X11, Qt often takes a window that was just shown to
        stand at 0, 0, and the frame would lie above the bar.
        """
        if self._place is not None:
            self.move(self._place)

    def moveEvent(self, event: QMoveEvent) -> None:
        super().moveEvent(event)
        self._moved()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Have round corners, also where the desktop puts nothing behind transparent pixels."""
        super().resizeEvent(event)
        path = QPainterPath()
        path.addRoundedRect(QRectF(self.rect()), theme.RADIUS, theme.RADIUS)
        self.setMask(QRegion(path.toFillPolygon().toPolygon()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._pressed = event.globalPosition().toPoint()
            self._placed.stop()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Let the system move it, which some desktops insist on; else follow the pointer."""
        where, handle = event.globalPosition().toPoint(), self.windowHandle()
        if self._grip is not None:
            self.move(where - self._grip)
        elif self._pressed is not None and handle is not None:
            if (where - self._pressed).manhattanLength() < QApplication.startDragDistance():
                return
            if not handle.startSystemMove():
                self._grip = self._pressed - self.pos()
                self.move(where - self._grip)
            self._pressed = None

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pressed = self._grip = None


def sentence(own: OwnShare) -> str:
    """Say what the others see."""
    title = isolated(own.title)
    if own.hidden:
        return filled(_("“{title}” is minimised. The others see its last picture."), title=title)
    if own.kind is SourceKind.WINDOW:
        if not own.title.strip():
            return _("You are sharing a window")
        return filled(_("You are sharing “{title}”"), title=title)
    if own.part:
        return _("You are sharing a part of your screen")
    if own.kind is SourceKind.SCREEN:
        return _("You are sharing your whole screen")
    return _("You are sharing what you chose")


def placed(region: Region, monitors: Sequence[Monitor]) -> QRect:
    """Return where a region of the desktop lies in Qt's own measure.

    A screen's corner is the same in both; what lies on it is smaller by its ratio.
    """
    corner = QPoint(region.left, region.top)
    on = next((one for one in monitors if _native(one).contains(corner)), None)
    on = on or (monitors[0] if monitors else Monitor(QRect(), 1.0))
    from_corner = corner - on.geometry.topLeft()
    return QRect(
        on.geometry.left() + round(from_corner.x() / on.ratio),
        on.geometry.top() + round(from_corner.y() / on.ratio),
        round(region.width / on.ratio),
        round(region.height / on.ratio),
    )


def frame(area: QRect, screens: Iterable[QRect]) -> tuple[QRect, QRect, QRect, QRect]:
    """Return the four sides of a frame just outside an area, or inside at a screen's edge."""
    desktop = QRect()
    for screen in screens:
        desktop = desktop.united(screen)
    outer = area.adjusted(-THICK, -THICK, THICK, THICK)
    if not desktop.isEmpty():
        outer = outer.intersected(desktop)
    left, top, width, height = outer.left(), outer.top(), outer.width(), outer.height()
    return (
        QRect(left, top, THICK, height),
        QRect(left, top, width, THICK),
        QRect(left + width - THICK, top, THICK, height),
        QRect(left, top + height - THICK, width, THICK),
    )


def _ratio(screen: QScreen) -> float:
    """Return the system's own pixels for each of Qt's; macOS measures as Qt does."""
    return 1.0 if sys.platform == "darwin" else screen.devicePixelRatio()


def _native(monitor: Monitor) -> QRect:
    size = monitor.geometry.size() * monitor.ratio
    return QRect(monitor.geometry.topLeft(), size)
