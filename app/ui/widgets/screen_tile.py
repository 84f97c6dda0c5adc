"""A screen that somebody shares, on the stage: shown whole, because text stands at its edges."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QFontMetricsF,
    QImage,
    QPainter,
    QPaintEvent,
)

from app.i18n import _
from app.meeting.view import Person, Presence
from app.names import shown
from app.texts import filled
from app.ui import theme
from app.ui.colour import with_opacity
from app.ui.layout import SHAPE
from app.ui.tokens import Tokens
from app.ui.widgets.painting import corners, paint_icon
from app.ui.widgets.picture_tile import PictureTile
from media.video.picture import Picture

ALIKE = 0.01  # of its size: a picture that differs so little from its place is not scaled
_MARGIN, _PLATE, _SIGN = 8, 28, 16  # pixels at scale 1, as on the tiles of people
_REFUSED = frozenset({Presence.HELD, Presence.UNVERIFIED, Presence.DIVERGED})


class ScreenTile(PictureTile):
    """Paints one person's screen; pictures come by `show_picture`.

    `on_shape` is called when the screen turns out to have another shape: `room` has changed then.
    """

    def __init__(
        self,
        dev: bytes,
        *,
        on_menu: Callable[[QPoint], None],
        on_shape: Callable[[], None] = lambda: None,
        on_pin: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(f"screen_{dev.hex()[:8]}", on_menu=on_menu, on_pin=on_pin)
        self._on_shape = on_shape
        self._shape = SHAPE

    @property
    def shape(self) -> float:
        """Width to height of the screen, as far as it is known."""
        return self._shape

    def show_person(self, person: Person) -> None:
        """Show whose screen it is; what comes of somebody who cannot be trusted is not shown."""
        if person == self._person:
            return
        self._person = person
        if person.presence in _REFUSED:
            self._drop()
        self.setAccessibleName(title(person))
        self.update()

    def show_picture(self, picture: Picture) -> None:
        """Paint this picture from now on."""
        if self._person is not None and self._person.presence in _REFUSED:
            return
        self._keep(picture)
        shape = picture.width / picture.height
        if abs(shape - self._shape) > ALIKE * shape:
            self._shape = shape
            self._on_shape()
        self.update()

    def room(self) -> QSize:
        """Return how large the screen is shown in this tile, in device pixels."""
        ratio = self.devicePixelRatioF()
        width, height = self.width() * ratio, self.height() * ratio
        return QSize(
            round(min(width, height * self._shape)), round(min(height, width / self._shape))
        )

    def enterEvent(self, event: QEnterEvent) -> None:
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.on_stage()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(t.raised))
        if self._person is None:
            return
        if self._image is not None:
            self._paint_screen(painter, self._image)
            if self._person.presence is Presence.RECONNECTING:
                painter.fillRect(self.rect(), with_opacity(t.stage, 0.6))
        else:
            painter.setFont(theme.font(theme.BODY))
            painter.setPen(QColor(t.text))
            flags = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
            painter.drawText(
                QRectF(self.rect()).adjusted(16, 16, -16, -16), flags, _("The picture is coming.")
            )
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        whole = QRectF(self.rect())
        painter.fillPath(corners(whole, theme.TILE_RADIUS), QColor(t.stage))
        if not (self._image is not None and self.underMouse()):  # who points wants to see it all
            self._paint_plate(painter, t, self._person)

    def _paint_screen(self, painter: QPainter, image: QImage) -> None:
        """Paint the whole screen in the middle, pixel for pixel where it fits."""
        ratio = self.devicePixelRatioF()
        width, height = round(self.width() * ratio), round(self.height() * ratio)
        room = self.room()
        painter.save()
        painter.scale(1 / ratio, 1 / ratio)  # from here in device pixels, one to one
        if (
            abs(image.width() - room.width()) <= ALIKE * room.width()
            and image.width() <= width
            and image.height() <= height
        ):
            left, top = (width - image.width()) // 2, (height - image.height()) // 2
            painter.drawImage(QPointF(left, top), image)
        else:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            left, top = (width - room.width()) // 2, (height - room.height()) // 2
            painter.drawImage(QRectF(left, top, room.width(), room.height()), image)
        painter.restore()

    def _paint_plate(self, painter: QPainter, t: Tokens, person: Person) -> None:
        """Say whose screen it is, lower left."""
        scale = theme.scale()
        icon, tall = round(_SIGN * scale), _PLATE * scale
        font = theme.font(theme.BODY, bold=True)
        metrics = QFontMetricsF(font)
        room = max(0.0, self.width() - 2 * _MARGIN - icon - 28)
        words = metrics.elidedText(title(person), Qt.TextElideMode.ElideRight, room)
        width = metrics.horizontalAdvance(words) + icon + 28
        box = QRectF(_MARGIN, self.height() - tall - _MARGIN, width, tall)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(with_opacity(t.stage, theme.PLATE_OPACITY))
        painter.drawRoundedRect(box, theme.RADIUS, theme.RADIUS)
        corner = QPointF(box.left() + 10, box.center().y() - icon / 2)
        paint_icon(painter, "screen-share", t.text, corner, icon)
        painter.setFont(font)
        painter.setPen(QColor(t.text))
        left = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
        painter.drawText(box.adjusted(icon + 17, 0, 0, 0), left, words)


def title(person: Person) -> str:
    """Say whose screen it is."""
    return filled(_("Screen of {name}"), name=shown(person.name, person.badge))
