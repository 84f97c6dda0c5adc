"""Choosing what to share, what marks it meanwhile, and how others' screens are shown."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QMouseEvent, QRegion
from PySide6.QtWidgets import QApplication

from app.i18n import use_language
from app.intents import EndSharing, LookForScreens, Part, ShareScreen
from app.meeting.view import Power
from app.names import ISOLATE
from app.screens import OwnShare, Region, SourceKind
from app.ui.samples import ADA, meeting
from app.ui.samples_screens import ASKED, OWN_WINDOW, SOURCES, choosing, page, presenting, sharing
from app.ui.views.meeting import MeetingScreen
from app.ui.views.share import ShareSheet
from app.ui.views.share_marks import THICK, Edge, Monitor, ShareBar, frame, placed, sentence
from app.ui.widgets.part_chooser import FIRST, LEAST, PartChooser


def open_sheet(stand, screen=None) -> ShareSheet:
    stand.show(screen or choosing())
    stand.press("share")
    stand.show(screen or choosing())
    (sheet,) = stand.window.findChildren(ShareSheet)
    return sheet


def shares(stand) -> list[ShareScreen]:
    return [intent for intent in stand.said if isinstance(intent, ShareScreen)]


def marks(kind) -> list:
    return [
        one for one in QApplication.topLevelWidgets() if isinstance(one, kind) and one.isVisible()
    ]


# -- choosing ------------------------------------------------------------------------------------


def test_windows_are_offered_first_and_nothing_is_shared_before_one_is_chosen(stand):
    sheet = open_sheet(stand)
    assert stand.said == [LookForScreens(True)]
    assert sheet.tabs["window"].isChecked()
    assert not sheet.go.isEnabled()
    sheet.windows.cards["window:2"].click()
    assert sheet.go.isEnabled()
    stand.press("share_go")
    assert stand.said[1:] == [ShareScreen("window:2"), LookForScreens(False)]


def test_the_windows_of_conclave_are_left_out(stand):
    sheet = open_sheet(stand)
    assert list(sheet.windows.cards) == ["window:1", "window:2", "window:3", "window:4"]


def test_cancelling_shares_nothing_and_stops_looking(stand):
    sheet = open_sheet(stand)
    sheet.windows.cards["window:1"].click()
    stand.press("share_cancel")
    assert stand.said == [LookForScreens(True), LookForScreens(False)]


def test_escape_cancels_too(stand, qtbot):
    sheet = open_sheet(stand)
    qtbot.keyClick(sheet, Qt.Key.Key_Escape)
    assert stand.said == [LookForScreens(True), LookForScreens(False)]


def test_a_double_click_chooses_and_shares(stand, qtbot):
    sheet = open_sheet(stand)
    qtbot.mouseDClick(sheet.windows.cards["window:3"], Qt.MouseButton.LeftButton)
    assert shares(stand) == [ShareScreen("window:3")]


def test_the_whole_screen_comes_with_a_warning(stand):
    sheet = open_sheet(stand)
    sheet.tabs["screen"].click()
    assert "everything" in stand.find("share_screen_note").text()
    assert not sheet.go.isEnabled()
    sheet.screens.cards["screen:2"].click()
    assert "whole screen" in sheet.go.text()
    stand.press("share_go")
    assert shares(stand) == [ShareScreen("screen:2")]


def test_a_part_is_shared_of_the_screen_it_was_marked_on(stand):
    sheet = open_sheet(stand)
    sheet.tabs["part"].click()
    sheet.part.mark(Part(0.1, 0.2, 0.3, 0.4))
    sheet.screen_choice.setCurrentIndex(1)
    stand.press("share_go")
    assert shares(stand) == [ShareScreen("screen:2", Part(0.1, 0.2, 0.3, 0.4))]


def test_a_film_is_shared_with_smooth_motion(stand):
    sheet = open_sheet(stand)
    sheet.windows.cards["window:1"].click()
    sheet.quality.setCurrentIndex(1)
    stand.press("share_go")
    assert shares(stand) == [ShareScreen("window:1", motion=True)]


def test_previews_change_and_what_was_chosen_stays_chosen(stand):
    sheet = open_sheet(stand)
    sheet.windows.cards["window:2"].click()
    card = sheet.windows.cards["window:2"]
    fresh = tuple(replace(one, preview=page(9, 320, 180)) for one in SOURCES[1:])
    stand.show(choosing(fresh))
    assert list(sheet.windows.cards) == ["window:2", "window:3", "window:4"]
    assert sheet.windows.cards["window:2"] is card
    assert sheet.windows.chosen == "window:2"


def test_a_window_that_was_closed_meanwhile_is_chosen_no_more(stand):
    sheet = open_sheet(stand)
    sheet.windows.cards["window:1"].click()
    stand.show(choosing(SOURCES[1:]))
    assert sheet.windows.chosen == ""
    assert not sheet.go.isEnabled()


def test_where_the_system_asks_itself_there_is_one_button(stand):
    sheet = open_sheet(stand, choosing(ASKED))
    assert not sheet.tabs["window"].isVisible()
    assert "system asks" in sheet.message.text()
    assert "Choose" in sheet.go.text()
    stand.press("share_go")
    assert shares(stand) == [ShareScreen("asked")]


def test_why_nothing_can_be_shared_is_said(stand):
    sheet = open_sheet(stand, choosing((), "Install the portal."))
    assert sheet.message.isVisible()
    assert sheet.message.text() == "Install the portal."
    assert not sheet.go.isEnabled()


def test_who_may_not_share_is_offered_no_button(stand):
    powers = meeting().view.powers - {Power.SHARE}
    stand.show(meeting(powers=powers))
    view = stand.window.view
    assert isinstance(view, MeetingScreen)
    assert view.bar.share.isHidden()
    view.toggle_share()
    assert stand.said == []


def test_the_title_of_a_window_cannot_reorder_what_stands_around_it(stand):
    evil = replace(SOURCES[0], title="abc\u202efdp.exe\n")
    sheet = open_sheet(stand, choosing((evil,)))
    words = sheet.windows.cards["window:1"].text()
    assert "\u202e" not in words
    assert "\n" not in words
    assert words.startswith(ISOLATE)
    assert "\u202e" not in sentence(OwnShare(SourceKind.WINDOW, evil.title))


# -- the part of a screen ------------------------------------------------------------------------


@pytest.fixture
def chooser(qtbot, dressed) -> PartChooser:
    made = PartChooser()
    qtbot.addWidget(made)
    made.resize(800, 450)
    made.show_picture(page(1, 960, 540))
    made.show()
    return made


def test_a_part_is_marked_by_dragging(chooser, qtbot):
    chooser.mark(Part(0.9, 0.9, 0.1, 0.1))
    qtbot.mousePress(chooser, Qt.MouseButton.LeftButton, pos=QPoint(80, 90))
    qtbot.mouseMove(chooser, QPoint(480, 270))
    qtbot.mouseRelease(chooser, Qt.MouseButton.LeftButton, pos=QPoint(480, 270))
    part = chooser.part
    assert (part.left, part.top) == (pytest.approx(0.1, abs=0.01), pytest.approx(0.2, abs=0.01))
    assert (part.width, part.height) == (
        pytest.approx(0.5, abs=0.01),
        pytest.approx(0.4, abs=0.01),
    )


def test_a_part_is_moved_where_it_is_taken(chooser, qtbot):
    chooser.mark(Part(0.2, 0.2, 0.4, 0.4))
    qtbot.mousePress(chooser, Qt.MouseButton.LeftButton, pos=QPoint(320, 180))
    qtbot.mouseMove(chooser, QPoint(720, 440))
    qtbot.mouseRelease(chooser, Qt.MouseButton.LeftButton, pos=QPoint(720, 440))
    assert chooser.part == Part(pytest.approx(0.6), pytest.approx(0.6), 0.4, 0.4)


def test_a_part_is_moved_and_resized_by_keys_alone(chooser, qtbot):
    qtbot.keyClick(chooser, Qt.Key.Key_Right)
    qtbot.keyClick(chooser, Qt.Key.Key_Up)
    assert chooser.part.left > FIRST.left
    assert chooser.part.top < FIRST.top
    qtbot.keyClick(chooser, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert chooser.part.width > FIRST.width
    for _ in range(60):
        qtbot.keyClick(chooser, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert chooser.part.height == LEAST


def test_what_is_marked_is_said_in_numbers(chooser):
    chooser.mark(Part(0.1, 0.2, 0.3, 0.4))
    assert "10 to 40" in chooser.accessibleDescription()
    assert "20 to 60" in chooser.accessibleDescription()


# -- while something is shared -------------------------------------------------------------------


def test_while_something_is_shared_a_bar_says_so_and_ends_it(stand):
    stand.show(sharing())
    (bar,) = marks(ShareBar)
    assert "Budget 2027" in bar.words.text()
    bar.stop.click()
    assert stand.said == [EndSharing()]
    stand.show(meeting())
    assert marks(ShareBar) == []


def test_the_button_in_the_meeting_stops_sharing_without_asking(stand):
    stand.show(sharing())
    assert "Stop" in stand.find("share").text()
    stand.press("share")
    assert stand.said == [EndSharing()]


def test_what_is_shared_is_framed_and_the_frame_follows(stand):
    stand.show(sharing(replace(OWN_WINDOW, region=Region(100, 120, 300, 200))))
    edges = marks(Edge)
    assert len(edges) == 4
    around = QRect()
    for edge in edges:
        around = around.united(edge.geometry())
        assert edge.windowFlags() & Qt.WindowType.WindowTransparentForInput
    assert around == QRect(100 - THICK, 120 - THICK, 300 + 2 * THICK, 200 + 2 * THICK)
    stand.show(sharing(replace(OWN_WINDOW, region=Region(160, 120, 300, 200))))
    assert min(edge.x() for edge in marks(Edge)) == 160 - THICK


def frame_seen() -> QRegion:
    """Return what the frame covers of the desktop."""
    seen = QRegion()
    for edge in marks(Edge):
        mask = edge.mask() if not edge.mask().isEmpty() else QRegion(edge.rect())
        seen = seen.united(mask.translated(edge.pos()))
    return seen


def test_the_frame_goes_behind_the_bar_wherever_that_is_moved(stand):
    stand.show(sharing(replace(OWN_WINDOW, region=Region(100, 120, 300, 200))))
    (bar,) = marks(ShareBar)
    whole = frame_seen()
    bar.move(90, 100)
    assert not frame_seen().intersects(bar.frameGeometry())
    assert frame_seen() == whole.subtracted(QRegion(bar.frameGeometry()))
    bar.move(90, 500)
    assert frame_seen() == whole


def dragged(bar: ShareBar, by: QPoint) -> None:
    """Take the bar, move the pointer in two steps, and let go."""
    on_it = QPoint(20, bar.height() // 2)
    taken, button = bar.mapToGlobal(on_it), Qt.MouseButton.LeftButton
    for way, kind in (
        (QPoint(), QEvent.Type.MouseButtonPress),
        (by / 2, QEvent.Type.MouseMove),
        (by, QEvent.Type.MouseMove),
        (by, QEvent.Type.MouseButtonRelease),
    ):
        here, where = QPointF(on_it), QPointF(taken + way)
        none = Qt.KeyboardModifier.NoModifier
        QApplication.sendEvent(bar, QMouseEvent(kind, here, where, button, button, none))


def test_the_bar_is_dragged_out_of_the_way_and_the_frame_is_whole_again(stand):
    stand.show(sharing(replace(OWN_WINDOW, region=Region(100, 120, 300, 200))))
    (bar,) = marks(ShareBar)
    before = bar.pos()
    dragged(bar, QPoint(2, 1))
    assert bar.pos() == before  # a hand that trembles moves nothing
    dragged(bar, QPoint(-60, 340))
    assert bar.pos() == before + QPoint(-60, 340)
    dragged(bar, QPoint(60, -340))
    assert bar.pos() == before
    assert stand.said == []


def test_the_system_is_asked_to_move_the_bar_where_programs_may_not(stand, monkeypatch):
    stand.show(sharing())
    (bar,) = marks(ShareBar)
    asked = []
    monkeypatch.setattr(type(bar.windowHandle()), "startSystemMove", lambda _: asked.append(1) or 1)
    before = bar.pos()
    dragged(bar, QPoint(100, 100))
    assert asked == [1]
    assert bar.pos() == before


def test_a_bar_that_is_taken_to_be_elsewhere_is_put_in_its_place_unless_somebody_moved_it(stand):
    stand.show(sharing())
    (bar,) = marks(ShareBar)
    place = bar.pos()
    bar.move(0, 0)  # as Qt believes at times
    bar._placed.timeout.emit()
    assert bar.pos() == place
    dragged(bar, QPoint(-60, 340))
    assert not bar._placed.isActive()
    stand.show(sharing(replace(OWN_WINDOW, title="Notes")))
    assert bar.pos() == place + QPoint(-60, 340)


def test_the_bar_has_round_corners_without_anything_behind_them(stand):
    stand.show(sharing())
    (bar,) = marks(ShareBar)
    seen, box = bar.mask(), bar.rect()
    for corner in (box.topLeft(), box.topRight(), box.bottomLeft(), box.bottomRight()):
        assert not seen.contains(corner)
    for side in (QPoint(box.center().x(), 0), QPoint(0, box.center().y()), box.center()):
        assert seen.contains(side)
    assert seen.boundingRect() == box
    assert QRegion(bar.stop.geometry()).subtracted(seen).isEmpty()


def test_the_bar_says_all_of_a_short_sentence(stand):
    stand.show(sharing(replace(OWN_WINDOW, title="Notes")))
    (bar,) = marks(ShareBar)
    needed = bar.words.fontMetrics().horizontalAdvance(bar.words.text())
    assert bar.words.width() >= needed


def test_a_minimised_window_has_no_frame_and_the_bar_says_why(stand):
    stand.show(sharing(replace(OWN_WINDOW, region=Region(100, 120, 300, 200))))
    stand.show(sharing(replace(OWN_WINDOW, hidden=True)))
    assert marks(Edge) == []
    (bar,) = marks(ShareBar)
    assert "minimised" in bar.words.text()


def test_nothing_stays_when_the_meeting_is_left(stand):
    stand.show(sharing(replace(OWN_WINDOW, region=Region(100, 120, 300, 200))))
    stand.window.view.end()
    assert marks(ShareBar) == marks(Edge) == []


def test_marks_do_not_keep_the_program_alive(stand):
    stand.show(sharing(replace(OWN_WINDOW, region=Region(100, 120, 300, 200))))
    for mark in (*marks(ShareBar), *marks(Edge)):
        assert not mark.testAttribute(Qt.WidgetAttribute.WA_QuitOnClose)


def test_the_bar_speaks_german(stand):
    use_language("de")
    assert sentence(OwnShare(SourceKind.SCREEN, "")) == "Sie teilen Ihren ganzen Bildschirm"


TWO_SCREENS = (
    Monitor(QRect(0, 0, 1920, 1080), 1.0),
    Monitor(QRect(1920, 0, 1280, 720), 2.0),
)


@pytest.mark.parametrize(
    ("region", "area"),
    [
        (Region(10, 20, 300, 200), QRect(10, 20, 300, 200)),
        (Region(1920, 0, 2560, 1440), QRect(1920, 0, 1280, 720)),
        (Region(2120, 200, 400, 300), QRect(2020, 100, 200, 150)),
        (Region(-50, -20, 300, 200), QRect(-50, -20, 300, 200)),  # half beyond the edge
    ],
)
def test_a_region_lies_where_its_screen_has_it_in_qts_measure(region, area):
    assert placed(region, TWO_SCREENS) == area


def test_a_frame_lies_outside_and_at_the_edge_of_the_screen_inside():
    screens = [QRect(0, 0, 1000, 800)]
    left, top, right, bottom = frame(QRect(100, 100, 200, 200), screens)
    inside = QRect(100, 100, 200, 200)
    assert not any(strip.intersects(inside) for strip in (left, top, right, bottom))
    for strip in frame(QRect(0, 0, 1000, 800), screens):
        assert QRect(0, 0, 1000, 800).contains(strip)


# -- others' screens -----------------------------------------------------------------------------


def test_anothers_screen_has_a_tile_that_is_larger_than_people(stand):
    stand.show(presenting())
    grid = stand.window.view.grid
    (tile,) = grid.screens.values()
    assert tile.person.dev == ADA
    assert "Ada Brenner" in tile.accessibleName()
    assert "Screen of" in tile.accessibleName()
    assert tile.width() > 2 * grid.tiles[ADA].width()


def test_a_screen_is_shown_whole_whatever_its_shape(stand):
    stand.show(presenting())
    (tile,) = stand.window.view.grid.screens.values()
    tile.show_picture(page(1, 400, 800))
    room = tile.room()
    assert room.height() == pytest.approx(2 * room.width(), abs=2)
    assert room.width() <= tile.width() * tile.devicePixelRatioF()
    assert room.height() <= tile.height() * tile.devicePixelRatioF() + 1


def test_ones_own_screen_is_not_shown_to_oneself(stand):
    stand.show(sharing())
    assert stand.window.view.grid.screens == {}
