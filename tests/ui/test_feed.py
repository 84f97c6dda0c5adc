"""Pictures come to their tiles with one wake-up for all of them."""

import threading

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.ui.feed import PictureFeed
from media.slot import Slot
from media.video.picture import Picture


class Tile:
    def __init__(self) -> None:
        self.shown: list[Picture] = []

    def show_picture(self, picture: Picture) -> None:
        self.shown.append(picture)


def picture(shade: int = 0) -> Picture:
    return Picture(2, 2, 8, bytes([shade]) * 16, None)


def test_the_newest_picture_of_each_person_is_shown(qtbot: QtBot) -> None:
    boxes: dict[bytes, Slot[Picture]] = {b"a": Slot(), b"b": Slot()}
    parent = QObject()
    feed = PictureFeed(boxes.__getitem__, parent)
    tiles = {dev: Tile() for dev in boxes}
    for dev, tile in tiles.items():
        feed.connect_tile(dev, tile)

    def decode() -> None:
        for shade in range(50):
            for box in boxes.values():
                box.put(picture(shade))

    worker = threading.Thread(target=decode)
    worker.start()
    worker.join()
    for tile in tiles.values():
        qtbot.waitUntil(lambda tile=tile: bool(tile.shown))  # type: ignore[misc]
        assert tile.shown[-1] == picture(49)
        assert len(tile.shown) <= 3


def test_a_picture_that_lay_there_before_the_tile_is_shown_too(qtbot: QtBot) -> None:
    box: Slot[Picture] = Slot()
    box.put(picture())
    parent = QObject()
    feed, tile = PictureFeed(lambda _dev: box, parent), Tile()
    feed.connect_tile(b"a", tile)
    qtbot.waitUntil(lambda: bool(tile.shown))


def test_nothing_comes_to_a_tile_that_is_gone(qtbot: QtBot) -> None:
    box: Slot[Picture] = Slot()
    parent = QObject()
    feed, tile = PictureFeed(lambda _dev: box, parent), Tile()
    feed.connect_tile(b"a", tile)
    feed.disconnect_tile(b"a")
    feed.disconnect_tile(b"a")
    box.put(picture())
    for _round in range(5):
        QApplication.processEvents()
    assert tile.shown == []
    assert box.on_put is None


def test_a_mailbox_that_changes_hands_goes_on(qtbot: QtBot) -> None:
    """The own camera has one mailbox in the preview and in the meeting that follows it."""
    box: Slot[Picture] = Slot()
    parent = QObject()
    feed, preview, tile = PictureFeed(lambda _dev: box, parent), Tile(), Tile()
    feed.connect_tile(b"", preview)
    feed.connect_tile(b"me", tile)
    feed.disconnect_tile(b"")
    for shade in range(3):
        box.put(picture(shade))
        qtbot.waitUntil(lambda shade=shade: picture(shade) in tile.shown)  # type: ignore[misc]


def test_somebody_who_comes_back_is_seen_from_the_new_mailbox(qtbot: QtBot) -> None:
    boxes: dict[bytes, Slot[Picture]] = {b"a": Slot()}
    parent = QObject()
    feed, tile = PictureFeed(boxes.__getitem__, parent), Tile()
    feed.connect_tile(b"a", tile)
    old, boxes[b"a"] = boxes[b"a"], Slot()
    feed.look_again()
    assert old.on_put is None
    boxes[b"a"].put(picture(7))
    qtbot.waitUntil(lambda: tile.shown == [picture(7)])
