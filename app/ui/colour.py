"""Sums with colours written as #RRGGBB: one laid on another, and how well a pair reads."""

from PySide6.QtGui import QColor

EDGE = 0.49  # of the words' colour in the edge of what can be typed into: 3:1 on its ground


def blend(ground: str, over: str, share: float) -> str:
    """Lay one colour over another, `share` of it (0..1), and return what is seen."""
    a, b = QColor(ground), QColor(over)
    mixed = (
        round(x + (y - x) * share)
        for x, y in zip((a.red(), a.green(), a.blue()), (b.red(), b.green(), b.blue()), strict=True)
    )
    return QColor(*mixed).name().upper()


def with_opacity(colour: str, opacity: float) -> QColor:
    """Return a colour that lets what is behind it through."""
    made = QColor(colour)
    made.setAlphaF(opacity)
    return made


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours as WCAG 2.2 defines it, 1..21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    """Relative luminance of sRGB (WCAG 2.2)."""
    c = QColor(colour)
    parts = [
        x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4
        for x in (c.redF(), c.greenF(), c.blueF())
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
