"""How Conclave looks: the colour tokens, the palette and the one style sheet made from them."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QWidget

from app.ui.colour import EDGE, blend
from app.ui.style_sheet import style_sheet
from app.ui.tokens import (
    DARK,
    DARK_STAGE,
    LIGHT,
    LIGHT_STAGE,
    STRONG_DARK,
    STRONG_LIGHT,
    STRONG_STAGE,
    THEMES,
    Tokens,
)

FAMILY = "Inter"
SYSTEM, LIGHT_NAME, DARK_NAME, CONTRAST_NAME = "system", "light", "dark", "contrast"
BODY, CONTROL, TITLE, DISPLAY, SMALL = 13, 15, 20, 28, 12  # type sizes in pixels at scale 1
LARGE = 1.4  # scale of the text from which on controls stand below their words
RADIUS, TILE_RADIUS = 8, 12  # corners of cards and fields; of tiles
MINIMUM_CONTRAST = 4.5  # WCAG AA for text
STRONG_CONTRAST = 7.0  # WCAG AAA for text, in the themes of high contrast
PLATE_OPACITY = 0.80  # of the plate behind a name, enough for white video underneath


# Quiet grounds for initials, so that eight people without a camera can be told apart.
AVATARS = ("#3E5C76", "#5B4B7A", "#2F6A5B", "#7A4B4B", "#6A5A2F", "#3F5F8A", "#6A3F63", "#45602F")
ON_AVATAR = "#FFFFFF"
_BY_GROUND = {QColor(tokens.bg).rgb(): tokens for tokens in THEMES}  # asked for with each picture
PAPER, INK = "#FFFFFF", "#000000"  # of a QR code: full contrast in both themes, so cameras read it


def current() -> Tokens:
    """Return the tokens of the theme that the application shows now."""
    shown = QGuiApplication.palette().color(QPalette.ColorRole.Window)
    return _BY_GROUND.get(shown.rgb(), LIGHT)


def on_stage() -> Tokens:
    """Return the tokens for what stands on the stage in the theme shown now."""
    return stage_of(current())


def stage_of(tokens: Tokens) -> Tokens:
    """Return the tokens for what stands on the stage in a theme."""
    if tokens.strong:
        return STRONG_STAGE
    return DARK_STAGE if tokens.dark else LIGHT_STAGE


def choose(wanted: str) -> Tokens:
    """Return the tokens for a setting: light, dark, high contrast, or what the system shows.

    High contrast is light or dark as the system is.
    """
    hints = QGuiApplication.styleHints()
    dark = hints.colorScheme() == Qt.ColorScheme.Dark
    asked = hints.accessibility().contrastPreference() == Qt.ContrastPreference.HighContrast
    if wanted == CONTRAST_NAME or (wanted == SYSTEM and asked):
        return STRONG_DARK if dark else STRONG_LIGHT
    if wanted == SYSTEM:
        return DARK if dark else LIGHT
    return DARK if wanted == DARK_NAME else LIGHT


def palette(tokens: Tokens) -> QPalette:
    """Return the palette by which Fusion paints what the style sheet leaves alone."""
    made = QPalette()
    role = QPalette.ColorRole
    for name, colour in (
        (role.Window, tokens.bg),
        (role.Base, tokens.surface),
        (role.AlternateBase, tokens.bg),
        (role.Button, tokens.surface),
        (role.WindowText, tokens.text),
        (role.Text, tokens.text),
        (role.ButtonText, tokens.text),
        (role.PlaceholderText, tokens.muted),
        (role.ToolTipBase, tokens.surface),
        (role.ToolTipText, tokens.text),
        (role.Highlight, tokens.accent),
        (role.HighlightedText, tokens.on_accent),
        (role.Accent, tokens.accent),
        (role.Link, tokens.accent),
        (role.LinkVisited, tokens.accent),
        (role.BrightText, tokens.danger),
        (role.Light, tokens.surface),
        (role.Midlight, tokens.line),
        (role.Mid, tokens.line),
        (role.Dark, tokens.line),
        (role.Shadow, tokens.shadow),
    ):
        made.setColor(name, QColor(colour))
    for name in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, name, QColor(tokens.muted))
    return made


def sheet(tokens: Tokens, enlarged: float = 1.0) -> str:
    """Return the style sheet of a theme, its type enlarged."""
    return style_sheet(tokens, stage_of(tokens), enlarged)


def edge(tokens: Tokens) -> str:
    """Return the border of what can be typed into or switched: 3:1 against its ground."""
    return tokens.text if tokens.strong else blend(tokens.surface, tokens.text, EDGE)


def hover(tokens: Tokens) -> str:
    """Return the ground of a quiet control under the pointer."""
    return blend(tokens.surface, tokens.text, 0.07)


def font(size: int = BODY, *, bold: bool = False, enlarged: float | None = None) -> QFont:
    """Return the typeface at a designed size, with figures of equal width.

    It is enlarged as all type is now, or as asked for.
    """
    made = QFont(FAMILY)
    made.setPixelSize(round(size * (scale() if enlarged is None else enlarged)))
    made.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    made.setFeature(QFont.Tag("tnum"), 1)
    return made


def text_is_large() -> bool:
    """Tell whether a control has no room beside its words any more."""
    return scale() >= LARGE


def scale() -> float:
    """Return how much larger than designed all type is shown now."""
    return max(1.0, QGuiApplication.font().pixelSize() / BODY)


def motion(milliseconds: int, window: QWidget) -> int:
    """Return how long a movement in a window takes; 0 where less motion is wished for."""
    return 0 if window.property("reduce_motion") else milliseconds
