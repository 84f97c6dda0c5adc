"""What stands in the middle of a tile: who it is without a picture, and what is the matter."""

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from app.i18n import _
from app.meeting.view import Person, Presence
from app.person_words import presence
from app.ui import theme
from app.ui.tokens import Tokens
from app.ui.widgets.painting import paint_icon, paint_initials

_ICONS = {
    Presence.CONNECTING: "hourglass",
    Presence.UNREACHED: "route-off",
    Presence.SECURING: "key-round",
    Presence.RECONNECTING: "wifi-off",
    Presence.UNVERIFIED: "shield-alert",
    Presence.DIVERGED: "triangle-alert",
}
_WARNS = frozenset({Presence.UNVERIFIED, Presence.DIVERGED})
WITHHELD = frozenset({Presence.HELD, Presence.UNVERIFIED, Presence.DIVERGED})
"""Whoever is held or does not authenticate has no picture, whatever comes from them."""
VEILED = frozenset(
    {Presence.CONNECTING, Presence.UNREACHED, Presence.SECURING, Presence.RECONNECTING}
)
"""Their last picture stays, under a veil."""
_LEAST, _MOST, _SHARE = 32.0, 112.0, 0.36  # pixels and share of the tile that initials take
_PLATES = 44  # pixels at scale 1 that the plate of the name keeps for itself below
_SIGN = 0.42  # of the initials that the sign on their edge takes
_ALONE = 48.0  # pixels of a sign that stands on a picture
_SIGNED = 112  # pixels of a tile's height that leave room for it between the plates


@dataclass(frozen=True)
class Face:
    """What is painted in the middle of a tile."""

    icon: str = ""
    words: str = ""
    warns: bool = False
    quiet: bool = False  # nothing is the matter: the words are secondary

    @property
    def is_empty(self) -> bool:
        """Whether nothing has to be said."""
        return not self.icon and not self.words


def face_of(person: Person, *, pictured: bool, note: str = "") -> Face:
    """Return the face of a person; `note` is said where nothing else is the matter."""
    if person.presence in _ICONS:
        return Face(_ICONS[person.presence], presence(person), person.presence in _WARNS)
    if pictured or person.presence is Presence.HELD:
        return Face()
    if note:
        return Face("" if person.camera_on else "video-off", note)
    if person.camera_on:
        return Face("", _("The picture is coming."), quiet=True)
    return Face("video-off", _("Camera off"), quiet=True)


def paint_face(
    painter: QPainter, size: QSize, person: Person, face: Face, *, pictured: bool, small: bool
) -> None:
    """Paint initials where there is no picture, the sign of what is the matter, and words."""
    t, scale = theme.on_stage(), theme.scale()
    middle = QPointF(size.width() / 2, size.height() / 2)
    diameter = min(max(min(size.width(), size.height()) * _SHARE, _LEAST), _MOST * scale)
    if pictured:
        diameter = _ALONE * scale
    words = "" if small else face.words
    if pictured and face.is_empty:
        return
    font = theme.font(theme.BODY)
    box = QRectF(12, 0, size.width() - 24, 200 * scale)
    flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
    all_flags = int(flags) | int(Qt.TextFlag.TextWordWrap)
    tall = QFontMetricsF(font).boundingRect(box, all_flags, words).height() if words else 0.0
    below = tall + 10 if words else 0.0  # beneath the initials
    centre = middle - QPointF(0, below / 2)
    low = centre.y() + diameter / 2 + below - (size.height() - _PLATES * scale)
    centre -= QPointF(0, max(0.0, min(low, centre.y() - diameter / 2 - 4)))
    if pictured:
        if not small or size.height() >= _SIGNED * scale:
            _paint_alone(painter, t, face, centre, diameter)
    else:
        paint_initials(painter, centre, diameter, person.name, person.dev)
        if face.icon and not (small and face.quiet):
            edge = diameter / 2 * 0.7071
            side = max(diameter * _SIGN, 18.0)
            _paint_alone(painter, t, face, centre + QPointF(edge, edge), side)
    if words:
        painter.setFont(font)
        painter.setPen(QColor(t.warn if face.warns else t.muted if face.quiet else t.text))
        box.moveTop(centre.y() + diameter / 2 + 10)
        painter.drawText(box, all_flags, words)


def _paint_alone(
    painter: QPainter, t: Tokens, face: Face, centre: QPointF, diameter: float
) -> None:
    """Paint a sign on a round ground of its own, edged in the colour of the stage."""
    colour = t.warn if face.warns else t.muted if face.quiet else t.text
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(t.raised), 2))
    painter.setBrush(QColor(t.stage))
    painter.drawEllipse(centre, diameter / 2, diameter / 2)
    icon = round(diameter * 0.56)
    corner = centre - QPointF(icon / 2, icon / 2)
    paint_icon(painter, face.icon, colour, corner, icon)
    painter.restore()
