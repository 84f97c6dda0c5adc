"""Each thing that can be the matter has a face of its own in the middle of the tile."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import pytest
from PySide6.QtCore import QEvent, QPoint, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QImage
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from app.i18n import use_language
from app.meeting.view import Badge, Person, Presence, Quality
from app.ui import theme
from app.ui.appearance import Appearance
from app.ui.widgets.tile import VideoTile, describe
from app.ui.widgets.tile_face import VEILED, WITHHELD, Face, face_of
from media.video.picture import Picture

ADA = Person(b"a" * 16, "Ada", Badge.KNOWN, Presence.CONNECTED, False, True, True)
TROUBLED = [
    Presence.CONNECTING,
    Presence.UNREACHED,
    Presence.SECURING,
    Presence.RECONNECTING,
    Presence.UNVERIFIED,
    Presence.DIVERGED,
]
RED = Picture(320, 180, 1280, bytes((0, 0, 255, 255)) * 320 * 180, None)
WHY = "The network of Ada is weak. There is nothing to be done here."


@pytest.fixture
def tile(qtbot: QtBot, dressed: Appearance) -> Iterator[VideoTile]:
    pressed: list[str] = []
    made = VideoTile(
        ADA.dev,
        on_trust=lambda: None,
        on_distrust=lambda: None,
        on_menu=lambda _where: None,
        on_quality=lambda: pressed.append("quality"),
        on_pin=lambda: pressed.append("pin"),
    )
    made.pressed = pressed  # type: ignore[attr-defined]
    qtbot.addWidget(made)
    made.resize(480, 270)
    made.show()
    yield made
    QToolTip.hideText()


def painted(tile: VideoTile) -> QImage:
    return tile.grab().toImage()


def middle_of(image: QImage) -> QImage:
    """What stands in the middle, without the plates at the edges."""
    return image.copy(image.rect().adjusted(0, 50, 0, -50))


def of(presence: Presence, *, pictured: bool = False, **changes: object) -> Face:
    return face_of(replace(ADA, presence=presence, **changes), pictured=pictured)  # type: ignore[arg-type]


def test_every_state_has_words_and_a_sign_of_its_own() -> None:
    faces = {presence: of(presence) for presence in TROUBLED}
    faces[Presence.CONNECTED] = of(Presence.CONNECTED, camera_on=False)
    assert all(face.words and face.icon for face in faces.values())
    assert len({face.words for face in faces.values()}) == len(faces)
    assert len({face.icon for face in faces.values()}) == len(faces)


def test_only_what_is_dangerous_warns() -> None:
    warning = {presence for presence in TROUBLED if of(presence).warns}
    assert warning == {Presence.UNVERIFIED, Presence.DIVERGED}


def test_a_picture_needs_no_words_and_a_camera_that_is_on_says_that_one_comes() -> None:
    assert of(Presence.CONNECTED, pictured=True).is_empty
    assert of(Presence.CONNECTED).words == "The picture is coming."
    assert of(Presence.CONNECTED, camera_on=False).words == "Camera off"
    assert of(Presence.CONNECTED).quiet


def test_what_somebody_is_told_about_their_own_picture_goes_first() -> None:
    me = replace(ADA, presence=Presence.ME, camera_on=False)
    assert face_of(me, pictured=False, note="Your camera is off.").words == "Your camera is off."


@pytest.mark.parametrize("camera", [True, False])
@pytest.mark.parametrize("size", [QSize(480, 270), QSize(900, 506)])
def test_no_two_states_look_alike(tile: VideoTile, size: QSize, camera: bool) -> None:
    tile.resize(size)
    seen: dict[str, QImage] = {}
    for presence in [Presence.CONNECTED, *TROUBLED, Presence.HELD]:
        tile.show_person(replace(ADA, presence=presence, camera_on=camera))
        seen[presence.value] = middle_of(painted(tile))
    for one, other in combinations(seen, 2):
        assert seen[one] != seen[other], (one, other)


@pytest.mark.parametrize("size", [QSize(150, 84), QSize(180, 101)])
def test_no_two_states_look_alike_on_small_tiles(tile: VideoTile, size: QSize) -> None:
    tile.resize(size)
    seen = []
    for presence in [Presence.CONNECTED, *TROUBLED, Presence.HELD]:
        tile.show_person(replace(ADA, presence=presence, camera_on=False))
        seen.append(painted(tile))
    assert all(one != other for one, other in combinations(seen, 2))


@pytest.mark.parametrize("presence", sorted(VEILED, key=lambda p: p.value))
def test_the_last_picture_stays_under_a_veil_and_the_sign_lies_on_it(
    tile: VideoTile, presence: Presence
) -> None:
    tile.show_person(ADA)
    tile.show_picture(RED)
    tile.show_person(replace(ADA, presence=presence))
    assert tile.shows_picture
    image = painted(tile)
    veiled = image.pixelColor(60, 60)
    assert 0 < veiled.red() < 160
    assert image.pixelColor(240, 100) != veiled  # the sign
    plain = replace(ADA, presence=Presence.CONNECTED)
    tile.show_person(plain)
    assert painted(tile).pixelColor(60, 60) == QColor("#ff0000")


@pytest.mark.parametrize("presence", sorted(WITHHELD, key=lambda p: p.value))
def test_nothing_of_a_picture_that_cannot_be_trusted_is_painted(
    tile: VideoTile, presence: Presence
) -> None:
    tile.show_person(ADA)
    tile.show_picture(RED)
    tile.show_person(replace(ADA, presence=presence))
    tile.show_picture(RED)
    image = painted(tile)
    spots = [image.pixelColor(x, y) for x in range(4, 476, 8) for y in range(4, 266, 8)]
    assert QColor("#ff0000") not in spots


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("presence", TROUBLED)
def test_the_words_stay_inside_the_tile_at_twice_the_size(
    tile: VideoTile, dressed: Appearance, language: str, presence: Presence
) -> None:
    use_language(language)
    dressed.enlarge(2.0)
    tile.resize(640, 360)
    tile.show_person(replace(ADA, name="Frank Oswald von der Heydt", presence=presence))
    image = painted(tile)
    ground = QColor(theme.on_stage().raised)
    edge = [image.pixelColor(x, image.height() - 4) for x in range(20, image.width() - 20)]
    assert all(colour == ground for colour in edge)  # nothing runs out below


# The sign of the connection ----------------------------------------------------------------------


def weak(tile: VideoTile) -> QPoint:
    """Show somebody with a weak connection; return where the sign of it stands."""
    tile.show_person(replace(ADA, quality=Quality.POOR), why=WHY)
    return tile._sign_of_quality().center().toPoint()


def ask_for_help(tile: VideoTile, where: QPoint) -> str:
    QToolTip.hideText()
    QApplication.sendEvent(tile, QHelpEvent(QEvent.Type.ToolTip, where, tile.mapToGlobal(where)))
    return QToolTip.text() if QToolTip.isVisible() else ""


def test_the_pointer_on_the_sign_is_told_why(tile: VideoTile) -> None:
    sign = weak(tile)
    assert ask_for_help(tile, sign) == WHY


def test_beside_the_sign_nothing_is_said(tile: VideoTile) -> None:
    weak(tile)
    assert ask_for_help(tile, QPoint(20, 200)) == ""


def test_the_keyboard_on_the_tile_is_told_the_same(tile: VideoTile) -> None:
    weak(tile)
    tile.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    tile.activateWindow()
    tile.setFocus(Qt.FocusReason.TabFocusReason)
    assert QToolTip.text() == WHY
    assert tile.accessibleDescription() == WHY


def test_a_good_connection_has_neither_sign_nor_words(tile: VideoTile) -> None:
    tile.show_person(ADA, why=WHY)
    assert tile._sign_of_quality().isEmpty()
    assert tile.accessibleDescription() == ""
    assert ask_for_help(tile, QPoint(470, 20)) == ""


def test_a_click_on_the_sign_opens_call_quality_and_a_double_click_pins(
    tile: VideoTile, qtbot: QtBot
) -> None:
    sign = weak(tile)
    qtbot.mouseClick(tile, Qt.MouseButton.LeftButton, pos=sign)
    qtbot.mouseDClick(tile, Qt.MouseButton.LeftButton, pos=QPoint(240, 135))
    assert tile.pressed == ["quality", "pin"]  # type: ignore[attr-defined]


def test_who_is_pinned_is_marked_by_a_sign_and_a_word(tile: VideoTile) -> None:
    tile.show_person(ADA)
    before = painted(tile)
    tile.show_person(ADA, pinned=True)
    assert painted(tile) != before
    assert "Pinned" in describe(ADA, pinned=True)
    assert "Pinned" not in describe(ADA)


@pytest.mark.parametrize("size", [QSize(160, 90), QSize(322, 181)])
def test_the_plate_of_the_name_covers_neither_initials_nor_words(
    tile: VideoTile, size: QSize
) -> None:
    use_language("de")
    tile.resize(size)
    for presence in (Presence.CONNECTED, Presence.UNVERIFIED):
        tile.show_person(replace(ADA, name="Frank", presence=presence, camera_on=False))
        image = painted(tile)
        above = size.height() - 8 - 28 - 2  # just over the plate
        line = {image.pixelColor(x, above).name() for x in range(40, size.width() - 12)}
        assert line == {theme.on_stage().raised.lower()}
