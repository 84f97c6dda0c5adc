"""Push to talk and push to mute, arrivals, and the hint for who is muted."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from app import holding as module
from app.arrivals import CROWD, PAUSE, SETTLING, Arrivals
from app.holding import Holding
from app.muted_hint import AFTER_MUTING, AGAIN, LONG, MutedHint


class Own:
    """A microphone that is only told things."""

    def __init__(self, on: bool = False) -> None:
        self.microphone_on = on
        self.hushed = False

    @property
    def is_heard(self) -> bool:
        return self.microphone_on and not self.hushed

    def hush(self, hushed: bool) -> None:
        self.hushed = hushed and self.microphone_on


class Table:
    """What others are told, and what they hear."""

    def __init__(self, on: bool = False) -> None:
        self.own = Own(on)
        self.told: list[bool] = []
        self.holding = Holding(self.own, self.switch)  # type: ignore[arg-type]

    def switch(self, on: bool) -> None:
        self.told.append(on)
        self.own.microphone_on = on
        self.own.hushed = False


def play(story: Callable[[Table], Coroutine[Any, Any, None]], on: bool = False) -> None:
    async def go() -> None:
        table = Table(on)
        try:
            await story(table)
        finally:
            table.holding.close()

    asyncio.run(asyncio.wait_for(go(), 10))


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CALM", 0.05)


async def calm() -> None:
    await asyncio.sleep(0.1)


@pytest.mark.parametrize("space", ["talk", "only"])
def test_who_is_muted_is_heard_exactly_while_the_key_is_held(space: str):
    async def story(table: Table) -> None:
        table.holding.press(space)
        assert table.own.is_heard
        assert table.holding.held
        table.holding.release()
        assert not table.own.is_heard
        await calm()
        assert table.told == [True, False]

    play(story)


def test_others_see_no_flutter_when_somebody_speaks_in_bursts():
    async def story(table: Table) -> None:
        for _ in range(5):
            table.holding.press("talk")
            assert table.own.is_heard
            table.holding.release()
            assert not table.own.is_heard
        assert table.told == [True]
        await calm()
        assert table.told == [True, False]

    play(story)


def test_a_cough_is_not_heard_and_nobody_is_told():
    async def story(table: Table) -> None:
        table.holding.press("mute")
        assert not table.own.is_heard
        await calm()
        table.holding.release()
        assert table.own.is_heard
        assert table.told == []

    play(story, on=True)


@pytest.mark.parametrize(("space", "on"), [("mute", False), ("talk", True), ("off", False)])
def test_the_key_does_nothing_where_there_is_nothing_to_do(space: str, on: bool):
    async def story(table: Table) -> None:
        table.holding.press(space)
        assert not table.holding.held
        table.holding.release()
        assert table.own.is_heard == on
        assert table.told == []

    play(story, on=on)


@pytest.mark.parametrize(("space", "on"), [("mute", True), ("talk", False)])
def test_who_is_muted_by_the_host_meanwhile_stays_muted(space: str, on: bool):
    async def story(table: Table) -> None:
        table.holding.press(space)
        table.switch(False)
        table.holding.release()
        await calm()
        assert not table.own.microphone_on

    play(story, on=on)


def test_the_button_has_the_last_word():
    async def story(table: Table) -> None:
        table.holding.press("talk")
        table.holding.release()
        table.holding.forget()  # the button switches the microphone on for good
        assert table.own.is_heard
        await calm()
        assert table.told == [True]

    play(story)


def test_a_key_that_repeats_itself_is_one_key():
    async def story(table: Table) -> None:
        for _ in range(20):
            table.holding.press("talk")
        assert table.told == [True]

    play(story)


# -- who comes and goes ---------------------------------------------------------------------------


def people(count: int) -> list[bytes]:
    return [bytes([n]) for n in range(count)]


def test_who_is_there_already_comes_in_silence():
    arrivals = Arrivals()
    assert arrivals.look(people(3), 0.0) is None
    assert arrivals.look(people(4), SETTLING / 2) is None
    assert arrivals.look(people(4), SETTLING * 2) is None


def test_one_who_comes_and_one_who_goes_are_heard():
    arrivals = Arrivals()
    arrivals.look(people(1), 0.0)
    assert arrivals.look(people(2), 10.0) == "came"
    assert arrivals.look(people(1), 20.0) == "went"


def test_a_group_that_comes_together_is_one_sound():
    arrivals = Arrivals()
    arrivals.look((), 0.0)
    heard = [arrivals.look(people(n), 10.0 + n * 0.1) for n in range(1, 7)]
    assert heard == ["came"] + [None] * 5
    assert arrivals.look(people(7), 10.2 + PAUSE) == "came"


def test_a_crowd_comes_and_goes_in_silence():
    arrivals = Arrivals()
    arrivals.look(people(CROWD), 0.0)
    assert arrivals.look(people(CROWD + 1), 10.0) is None
    assert arrivals.look(people(CROWD - 1), 20.0) is None
    assert arrivals.look(people(CROWD - 2), 30.0) == "went"


def test_who_knocks_is_heard_once_and_also_in_a_crowd():
    arrivals = Arrivals()
    arrivals.look(people(CROWD), 0.0)
    assert arrivals.look(people(CROWD), 10.0, [b"k"]) == "knocks"
    assert arrivals.look(people(CROWD), 20.0, [b"k"]) is None
    assert arrivals.look(people(CROWD), 30.0, [b"k", b"l"]) == "knocks"
    assert arrivals.look(people(CROWD), 30.5, [b"k", b"l", b"m"]) is None  # one at a time


def test_a_contact_who_calls_is_heard_once_and_before_all_else():
    arrivals = Arrivals()
    arrivals.look(people(CROWD), 0.0)
    assert arrivals.look(people(CROWD), 10.0, [b"k"], [b"c"]) == "calls"
    assert arrivals.look(people(CROWD), 20.0, [b"k"], [b"c"]) is None
    assert arrivals.look(people(CROWD), 30.0, [b"k"], [b"c", b"d"]) == "calls"


# -- the hint -------------------------------------------------------------------------------------


def told(
    hint: MutedHint, start: float, seconds: float, *, speaking: bool, muted: bool = True
) -> int:
    for step in range(int(seconds * 10)):
        hint.look(muted=muted, speaking=speaking, now=start + step / 10)
    return hint.told


def test_who_speaks_while_muted_is_told_once_for_a_while():
    hint = MutedHint()
    told(hint, 0.0, AFTER_MUTING + 0.5, speaking=False)
    assert told(hint, 2.0, LONG + 0.3, speaking=True) == 1
    assert told(hint, 4.0, 10.0, speaking=True) == 1
    assert told(hint, 2.0 + LONG + AGAIN, 2.0, speaking=True) == 2


def test_the_end_of_a_sentence_a_cough_and_a_live_microphone_are_no_reason():
    hint = MutedHint()
    assert told(hint, 0.0, 5.0, speaking=True, muted=False) == 0
    assert told(hint, 5.0, AFTER_MUTING + LONG - 0.1, speaking=True) == 0
    told(hint, 8.0, 1.0, speaking=False)
    assert told(hint, 9.0, LONG - 0.1, speaking=True) == 0


def test_who_unmutes_and_forgets_again_is_told_again_at_once():
    hint = MutedHint()
    assert told(hint, 0.0, 4.0, speaking=True) == 1
    told(hint, 4.0, 1.0, speaking=True, muted=False)
    assert told(hint, 5.0, 4.0, speaking=True) == 2
