"""The tiles of who is there: one for each person and each shared screen, kept while they stay."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QWidget

from app.intents import Intent
from app.meeting.view import Person
from app.meeting.wishes import Distrust, Trust
from app.ui.feed import PictureFeed
from app.ui.seating import Seat
from app.ui.widgets.screen_tile import ScreenTile
from app.ui.widgets.tile import VideoTile


@dataclass(frozen=True)
class TileActions:
    """What is done at a tile."""

    submit: Callable[[Intent], None]
    menu: Callable[[Seat, QPoint], None]
    quality: Callable[[], None]
    pin: Callable[[Seat], None]
    shape: Callable[[], None]  # a screen turned out to have another shape


class Cast:
    """Makes tiles, joins them to the pictures that come for them, and lets them go."""

    def __init__(
        self, stage: QWidget, feed: PictureFeed, screen_feed: PictureFeed, actions: TileActions
    ) -> None:
        """`feed` brings pictures of cameras, `screen_feed` those of shared screens."""
        self._stage, self._feed, self._screen_feed = stage, feed, screen_feed
        self._actions = actions
        self._mirrored = True
        self.tiles: dict[bytes, VideoTile] = {}
        """Of people by device, in the order of the people."""
        self.screens: dict[bytes, ScreenTile] = {}
        """Of shared screens by whose they are, in the order in which they began."""

    @property
    def seats(self) -> set[Seat]:
        """Everything that has a tile."""
        return {Seat(dev) for dev in self.tiles} | {Seat(dev, True) for dev in self.screens}

    def tile(self, seat: Seat) -> VideoTile | ScreenTile:
        """Return the tile of a seat."""
        return self.screens[seat.dev] if seat.screen else self.tiles[seat.dev]

    def show(self, people: Sequence[Person], leave: Callable[[Seat, QWidget], None]) -> None:
        """Have tiles for these people and their screens; `leave` is called for each that goes."""
        wanted = {person.dev: person for person in people}
        sharing = {p.dev: p for p in people if p.sharing and not p.is_me}
        for dev in [dev for dev in self.tiles if dev not in wanted]:
            self._feed.disconnect_tile(dev)
            self._drop(Seat(dev), self.tiles.pop(dev), leave)
        for dev in [dev for dev in self.screens if dev not in sharing]:
            self._screen_feed.disconnect_tile(dev)
            self._drop(Seat(dev, screen=True), self.screens.pop(dev), leave)
        for dev in wanted:
            if dev not in self.tiles:
                self.tiles[dev] = self._make(dev)
        for dev, person in sharing.items():
            if dev not in self.screens:
                self.screens[dev] = self._make_screen(dev)
            self.screens[dev].show_person(person)
        self.tiles = {dev: self.tiles[dev] for dev in wanted}
        self._feed.look_again()
        self._screen_feed.look_again()

    def mirror_self(self, mirrored: bool) -> None:
        """Show oneself as in a mirror, or as others see one."""
        self._mirrored = mirrored
        for tile in self.tiles.values():
            tile.mirror_self(mirrored)

    def _make(self, dev: bytes) -> VideoTile:
        seat, actions = Seat(dev), self._actions
        tile = VideoTile(
            dev,
            on_trust=lambda: actions.submit(Trust(dev)),
            on_distrust=lambda: actions.submit(Distrust(dev)),
            on_menu=lambda where: actions.menu(seat, where),
            on_quality=actions.quality,
            on_pin=lambda: actions.pin(seat),
        )
        tile.setParent(self._stage)
        tile.mirror_self(self._mirrored)
        self._feed.connect_tile(dev, tile)
        return tile

    def _make_screen(self, dev: bytes) -> ScreenTile:
        seat, actions = Seat(dev, screen=True), self._actions
        tile = ScreenTile(
            dev,
            on_menu=lambda where: actions.menu(seat, where),
            on_shape=actions.shape,
            on_pin=lambda: actions.pin(seat),
        )
        tile.setParent(self._stage)
        self._screen_feed.connect_tile(dev, tile)
        return tile

    def _drop(self, seat: Seat, tile: QWidget, leave: Callable[[Seat, QWidget], None]) -> None:
        leave(seat, tile)
        tile.hide()
        tile.deleteLater()
