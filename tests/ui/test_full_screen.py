"""Full screen leaves the pictures alone; the small picture is there while one is elsewhere."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.intents import SetScreenTile, SetTile
from app.screens import Home
from app.ui import samples
from app.ui.samples import ADA, BEN, KNOCKS, PEOPLE, meeting
from app.ui.seating import Seat
from app.ui.views import curtain
from app.ui.views.curtain import Curtain
from app.ui.views.little_picture import LittlePicture
from app.ui.views.little_window import LittleWindow

SHARING = (*PEOPLE[:2], replace(PEOPLE[2], sharing=True), PEOPLE[3])


# Full screen -------------------------------------------------------------------------------------


@pytest.fixture
def filled(stand, monkeypatch: pytest.MonkeyPatch) -> Curtain:
    """A meeting that fills the screen, with a pointer that rests nowhere on it."""
    monkeypatch.setattr(QApplication, "widgetAt", lambda *_: None)
    stand.show(meeting())
    stand.qtbot.keyClick(stand.window, Qt.Key.Key_F11)
    QApplication.processEvents()
    assert stand.window.isFullScreen()
    return stand.window.view.stage.curtain


def be_still(drawn: Curtain) -> None:
    """Let the time pass in which nothing is moved."""
    drawn.be_still()


def seen(stand) -> tuple[bool, bool]:
    """Tell whether the header and the bar are on the stage."""
    stage, header, bar = (stand.window.view.stage, stand.window.view.header, stand.window.view.bar)
    return (
        header.geometry().bottom() > 0,
        bar.geometry().top() < stage.height(),
    )


def test_header_and_bar_go_when_nothing_moves_and_leave_the_stage_to_the_pictures(
    stand, filled: Curtain
) -> None:
    assert seen(stand) == (True, True)
    stage, grid = stand.window.view.stage, stand.window.view.grid
    assert grid.height() >= stage.height() - 16
    before = [tile.geometry() for tile in grid.tiles.values()]
    be_still(filled)
    assert seen(stand) == (False, False)
    assert stage.cursor().shape() is Qt.CursorShape.BlankCursor
    assert [tile.geometry() for tile in grid.tiles.values()] == before


def test_a_move_of_the_pointer_or_a_key_brings_them_back(stand, filled: Curtain) -> None:
    handle = stand.window.windowHandle()
    for wake in (
        lambda: QTest.mouseMove(handle, QPoint(300, 300)),
        lambda: QTest.keyClick(handle, Qt.Key.Key_Tab),
    ):
        be_still(filled)
        assert seen(stand) == (False, False)
        wake()
        QApplication.processEvents()
        assert seen(stand) == (True, True)
        assert stand.window.view.stage.cursor().shape() is not Qt.CursorShape.BlankCursor


def test_what_has_the_keyboard_keeps_it_while_it_is_out_of_sight(stand, filled: Curtain) -> None:
    stand.find("microphone").setFocus()
    be_still(filled)
    assert stand.window.focusWidget().objectName() == "microphone"
    assert stand.find("microphone").isVisible()


def test_what_a_screen_reader_gives_the_keyboard_is_seen(stand, filled: Curtain) -> None:
    be_still(filled)
    assert seen(stand) == (False, False)
    stand.find("leave").setFocus()  # as assistive technology asks for it: no key is pressed
    assert seen(stand) == (True, True)
    be_still(filled)
    stand.find("full_screen").setFocus()
    assert seen(stand) == (True, True)


def test_they_stay_while_the_pointer_rests_on_them_or_somebody_waits_for_an_answer(
    stand, filled: Curtain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QApplication, "widgetAt", lambda *_: stand.find("camera"))
    be_still(filled)
    assert seen(stand) == (True, True)
    monkeypatch.setattr(QApplication, "widgetAt", lambda *_: None)
    stand.show(meeting(knocks=KNOCKS[:1]))
    be_still(filled)
    assert seen(stand) == (True, True)


def test_they_come_back_for_somebody_who_knocks(stand, filled: Curtain) -> None:
    be_still(filled)
    stand.show(meeting(knocks=KNOCKS[:1]))
    assert seen(stand) == (True, True)


def test_a_banner_lies_below_the_header_and_above_the_pictures(stand, filled: Curtain) -> None:
    stand.show(meeting(frozen=True))
    QApplication.processEvents()
    lost, header = stand.window.view.stage.banners, stand.window.view.header
    assert lost.geometry().top() >= header.height() - 1
    assert stand.window.view.grid.geometry().top() > lost.geometry().bottom()


def test_escape_leaves_full_screen_and_everything_is_where_it_was(stand) -> None:
    stand.show(meeting())
    view = stand.window.view
    before = (view.header.geometry(), view.bar.geometry(), view.grid.geometry())
    stand.qtbot.keyClick(stand.window, Qt.Key.Key_F11)
    view.setFocus()
    stand.qtbot.keyClick(view, Qt.Key.Key_Escape)
    QApplication.processEvents()
    assert not stand.window.isFullScreen()
    assert not view.stage.curtain.in_use
    assert (view.header.geometry(), view.bar.geometry(), view.grid.geometry()) == before


def test_without_less_motion_they_glide_for_a_fifth_of_a_second_at_most(
    stand, filled: Curtain
) -> None:
    assert curtain.LENGTH <= 200
    stand.window.setProperty("reduce_motion", False)
    be_still(filled)
    assert seen(stand) == (True, True)  # on their way
    for slide in filled._slides:
        slide.setCurrentTime(slide.duration())
    assert seen(stand) == (False, False)


# The small picture -------------------------------------------------------------------------------


class Elsewhere:
    """A window that is in front of others, or is not, as the test says."""

    def __init__(self, stand, monkeypatch: pytest.MonkeyPatch) -> None:
        self.stand, self.active = stand, True
        monkeypatch.setattr(
            QApplication, "activeWindow", lambda: stand.window if self.active else None
        )

    @property
    def little(self) -> LittlePicture:
        return self.stand.window.view.little

    @property
    def window(self) -> LittleWindow | None:
        found = self.little.window
        return found if found is not None and found.isVisible() else None

    def go(self) -> None:
        self.active = False
        self.little.look()

    def wait(self) -> None:
        """Let the time pass after which it appears."""
        if self.little._soon.isActive():
            self.little._soon.stop()
            self.little._soon.timeout.emit()

    def come_back(self) -> None:
        self.active = True
        self.little.look()


@pytest.fixture
def elsewhere(stand, monkeypatch: pytest.MonkeyPatch) -> Elsewhere:
    stand.show(meeting())
    stand.window._change("picture_in_picture", True)
    return Elsewhere(stand, monkeypatch)


def test_it_appears_while_another_window_is_in_front_and_goes_when_one_is_back(
    elsewhere: Elsewhere,
) -> None:
    elsewhere.go()
    assert elsewhere.window is None  # not for a blink
    elsewhere.wait()
    assert elsewhere.window is not None
    assert elsewhere.window.seat == Seat(ADA)
    elsewhere.come_back()
    assert elsewhere.window is None


def test_who_only_passes_through_other_windows_sees_none(elsewhere: Elsewhere) -> None:
    elsewhere.go()
    elsewhere.come_back()
    assert not elsewhere.little._soon.isActive()
    elsewhere.wait()
    assert elsewhere.window is None


def test_it_appears_when_the_window_is_minimised(elsewhere: Elsewhere) -> None:
    elsewhere.stand.window.showMinimized()
    QApplication.processEvents()
    elsewhere.wait()
    assert elsewhere.window is not None


def test_it_is_off_until_it_is_wished_for(stand, monkeypatch: pytest.MonkeyPatch) -> None:
    stand.show(meeting())
    away = Elsewhere(stand, monkeypatch)
    away.go()
    away.wait()
    assert away.window is None
    (action,) = [
        action
        for action in stand.window.view.menus.more().actions()
        if action.objectName() == "picture_in_picture"
    ]
    action.trigger()
    away.wait()
    assert away.window is not None


def test_it_takes_no_keyboard_and_stays_above(elsewhere: Elsewhere) -> None:
    elsewhere.go()
    elsewhere.wait()
    assert elsewhere.window is not None
    flags = elsewhere.window.windowFlags()
    assert flags & Qt.WindowType.WindowStaysOnTopHint
    assert flags & Qt.WindowType.WindowDoesNotAcceptFocus
    assert elsewhere.window.testAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)


def test_it_follows_who_speaks_and_shows_a_shared_screen_first(elsewhere: Elsewhere) -> None:
    elsewhere.go()
    elsewhere.wait()
    elsewhere.stand.show(meeting(people=SHARING))
    assert elsewhere.window is not None
    assert elsewhere.window.seat == Seat(BEN, screen=True)
    elsewhere.stand.show(meeting(people=(PEOPLE[0], *PEOPLE[2:])))
    assert elsewhere.window.seat in {Seat(BEN), Seat(samples.CLARA)}


def test_pictures_come_to_it_and_the_last_one_is_there_at_once(elsewhere: Elsewhere) -> None:
    stand = elsewhere.stand
    stand.mailboxes[ADA].put(samples.picture(0, 64, 36))
    tile = stand.window.view.grid.tiles[ADA]
    stand.qtbot.waitUntil(lambda: tile.shows_picture)
    elsewhere.go()
    elsewhere.wait()
    assert elsewhere.window is not None
    assert elsewhere.window.tile is not None
    assert elsewhere.window.tile.shows_picture
    newer = samples.picture(1, 64, 36)
    stand.mailboxes[ADA].put(newer)
    stand.qtbot.waitUntil(lambda: elsewhere.window.tile.picture is newer)


def test_only_who_is_in_it_is_sent_for_while_the_window_is_minimised(elsewhere: Elsewhere) -> None:
    stand = elsewhere.stand
    stand.window.showMinimized()
    elsewhere.wait()

    def told() -> dict[bytes, SetTile]:
        return {i.dev: i for i in stand.heard if isinstance(i, SetTile)}

    stand.qtbot.waitUntil(lambda: len(told()) == 4 and not told()[BEN].visible)
    assert {dev for dev, size in told().items() if size.visible} == {ADA}
    assert elsewhere.window is not None
    tile = elsewhere.window.tile
    assert (told()[ADA].width, told()[ADA].height) == (tile.width(), tile.height())
    stand.show(meeting(people=SHARING))
    stand.qtbot.waitUntil(lambda: not told()[ADA].visible)
    screens = [i for i in stand.heard if isinstance(i, SetScreenTile)]
    assert screens[-1].visible


def test_a_double_click_brings_the_meeting_back(elsewhere: Elsewhere) -> None:
    stand = elsewhere.stand
    stand.window.showMinimized()
    elsewhere.wait()
    assert elsewhere.window is not None
    stand.qtbot.mouseDClick(elsewhere.window, Qt.MouseButton.LeftButton)
    assert not stand.window.isMinimized()
    assert elsewhere.window is None


def test_closed_by_hand_it_stays_away_until_one_was_back(elsewhere: Elsewhere) -> None:
    elsewhere.go()
    elsewhere.wait()
    assert elsewhere.window is not None
    elsewhere.window.close_button.click()
    elsewhere.stand.show(meeting(epoch=9))
    elsewhere.wait()
    assert elsewhere.window is None
    elsewhere.come_back()
    elsewhere.go()
    elsewhere.wait()
    assert elsewhere.window is not None


def test_it_says_what_of_oneself_is_live(elsewhere: Elsewhere) -> None:
    elsewhere.go()
    elsewhere.wait()
    assert elsewhere.window is not None
    assert elsewhere.window.live.text == "Camera and microphone on"
    elsewhere.stand.show(meeting(camera_on=False, microphone_on=False))
    assert elsewhere.window.live.text == "Muted"


def test_it_keeps_the_shape_of_what_it_shows(elsewhere: Elsewhere) -> None:
    elsewhere.go()
    elsewhere.wait()
    assert elsewhere.window is not None
    elsewhere.window.resize(QSize(500, 200))
    tile = elsewhere.window.tile
    assert abs(tile.width() * 9 / 16 - tile.height()) <= 1


def test_it_goes_with_the_meeting_and_leaves_nothing_behind(elsewhere: Elsewhere, settle) -> None:
    elsewhere.go()
    elsewhere.wait()
    elsewhere.stand.show(Home("Mara"))
    settle()
    assert [w for w in QApplication.topLevelWidgets() if isinstance(w, LittleWindow)] == []
