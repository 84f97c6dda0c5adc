"""How people are shown: speaker, pin, own picture, shared screens, pages, and steady tiles."""

import time
from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QPoint, QSize, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from app.intents import LookAt, SetScreenTile, SetSetting, SetTile
from app.meeting.view import Person, Presence, Quality
from app.ui import layout, samples
from app.ui.layout import Corner, floating
from app.ui.samples import (
    ADA,
    BEN,
    CLARA,
    DAVID,
    MANY,
    ME,
    PEOPLE,
    WEAK_THERE,
    meeting,
    with_quality,
)
from app.ui.seating import Seat, View
from app.ui.widgets.grid import TileGrid

SHARING = (*PEOPLE[:2], replace(PEOPLE[2], sharing=True), PEOPLE[3])
SCREEN = Seat(BEN, screen=True)


def grid(stand) -> TileGrid:
    found = stand.window.view.grid
    assert isinstance(found, TileGrid)
    return found


def crowd(count: int) -> tuple[Person, ...]:
    """That many people, oneself among them."""
    more = [
        replace(PEOPLE[2], dev=bytes([n]) * 16, name=f"Guest {n}") for n in range(50, 46 + count)
    ]
    return (*PEOPLE, *more)[:count]


def speaking(*devs: bytes) -> tuple[Person, ...]:
    return tuple(replace(person, speaking=person.dev in devs) for person in PEOPLE)


def area(widget: QWidget) -> int:
    return widget.width() * widget.height()


def largest(stand) -> QWidget:
    tiles = [*grid(stand).tiles.values(), *grid(stand).screens.values()]
    return max((tile for tile in tiles if tile.isVisible()), key=area)


def told(stand) -> dict[bytes, SetTile]:
    return {i.dev: i for i in stand.heard if isinstance(i, SetTile)}


def chosen(stand, menu: QMenu, name: str) -> None:
    """Choose an entry of a menu, or of one that lies in it."""
    menus = [menu, *menu.findChildren(QMenu)]
    found = [a for one in menus for a in one.actions() if a.objectName() == name]
    found[0].trigger()
    QApplication.processEvents()


# Who speaks --------------------------------------------------------------------------------------


def test_the_view_changes_by_button_by_keys_and_in_the_menu_and_is_remembered(stand) -> None:
    stand.show(meeting())
    stand.press("view")
    assert grid(stand).view is View.SPEAKER
    assert stand.find("view").toolTip().startswith("Show everybody alike")
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    stand.qtbot.keyClick(stand.window, Qt.Key.Key_G, both)
    assert grid(stand).view is View.GRID
    chosen(stand, stand.window.view.menus.more(), "change_view")
    assert grid(stand).view is View.SPEAKER
    assert stand.said == [SetSetting("view", way) for way in ("speaker", "grid", "speaker")]


def test_who_speaks_is_large_and_the_others_stand_in_a_strip(stand) -> None:
    stand.show(meeting(people=speaking(CLARA)))
    stand.press("view")
    tiles = grid(stand).tiles
    assert largest(stand) is tiles[CLARA]
    assert area(tiles[CLARA]) > 4 * area(tiles[ADA])
    assert all(tile.isVisible() for tile in tiles.values())


def test_ones_own_voice_never_makes_oneself_large(stand) -> None:
    stand.show(meeting(people=speaking(ME)))
    stand.press("view")
    assert largest(stand) is not grid(stand).tiles[ME]


def test_who_begins_to_speak_becomes_large_without_another_snapshot(stand, monkeypatch) -> None:
    stand.show(meeting(people=speaking(ADA)))
    now = began = time.monotonic() + 100.0
    monkeypatch.setattr(grid(stand), "_clock", lambda: now)
    stand.press("view")
    now = began + 100.0
    stand.show(meeting(people=speaking(BEN)))
    assert grid(stand).large == Seat(ADA)
    now = began + 101.0  # the timer of the grid looks again by itself
    stand.qtbot.waitUntil(lambda: grid(stand).large == Seat(BEN), timeout=3000)


# Pins --------------------------------------------------------------------------------------------


def test_a_double_click_keeps_somebody_large_and_another_one_lets_go(stand) -> None:
    stand.show(meeting())
    tile = grid(stand).tiles[BEN]
    stand.qtbot.mouseDClick(tile, Qt.MouseButton.LeftButton)
    assert largest(stand) is tile
    assert "Pinned" in tile.accessibleName()
    stand.show(meeting(people=speaking(ADA)))
    assert largest(stand) is tile
    stand.qtbot.mouseDClick(tile, Qt.MouseButton.LeftButton)
    assert grid(stand).large is None
    assert stand.said == [LookAt(BEN), LookAt(b"")]


def test_somebody_is_pinned_by_keys_and_from_their_menu(stand) -> None:
    stand.show(meeting())
    tile = grid(stand).tiles[CLARA]
    tile.setFocus()
    stand.qtbot.keyClick(tile, Qt.Key.Key_Return)
    assert grid(stand).pinned == Seat(CLARA)
    chosen(stand, stand.window.view.menus.of_tile(Seat(CLARA)), "menu_pin")
    assert grid(stand).pinned is None
    chosen(stand, stand.window.view.menus.of_person(ADA), "menu_pin")
    assert grid(stand).pinned == Seat(ADA)


def test_oneself_cannot_be_pinned(stand) -> None:
    stand.show(meeting())
    stand.qtbot.mouseDClick(grid(stand).tiles[ME], Qt.MouseButton.LeftButton)
    assert grid(stand).pinned is None
    assert stand.said == []


def test_a_pin_goes_with_whoever_had_it(stand) -> None:
    stand.show(meeting())
    grid(stand).toggle_pin(Seat(CLARA))
    stand.show(meeting(people=PEOPLE[:3]))
    assert grid(stand).pinned is None
    stand.show(meeting())
    assert grid(stand).large is None
    assert stand.said == [LookAt(CLARA), LookAt(b"")]


# Shared screens ----------------------------------------------------------------------------------


def test_a_shared_screen_takes_the_large_place_and_gives_it_back(stand) -> None:
    stand.show(meeting(people=SHARING))
    screen = grid(stand).screens[BEN]
    assert largest(stand) is screen
    stand.qtbot.waitUntil(lambda: any(isinstance(i, SetScreenTile) for i in stand.heard))
    (size,) = [i for i in stand.heard if isinstance(i, SetScreenTile)]
    room = screen.room()
    assert size == SetScreenTile(BEN, room.width(), room.height(), True)
    assert room.width() >= screen.width() - 1
    stand.show(meeting())
    assert grid(stand).screens == {}
    assert grid(stand).large is None


def test_ones_own_shared_screen_has_no_tile(stand) -> None:
    stand.show(meeting(people=(replace(PEOPLE[0], sharing=True), *PEOPLE[1:])))
    assert grid(stand).screens == {}


def test_of_two_screens_the_newer_is_large_unless_the_other_is_pinned(stand) -> None:
    stand.show(meeting(people=SHARING))
    both = tuple(replace(p, sharing=p.dev in {ADA, BEN}) for p in PEOPLE)
    stand.show(meeting(people=both))
    assert largest(stand) is grid(stand).screens[ADA]
    stand.qtbot.mouseDClick(grid(stand).screens[BEN], Qt.MouseButton.LeftButton)
    assert largest(stand) is grid(stand).screens[BEN]
    assert grid(stand).screens[ADA].isVisible()


def test_the_place_of_a_screen_takes_its_shape_with_its_first_picture(stand) -> None:
    stand.show(meeting(people=SHARING))
    screen = grid(stand).screens[BEN]
    screen.show_picture(samples.picture(0, 90, 120))
    assert abs(screen.width() - screen.height() * 0.75) <= 1


# One's own picture -------------------------------------------------------------------------------


def own_menu(stand) -> QMenu:
    menu = stand.window.view.menus.of_tile(Seat(ME))
    assert menu is not None
    return menu


def test_ones_own_picture_goes_into_a_corner_or_away_and_comes_back(stand) -> None:
    stand.show(meeting())
    own, size = grid(stand).tiles[ME], grid(stand).size()
    chosen(stand, own_menu(stand), "own_picture_corner")
    box = floating(Corner.BOTTOM_RIGHT, size.width(), size.height())
    assert (own.x(), own.y(), own.width(), own.height()) == (box.x, box.y, box.width, box.height)
    others = layout.grid(3, size.width(), size.height())
    assert grid(stand).tiles[ADA].width() == others[0].width
    chosen(stand, stand.window.view.menus.more(), "own_picture_hidden")
    assert own.isHidden()
    chosen(stand, stand.window.view.menus.more(), "own_picture_grid")
    assert own.isVisible()
    assert own.width() == grid(stand).tiles[ADA].width()
    said = [SetSetting("self_view", where) for where in ("corner", "hidden", "grid")]
    assert stand.said == said


def test_who_is_alone_and_hidden_reads_why_nobody_is_there(stand) -> None:
    stand.show(meeting(people=samples.ALONE, invitation=""))
    stand.window._change("self_view", "hidden")
    assert stand.find("own_hidden").isVisible()
    stand.show(meeting())
    assert grid(stand).findChild(QWidget, "own_hidden").isHidden()


def in_the_corner(stand) -> QWidget:
    stand.show(meeting())
    stand.window._change("self_view", "corner")
    return grid(stand).tiles[ME]


def corner_of(stand, tile: QWidget) -> Corner | None:
    size = grid(stand).size()
    for corner in Corner:
        box = floating(corner, size.width(), size.height())
        if (tile.x(), tile.y()) == (box.x, box.y):
            return corner
    return None


def test_arrows_move_it_from_corner_to_corner(stand) -> None:
    tile = in_the_corner(stand)
    tile.setFocus()
    for key, corner in (
        (Qt.Key.Key_Left, Corner.BOTTOM_LEFT),
        (Qt.Key.Key_Left, Corner.BOTTOM_LEFT),
        (Qt.Key.Key_Up, Corner.TOP_LEFT),
        (Qt.Key.Key_Right, Corner.TOP_RIGHT),
        (Qt.Key.Key_Down, Corner.BOTTOM_RIGHT),
    ):
        stand.qtbot.keyClick(tile, key)
        assert corner_of(stand, tile) is corner


def test_it_follows_the_pointer_and_lands_in_the_nearest_corner(stand) -> None:
    tile = in_the_corner(stand)
    began, stage = tile.pos(), grid(stand)
    hold = QPoint(20, 20)
    stand.qtbot.mousePress(tile, Qt.MouseButton.LeftButton, pos=hold)
    stand.qtbot.mouseMove(tile, hold - QPoint(stage.width() // 2, 60))
    assert tile.pos() == began - QPoint(stage.width() // 2, 60)
    stand.show(meeting(epoch=8, people=speaking(BEN)))
    assert tile.pos() != began  # a snapshot meanwhile does not take it away
    stand.qtbot.mouseRelease(tile, Qt.MouseButton.LeftButton, pos=hold)
    assert corner_of(stand, tile) is Corner.BOTTOM_LEFT


def test_a_click_alone_moves_nothing(stand) -> None:
    tile = in_the_corner(stand)
    stand.qtbot.mouseClick(tile, Qt.MouseButton.LeftButton)
    assert corner_of(stand, tile) is Corner.BOTTOM_RIGHT


# Pages -------------------------------------------------------------------------------------------


def test_more_than_sixteen_stand_on_pages_and_who_is_on_another_is_not_sent_for(stand) -> None:
    stand.show(meeting(people=crowd(20)))
    tiles = list(grid(stand).tiles.values())
    assert [tile.isVisible() for tile in tiles] == [True] * 10 + [False] * 10
    assert stand.find("page_words").text() == "Page 1 of 2"
    assert not stand.find("page_back").isEnabled()
    stand.qtbot.waitUntil(lambda: len(told(stand)) == 20)
    assert [size.visible for size in told(stand).values()] == [True] * 10 + [False] * 10
    stand.press("page_on")
    assert [tile.isVisible() for tile in tiles] == [False] * 10 + [True] * 10
    stand.qtbot.waitUntil(lambda: told(stand)[tiles[0].person.dev].visible is False)
    assert told(stand)[tiles[19].person.dev].visible


def test_pages_are_turned_by_keys_and_a_page_that_is_gone_becomes_the_last(stand) -> None:
    stand.show(meeting(people=crowd(20)))
    first = grid(stand).tiles[ME]
    first.setFocus()
    stand.qtbot.keyClick(first, Qt.Key.Key_PageDown)
    stand.qtbot.keyClick(grid(stand), Qt.Key.Key_PageDown)
    assert grid(stand).page == 1
    stand.show(meeting(people=crowd(5)))
    assert grid(stand).page == 0
    assert grid(stand).findChild(QWidget, "pager").isHidden()


def test_sixteen_need_no_pages(stand) -> None:
    stand.show(meeting(people=crowd(16)))
    assert all(tile.isVisible() for tile in grid(stand).tiles.values())


# The keyboard ------------------------------------------------------------------------------------


def test_tab_stops_once_at_the_tiles_and_arrows_go_among_them(stand) -> None:
    stand.show(meeting())
    tiles = grid(stand).tiles
    stops = [t for t in tiles.values() if t.focusPolicy() is Qt.FocusPolicy.StrongFocus]
    assert stops == [tiles[ME]]
    tiles[ME].setFocus(Qt.FocusReason.TabFocusReason)
    for key, dev in (
        (Qt.Key.Key_Right, ADA),
        (Qt.Key.Key_Down, CLARA),
        (Qt.Key.Key_Left, BEN),
        (Qt.Key.Key_Left, BEN),
        (Qt.Key.Key_Up, ME),
    ):
        stand.qtbot.keyClick(stand.window.focusWidget(), key)
        assert stand.window.focusWidget() is tiles[dev]


def test_the_tiles_come_between_header_and_bar(stand) -> None:
    stand.show(meeting())
    stand.find("full_screen").setFocus()
    stand.qtbot.keyClick(stand.window.focusWidget(), Qt.Key.Key_Tab)
    assert stand.window.focusWidget() is grid(stand).tiles[ME]
    stand.qtbot.keyClick(stand.window.focusWidget(), Qt.Key.Key_Tab)
    assert stand.window.focusWidget().objectName() == "microphone"


def test_the_menu_key_opens_the_menu_of_the_tile_that_has_the_keyboard(stand) -> None:
    stand.show(meeting())
    tile = grid(stand).tiles[BEN]
    where = tile.rect().center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, where, tile.mapToGlobal(where))
    QApplication.sendEvent(tile, event)
    menu = QApplication.activePopupWidget()
    assert menu is not None
    assert menu.objectName() == "person_menu_open"
    menu.close()


# Quality in words --------------------------------------------------------------------------------


def test_a_weak_connection_is_explained_to_pointer_keyboard_and_screen_reader(stand) -> None:
    stand.show(with_quality(WEAK_THERE))
    tile = grid(stand).tiles[CLARA]
    said = tile.accessibleDescription().replace("\u2068", "").replace("\u2069", "")
    assert said.startswith("The network of “Clara Weiß” is weak. There is nothing")
    assert grid(stand).tiles[ADA].accessibleDescription() == ""


def test_who_has_a_good_connection_needs_no_explanation(stand) -> None:
    people = tuple(replace(p, quality=Quality.GOOD) for p in PEOPLE)
    stand.show(replace(meeting(people=people), quality=WEAK_THERE))
    assert grid(stand).tiles[CLARA].accessibleDescription() == ""


# On another screen -------------------------------------------------------------------------------


def test_sizes_are_told_in_the_pixels_of_the_screen_and_again_on_another_one(
    stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand.show(meeting())
    stand.qtbot.waitUntil(lambda: len(told(stand)) == 4)
    tile = grid(stand).tiles[ADA]
    assert (told(stand)[ADA].width, told(stand)[ADA].height) == (tile.width(), tile.height())
    monkeypatch.setattr(type(tile), "devicePixelRatioF", lambda _self: 1.5)
    QApplication.sendEvent(grid(stand), QEvent(QEvent.Type.DevicePixelRatioChange))
    wide, tall = round(tile.width() * 1.5), round(tile.height() * 1.5)
    stand.qtbot.waitUntil(lambda: told(stand)[ADA] == SetTile(ADA, wide, tall, True))


# Steadiness --------------------------------------------------------------------------------------


def test_no_tile_is_made_anew_however_the_view_changes(stand, settle) -> None:
    stand.show(meeting(people=(*SHARING, MANY[4])))
    settle()
    before = set(grid(stand).findChildren(QWidget))
    for _round in range(3):
        stand.press("view")
        grid(stand).toggle_pin(Seat(DAVID))
        stand.window._change("self_view", "corner")
        grid(stand).toggle_pin(SCREEN)
        grid(stand).toggle_pin(SCREEN)
        stand.window._change("self_view", "grid")
    settle()
    assert set(grid(stand).findChildren(QWidget)) == before


def test_a_snapshot_that_changes_nobodys_place_moves_no_tile(stand) -> None:
    stand.show(meeting(people=speaking(ADA)))
    stand.press("view")
    moved: list[QEvent.Type] = []

    class Watch(QWidget):
        def eventFilter(self, _watched, event: QEvent) -> bool:
            if event.type() in {QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Hide}:
                moved.append(event.type())
            return False

    watch = Watch()
    for tile in grid(stand).tiles.values():
        tile.installEventFilter(watch)
    for number in range(5):
        loud = speaking(ADA) if number % 2 else speaking()
        stand.show(meeting(people=loud, epoch=number))
    assert moved == []
    for tile in grid(stand).tiles.values():
        tile.removeEventFilter(watch)


def test_tiles_glide_for_a_fifth_of_a_second_at_most_and_not_with_less_motion(stand) -> None:
    stand.show(meeting())
    glide = grid(stand)._glide
    stand.press("view")
    assert glide.state() is glide.State.Stopped
    stand.window.setProperty("reduce_motion", False)
    tile = grid(stand).tiles[ADA]
    before = tile.geometry()
    stand.press("view")
    assert glide.duration() <= 200
    assert glide.state() is glide.State.Running
    assert tile.geometry() != glide.target(tile)
    glide.setCurrentTime(glide.duration())
    assert tile.geometry() == glide.target(tile)
    assert tile.geometry() != before


def test_a_larger_window_moves_tiles_at_once(stand) -> None:
    stand.window.setProperty("reduce_motion", False)
    stand.show(meeting())
    stand.window.resize(stand.window.size() + QSize(200, 100))
    QApplication.processEvents()
    boxes = layout.grid(4, grid(stand).width(), grid(stand).height())
    assert [t.x() for t in grid(stand).tiles.values()] == [box.x for box in boxes]


@pytest.mark.parametrize("presence", [Presence.CONNECTING, Presence.RECONNECTING])
def test_who_is_on_the_way_or_lost_keeps_the_place(stand, presence: Presence) -> None:
    stand.show(meeting())
    before = [tile.geometry() for tile in grid(stand).tiles.values()]
    stand.show(meeting(people=samples.troubled(presence)))
    assert [tile.geometry() for tile in grid(stand).tiles.values()] == before
