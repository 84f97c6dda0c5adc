"""The badge beside a name: New, Known, Verified, or a changed key; shape and word."""

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.i18n import _
from app.meeting.view import Badge
from app.person_words import BADGES, BADGES_AT_LENGTH
from app.ui import theme
from app.ui.widgets.painting import badge_colour, badge_icon, paint_icon

_ICON = 14  # pixels


class BadgeChip(QWidget):
    """An icon and a word; the tool tip says what it means."""

    def __init__(self, *, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._badge = Badge.NEW
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.show_badge(Badge.NEW)

    def show_badge(self, badge: Badge) -> None:
        """Show this badge."""
        self._badge = badge
        self.setToolTip(_(BADGES_AT_LENGTH[badge]))
        self.setAccessibleName(_(BADGES[badge]))
        self.setFixedSize(self.sizeHint())
        self.update()

    def sizeHint(self) -> QSize:
        self.ensurePolished()
        metrics = self.fontMetrics()
        return QSize(
            self._icon() + 5 + metrics.horizontalAdvance(_(BADGES[self._badge])) + 4,
            max(self._icon(), metrics.height()) + 2,
        )

    def _icon(self) -> int:
        return round(_ICON * theme.scale())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in {QEvent.Type.FontChange, QEvent.Type.StyleChange}:
            self.setFixedSize(self.sizeHint())
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        painter = QPainter(self)
        colour = badge_colour(self._badge, t)
        icon = self._icon()
        corner = QPointF(0, (self.height() - icon) / 2)
        paint_icon(painter, badge_icon(self._badge), colour, corner, icon)
        painter.setPen(QColor(colour))
        painter.drawText(
            QRectF(icon + 5, 0, self.width(), self.height()),
            int(Qt.AlignmentFlag.AlignVCenter),
            _(BADGES[self._badge]),
        )
