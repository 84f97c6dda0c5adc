"""A tile shows a person as they are: picture or initials, name, and what is the matter."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QSize
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from app.meeting.view import Badge, Person, Presence, Quality
from app.ui import theme
from app.ui.appearance import Appearance
from app.ui.widgets.tile import VideoTile, describe
from media.video.picture import Picture

ADA = Person(b"a" * 16, "Ada", Badge.KNOWN, Presence.CONNECTED, False, True, True)
SIZE = QSize(320, 180)


@pytest.fixture
def tile(qtbot: QtBot, dressed: Appearance) -> Iterator[VideoTile]:
    calls: list[str] = []
    made = VideoTile(
        ADA.dev,
        on_trust=lambda: calls.append("trust"),
        on_distrust=lambda: calls.append("distrust"),
        on_menu=lambda _where: calls.append("menu"),
    )
    made.calls = calls  # type: ignore[attr-defined]
    qtbot.addWidget(made)
    made.resize(SIZE)
    made.show()
    return made


def halves(left: str, right: str, width: int = 320, height: int = 180) -> Picture:
    """A picture of two colours, its left half and its right half."""

    def pixels(colour: str) -> bytes:
        c = QColor(colour)
        return bytes((c.blue(), c.green(), c.red(), 255)) * (width // 2)

    return Picture(width, height, width * 4, (pixels(left) + pixels(right)) * height, None)


def painted(tile: VideoTile) -> QImage:
    return tile.grab().toImage()


def colour_at(image: QImage, x: int, y: int) -> str:
    ratio = image.devicePixelRatio()
    return image.pixelColor(QPoint(round(x * ratio), round(y * ratio))).name()


def test_a_picture_of_its_size_is_painted_pixel_for_pixel(tile: VideoTile) -> None:
    tile.show_person(ADA)
    pixels = bytearray()
    for y in range(180):
        for x in range(320):
            pixels += bytes((x % 256, y, (x + y) % 256, 255))
    tile.show_picture(Picture(320, 180, 1280, bytes(pixels), None))
    image = painted(tile)
    for x, y in ((40, 40), (161, 90), (300, 20)):
        assert image.pixelColor(x, y) == QColor((x + y) % 256, y, x % 256)


def test_others_are_shown_as_they_are_and_oneself_mirrored(tile: VideoTile) -> None:
    for person, seen in ((ADA, "#ff0000"), (replace(ADA, presence=Presence.ME), "#0000ff")):
        tile.show_person(person)
        tile.show_picture(halves("#ff0000", "#0000ff"))
        assert colour_at(painted(tile), 60, 60) == seen


def test_who_wishes_sees_oneself_as_others_do(tile: VideoTile) -> None:
    tile.show_person(replace(ADA, presence=Presence.ME))
    tile.mirror_self(False)
    tile.show_picture(halves("#ff0000", "#0000ff"))
    assert colour_at(painted(tile), 60, 60) == "#ff0000"


def test_signs_are_drawn_once_for_many_pictures(tile: VideoTile) -> None:
    tile.show_person(replace(ADA, speaking=True))
    for shade in ("#ff0000", "#00ff00", "#0000ff"):
        tile.show_picture(halves(shade, shade))
        painted(tile)
    assert tile.signs.drawn == 1
    tile.show_person(replace(ADA, microphone_on=False))
    painted(tile)
    assert tile.signs.drawn == 2


def test_a_wider_stride_is_understood(tile: VideoTile) -> None:
    tile.show_person(ADA)
    line = bytes((0, 255, 0, 255)) * 320 + b"\0" * 64
    tile.show_picture(Picture(320, 180, 1344, line * 180, None))
    assert colour_at(painted(tile), 160, 150 - 40) == "#00ff00"


def test_a_picture_of_another_shape_fills_the_tile(tile: VideoTile) -> None:
    tile.show_person(ADA)
    tile.show_picture(halves("#ff0000", "#ff0000", 160, 120))
    image = painted(tile)
    assert colour_at(image, 20, 90) == colour_at(image, 300, 90) == "#ff0000"


def test_without_a_camera_the_initials_stand_there(tile: VideoTile) -> None:
    tile.show_person(ADA)
    tile.show_picture(halves("#ff0000", "#ff0000"))
    tile.show_person(replace(ADA, camera_on=False))
    assert not tile.shows_picture
    assert colour_at(painted(tile), 20, 20) == theme.on_stage().raised.lower()


def test_an_old_picture_never_comes_back(tile: VideoTile) -> None:
    tile.show_person(ADA)
    tile.show_picture(halves("#ff0000", "#ff0000"))
    tile.show_person(replace(ADA, camera_on=False))
    tile.show_person(ADA)
    assert not tile.shows_picture


@pytest.mark.parametrize("presence", [Presence.HELD, Presence.UNVERIFIED])
def test_a_picture_that_cannot_be_trusted_is_not_shown(tile: VideoTile, presence: Presence) -> None:
    tile.show_person(replace(ADA, presence=presence))
    tile.show_picture(halves("#ff0000", "#ff0000"))
    assert not tile.shows_picture
    assert colour_at(painted(tile), 20, 20) != "#ff0000"


def test_whoever_speaks_has_a_ring(tile: VideoTile) -> None:
    tile.show_person(replace(ADA, speaking=True))
    assert colour_at(painted(tile), 160, 0) == theme.on_stage().accent.lower()
    tile.show_person(ADA)
    assert colour_at(painted(tile), 160, 0) != theme.on_stage().accent.lower()


def test_corners_are_round(tile: VideoTile) -> None:
    tile.show_person(ADA)
    tile.show_picture(halves("#ff0000", "#ff0000"))
    assert colour_at(painted(tile), 0, 0) == theme.on_stage().stage.lower()


def test_a_held_person_waits_for_a_decision(tile: VideoTile, qtbot: QtBot) -> None:
    tile.resize(480, 270)
    tile.show_person(replace(ADA, badge=Badge.CHANGED, presence=Presence.HELD))
    for name in ("held_trust", "held_distrust"):
        tile.findChild(object, name).click()
    assert tile.calls == ["trust", "distrust"]
    card = tile.findChild(object, "held")
    tile.show_person(ADA)
    assert card.isHidden()


def test_on_a_small_tile_the_decision_is_made_in_the_list_of_people(tile: VideoTile) -> None:
    tile.resize(160, 90)
    tile.show_person(replace(ADA, badge=Badge.CHANGED, presence=Presence.HELD))
    assert not tile.findChild(object, "held_trust").isVisible()
    tile.findChild(object, "held_decide").click()
    assert tile.calls == ["menu"]


@pytest.mark.parametrize("size", [QSize(120, 68), QSize(320, 180), QSize(900, 506)])
@pytest.mark.parametrize("presence", list(Presence))
@pytest.mark.parametrize("quality", list(Quality))
def test_every_state_can_be_painted_at_every_size(
    tile: VideoTile, size: QSize, presence: Presence, quality: Quality
) -> None:
    for badge in Badge:
        person = replace(ADA, presence=presence, quality=quality, badge=badge)
        for camera in (True, False):
            tile.resize(size)
            tile.show_person(replace(person, camera_on=camera, microphone_on=camera))
            assert not painted(tile).isNull()


def test_a_tile_says_in_words_what_it_shows_by_signs() -> None:
    words = describe(
        replace(ADA, badge=Badge.NEW, microphone_on=False, speaking=False, quality=Quality.POOR)
    )
    for part in ("“Ada”", "New", "Muted", "Camera on", "Weak connection"):
        assert part in words
