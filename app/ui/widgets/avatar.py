"""A person without a picture: initials on a round ground, and small signs beside a name."""

from PySide6.QtCore import QEvent, QPointF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.ui import theme
from app.ui.widgets.painting import paint_icon, paint_initials


class Avatar(QWidget):
    """The initials of a name."""

    def __init__(self, size: int, *, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._person, self._seed = "", b""
        side = round(size * theme.scale())
        self.setFixedSize(side, side)

    def show_name(self, person: str, seed: bytes = b"") -> None:
        """Show the initials of this name."""
        if (person, seed) != (self._person, self._seed):
            self._person, self._seed = person, seed
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        middle = QPointF(self.width() / 2, self.height() / 2)
        paint_initials(painter, middle, self.width(), self._person, self._seed)


class Sign(QWidget):
    """An icon that stands beside words which say the same."""

    def __init__(self, icon_name: str, kind: str = "text", size: int = 20, *, name: str) -> None:
        """`kind` is the token it is coloured by."""
        super().__init__()
        self.setObjectName(name)
        self._icon_name, self._kind, self._on_stage = icon_name, kind, False
        side = round(size * theme.scale())
        self.setFixedSize(side, side)

    def show_icon(self, icon_name: str, kind: str = "text") -> None:
        """Show another icon or colour."""
        if (icon_name, kind) != (self._icon_name, self._kind):
            self._icon_name, self._kind = icon_name, kind
            self.update()

    def stand_on_stage(self) -> "Sign":
        """Take the colours of the stage."""
        self._on_stage = True
        return self

    def sizeHint(self) -> QSize:
        return self.size()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.on_stage() if self._on_stage else theme.current()
        if self._icon_name:
            colour = str(getattr(t, self._kind))
            paint_icon(QPainter(self), self._icon_name, colour, QPointF(0, 0), self.width())
