"""What every tile on the stage has: a person, their newest picture, a menu, a way to be pinned."""

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QImage, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from app.meeting.view import Person
from media.video.picture import Picture


class PictureTile(QWidget):
    """Keeps what is painted; the tiles made of it paint it."""

    def __init__(
        self, name: str, *, on_menu: Callable[[QPoint], None], on_pin: Callable[[], None]
    ) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._on_menu, self._on_pin = on_menu, on_pin
        self._person: Person | None = None
        self._picture: Picture | None = None  # keeps the pixels alive that the image looks at
        self._image: QImage | None = None

    @property
    def person(self) -> Person | None:
        """Whom the tile shows, or whose screen."""
        return self._person

    @property
    def picture(self) -> Picture | None:
        """The picture that came last, while it may be shown."""
        return self._picture

    @property
    def shows_picture(self) -> bool:
        """Whether a picture is painted."""
        return self._image is not None

    def _keep(self, picture: Picture) -> None:
        """Have this picture painted from now on."""
        self._picture = picture
        self._image = QImage(
            picture.pixels,
            picture.width,
            picture.height,
            picture.stride,
            QImage.Format.Format_RGB32,
        )

    def _drop(self) -> None:
        """Have no picture: an old one must not come back later."""
        self._picture = self._image = None

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self._on_menu(event.globalPos())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._on_pin()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and not event.isAutoRepeat():
            self._on_pin()
        else:
            super().keyPressEvent(event)
