"""The mark of Conclave."""

from PySide6.QtCore import QByteArray, QRectF
from PySide6.QtGui import QIcon, QPainter, QPaintEvent, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QWidget

from app.paths import resource


class Brand(QWidget):
    """Paints the mark."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.setObjectName("brand")
        self.setFixedSize(size, size)
        self._renderer = QSvgRenderer(_drawing(), self)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._renderer.render(QPainter(self), QRectF(self.rect()))


def brand_icon() -> QIcon:
    """Return the mark for windows and task bars."""
    made = QIcon()
    renderer = QSvgRenderer(_drawing())
    for size in (16, 24, 32, 48, 64, 128, 256):
        pixmap = QPixmap(size, size)
        pixmap.fill("transparent")
        painter = QPainter(pixmap)
        renderer.render(painter, QRectF(0, 0, size, size))
        painter.end()
        made.addPixmap(pixmap)
    return made


def _drawing() -> QByteArray:
    return QByteArray(resource("conclave.svg").read_bytes())
