"""What lies over a picture: name, badge, role, hand, connection, corners, speaker's ring.

Drawn once and kept until something of it changes, because a picture comes thirty times a second.
"""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPixmap

from app.i18n import _, language
from app.meeting.view import Badge, Person, Presence, Quality, Reaction
from app.names import shown
from app.person_words import BADGES, QUALITIES, presence_in_short, role
from app.ui import theme
from app.ui.colour import with_opacity
from app.ui.tokens import Tokens
from app.ui.widgets.painting import (
    badge_colour,
    badge_icon,
    corners,
    paint_icon,
    ring,
    role_icon,
)
from app.ui.widgets.quality_bars import BARS_HEIGHT, BARS_WIDTH, paint_bars
from app.ui.widgets.reaction_sign import paint_reaction, reaction_box

MARGIN = 8  # pixels between a plate and the edge of its tile
_PLATE, _LINE = 28, 24  # heights in pixels at scale 1
_SIGN = 16  # pixels of an icon on a plate
_LEFT = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)

Draw = Callable[[QPainter], None]


@dataclass(frozen=True)
class Look:
    """All that the signs of a tile depend on."""

    person: Person
    size: QSize
    ratio: float
    tokens: Tokens
    ground: str  # the colour beyond the rounded corners
    scale: float
    spoken: str
    small: bool  # room for one line only beside the name
    hand: int  # the place of the raised hand among all that are up, from 1; 0: it is down
    pinned: bool = False


class Signs:
    """The signs of one tile."""

    def __init__(self) -> None:
        self._look: Look | None = None
        self._pieces: list[tuple[QPointF, QPixmap]] = []
        self.drawn = 0
        """How often they had to be drawn anew."""

    def paint(self, painter: QPainter, look: Look, *, plates: bool) -> None:
        """Paint the signs over what is there; without `plates` only corners and ring."""
        if look != self._look:
            self._look = look
            self._pieces = [_piece(look, box, draw) for box, draw in _parts(look, plates)]
            self.drawn += 1
        for corner, pixmap in self._pieces:
            painter.drawPixmap(corner, pixmap)


def look_of(
    person: Person,
    size: QSize,
    ratio: float,
    ground: str,
    *,
    small: bool,
    hand: int,
    pinned: bool = False,
) -> Look:
    """Return how a person's signs look now, in the theme and language in use."""
    stage, scale = theme.on_stage(), theme.scale()
    return Look(person, size, ratio, stage, ground, scale, language(), small, hand, pinned)


def plate_name(person: Person) -> str:
    """Return what stands on a person's plate."""
    return _("You") if person.is_me else shown(person.name, person.badge)


def _piece(look: Look, box: QRectF, draw: Draw) -> tuple[QPointF, QPixmap]:
    """Draw one part on a pixmap of its own, in whole device pixels."""
    corner = QPointF(int(box.left()), int(box.top()))
    width, height = box.right() - corner.x() + 1, box.bottom() - corner.y() + 1
    pixmap = QPixmap(round(width * look.ratio), round(height * look.ratio))
    pixmap.setDevicePixelRatio(look.ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(-corner)
    draw(painter)
    painter.end()
    return corner, pixmap


def _parts(look: Look, plates: bool) -> list[tuple[QRectF, Draw]]:
    whole = QRectF(0, 0, look.size.width(), look.size.height())
    parts = list(_edge(look, whole))
    person = look.person
    if plates:
        parts.append(_name(look, whole))
        trouble = presence_in_short(person) if look.small else ""
        if trouble:
            parts.append(_line(look, whole, trouble))
        if look.hand:
            parts.append(_hand(look, whole, below=bool(trouble)))
        if shows_quality(person):
            parts.append(_quality(look, whole))
        if person.reaction is not None:
            parts.append(_reaction(look, person.reaction.reaction))
    return parts


def _reaction(look: Look, reaction: Reaction) -> tuple[QRectF, Draw]:
    box = reaction_box(look.size, look.scale)
    return box, lambda painter: paint_reaction(painter, box, reaction, look.tokens, look.ratio)


def _edge(look: Look, whole: QRectF) -> list[tuple[QRectF, Draw]]:
    """Corners, and the ring of who speaks, in strips that leave the middle alone."""

    def draw(painter: QPainter) -> None:
        painter.fillPath(corners(whole, theme.TILE_RADIUS), QColor(look.ground))
        if look.person.speaking:
            ring(painter, whole, look.tokens.accent, theme.TILE_RADIUS)

    side, width, height = theme.TILE_RADIUS, whole.width(), whole.height()
    strips = [QRectF(0, 0, width, side), QRectF(0, height - side, width, side)]
    if look.person.speaking:
        middle = height - 2 * side
        strips += [QRectF(0, side, 4, middle), QRectF(width - 4, side, 4, middle)]
    return [(strip.adjusted(0, 0, -1, -1), draw) for strip in strips]


def _plate(painter: QPainter, box: QRectF, look: Look) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(with_opacity(look.tokens.stage, theme.PLATE_OPACITY))
    painter.drawRoundedRect(box, theme.RADIUS, theme.RADIUS)


def _name(look: Look, whole: QRectF) -> tuple[QRectF, Draw]:
    """Name, badge, role and muted mark on a quiet plate, lower left."""
    t, person = look.tokens, look.person
    signs = [("pin", t.accent)] if look.pinned else []
    if not person.microphone_on:
        signs.append(("mic-off", t.text))
    if person.sharing:
        signs.append(("screen-share", t.text))
    if not person.is_me:
        signs.append((badge_icon(person.badge), badge_colour(person.badge, t)))
    if role_icon(person.role):
        signs.append((role_icon(person.role), t.muted))
    icon = round(_SIGN * look.scale)
    step = icon + 6
    bold, plain = theme.font(theme.BODY, bold=True), theme.font(theme.BODY)
    room = whole.width() - 2 * MARGIN - 20 - len(signs) * step
    metrics = QFontMetricsF(bold)
    name = metrics.elidedText(plate_name(person), Qt.TextElideMode.ElideRight, max(0.0, room))
    long = metrics.horizontalAdvance(name)
    changed = person.badge is Badge.CHANGED and not person.is_me
    words = _(BADGES[person.badge]) if changed else role(person.role)
    words = _("Signing") if person.signing and not changed else words
    words = f"  {words}" if words else ""
    extra = QFontMetricsF(plain).horizontalAdvance(words)
    if long + extra > room:
        words, extra = "", 0.0
    height = _PLATE * look.scale
    box = QRectF(MARGIN, whole.height() - height - MARGIN, long + extra + 20, height)
    box.setWidth(box.width() + len(signs) * step)

    def draw(painter: QPainter) -> None:
        _plate(painter, box, look)
        x = box.left() + 10
        for sign, colour in signs:
            paint_icon(painter, sign, colour, QPointF(x, box.center().y() - icon / 2), icon)
            x += step
        painter.setFont(bold)
        painter.setPen(QColor(t.text))
        painter.drawText(QRectF(x, box.top(), long + 4, height), _LEFT, name)
        if words:
            painter.setFont(plain)
            painter.setPen(QColor(badge_colour(person.badge, t) if changed else t.muted))
            painter.drawText(QRectF(x + long, box.top(), extra + 4, height), _LEFT, words)

    return box, draw


def _line(look: Look, whole: QRectF, words: str) -> tuple[QRectF, Draw]:
    """What is the matter in one line at the top of a small tile."""
    font = theme.font(theme.SMALL)
    metrics = QFontMetricsF(font)
    room = max(0.0, whole.width() - 2 * MARGIN - 16)
    line = metrics.elidedText(words, Qt.TextElideMode.ElideRight, room)
    box = QRectF(MARGIN, MARGIN, metrics.horizontalAdvance(line) + 16, _LINE * look.scale)

    def draw(painter: QPainter) -> None:
        _plate(painter, box, look)
        painter.setFont(font)
        painter.setPen(QColor(look.tokens.text))
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), line)

    return box, draw


def _hand(look: Look, whole: QRectF, *, below: bool) -> tuple[QRectF, Draw]:
    """A raised hand and its place in the order, upper left."""
    t, place = look.tokens, str(look.hand)
    bold, plain = theme.font(theme.BODY, bold=True), theme.font(theme.BODY)
    icon, tall = round(_SIGN * look.scale), _PLATE * look.scale
    number = QFontMetricsF(bold).horizontalAdvance(place)
    words = _("Hand raised")
    long = QFontMetricsF(plain).horizontalAdvance(words) + 8
    if look.small or long + number + icon + 28 > whole.width() / 2:
        words, long = "", 0.0
    top = MARGIN + (_LINE * look.scale + 4 if below else 0)
    box = QRectF(MARGIN, top, icon + number + long + 24, tall)

    def draw(painter: QPainter) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(t.accent))
        painter.drawRoundedRect(box, theme.RADIUS, theme.RADIUS)
        paint_icon(
            painter, "hand", t.on_accent, QPointF(box.left() + 9, box.center().y() - icon / 2), icon
        )
        painter.setPen(QColor(t.on_accent))
        painter.setFont(bold)
        left = box.left() + icon + 15
        painter.drawText(QRectF(left, top, number + 2, tall), _LEFT, place)
        painter.setFont(plain)
        painter.drawText(QRectF(left + number + 8, top, long, tall), _LEFT, words)

    return box, draw


def quality_plate(look: Look, whole: QRectF) -> tuple[QRectF, str]:
    """Return where the sign of a connection that is not good stands, and its words."""
    words = _(QUALITIES[look.person.quality])
    width = QFontMetricsF(theme.font(theme.SMALL)).horizontalAdvance(words)
    width += BARS_WIDTH * look.scale + 27
    if width > whole.width() - 2 * MARGIN:
        words, width = "", BARS_WIDTH * look.scale + 18
    return QRectF(whole.width() - width - MARGIN, MARGIN, width, _LINE * look.scale), words


def shows_quality(person: Person) -> bool:
    """Tell whether a person's tile has the sign of a connection that is not good."""
    return person.presence is Presence.CONNECTED and person.quality is not Quality.GOOD


def _quality(look: Look, whole: QRectF) -> tuple[QRectF, Draw]:
    """The connection when it is not good: bars and words, upper right."""
    box, words = quality_plate(look, whole)

    def draw(painter: QPainter) -> None:
        _plate(painter, box, look)
        corner = QPointF(box.left() + 9, box.center().y() - BARS_HEIGHT * look.scale / 2)
        paint_bars(painter, corner, look.person.quality, look.tokens, look.scale)
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(QColor(look.tokens.text))
        painter.drawText(box.adjusted(17 + BARS_WIDTH * look.scale, 0, -4, 0), _LEFT, words)

    return box, draw
