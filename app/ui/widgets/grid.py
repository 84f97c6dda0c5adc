"""The stage's tiles: one for each person, arranged to fit, never rebuilt while a person stays."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, QTimer
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from app.intents import Intent, SetTile
from app.meeting.view import Person
from app.meeting.wishes import Distrust, Trust
from app.ui.feed import PictureFeed
from app.ui.layout import grid
from app.ui.widgets.tile import VideoTile

SETTLE = 200  # milliseconds a size must stand before the decoder is told


def hands_of(people: Sequence[Person]) -> dict[bytes, int]:
    """Return the place of each raised hand by device, 1 for the one that is up longest."""
    up = sorted((p for p in people if p.hand_since), key=lambda p: p.hand_since)
    return {person.dev: place for place, person in enumerate(up, start=1)}


class TileGrid(QWidget):
    """Shows people as tiles and tells how large each tile is, in device pixels."""

    def __init__(
        self,
        submit: Callable[[Intent], None],
        feed: PictureFeed,
        on_menu: Callable[[bytes, QPoint], None],
        on_quality: Callable[[], None],
    ) -> None:
        super().__init__()
        self.setObjectName("grid")
        self._submit, self._feed = submit, feed
        self._on_menu, self._on_quality = on_menu, on_quality
        self._tiles: dict[bytes, VideoTile] = {}
        self._mirrored = True
        self._told: dict[bytes, SetTile] = {}
        self._settle = QTimer(self, singleShot=True, interval=SETTLE)
        self._settle.timeout.connect(self._tell_sizes)

    @property
    def tiles(self) -> dict[bytes, VideoTile]:
        """The tiles by device, in the order of the people."""
        return self._tiles

    def show_people(self, people: Sequence[Person]) -> None:
        """Show these people, in this order; who stays keeps the tile."""
        wanted = {person.dev: person for person in people}
        changed = list(self._tiles) != list(wanted)
        for dev in [dev for dev in self._tiles if dev not in wanted]:
            self._feed.disconnect_tile(dev)
            tile = self._tiles.pop(dev)
            tile.hide()
            tile.deleteLater()
            self._told.pop(dev, None)
        hands = hands_of(people)
        for dev, person in wanted.items():
            if dev not in self._tiles:
                self._tiles[dev] = self._make(dev)
            self._tiles[dev].show_person(person, hands.get(dev, 0))
        self._feed.look_again()
        if changed:
            self._tiles = {dev: self._tiles[dev] for dev in wanted}
            self._arrange()

    def mirror_self(self, mirrored: bool) -> None:
        """Show oneself as in a mirror, or as others see one."""
        self._mirrored = mirrored
        for tile in self._tiles.values():
            tile.mirror_self(mirrored)

    def clear(self) -> None:
        """Show nobody; the meeting is over."""
        self.show_people(())

    def _make(self, dev: bytes) -> VideoTile:
        tile = VideoTile(
            dev,
            on_trust=lambda: self._submit(Trust(dev)),
            on_distrust=lambda: self._submit(Distrust(dev)),
            on_menu=lambda where: self._on_menu(dev, where),
            on_quality=self._on_quality,
        )
        tile.setParent(self)
        tile.mirror_self(self._mirrored)
        tile.show()
        self._feed.connect_tile(dev, tile)
        return tile

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._settle.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._settle.start()

    def window_state_changed(self) -> None:
        """Tell again who can be seen: a minimised window shows nobody."""
        self._settle.start()

    def _arrange(self) -> None:
        boxes = grid(len(self._tiles), self.width(), self.height())
        for number, tile in enumerate(self._tiles.values()):
            if number < len(boxes):
                box = boxes[number]
                tile.setGeometry(box.x, box.y, box.width, box.height)
            tile.setVisible(number < len(boxes))
        self._settle.start()

    def _tell_sizes(self) -> None:
        for dev, tile in self._tiles.items():
            ratio = tile.devicePixelRatioF()
            size = SetTile(
                dev,
                round(tile.width() * ratio),
                round(tile.height() * ratio),
                tile.isVisible() and not self.window().isMinimized(),
            )
            if self._told.get(dev) != size:
                self._told[dev] = size
                self._submit(size)
