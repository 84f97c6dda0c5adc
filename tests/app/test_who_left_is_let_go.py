"""Of people who came and went nothing stays in memory where keys, links and pictures are kept."""

import asyncio
import contextlib
import gc
import logging
from collections import Counter
from collections.abc import Iterator

import pytest
from fakes.media_links import until

from app.meeting.effects import CloseLink, ForgetMember, LetGo, OpenLink, OpenWith
from bench.people import Person
from crypto.sodium import random_bytes

OURS = ("app.", "crypto.", "media.", "threading.")
VISITS = 20
WITHIN_S = 30.0


@pytest.fixture(autouse=True)
def _nothing_is_logged() -> Iterator[None]:
    logging.disable()  # pytest keeps what is logged, and with it what that is about
    yield
    logging.disable(logging.NOTSET)


def test_of_visitors_who_left_no_keys_links_and_mailboxes_are_kept():
    async def story() -> None:
        host = Person("Ada")
        await host.host("Tea")
        try:
            before = held()
            come_and_go(host)
            with contextlib.suppress(TimeoutError):  # what was under way is closed by and by
                await until(lambda: not grown(before), WITHIN_S)
            assert not grown(before)
        finally:
            await host.leave()

    asyncio.run(asyncio.wait_for(story(), 120))


def come_and_go(host: Person) -> None:
    """Let one device after the other come, be linked and shown, and go: as a meeting orders it."""
    for _ in range(VISITS):
        dev, key = random_bytes(16), random_bytes(32)
        host.inside._perform(OpenWith(dev, 1, 0, key))
        host.inside._perform(OpenLink(dev, 1, True, 0, False))
        host.call.set_tile(dev, 320, 180, True)
        host.inside._perform(ForgetMember(dev))
        host.inside._perform(CloseLink(dev))
        host.inside._perform(LetGo(dev))
        host.inside._perform(ForgetMember(dev))  # said once more with the new keys


def grown(before: Counter[str]) -> dict[str, int]:
    """Return of what there is one more for each visit, at least."""
    return {kind: more for kind, more in (held() - before).items() if more >= VISITS}


def held() -> Counter[str]:
    """Return how many objects there are of each kind of ours."""
    while gc.collect():
        pass
    kinds = (type(thing) for thing in gc.get_objects())
    return Counter(repr(kind) for kind in kinds if f"{kind.__module__}.".startswith(OURS))
