"""One table of keys: what it names can be done, by keys and by words."""

from collections import Counter

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QLabel

from app.i18n import use_language
from app.meeting.wishes import RaiseHand, SetMicrophone
from app.screens import Home, Preview, Progress, Waiting
from app.ui.keys import SHORTCUTS, Where
from app.ui.samples import meeting

PREVIEW = Preview("Budget", "Ada", False, "Mara")


def test_every_action_of_the_table_is_one_of_the_window_and_the_other_way_round(stand) -> None:
    named = {one.action for one in SHORTCUTS if one.action}
    assert named == set(stand.window._actions())


def test_no_keys_mean_two_things_and_all_can_be_pressed() -> None:
    keys = Counter(keys for one in SHORTCUTS for keys in one.keys)
    assert [key for key, count in keys.items() if count > 1] == []
    assert [key for key in keys if QKeySequence(key).isEmpty()] == []


def test_the_sheet_lists_every_key_of_the_table(stand) -> None:
    stand.show(Home("Mara"))
    stand.qtbot.keyClick(stand.window, "?")
    said = {label.text() for label in stand.find("shortcut_table").findChildren(QLabel)}
    assert {one.words for one in SHORTCUTS if one.keys} <= said


def test_a_question_mark_that_is_typed_is_a_question_mark(stand) -> None:
    stand.show(Home(""))
    field = stand.find("own_name")
    field.clear()
    field.setFocus()
    stand.qtbot.keyClick(field, "?")
    assert field.text() == "?"
    assert not stand.window.findChildren(object, "shortcut_table")


def test_a_key_does_nothing_where_it_means_nothing(stand) -> None:
    stand.show(Home("Mara"))
    for key in (Qt.Key.Key_D, Qt.Key.Key_E):
        stand.qtbot.keyClick(stand.window, key, Qt.KeyboardModifier.ControlModifier)
    assert stand.said == []


def palette(stand, screen) -> list[str]:
    """Open the palette on a screen; return what it offers."""
    stand.show(screen)
    stand.qtbot.keyClick(stand.window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    return offered(stand)


def offered(stand) -> list[str]:
    sheet = stand.find("palette_sheet")
    return [row.text() for row in sheet.rows if row.isVisible()]


def test_the_palette_offers_what_can_be_done_here(stand) -> None:
    assert "Raise your hand or take it down" in palette(stand, meeting())
    assert "Find a command" not in offered(stand)


@pytest.mark.parametrize(
    "screen", [Home("Mara"), PREVIEW, Waiting("Budget", "Ada", Progress.WAITING)]
)
def test_the_palette_offers_nothing_of_a_meeting_elsewhere(stand, screen) -> None:
    offers = palette(stand, screen)
    assert "Raise your hand or take it down" not in offers
    assert "Settings" in offers


def test_a_few_letters_find_a_command_and_enter_does_it(stand) -> None:
    palette(stand, meeting(hand_up=False))
    field = stand.find("palette_field")
    stand.qtbot.keyClicks(field, "raise HAND")
    assert offered(stand) == ["Raise your hand or take it down"]
    stand.qtbot.keyClick(field, Qt.Key.Key_Return)
    assert stand.said == [RaiseHand(True)]
    assert not [w for w in stand.window.findChildren(object, "palette_sheet") if w.isVisible()]


def test_commands_are_found_in_the_language_in_use(stand) -> None:
    use_language("de")
    palette(stand, meeting(microphone_on=True))
    stand.qtbot.keyClicks(stand.find("palette_field"), "mikro")
    assert [words for words in offered(stand) if "Mikrofon" in words] == offered(stand)
    stand.qtbot.keyClick(stand.find("palette_field"), Qt.Key.Key_Return)
    assert stand.said == [SetMicrophone(False)]


def test_arrows_go_through_the_commands(stand) -> None:
    palette(stand, Home("Mara"))
    field = stand.find("palette_field")
    stand.qtbot.keyClick(field, Qt.Key.Key_Down)
    first = stand.window.focusWidget()
    assert first is stand.find("palette_sheet").rows[0]
    stand.qtbot.keyClick(first, Qt.Key.Key_Up)
    assert stand.window.focusWidget() is field


def test_what_is_not_there_is_said(stand) -> None:
    palette(stand, Home("Mara"))
    stand.qtbot.keyClicks(stand.find("palette_field"), "xyzzy")
    assert stand.find("palette_nothing").isVisible()
    stand.qtbot.keyClick(stand.find("palette_field"), Qt.Key.Key_Return)
    assert stand.said == []


def test_every_key_says_where_it_works() -> None:
    assert all(one.where & Where.EVERYWHERE for one in SHORTCUTS)
