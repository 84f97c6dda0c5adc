"""A window or a screen to choose: how it looks now, and its name below."""

from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QAbstractButton, QSizePolicy

from app.i18n import _
from app.names import isolated
from app.screens import Source, SourceKind
from app.texts import filled
from app.ui import theme
from app.ui.widgets.buttons import press_by_key
from media.video.picture import Picture

_SHAPE = 16 / 9  # width to height of the place of the picture
_INSET = 8  # pixels around the picture
_LINE = 30  # pixels of height for the name


class SourceCard(QAbstractButton):
    """One source; checked when it is the one that would be shared."""

    def __init__(self, source: Source, words: str, on_use: Callable[[], None]) -> None:
        """`on_use` is called at a double click, which chooses and shares in one."""
        super().__init__()
        self.setObjectName(f"source_{source.key.replace(':', '_')}")
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self._on_use = on_use
        self._picture: Picture | None = None  # keeps the pixels alive that the image looks at
        self._image: QImage | None = None
        self.show_source(source, words)

    def show_source(self, source: Source, words: str) -> None:
        """Show how it looks now; `words` is what it is called."""
        if source.preview is not self._picture:
            self._picture = source.preview
            self._image = as_image(source.preview) if source.preview is not None else None
        if words != self.text():
            self.setText(words)
            self.setAccessibleName(words)
            self.setToolTip(words)
        self.update()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return round((width - 2 * _INSET) / _SHAPE + 2 * _INSET + _LINE * theme.scale())

    def sizeHint(self) -> QSize:
        return QSize(220, self.heightForWidth(220))

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.heightForWidth(120))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not press_by_key(self, event):
            super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.setChecked(True)
        self._on_use()

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        whole = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        edge = t.accent if self.isChecked() else t.line
        painter.setPen(QPen(QColor(edge), 2 if self.isChecked() else 1))
        painter.setBrush(QColor(theme.hover(t) if self.underMouse() else t.surface))
        painter.drawRoundedRect(whole, theme.RADIUS, theme.RADIUS)
        line = _LINE * theme.scale()
        place = whole.adjusted(_INSET, _INSET, -_INSET, -line)
        self._paint_picture(painter, place)
        font = theme.font(theme.BODY, bold=self.isChecked())
        words = QFontMetricsF(font).elidedText(
            self.text(), Qt.TextElideMode.ElideRight, place.width()
        )
        painter.setFont(font)
        painter.setPen(QColor(t.text))
        below = QRectF(place.left(), whole.bottom() - line, place.width(), line)
        painter.drawText(below, int(Qt.AlignmentFlag.AlignCenter), words)

    def _paint_picture(self, painter: QPainter, place: QRectF) -> None:
        t = theme.current()
        path = QPainterPath()
        path.addRoundedRect(place, 4, 4)
        painter.fillPath(path, QColor(t.bg))
        if self._image is None:
            return
        painter.save()
        painter.setClipPath(path)
        painter.drawImage(fitted(self._image, place), self._image)
        painter.restore()


def as_image(picture: Picture) -> QImage:
    """Return a picture as Qt paints it; it looks at the picture's own pixels."""
    return QImage(
        picture.pixels, picture.width, picture.height, picture.stride, QImage.Format.Format_RGB32
    )


def fitted(image: QImage, place: QRectF) -> QRectF:
    """Return where a whole picture stands in the middle of a place, no larger than it is."""
    scale = min(place.width() / image.width(), place.height() / image.height())
    width, height = image.width() * scale, image.height() * scale
    return QRectF(place.center().x() - width / 2, place.center().y() - height / 2, width, height)


def source_words(source: Source, number: int) -> str:
    """Return what a source is called: a window's title, a screen by its number."""
    if source.kind is SourceKind.SCREEN:
        return filled(_("Screen {number}"), number=str(number))
    return isolated(source.title) if source.title.strip() else _("A window without a title")
