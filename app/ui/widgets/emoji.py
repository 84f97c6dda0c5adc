"""One emoji of the code with its name beneath."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui import theme
from app.ui.assets import emoji_pixmap

_PICTURE = 56  # pixels
_HYPHENATED = {"Schraubenschlüssel": "Schrauben\u00adschlüssel"}  # too wide for one line


class EmojiPicture(QWidget):
    """Large enough to be told apart at a glance; the name is what is read aloud."""

    def __init__(self, *, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._number, self._word = -1, ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_emoji(self, number: int, word: str) -> None:
        """Show this one."""
        self._number, self._word = number, _HYPHENATED.get(word, word)
        self.setAccessibleName(word)
        self.update()

    @property
    def word(self) -> str:
        """The name beneath."""
        return self._word

    def _side(self) -> int:
        return round(_PICTURE * theme.scale())

    def sizeHint(self) -> QSize:
        return QSize(84, self._side() + 12 + 2 * self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(64, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._number < 0:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        side = self._side()
        picture = emoji_pixmap(self._number, side, self.devicePixelRatioF())
        painter.drawPixmap(QPointF((self.width() - side) / 2, 2), picture)
        painter.setPen(QColor(theme.current().text))
        font = painter.font()
        flags = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        parts = self._word.replace("\u00ad", "- ").split()
        while font.pixelSize() > 11 and self.width() < max(
            painter.fontMetrics().horizontalAdvance(part) for part in parts
        ):
            font.setPixelSize(font.pixelSize() - 1)
            painter.setFont(font)
        top = side + 8
        box = QRectF(0, top, self.width(), self.height() - top)
        painter.drawText(box, flags | int(Qt.TextFlag.TextWordWrap), self._word)
