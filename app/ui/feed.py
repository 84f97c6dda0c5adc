"""The crossing of pictures: from the mailboxes that decoders fill to the tiles that paint."""

import threading
from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer, Signal, Slot

from media.slot import Slot as Mailbox
from media.video.picture import Picture

PAUSE = 15  # milliseconds between two rounds: every picture of 60 a second, tiles painted together


class PictureTile(Protocol):
    """What takes a picture and paints it when its time comes."""

    def show_picture(self, picture: Picture) -> None:
        """Paint this picture from now on."""


class PictureFeed(QObject):
    """Brings each person's newest picture to their tile, with one wake-up for all of them."""

    _woken = Signal()

    def __init__(self, pictures: Callable[[bytes], Mailbox[Picture]], parent: QObject) -> None:
        """Take pictures from `pictures(dev)`; b"" is the preview of the own camera."""
        super().__init__(parent)
        self._pictures = pictures
        self._lock = threading.Lock()
        self._waking = False
        self._tiles: dict[bytes, tuple[Mailbox[Picture], PictureTile]] = {}
        self._also: dict[bytes, list[PictureTile]] = {}
        self._since = QElapsedTimer()
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._deliver)
        self._woken.connect(self._plan, Qt.ConnectionType.QueuedConnection)

    def connect_tile(self, dev: bytes, tile: PictureTile) -> None:
        """Bring the pictures of a device to a tile until `disconnect_tile`."""
        mailbox = self._pictures(dev)
        self._tiles[dev] = (mailbox, tile)
        mailbox.on_put = self._wake
        self._wake()

    def show_also(self, dev: bytes, tile: PictureTile) -> None:
        """Bring the pictures of a device that has a tile to one more, until `show_no_more`."""
        self._also.setdefault(dev, []).append(tile)

    def show_no_more(self, dev: bytes, tile: PictureTile) -> None:
        """Bring the pictures of a device to this further tile no more."""
        others = [other for other in self._also.get(dev, ()) if other is not tile]
        if others:
            self._also[dev] = others
        else:
            self._also.pop(dev, None)

    def look_again(self) -> None:
        """Take note where somebody's pictures come into another mailbox than before."""
        for dev, (mailbox, tile) in list(self._tiles.items()):
            if self._pictures(dev) is not mailbox:
                self.disconnect_tile(dev)
                self.connect_tile(dev, tile)

    def disconnect_tile(self, dev: bytes) -> None:
        """Bring the pictures of a device nowhere any more."""
        found = self._tiles.pop(dev, None)
        if found is None:
            return
        mailbox = found[0]
        # The own camera has one mailbox in the preview and in the meeting that follows it.
        if not any(mailbox is other for other, _tile in self._tiles.values()):
            mailbox.on_put = None

    def close(self) -> None:
        """Bring nothing to nobody any more: decoders may outlive the window."""
        self._also.clear()
        for dev in list(self._tiles):
            self.disconnect_tile(dev)

    def _wake(self) -> None:
        """Ask the window's thread to look; called on the threads of decoders."""
        with self._lock:
            waking, self._waking = self._waking, True
        if not waking:
            self._woken.emit()

    @Slot()
    def _plan(self) -> None:
        passed = self._since.elapsed() if self._since.isValid() else PAUSE
        if passed >= PAUSE:
            self._deliver()
        elif not self._timer.isActive():
            self._timer.start(PAUSE - passed)

    @Slot()
    def _deliver(self) -> None:
        self._since.restart()
        with self._lock:
            self._waking = False
        for dev, (mailbox, tile) in self._tiles.items():
            picture = mailbox.take()
            if picture is not None:
                tile.show_picture(picture)
                for other in self._also.get(dev, ()):
                    other.show_picture(picture)
