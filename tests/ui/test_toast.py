"""A sentence that tells what is so goes with it; one that tells what happened stands its time."""

from dataclasses import replace

import pytest

from app.meeting.view import Notice
from app.screens import Home, InMeeting
from app.ui.samples import CLARA, PEOPLE, meeting
from app.ui.widgets.toast import Toast

NAME = next(person.name for person in PEOPLE if person.dev == CLARA)
SHARES = Notice(1, "shares", NAME)


def shared(*notices: Notice, on: bool = True) -> InMeeting:
    people = tuple(replace(p, sharing=on and p.dev == CLARA) for p in PEOPLE)
    return meeting(people=people, notices=notices)


@pytest.fixture
def toast(stand) -> Toast:
    stand.show(meeting())
    return stand.window.view.stage.toast


def test_that_somebody_shares_a_screen_goes_when_they_stop(stand, toast: Toast) -> None:
    stand.show(shared(SHARES))
    assert "shares a screen" in toast.text
    stand.show(shared(SHARES))
    assert "shares a screen" in toast.text
    stand.show(shared(SHARES, on=False))
    assert toast.text == ""


def test_it_does_not_come_any_more_where_it_still_waited(stand, toast: Toast) -> None:
    stand.show(shared(Notice(1, "you_host"), replace(SHARES, number=2)))
    stand.show(shared(on=False))
    assert toast.text == "You host this meeting now."
    toast._next()
    assert toast.text == ""


def test_what_waited_behind_it_is_shown_at_once(stand, toast: Toast) -> None:
    stand.show(shared(SHARES, Notice(2, "you_host")))
    stand.show(shared(on=False))
    assert toast.text == "You host this meeting now."


def test_who_has_stopped_before_it_could_be_said_is_not_said_to_share(stand, toast: Toast) -> None:
    stand.show(shared(SHARES, on=False))
    assert toast.text == ""


def test_what_happened_stands_its_time_whatever_comes_after(stand, toast: Toast) -> None:
    stand.show(meeting(notices=(Notice(1, "left", NAME),)))
    stand.show(shared())
    stand.show(meeting())
    assert "left" in toast.text


def test_that_one_is_muted_goes_when_one_is_not(stand, toast: Toast) -> None:
    muted = meeting(microphone_on=False)
    stand.show(replace(muted, told_muted=1))
    assert toast.text == "You are muted. Nobody hears you."
    stand.show(replace(meeting(), told_muted=1))
    assert toast.text == ""


def test_that_the_hand_is_up_goes_when_it_is_down(stand, toast: Toast) -> None:
    clock = iter(range(0, 100, 5))
    stand.window.view._sayings._clock = lambda: float(next(clock))
    speaking = tuple(replace(person, speaking=person.is_me) for person in PEOPLE)
    for _ in range(4):
        stand.show(meeting(people=speaking, hand_up=True))
    assert toast.text == "Your hand is still up."
    stand.show(meeting(hand_up=False))
    assert toast.text == ""


def test_what_is_said_while_a_meeting_is_laid_out_ends_up_where_it_belongs(stand) -> None:
    """The first screen of a meeting comes before its parts have their sizes."""
    stand.window.setProperty("reduce_motion", False)
    stand.show(Home("Mara"))
    first = meeting(notices=(Notice(1, "called_each_other", NAME),))
    stand.window.show_screen(first)
    toast = stand.window.view.stage.toast
    stand.qtbot.waitUntil(lambda: toast._slide.state() == toast._slide.State.Stopped)
    stood = toast.pos()
    toast.reposition()
    assert toast.pos() == stood
    assert toast.y() < stand.window.view.stage.header.height() + 16
