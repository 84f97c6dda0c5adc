"""One's own picture, large and mirrored, with what is the matter."""

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.i18n import _
from app.meeting.view import Badge, Person, Presence
from app.ui.feed import PictureFeed
from app.ui.widgets.tile import VideoTile

OWN = b""  # the own camera before there is a meeting


class OwnPicture(QWidget):
    """Keeps a 16:9 tile as large as the space allows."""

    def __init__(self, feed: PictureFeed, *, name: str, also: bytes = OWN) -> None:
        """`also` is one's own device in a meeting, whose pictures have their tile there."""
        super().__init__()
        self.setObjectName(name)
        self._feed, self._also = feed, also
        self.tile = VideoTile(
            OWN, on_trust=_nothing, on_distrust=_nothing, on_menu=lambda _where: None
        )
        self.tile.setParent(self)
        self.tile.stand_on_page()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 90)

    def take_pictures(self, wanted: bool) -> None:
        """Take the pictures of the own camera, or leave them to somebody else."""
        if self._also != OWN:
            self._feed.show_no_more(self._also, self.tile)
            if wanted:
                self._feed.show_also(self._also, self.tile)
        elif wanted:
            self._feed.connect_tile(OWN, self.tile)
        else:
            self._feed.disconnect_tile(OWN)

    def show_state(self, name: str, *, camera_on: bool, microphone_on: bool, note: str) -> None:
        """Show who one is and whether the devices are on."""
        self.tile.show_person(
            Person(OWN, name, Badge.VERIFIED, Presence.ME, False, microphone_on, camera_on)
        )
        self.tile.set_note(note or (_("The camera starts.") if camera_on else _no_camera()))

    def hasHeightForWidth(self) -> bool:
        return False

    def sizeHint(self) -> QSize:
        return QSize(640, 360)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        width = min(self.width(), self.height() * 16 // 9)
        height = width * 9 // 16
        self.tile.setGeometry(
            QRect((self.width() - width) // 2, (self.height() - height) // 2, width, height)
        )


def _no_camera() -> str:
    return _("Your camera is off.")


def _nothing() -> None:
    """One's own key never changes."""
