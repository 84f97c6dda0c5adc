"""Pictures and typefaces that ship with the program, ready for Qt."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QFontDatabase, QIcon, QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from app.i18n import language
from app.paths import resource

ICON = 20  # size of an icon in pixels, stroke 1.5


@dataclass(frozen=True)
class Emoji:
    """One of the 64 pictures of the code, with its names by language ("en", "pt_BR" ...)."""

    number: int
    names: Mapping[str, str]

    @property
    def name(self) -> str:
        """Return the name in the language in use; English where there is none."""
        return self.names.get(language(), self.names["en"])


def load_fonts() -> bool:
    """Make the bundled typeface known to Qt; tell whether every file could be used."""
    return all(
        QFontDatabase.addApplicationFont(str(path)) >= 0
        for path in sorted(resource("fonts").glob("*.ttf"))
    )


@lru_cache(maxsize=256)
def icon_pixmap(name: str, colour: str, size: int = ICON, ratio: float = 1.0) -> QPixmap:
    """Return an icon in a colour, drawn sharp for a screen's pixel ratio."""
    drawing = resource("icons", f"{name}.svg").read_text(encoding="utf-8")
    renderer = QSvgRenderer(QByteArray(drawing.replace("currentColor", colour).encode()))
    edge = round(size * ratio)
    image = QImage(edge, edge, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    renderer.render(painter, QRectF(0, 0, edge, edge))
    painter.end()
    image.setDevicePixelRatio(ratio)
    return QPixmap.fromImage(image)


RATIOS = 1.0, 1.5, 2.0, 3.0  # pixels of a screen for each of the desktop's


@lru_cache(maxsize=256)
def icon(name: str, colour: str, size: int = ICON, gap: int = 0) -> QIcon:
    """Return an icon for buttons, drawn anew for each number of pixels that a screen may have.

    `gap` is empty space at its right, because buttons set icon and word too close together.
    """
    made = QIcon()
    for ratio in RATIOS:
        drawn = icon_pixmap(name, colour, size, ratio)
        wide = QPixmap(round((size + gap) * ratio), drawn.height())
        wide.setDevicePixelRatio(ratio)
        wide.fill(Qt.GlobalColor.transparent)
        painter = QPainter(wide)
        painter.drawPixmap(0, 0, drawn)
        painter.end()
        made.addPixmap(wide)
    return made


@lru_cache(maxsize=1)
def emoji_table() -> tuple[Emoji, ...]:
    """Return the 64 emoji of the Matrix table in their order."""
    rows = json.loads(resource("sas_emoji.json").read_text(encoding="utf-8"))
    return tuple(Emoji(row["number"], row["words"]) for row in rows)


@lru_cache(maxsize=64)
def emoji_pixmap(number: int, size: int, ratio: float = 1.0) -> QPixmap:
    """Return the picture of an emoji at a size in pixels."""
    return _scaled(resource("emoji", f"{number:02d}.png"), size, ratio)


@lru_cache(maxsize=64)
def reaction_pixmap(name: str, size: int, ratio: float = 1.0) -> QPixmap:
    """Return the picture of a reaction at a size in pixels."""
    return _scaled(resource("reactions", f"{name}.png"), size, ratio)


def _scaled(path: Path, size: int, ratio: float) -> QPixmap:
    pixmap = QPixmap(str(path))
    edge = round(size * ratio)
    pixmap = pixmap.scaled(
        QSize(edge, edge),
        Qt.AspectRatioMode.KeepAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )
    pixmap.setDevicePixelRatio(ratio)
    return pixmap
