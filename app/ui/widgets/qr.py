"""A QR code, every module on whole pixels so that cameras read it."""

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui import theme

QUIET = 4  # modules of white around the code (ISO/IEC 18004)


class QrCode(QWidget):
    """Shows a text as a QR code."""

    def __init__(self, size: int, *, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._text, self._most = "", size
        self._rows: tuple[tuple[int, ...], ...] = ()
        self.setFixedSize(size, size)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_text(self, text: str) -> None:
        """Show this text; an empty one shows nothing. The code is worked out once it is seen."""
        if text != self._text:
            self._text, self._rows = text, ()
            if self.isVisible():
                self._work_out()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._rows:
            self._work_out()

    def _work_out(self) -> None:
        if self._text:
            import segno

            made = segno.make(self._text, error="m", micro=False, boost_error=False)
            self._rows = tuple(tuple(int(m > 0) for m in row) for row in made.matrix)
            across = len(self._rows) + 2 * QUIET
            module = max(1, self._most // across)
            self.setFixedSize(module * across, module * across)
        self.update()

    @property
    def modules(self) -> tuple[tuple[int, ...], ...]:
        """The dark (1) and light (0) modules, without the quiet zone."""
        return self._rows

    def sizeHint(self) -> QSize:
        return self.size()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.PAPER))
        painter.drawRoundedRect(self.rect(), theme.RADIUS, theme.RADIUS)
        if not self._rows:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        # Paint in device pixels: a module is a whole number of them.
        ratio = self.devicePixelRatioF()
        painter.scale(1 / ratio, 1 / ratio)
        space = int(min(self.width(), self.height()) * ratio)
        count = len(self._rows)
        module = max(1, space // (count + 2 * QUIET))
        start = (space - module * count) // 2
        for y, row in enumerate(self._rows):
            for x, dark in enumerate(row):
                if dark:
                    painter.fillRect(
                        QRect(start + x * module, start + y * module, module, module),
                        QColor(theme.INK),
                    )
