"""Chat lines and media states: strict, bounded, forgotten."""

import contextlib
import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.meeting.chat import (
    BURST,
    MAX_CHARACTERS,
    MAX_LINES,
    RATE,
    REMEMBERED,
    Chat,
    Line,
    MediaState,
)
from app.meeting.view import ChatLine
from crypto.errors import MalformedError
from crypto.frames import MAX_FRAME

BEN, CLEO = b"b" * 16, b"c" * 16
CHANNEL_BYTES = 16 * 1024  # what one message of the data channel carries


ID = bytes(range(8))
NEW_IDS = (number.to_bytes(8, "big") for number in itertools.count())


def line(text: str, dev: bytes = BEN, mine: bool = False) -> ChatLine:
    return ChatLine(dev, "Ben", text, 0.0, mine)


def add(chat: Chat, said: ChatLine, now: float) -> bool:
    """Take in a line that was never said before."""
    return chat.add(said, next(NEW_IDS), now)


@given(st.text(min_size=1, max_size=200).filter(lambda text: text.strip()))
def test_a_line_arrives_as_it_was_written(text: str):
    assert Line.parse(Line(text, ID).encode()) == Line(text, ID)


@given(microphone=st.booleans(), camera=st.booleans())
def test_a_media_state_arrives_as_it_was_said(microphone: bool, camera: bool):
    state = MediaState(microphone, camera)
    assert MediaState.parse(state.encode()) == state


@given(st.binary(max_size=200))
def test_any_bytes_are_a_line_or_malformed(noise: bytes):
    with contextlib.suppress(MalformedError):
        assert Line.parse(noise).encode() == noise
    with contextlib.suppress(MalformedError):
        assert MediaState.parse(noise).encode() == noise


def test_single_byte_mutations_of_a_line_raise_nothing_but_malformed():
    rng = random.Random(5)
    whole = Line("a line with ünïcode 🙂", ID).encode()
    for _ in range(3000):
        mutated = bytearray(whole)
        mutated[rng.randrange(len(whole))] = rng.randrange(256)
        with contextlib.suppress(MalformedError):
            Line.parse(bytes(mutated[: rng.randrange(len(whole) + 1)]))


@pytest.mark.parametrize("payload", [b"", b"\x02", b"\x01\x20", b"\x01\x00\x00", b"\x03\x00"])
def test_odd_states_are_malformed(payload: bytes):
    with pytest.raises(MalformedError):
        MediaState.parse(payload)


@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
def test_an_empty_line_is_malformed(text: str):
    with pytest.raises(MalformedError):
        Line.parse(Line(text, ID).encode())


def test_the_longest_line_is_cut_and_fits_one_message_whatever_its_letters():
    payload = Line("🙂" * (MAX_CHARACTERS + 5), ID).encode()
    assert len(Line.parse(payload).text) == MAX_CHARACTERS
    assert len(payload) + 64 <= min(CHANNEL_BYTES, MAX_FRAME)


def test_a_longer_line_than_allowed_is_malformed():
    data = b"a" * (MAX_CHARACTERS + 1)
    with pytest.raises(MalformedError):
        Line.parse(b"\x02" + ID + len(data).to_bytes(2, "big") + data)


def test_who_floods_is_cut_short_and_counted_and_nobody_else_suffers():
    chat = Chat()
    assert sum(add(chat, line(str(n)), 0.0) for n in range(1000)) == BURST
    assert chat.dropped == 1000 - BURST
    assert add(chat, line("hello", CLEO), 0.0)


def test_after_a_pause_a_flooder_is_heard_again_at_the_rate():
    chat = Chat()
    for n in range(BURST):
        add(chat, line(str(n)), 0.0)
    assert not add(chat, line("too soon"), 0.1)
    assert sum(add(chat, line("later"), 10.0) for _ in range(50)) == BURST
    assert sum(add(chat, line("steady"), 10.0 + n / RATE) for n in range(1, 20)) == 19


def test_a_clock_that_stands_still_or_runs_back_gives_nothing_away():
    chat = Chat()
    assert sum(add(chat, line("x"), 5.0 - n) for n in range(50)) == BURST


def test_a_line_that_is_said_twice_is_heard_once_and_costs_nothing():
    chat = Chat()
    ids = [bytes([number]) * 8 for number in range(BURST)]
    for line_id in ids:
        assert chat.add(line("lunch?"), line_id, 0.0)
    assert not any(chat.add(line("lunch?"), line_id, 0.0) for line_id in ids)
    assert (len(chat.lines), chat.dropped) == (BURST, 0)
    assert chat.add(line("lunch?", CLEO), ids[0], 0.0)
    assert REMEMBERED > BURST


def test_own_lines_are_never_dropped():
    chat = Chat()
    assert all(add(chat, line(str(n), mine=True), 0.0) for n in range(100))


def test_memory_is_bounded_and_the_oldest_lines_go_first():
    chat = Chat()
    for n in range(MAX_LINES + 10):
        add(chat, line(str(n), mine=True), 0.0)
    assert len(chat.lines) == MAX_LINES
    assert chat.lines[0].text == "10"


def test_after_wiping_nothing_is_left():
    chat = Chat()
    add(chat, line("secret"), 0.0)
    chat.wipe()
    assert chat.lines == ()
    assert "secret" not in repr(vars(chat))
