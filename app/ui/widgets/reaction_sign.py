"""The sign of a reaction on a tile: its picture on a quiet plate, lower right."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter

from app.meeting.view import Reaction
from app.ui import theme
from app.ui.assets import reaction_pixmap
from app.ui.colour import with_opacity
from app.ui.tokens import Tokens

_LARGE, _SMALL = 72, 40  # pixels of a side, by the room there is
_MARGIN, _INSIDE = 8, 6  # pixels to the edge of the tile, and around the picture
_NAME = 36  # pixels at the lower edge that a name may take all along a narrow tile
_NARROW = 280  # pixels of width below which it stands above the name


def reaction_box(size: QSize, scale: float) -> QRectF:
    """Return where the sign stands on a tile of a size, all type being so much larger."""
    whole = QRectF(0, 0, size.width(), size.height())
    roomy = min(whole.width(), whole.height() * 1.6) >= _NARROW
    wanted = (_LARGE if roomy else _SMALL) * min(scale, 1.4)
    side = min(wanted, whole.height() / 2, whole.width() / 2)
    box = QRectF(0, 0, side, side)
    below = _MARGIN if whole.width() >= _NARROW * scale else _NAME * scale + 4
    box.moveBottomRight(whole.bottomRight() - QPointF(_MARGIN, below))
    box.moveTop(max(box.top(), 0.0))
    return box


def paint_reaction(
    painter: QPainter, box: QRectF, reaction: Reaction, tokens: Tokens, ratio: float
) -> None:
    """Paint the sign of a reaction into its box."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(with_opacity(tokens.stage, theme.PLATE_OPACITY))
    painter.drawRoundedRect(box, theme.TILE_RADIUS, theme.TILE_RADIUS)
    side = round(box.width() - 2 * _INSIDE)
    picture = reaction_pixmap(reaction.name.lower(), side, ratio)
    painter.drawPixmap(box.topLeft() + QPointF(_INSIDE, _INSIDE), picture)
