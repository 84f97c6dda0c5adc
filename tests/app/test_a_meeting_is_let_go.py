"""Of a meeting that is over nothing stays in memory, however its objects hold each other."""

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest
from fakes.company import Home, company

from app.intents import GoHome
from app.meeting.wishes import Leave
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
