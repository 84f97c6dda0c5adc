"""What the space bar does now, in the corner of the bar where there is room for it."""

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.i18n import _
from app.screens import InMeeting
from app.ui.widgets.text import label, set_text


class SpaceLine(QWidget):
    """Keeps its place, whether or not there is anything to say."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("bar_left")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self._words = label(name="space_line", kind="muted")
        self._words.setParent(self)
        self._words.hide()

    @property
    def words(self) -> str:
        """What there is to say, shown or not."""
        return self._words.text()

    def show_screen(self, screen: InMeeting, space: str) -> None:
        """Say what holding the space bar does; `space` is the setting."""
        set_text(self._words, space_words(screen, space))
        self._fit()

    def sizeHint(self) -> QSize:
        return QSize(0, 0)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Show all of it or nothing: half a sentence helps nobody."""
        size = self._words.sizeHint()
        self._words.setVisible(bool(self.words) and size.width() + 8 <= self.width())
        self._words.setGeometry(4, (self.height() - size.height()) // 2, size.width(),
                                size.height())  # fmt: skip


def space_words(screen: InMeeting, space: str) -> str:
    """Return what the space bar does in this state; empty for nothing."""
    heard = screen.view.microphone_on
    if screen.held:
        return _("Let go of Space to mute") if heard else _("Muted while you hold Space")
    if space in {"talk", "only"} and not heard:
        return _("Hold Space to talk")
    if space == "mute" and heard:
        return _("Hold Space to mute")
    return ""
