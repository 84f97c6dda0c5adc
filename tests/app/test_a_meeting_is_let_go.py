"""Of a meeting that is over nothing stays in memory, however its objects hold each other."""

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest
from fakes.callers import know_each_other, network
from fakes.company import Home, company

from app import crossed_calls
from app.intents import AnswerCall, GoHome
from app.meeting.wishes import Leave, Ring
from app.screens import Farewell


@pytest.fixture(autouse=True)
def _no_other_rounds() -> Iterator[None]:
    """Only Conclave itself looks for garbage."""
    gc.disable()
    yield
    gc.unfreeze()
    gc.enable()


def test_a_meeting_that_was_left_is_gone_from_memory_on_the_first_screen():
    async def story() -> None:
        async with company("Ada") as (ada,):
            await ada.hosts()
            stay = ada.session._attendance.stay
            parts = [stay, stay.conductor, stay.conductor.meeting, ada.session.studio.call]
            held = [weakref.ref(part) for part in parts]
            del stay, parts
            ada.asks(Leave())
            await ada.sees(Farewell)
            ada.asks(GoHome())
            await ada.sees(Home)
            await ada.until(lambda: all(part() is None for part in held))

    asyncio.run(asyncio.wait_for(story(), 60))


def test_of_a_meeting_that_was_left_for_a_call_nothing_outlives_the_next(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(crossed_calls, "SETTLES", 0.0)

    async def story() -> None:
        async with company("Ada", "Ben") as (ada, ben):
            know_each_other(ada, ben)
            async with network(ada, ben):
                await ada.hosts()
                stay = ada.session._attendance.stay
                parts = [stay, stay.conductor, stay.conductor.meeting, ada.session.studio.call]
                held = [weakref.ref(part) for part in parts]
                del stay, parts
                await ben.hosts()
                ben.asks(Ring(ada.dev))
                await ada.until(lambda: ada.screen.calls)
                ada.asks(AnswerCall(ada.screen.calls[0].key, "Ada"))
                for copy in (ada, ben):
                    await copy.until(lambda c=copy: c.is_settled(2))
                ada.asks(Leave())
                await ada.sees(Farewell)
                ben.asks(Leave())
                await ben.sees(Farewell)
                ada.screens.clear()
                await ada.until(lambda: all(part() is None for part in held))

    asyncio.run(asyncio.wait_for(story(), 60))
