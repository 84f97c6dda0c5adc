"""A quiet plate that says what of oneself is live: on small pictures there is no room for more."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.i18n import _
from app.live_words import live_words
from app.screens import Live
from app.ui import theme
from app.ui.colour import with_opacity

_DOT, _TALL, _INSIDE = 8, 24, 9  # pixels at scale 1


class LiveSign(QWidget):
    """A red dot with words, or only words where nothing is live."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("little_live")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._live = Live()
        self.text = ""
        self.show_live(self._live)

    def show_live(self, live: Live) -> None:
        """Show what is live now."""
        words = live_words(live) or _("Muted")
        if (live, words) != (self._live, self.text):
            self._live, self.text = live, words
            self.setAccessibleName(words)
            self.adjustSize()
            self.update()

    def sizeHint(self) -> QSize:
        scale = theme.scale()
        words = QFontMetricsF(theme.font(theme.SMALL)).horizontalAdvance(self.text)
        dot = (_DOT + 6) * scale if self._is_live() else 0
        return QSize(round(words + dot + 2 * _INSIDE * scale), round(_TALL * scale))

    def _is_live(self) -> bool:
        return self._live != Live()

    def paintEvent(self, event: QPaintEvent) -> None:
        t, scale = theme.on_stage(), theme.scale()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(with_opacity(t.stage, theme.PLATE_OPACITY))
        painter.drawRoundedRect(self.rect(), theme.RADIUS, theme.RADIUS)
        left = _INSIDE * scale
        if self._is_live():
            painter.setBrush(QColor(t.danger))
            painter.drawEllipse(
                round(left), round((self.height() - _DOT * scale) / 2),
                round(_DOT * scale), round(_DOT * scale),
            )  # fmt: skip
            left += (_DOT + 6) * scale
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(QColor(t.text))
        words = self.rect().adjusted(round(left), 0, 0, 0)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(words, int(flags), self.text)
