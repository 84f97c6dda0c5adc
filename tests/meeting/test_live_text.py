"""Text that is read while it is written: whatever gets lost, readers end up with the writer's."""

import contextlib
import random
from itertools import pairwise

import pytest
from fakes.table import Seat, Table, table_of
from hypothesis import given
from hypothesis import strategies as st

from app.meeting import live_text
from app.meeting.events import DataFrom
from app.meeting.live_text import (
    BURST,
    LASTS,
    PAUSE,
    RATE,
    WHOLE_EVERY,
    Change,
    Page,
    Pen,
    Whole,
    difference,
    parse,
)
from app.meeting.view import LiveText
from app.meeting.wishes import LONGEST_LINE, Leave, Remove, Say, SetChatForAll, Write
from crypto.errors import MalformedError
from crypto.frames import Context

ID, OTHER = bytes(range(8)), bytes(range(8, 16))
WORDS = st.text(alphabet=st.sampled_from("ab \n\U0001f44b\u0301\u202e<é"), max_size=12)


def pen() -> Pen:
    return Pen(random.Random(1).randbytes)


def frames_of(texts: list[str]) -> tuple[list[Whole | Change], Pen, float]:
    """Return what a writer says who has these texts on the screen one after the other."""
    writer, now, said = pen(), 0.0, []
    for text in texts:
        writer.write(text)
        now += PAUSE
        frame = writer.due(now)
        said += [frame] if frame else []
    return said, writer, now


# The frames


@given(st.text(max_size=60), st.integers(0, 2**32 - 1), st.integers(0, 65_535))
def test_what_is_said_arrives_as_it_was_said(text: str, number: int, place: int):
    for said in (Whole(ID, number, text), Change(ID, number, place, 65_535 - place, text)):
        assert parse(said.encode()) == said


@given(st.binary(max_size=80))
def test_any_bytes_are_a_text_or_malformed(noise: bytes):
    for data in (noise, b"\3" + ID + noise, b"\4" + ID + noise):
        with contextlib.suppress(MalformedError):
            assert parse(data).encode() == data


def test_a_text_longer_than_a_line_is_malformed():
    parse(Whole(ID, 1, "a" * LONGEST_LINE).encode())
    for said in (Whole(ID, 1, "a" * (LONGEST_LINE + 1)), Change(ID, 1, 0, 0, "a" * 60_000)):
        with pytest.raises(MalformedError):
            parse(said.encode())


# Writer and reader


@given(WORDS, WORDS)
def test_one_change_makes_one_text_of_another_and_is_no_longer_than_it_must_be(
    before: str, after: str
):
    at, removed, text = difference(before, after)
    assert before[:at] + text + before[at + removed :] == after
    assert not text or not removed or text[0] != before[at]
    assert not text or not removed or text[-1] != before[at + removed - 1]


@given(st.lists(WORDS, min_size=1, max_size=15))
def test_who_hears_everything_has_the_writers_text_after_every_frame(texts: list[str]):
    writer, page, now = pen(), Page(0.0), 0.0
    for text in texts:
        writer.write(text)
        now += PAUSE
        if (said := writer.due(now)) is not None:
            assert page.hear(parse(said.encode()), now)
        assert page.text(now) == text


@given(
    st.lists(WORDS, min_size=1, max_size=15),
    st.lists(st.integers(0, 14), max_size=40),
)
def test_whatever_is_lost_repeated_or_out_of_order_the_next_whole_text_repairs(
    texts: list[str], arrivals: list[int]
):
    said, writer, now = frames_of([*texts, "the end"])
    page = Page(0.0)
    for place in arrivals:  # any of the frames, in any order, any number of times, or never
        page.hear(said[place % len(said)], now)
    whole = writer.whole(now)
    assert whole is not None
    page.hear(whole, now + 60)
    assert page.text(now + 60) == "the end"


@given(st.lists(WORDS, min_size=2, max_size=12), st.data())
def test_a_reader_never_shows_a_text_that_the_writer_never_had(texts, data):
    said, _, now = frames_of(texts)
    page = Page(0.0)
    for frame in data.draw(st.permutations(said)):
        page.hear(frame, now)
        assert page.text(now) in {"", *texts}


def test_nothing_is_told_more_often_than_every_pause_and_the_last_is_told():
    writer, told = pen(), []
    for step in range(1000):
        writer.write("a" * (step // 5))
        if writer.due(step * 0.001):
            told.append(step * 0.001)
    assert all(b - a > PAUSE - 0.001 for a, b in pairwise(told))
    assert isinstance(writer.due(2.0), Change)
    assert writer.due(3.0) is None


def test_the_whole_text_comes_again_and_again_and_none_once_it_is_given_up():
    writer = pen()
    writer.write("hel")
    assert isinstance(writer.due(0.0), Whole)
    assert writer.due(WHOLE_EVERY - 0.1) is None
    assert writer.due(WHOLE_EVERY) == writer.whole(WHOLE_EVERY)
    writer.write("")
    gone = writer.due(WHOLE_EVERY + 1)
    assert isinstance(gone, Whole)
    assert gone.text == ""
    assert writer.due(WHOLE_EVERY * 9) is None
    assert writer.whole(99.0) is None


def test_backspace_is_a_small_frame():
    said, _, _ = frames_of(["Helo", "Hel", "Hell"])
    assert [type(frame) for frame in said] == [Whole, Change, Change]
    assert (said[1].at, said[1].removed, said[1].text) == (3, 1, "")


def test_a_text_without_a_word_from_its_writer_goes():
    page = Page(0.0)
    page.hear(Whole(ID, 1, "hello"), 0.0)
    assert page.text(LASTS - 0.1) == "hello"
    assert page.text(LASTS) == ""
    page.hear(Whole(ID, 1, "hello"), LASTS)
    assert page.text(LASTS) == "hello"


def test_a_text_that_became_a_line_does_not_come_back():
    page = Page(0.0)
    page.hear(Whole(ID, 1, "hello"), 0.0)
    page.ended(ID)
    page.hear(Whole(ID, 2, "hello!"), 0.1)
    assert page.text(0.1) == ""
    page.hear(Whole(OTHER, 3, "and"), 0.2)
    page.ended(ID)
    assert page.text(0.2) == "and"


@pytest.mark.parametrize(
    "lie",
    [
        Change(ID, 2, 6, 0, "x"),
        Change(ID, 2, 0, 6, "x"),
        Change(ID, 2, 65_535, 65_535, ""),
        Change(ID, 2, 0, 0, "x" * LONGEST_LINE),
        Change(OTHER, 2, 0, 0, "x"),
        Change(ID, 2**32 - 1, 0, 0, "x"),
        Whole(OTHER, 1, "another under the same number"),
        Whole(ID, 0, "older"),
    ],
)
def test_a_change_that_does_not_fit_changes_nothing(lie: Whole | Change):
    page = Page(0.0)
    page.hear(Whole(ID, 1, "hello"), 0.0)
    page.hear(lie, 0.1)
    assert page.text(0.1) == "hello"
    page.hear(Whole(ID, 3, "good again"), 0.2)
    assert page.text(0.2) == "good again"


def test_who_floods_is_cut_short_and_an_honest_writer_never_is():
    page = Page(0.0)
    assert sum(page.hear(Whole(ID, n, "x"), 0.0) for n in range(1, 1000)) == BURST
    assert RATE > 1 / PAUSE + 1 / WHOLE_EVERY


# In a meeting


def live(table: Table, seat: Seat) -> list[tuple[str, str]]:
    return [(text.name, text.text) for text in table.view(seat).live_texts]


def test_others_read_what_is_being_written_within_half_a_second_and_then_the_line():
    table, (ada, ben, cleo) = table_of("Ada", "Ben", "Cleo")
    text = ""
    for letter in "Hello all":
        text += letter
        table.wish(ada, Write(text))
        table.run(0.12)
    table.run(0.2)
    assert table.view(ben).live_texts == (LiveText(ada.dev, "Ada", "Hello all"),)
    assert live(table, cleo) == [("Ada", "Hello all")]
    assert live(table, ada) == []
    table.wish(ada, Say("Hello all"))
    table.run(1)
    assert live(table, ben) == []
    assert [line.text for line in table.view(ben).chat] == ["Hello all"]


def test_nothing_tells_that_somebody_writes_who_does_not_let_it_be_seen():
    table, (ada, ben) = table_of("Ada", "Ben")
    table.run(5)
    ben.heard.clear()
    table.wish(ada, Write(""))
    table.run(10)
    assert [context for _, context, _ in ben.heard if context == Context.CHAT] == []


def test_who_comes_later_reads_what_is_being_written_too():
    table, (ada, _) = table_of("Ada", "Ben")
    table.wish(ada, Write("half a sen"))
    cleo = table.person("Cleo")
    table.knocks(cleo, ada)
    table.run(3)
    assert live(table, cleo) == [("Ada", "half a sen")]


def test_a_text_is_gone_with_its_writer():
    table, (ada, ben, cleo) = table_of("Ada", "Ben", "Cleo")
    for seat, wish in ((cleo, Leave()), (ben, None)):
        table.wish(seat, Write("half"))
        table.run(0.5)
        assert (seat.name, "half") in live(table, ada)
        table.wish(seat, wish) if wish else table.wish(ada, Remove(ben.dev))
        table.run(1)
        assert (seat.name, "half") not in live(table, ada)


def test_a_text_is_given_up_where_the_link_is_lost():
    table, (ada, ben) = table_of("Ada", "Ben")
    table.wish(ben, Write("half"))
    table.run(1)
    table.part(ada, ben)
    table.run(LASTS + 1)
    assert live(table, ada) == []


def test_who_may_not_chat_shows_nothing_of_what_they_write():
    table, (ada, ben) = table_of("Ada", "Ben")
    table.wish(ben, Write("half"))
    table.run(1)
    table.wish(ada, SetChatForAll(False))
    table.run(1)
    assert live(table, ada) == []
    said = Whole(ID, 99, "I write all the same").encode()
    table.event(ada, DataFrom(ben.dev, Context.CHAT, said))
    assert live(table, ada) == []
    assert ada.meeting._talk.refused >= 1


def test_what_is_being_written_is_wiped_at_the_end():
    table, (ada, ben) = table_of("Ada", "Ben")
    table.wish(ada, Write("a secret"))
    table.wish(ben, Write("another"))
    table.run(1)
    talk = ada.meeting._talk
    table.wish(ada, Leave())
    assert "secret" not in repr(vars(talk._pen))
    assert talk._pages == {}


def test_a_flood_of_hostile_texts_costs_a_meeting_little_and_is_counted():
    table, (ada, ben) = table_of("Ada", "Ben")
    longest = Whole(ID, 1, "\U0001f44b" * LONGEST_LINE).encode()
    for _ in range(500):
        table.event(ada, DataFrom(ben.dev, Context.CHAT, longest))
    assert ada.meeting._talk.crowded == 500 - BURST
    assert len(live(table, ada)) == 1
    assert live_text.LASTS > WHOLE_EVERY * 2
