"""A card that stands over the window until it is answered or closed; Esc closes it."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QRect, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import _
from app.ui import theme
from app.ui.colour import with_opacity
from app.ui.widgets.buttons import Button
from app.ui.widgets.painting import paint_shadow
from app.ui.widgets.scroll import Scroll, bring_into_view
from app.ui.widgets.text import label


class Sheet(QWidget):
    """Covers its parent, keeps the keyboard inside, gives it back when it goes."""

    def __init__(
        self,
        parent: QWidget,
        title: str,
        *,
        name: str,
        width: int = 480,
        height: int = 0,
        on_close: Callable[[], None] | None = None,
        framed: bool = True,
    ) -> None:
        """`height` 0 fits what is in it; without `framed` the content brings its own title."""
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self._over = parent
        scale = theme.scale()
        self._width, self._height = round(width * scale), round(height * scale)
        self._on_close = on_close
        self._came_from: QWidget | None = parent.window().focusWidget()
        self.card = QFrame(self)
        self.card.setObjectName("card")
        outer = QVBoxLayout(self.card)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        self.close_button = Button(
            _("Close"), self.close_sheet, name=f"{name}_close", role="icon", icon_name="x"
        )
        self.content = QVBoxLayout()
        if framed:
            top = QHBoxLayout()
            top.setContentsMargins(24, 16, 16, 0)
            self.title = label(title, "title", name=f"{name}_title", wrap=True)
            top.addWidget(self.title, 1)
            top.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)
            outer.addLayout(top)
            inside = QWidget()
            inside.setObjectName(f"{name}_content")
            inside.setLayout(self.content)
            self.content.setContentsMargins(24, 12, 24, 24)
            self.content.setSpacing(12)
            self._scroll: Scroll | None = Scroll(inside, name=f"{name}_scroll")
            self._top = top
            outer.addWidget(self._scroll, 1)
        else:
            self._scroll = None
            self.content.setContentsMargins(0, 0, 0, 0)
            self.content.setSpacing(0)
            outer.addLayout(self.content, 1)
        parent.installEventFilter(self)

    def open_sheet(self, first: QWidget | None = None) -> None:
        """Stand over the parent with the keyboard on `first`, else on the first that takes it."""
        self.setGeometry(self._over.rect())
        self.show()
        self.raise_()
        self._place()
        wanted = first or next(iter(self._stops()), None)
        if wanted is not None:
            wanted.setFocus(Qt.FocusReason.OtherFocusReason)

    def close_sheet(self) -> None:
        """Go away and give the keyboard back."""
        self._over.removeEventFilter(self)
        self.hide()
        if self._came_from is not None:
            try:
                self._came_from.setFocus(Qt.FocusReason.OtherFocusReason)
            except RuntimeError:
                self._came_from = None  # that widget is gone with its view
        if self._on_close is not None:
            self._on_close()
        self.deleteLater()

    def relayout(self) -> None:
        """Fit the card again after its content changed."""
        self._place()

    def reveal(self, part: QWidget) -> None:
        """Scroll to a part, and as much of it as there is room for."""
        if self._scroll is not None:
            self._scroll.fit()
            self._scroll.ensureWidgetVisible(part, 0, 24)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and watched is self._over:
            self.setGeometry(self._over.rect())
            self._place()
        return False

    def _place(self) -> None:
        space = self.rect().adjusted(16, 16, -16, -16)
        width = min(self._width, space.width())
        if self._height or self._scroll is None:
            height = self._height or space.height()
        else:
            top = self._top
            above = top.heightForWidth(width - 2) if top.hasHeightForWidth() else 0
            above = max(above, top.minimumSize().height())
            height = self._scroll.height_for(width - 2) + above + 2
        height = min(height, space.height())
        self.card.setGeometry(
            QRect(
                (self.width() - width) // 2,
                max(16, (self.height() - height) // 2),
                width,
                height,
            )
        )

    def focusNextPrevChild(self, next: bool) -> bool:
        """Keep Tab inside the sheet."""
        stops = self._stops()
        if not stops:
            return True
        now = self.window().focusWidget()
        index = stops.index(now) if now in stops else -1
        step = 1 if next else -1
        reason = Qt.FocusReason.TabFocusReason if next else Qt.FocusReason.BacktabFocusReason
        stop = stops[(index + step) % len(stops)]
        stop.setFocus(reason)
        bring_into_view(stop)
        return True

    def _stops(self) -> list[QWidget]:
        """Return what takes the keyboard inside, in the order of the focus chain."""
        found: list[QWidget] = []
        widget = self.nextInFocusChain()
        while widget is not None and widget is not self:
            if (
                self.isAncestorOf(widget)
                and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
                and widget.isEnabled()
                and widget.isVisibleTo(self)
            ):
                found.append(widget)
            widget = widget.nextInFocusChain()
        if self.close_button in found:  # reached last, though it stands first
            found.remove(self.close_button)
            found.append(self.close_button)
        return found

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_sheet()
        else:
            event.accept()  # nothing behind the sheet may hear it

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        painter = QPainter(self)
        painter.fillRect(self.rect(), with_opacity(t.shadow, 0.4))
        paint_shadow(painter, self.card.geometry(), theme.TILE_RADIUS, t)
        painter.setPen(QColor(t.line))
