"""Things painted by hand in more than one place: initials, soft shadows, badges."""

import hashlib

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen

from app.meeting.view import Badge, Role
from app.names import initials
from app.ui import theme
from app.ui.assets import icon_pixmap
from app.ui.colour import with_opacity
from app.ui.tokens import Tokens

SHADOW = 16  # pixels that the one soft shadow reaches beyond what floats
_BADGE_ICONS = {
    Badge.NEW: "circle-user",
    Badge.KNOWN: "check",
    Badge.VERIFIED: "shield-check",
    Badge.CHANGED: "shield-alert",
}

_ROLE_ICONS = {
    Role.HOST: "crown",
    Role.CO_HOST: "star",
    Role.PRESENTER: "presentation",
    Role.GUEST: "ticket",
}


def role_icon(role: Role) -> str:
    """Return the name of the icon of a role; each has another shape, the usual role has none."""
    return _ROLE_ICONS.get(role, "")


def badge_icon(badge: Badge) -> str:
    """Return the name of the icon of a badge; each has another shape."""
    return _BADGE_ICONS[badge]


def badge_colour(badge: Badge, tokens: Tokens) -> str:
    """Return the colour of a badge on a ground of these tokens."""
    return {
        Badge.NEW: tokens.muted,
        Badge.KNOWN: tokens.muted,
        Badge.VERIFIED: tokens.safe,
        Badge.CHANGED: tokens.warn,
    }[badge]


def paint_initials(
    painter: QPainter, centre: QPointF, diameter: float, name: str, seed: bytes = b""
) -> None:
    """Paint a round ground with a person's initials; the same seed has always the same ground."""
    number = hashlib.sha256(seed or name.encode()).digest()[0]
    colour = theme.AVATARS[number % len(theme.AVATARS)]
    circle = QRectF(centre.x() - diameter / 2, centre.y() - diameter / 2, diameter, diameter)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    painter.drawEllipse(circle)
    font = QFont(theme.FAMILY)
    font.setPixelSize(max(10, round(diameter * 0.38)))
    font.setWeight(QFont.Weight.DemiBold)
    painter.setFont(font)
    painter.setPen(QColor(theme.ON_AVATAR))
    painter.drawText(circle, Qt.AlignmentFlag.AlignCenter, initials(name))
    painter.restore()


def paint_shadow(painter: QPainter, box: QRect, radius: int, tokens: Tokens) -> None:
    """Paint the one soft shadow under a floating box."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    steps = 8
    for step in range(steps):
        reach = SHADOW * (1 - step / steps)
        painter.setBrush(with_opacity(tokens.shadow, 0.012 if not tokens.dark else 0.035))
        soft = QRectF(box).adjusted(-reach, -reach + 4, reach, reach + 4)
        painter.drawRoundedRect(soft, radius + reach, radius + reach)
    painter.restore()


def paint_over(painter: QPainter, box: QRect) -> None:
    """Paint the ground of what lies over pictures and hides them almost."""
    painter.fillRect(box, with_opacity(theme.on_stage().stage, 0.9))


def paint_icon(painter: QPainter, name: str, colour: str, corner: QPointF, size: int) -> None:
    """Paint an icon with its upper left corner at a place."""
    ratio = painter.device().devicePixelRatioF()
    painter.drawPixmap(corner, icon_pixmap(name, colour, size, ratio))


def corners(box: QRectF, radius: float) -> QPainterPath:
    """Return what a rounded box leaves of a square one: painted over, it rounds a picture."""
    outer, inner = QPainterPath(), QPainterPath()
    outer.addRect(box)
    inner.addRoundedRect(box, radius, radius)
    return outer.subtracted(inner)


def ring(painter: QPainter, box: QRectF, colour: str, radius: float, width: float = 2.0) -> None:
    """Paint a ring just inside a box."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(colour), width))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    half = width / 2
    painter.drawRoundedRect(box.adjusted(half, half, -half, -half), radius - half, radius - half)
    painter.restore()
