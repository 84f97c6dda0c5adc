"""The small picture above other windows: who speaks, or the shared screen."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QEnterEvent, QGuiApplication, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QSizeGrip, QWidget

from app.i18n import _
from app.meeting.view import Person
from app.ui import theme
from app.ui.feed import PictureFeed
from app.ui.layout import SHAPE
from app.ui.seating import Seat
from app.ui.views.live_sign import LiveSign
from app.ui.widgets.buttons import Button
from app.ui.widgets.screen_tile import ScreenTile
from app.ui.widgets.tile import VideoTile
from media.video.picture import Picture

SIZE, LEAST = QSize(320, 180), QSize(208, 117)
AWAY = 24  # pixels from the edges of the screen on which it appears


class LittleWindow(QWidget):
    """Floats above everything and takes no keyboard; a double click leads back to the meeting."""

    def __init__(
        self,
        feed: PictureFeed,
        screens: PictureFeed,
        *,
        on_back: Callable[[], None],
        on_close: Callable[[], None],
        on_room: Callable[[Seat | None, QSize], None],
    ) -> None:
        """`on_room` is told whom it shows and how large, in device pixels."""
        super().__init__(
            None,
            Qt.WindowType.Tool
            | Qt.WindowType.FramelessWindowHint
            | Qt.WindowType.WindowStaysOnTopHint
            | Qt.WindowType.WindowDoesNotAcceptFocus,
        )
        self.setObjectName("stage")  # it looks like one
        called = _("Small picture")
        self.setAccessibleName(called)
        self.setWindowTitle(f"{called} – Conclave")
        for attribute in (
            Qt.WidgetAttribute.WA_StyledBackground,
            Qt.WidgetAttribute.WA_ShowWithoutActivating,
            Qt.WidgetAttribute.WA_MacAlwaysShowToolWindow,
        ):
            self.setAttribute(attribute)
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, False)
        self.setMinimumSize(LEAST)
        self._feeds = {False: feed, True: screens}
        self._on_back, self._on_room = on_back, on_room
        self._seat: Seat | None = None
        self._tile: VideoTile | ScreenTile | None = None
        self._pressed: QPoint | None = None
        self._placed = False
        self.live = LiveSign()
        self.live.setParent(self)
        self.back = Button(
            _("Back to the meeting"), on_back, name="little_back", role="pill_icon",
            icon_name="maximize",
        )  # fmt: skip
        self.close_button = Button(
            _("Close the small picture"), on_close, name="little_close", role="pill_icon",
            icon_name="x",
        )  # fmt: skip
        self._buttons = QWidget(self)
        self._buttons.setObjectName("little_buttons")
        row = QHBoxLayout(self._buttons)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.back)
        row.addWidget(self.close_button)
        self._buttons.hide()
        self._grip = QSizeGrip(self)
        self._grip.setObjectName("little_grip")
        self._grip.setAccessibleName(_("Change the size"))

    @property
    def seat(self) -> Seat | None:
        """Whom it shows."""
        return self._seat

    @property
    def tile(self) -> VideoTile | ScreenTile | None:
        """The tile in it."""
        return self._tile

    def show_seat(self, seat: Seat, person: Person, last: Picture | None) -> None:
        """Show somebody, or their screen; `last` is the last picture that came of it."""
        if seat != self._seat:
            self._leave_seat()
            self._seat = seat
            self._tile = self._make(seat)
            self._tile.setParent(self)
            self._tile.lower()
            self._tile.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            self._tile.show()
            self._feeds[seat.screen].show_also(seat.dev, self._tile)
        assert self._tile is not None
        self._tile.show_person(person)
        if last is not None and not self._tile.shows_picture:
            self._tile.show_picture(last)
        self._place()

    def appear(self, beside: QWidget) -> None:
        """Come up in a corner of the screen that a window stands on, or where it was left."""
        if not self._placed:
            self._placed = True
            screen = beside.screen() or QGuiApplication.primaryScreen()
            room = screen.availableGeometry()
            self.resize(SIZE * min(theme.scale(), 1.5))
            corner = room.bottomRight() - QPoint(self.width() + AWAY, self.height() + AWAY)
            self.move(corner)
        self.show()
        self._place()

    def go(self) -> None:
        """Disappear and show nobody."""
        self.hide()
        self._leave_seat()

    def _leave_seat(self) -> None:
        if self._seat is not None and self._tile is not None:
            self._feeds[self._seat.screen].show_no_more(self._seat.dev, self._tile)
            self._tile.hide()
            self._tile.deleteLater()
            self._on_room(None, QSize())
        self._seat = self._tile = None

    def _make(self, seat: Seat) -> VideoTile | ScreenTile:
        if seat.screen:
            return ScreenTile(seat.dev, on_menu=_nothing, on_shape=self._place)
        return VideoTile(seat.dev, on_trust=_never, on_distrust=_never, on_menu=_nothing)

    def _place(self) -> None:
        """Keep the shape of what is shown, and tell how large that is."""
        if self._tile is None or self._seat is None:
            return
        shape = self._tile.shape if isinstance(self._tile, ScreenTile) else SHAPE
        width = min(self.width(), round(self.height() * shape))
        height = min(self.height(), round(self.width() / shape))
        left, top = (self.width() - width) // 2, (self.height() - height) // 2
        self._tile.setGeometry(QRect(left, top, width, height))
        self.live.adjustSize()
        self.live.move(8, 8)
        self.live.raise_()
        self._buttons.adjustSize()
        self._buttons.move(self.width() - self._buttons.width() - 8, 8)
        self._buttons.raise_()
        grip = self._grip.sizeHint()
        self._grip.setGeometry(
            self.width() - grip.width(), self.height() - grip.height(), grip.width(), grip.height()
        )
        self._grip.raise_()
        if self.isVisible():
            ratio = self.devicePixelRatioF()
            self._on_room(self._seat, QSize(round(width * ratio), round(height * ratio)))

    # What the pointer does ------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self._buttons.show()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._buttons.hide()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._pressed = event.globalPosition().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Let the system move the window: only it can do so on every desktop."""
        handle = self.windowHandle()
        if self._pressed is None or handle is None:
            return
        far = (event.globalPosition().toPoint() - self._pressed).manhattanLength()
        if far >= QApplication.startDragDistance():
            self._pressed = None
            handle.startSystemMove()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._on_back()


def _never() -> None:
    """Decisions are made in the window of the meeting."""


def _nothing(where: QPoint) -> None:
    """Menus open in the window of the meeting."""
