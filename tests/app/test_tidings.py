"""What is worth a word while another window is in front, and how little is said of it."""

from dataclasses import replace

import pytest

from app.meeting.view import ChatLine, Knock
from app.screens import Farewell, Home, InMeeting
from app.tidings import Kind, Tiding, tiding_words, tidings
from app.ui.samples import CALLS, KNOCKS, meeting
from app.ui.samples_files import DECLINED, OFFERED, RUNNING

LINE = ChatLine(bytes(16), "Ada", "the password is rosebud", 5.0, mine=False)


def with_chat(*lines: ChatLine) -> InMeeting:
    return meeting(chat=lines)


def test_each_new_knock_is_told_once() -> None:
    before, after = meeting(knocks=KNOCKS[:1]), meeting(knocks=KNOCKS[:2])
    assert tidings(before, after) == (Tiding(Kind.KNOCK, KNOCKS[1].name),)
    assert tidings(after, after) == ()
    assert tidings(after, before) == ()


def test_a_call_is_told_when_it_begins_also_on_the_first_screen_of_all() -> None:
    home = Home("Mara", calls=CALLS)
    names = tuple(call.name for call in CALLS)
    assert tuple(tiding.name for tiding in tidings(None, home)) == names
    assert tidings(home, home) == ()


def test_a_call_during_a_meeting_is_told_once() -> None:
    called = replace(meeting(), calls=CALLS)
    told = (Tiding(Kind.CALL, CALLS[0].name),)
    assert tidings(meeting(), called) == told
    assert tidings(called, called) == ()
    assert tidings(Home("Mara", calls=CALLS), called) == (), "it rang on the first screen"


def test_what_others_write_is_told_and_what_i_write_is_not() -> None:
    mine = replace(LINE, mine=True)
    assert tidings(with_chat(), with_chat(LINE)) == (Tiding(Kind.CHAT, "Ada"),)
    assert tidings(with_chat(), with_chat(mine)) == ()
    assert tidings(with_chat(LINE), with_chat(LINE)) == ()


def test_a_file_that_somebody_offers_is_told_once_and_my_own_is_not() -> None:
    offered = meeting(files=(OFFERED,))
    assert tidings(meeting(), offered) == (Tiding(Kind.FILE, OFFERED.name),)
    assert tidings(meeting(), meeting(files=(DECLINED,))) == ()
    under_way = replace(OFFERED, legs=RUNNING.legs)
    assert tidings(offered, meeting(files=(under_way, DECLINED))) == ()


def test_files_of_before_are_no_news_for_who_comes_in() -> None:
    assert tidings(Home("Mara"), meeting(files=(OFFERED,))) == ()


def test_what_a_file_is_called_is_never_said() -> None:
    (told,) = tidings(meeting(), meeting(files=(OFFERED,)))
    assert OFFERED.file_name not in tiding_words(told, names=True)


def test_an_old_chat_is_no_news_for_who_comes_in() -> None:
    assert tidings(Home("Mara"), with_chat(LINE)) == ()
    other = meeting(chat=(LINE,), call_id=b"another".ljust(32))
    assert tidings(with_chat(), other) == ()


def test_a_request_to_speak_is_told() -> None:
    assert tidings(meeting(), meeting(asked_by="Ada")) == (Tiding(Kind.ASKED, "Ada"),)


def test_a_farewell_says_nothing() -> None:
    assert tidings(meeting(), Farewell("ended")) == ()


@pytest.mark.parametrize("kind", Kind)
def test_nothing_of_a_person_is_said_unless_names_are_wanted(kind: Kind) -> None:
    assert "Ada" not in tiding_words(Tiding(kind, "Ada"), names=False)
    assert "Ada" in tiding_words(Tiding(kind, "Ada"), names=True)


def test_what_somebody_wrote_is_never_said() -> None:
    (told,) = tidings(with_chat(), with_chat(LINE))
    assert "rosebud" not in tiding_words(told, names=True)


def test_a_name_that_turns_the_text_around_turns_nothing() -> None:
    knock = Knock(b"1", "\u202eada\n<b>", KNOCKS[0].badge)
    (told,) = tidings(meeting(), meeting(knocks=(knock,)))
    words = tiding_words(told, names=True)
    assert "\u202e" not in words
    assert "\n" not in words
