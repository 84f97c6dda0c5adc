"""Reactions and raised hands: chosen with words, seen on tiles, told aloud, first in the list."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QAction, QImage
from PySide6.QtWidgets import QApplication, QLabel

from app.i18n import _, use_language
from app.meeting.view import Person, Reaction, Shown
from app.meeting.wishes import React, SpeakBySigns
from app.paths import resource
from app.person_words import REACTIONS
from app.ui.samples import ADA, BEN, CLARA, HANDS, ME, PEOPLE, meeting, view
from app.ui.views import sayings
from app.ui.widgets.reaction_sign import reaction_box


def showing(dev: bytes, reaction: Reaction, until: float = 5.0) -> tuple[Person, ...]:
    """Return the table of four, one of whom shows a sign."""
    sign = Shown(reaction, until)
    return tuple(replace(p, reaction=sign) if p.dev == dev else p for p in PEOPLE)


@pytest.fixture
def announced(monkeypatch) -> list[str]:
    told: list[str] = []
    bare = str.maketrans("", "", "\u2068\u2069")
    monkeypatch.setattr(sayings, "announce", lambda _s, words: told.append(words.translate(bare)))
    return told


# Reactions


def test_every_reaction_has_a_picture_of_its_own_and_a_word_in_each_language(qapp) -> None:
    pictures = {
        bytes(QImage(str(resource("reactions", f"{one.name.lower()}.png"))).constBits())
        for one in Reaction
    }
    assert len(pictures) == len(Reaction) == len(list(resource("reactions").glob("*.png")))
    english = [_(REACTIONS[one]) for one in Reaction]
    use_language("de")
    german = [_(REACTIONS[one]) for one in Reaction]
    assert len(set(english)) == len(set(german)) == len(Reaction)
    assert not set(english) & set(german)


@pytest.mark.parametrize("reaction", list(Reaction))
def test_a_reaction_is_chosen_by_its_word(stand, reaction: Reaction) -> None:
    stand.show(meeting())
    menu = stand.window.view.menus.reactions()
    actions = {action.text(): action for action in menu.actions()}
    assert not actions[REACTIONS[reaction]].icon().isNull()
    actions[REACTIONS[reaction]].trigger()
    assert stand.said == [React(reaction)]


def test_a_reaction_is_painted_on_the_tile_and_goes_again(stand) -> None:
    stand.show(meeting())
    tile = stand.window.view.grid.tiles[BEN]
    before = tile.grab().toImage()
    stand.show(meeting(people=showing(BEN, Reaction.APPLAUSE)))
    assert tile.grab().toImage() != before
    assert "Applause" in tile.accessibleName()
    stand.show(meeting())
    assert tile.grab().toImage() == before
    assert "Applause" not in tile.accessibleName()


def test_a_reaction_is_told_once_and_again_when_it_is_shown_again(
    stand, announced: list[str]
) -> None:
    stand.show(meeting())
    for until in (5.0, 5.0, 9.0):
        stand.show(meeting(people=showing(ADA, Reaction.HEART, until)))
    assert announced == ["Ada Brenner shows: Heart"] * 2
    stand.show(meeting(people=showing(ME, Reaction.HEART, 9.0)))
    assert len(announced) == 2


@pytest.mark.parametrize("size", [(96, 54), (160, 90), (320, 180), (640, 360), (54, 400), (1, 1)])
@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_the_sign_stays_on_its_tile(size: tuple[int, int], scale: float) -> None:
    box = reaction_box(QSize(*size), scale)
    assert box.width() <= size[1] / 2
    assert box.right() <= size[0]
    assert box.bottom() <= size[1]
    if min(size) > 50:
        assert QRectF(0, 0, *size).contains(box)


# Hands


def names_in_the_list(stand) -> list[bytes]:
    people = stand.window.view.people
    rows = {row: dev for dev, row in people.rows.items()}
    return [rows[people._list.itemAt(n).widget()] for n in range(people._list.count())]


def test_who_has_a_hand_up_stands_first_in_the_list_in_their_order(stand) -> None:
    stand.show(meeting(people=HANDS))
    stand.press("people")
    assert names_in_the_list(stand) == [BEN, ADA, ME, CLARA]
    row = stand.window.view.people.rows[BEN]
    assert row._state.text().startswith("Hand raised at ")
    stand.show(meeting())
    QApplication.processEvents()
    assert names_in_the_list(stand) == [ME, ADA, BEN, CLARA]


def test_a_hand_that_goes_up_is_told(stand, announced: list[str]) -> None:
    stand.show(meeting())
    stand.show(meeting(people=HANDS))
    stand.show(meeting(people=HANDS))
    assert announced == ["Ada Brenner raised a hand.", "Ben Okafor raised a hand."]


def test_what_becomes_of_the_own_devices_is_told(stand, announced: list[str]) -> None:
    stand.show(meeting())
    stand.show(meeting(microphone_on=False))
    stand.show(meeting(microphone_on=False, camera_on=False))
    stand.show(meeting(camera_on=False))
    assert announced == ["Muted", "Camera off", "Microphone on"]


def test_a_key_that_is_held_says_nothing_of_the_microphone(stand, announced: list[str]) -> None:
    stand.show(meeting(microphone_on=False))
    stand.show(replace(meeting(), held=True))
    stand.show(meeting(microphone_on=False))
    assert announced == []


def test_what_was_there_before_one_came_is_no_news(stand, announced: list[str]) -> None:
    stand.show(meeting(people=HANDS))
    assert announced == []


def test_who_has_spoken_is_told_once_that_the_hand_is_still_up() -> None:
    hint = sayings.HandHint()
    told = []
    for second in range(60):
        speaks = second % 3 != 0  # nobody speaks without a pause
        people = tuple(replace(p, speaking=speaks) if p.is_me else p for p in PEOPLE)
        told += [second] * hint.is_due(view(people=people, hand_up=True), float(second))
    assert len(told) == 1
    assert told[0] >= sayings.SPOKEN
    quiet = view(people=tuple(replace(p, speaking=False) for p in PEOPLE), hand_up=False)
    assert not hint.is_due(quiet, 61.0)
    people = tuple(replace(p, speaking=True) if p.is_me else p for p in PEOPLE)
    again = [hint.is_due(view(people=people, hand_up=True), 62.0 + n) for n in range(20)]
    assert sum(again) == 1


def test_who_listens_with_the_hand_up_is_told_nothing() -> None:
    hint = sayings.HandHint()
    waiting = view(people=tuple(replace(p, speaking=not p.is_me) for p in PEOPLE), hand_up=True)
    assert not any(hint.is_due(waiting, float(second)) for second in range(600))


# Signs ------------------------------------------------------------------------------------------


def entries(stand) -> dict[str, QAction]:
    return {action.text(): action for action in stand.window.view.menus.more().actions()}


def test_who_signs_says_so_in_the_menu_and_ends_it_there(stand) -> None:
    stand.show(meeting(camera_on=True))
    entries(stand)["I am signing"].trigger()
    mine = tuple(replace(p, signing=True, speaking=True) if p.is_me else p for p in PEOPLE)
    stand.show(meeting(camera_on=True, people=mine))
    entries(stand)["I have finished signing"].trigger()
    assert stand.said == [SpeakBySigns(True), SpeakBySigns(False)]
    stand.show(meeting(camera_on=False))
    assert "I am signing" not in entries(stand)


def test_who_signs_is_shown_as_who_speaks_and_told_in_words(stand) -> None:
    people = tuple(
        replace(p, signing=True, speaking=True, microphone_on=False) if p.dev == BEN else p
        for p in PEOPLE
    )
    quiet = tuple(replace(p, speaking=False, microphone_on=False) for p in PEOPLE)
    stand.show(meeting(people=quiet))
    tile = stand.window.view.grid.tiles[BEN]
    before = tile.grab().toImage()
    stand.show(meeting(people=people))
    assert tile.grab().toImage() != before
    assert "Signing" in tile.accessibleName()
    assert "Speaking" not in tile.accessibleName()
    stand.press("people")
    row = stand.window.view.people.rows[BEN]
    assert [label.text() for label in row.findChildren(QLabel, "person_state")] == ["Signing"]
