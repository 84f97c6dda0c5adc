"""What hangs on the network's wall while a meeting lasts."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

from app.announcing import Announcing, keys_of
from app.meeting.calling import Signs
from app.net.candidates import TAGS
from app.net.room_tags import PUBLIC_DISCOVERY_KEY
from app.tasks import Tasks

ROOM, BEN = b"r" * 32, b"b" * 32


class Wall:
    """Notes what is hung up; slow, as a network is."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    async def advertise(self, port: int, keys: Sequence[bytes]) -> None:
        await asyncio.sleep(0.01)
        self.told.append((port, list(keys)))

    async def withdraw(self) -> None:
        await asyncio.sleep(0.01)
        self.told.append("withdrawn")


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(story, 10))


def test_what_changes_is_announced_and_what_stays_is_not_announced_again():
    async def story() -> None:
        wall, tasks = Wall(), Tasks()
        announcing = Announcing(wall, tasks)
        for _ in range(3):
            announcing.follow(47100, Signs(ROOM, True, ()))
            await tasks.wait()
        announcing.follow(47100, Signs(ROOM, True, (BEN,)))
        await tasks.wait()
        announcing.follow(47100, Signs(ROOM, False, ()))
        await tasks.wait()
        assert wall.told == [
            (47100, [ROOM, PUBLIC_DISCOVERY_KEY]),
            (47100, [ROOM, PUBLIC_DISCOVERY_KEY, BEN]),
            (47100, [ROOM]),
        ]

    run(story())


def test_who_does_not_lead_announces_nothing_and_who_leads_again_does():
    async def story() -> None:
        wall, tasks = Wall(), Tasks()
        announcing = Announcing(wall, tasks)
        announcing.follow(47100, None)
        await tasks.wait()
        assert wall.told == []
        for signs in (Signs(ROOM, False, ()), None, Signs(BEN, False, ())):
            announcing.follow(47100, signs)
            await tasks.wait()
        assert wall.told == [(47100, [ROOM]), "withdrawn", (47100, [BEN])]

    run(story())


def test_after_the_end_nothing_hangs_there_whatever_was_on_its_way():
    async def story() -> None:
        wall, tasks = Wall(), Tasks()
        announcing = Announcing(wall, tasks)
        announcing.follow(47100, Signs(ROOM, False, ()))
        await asyncio.sleep(0)
        await announcing.end()
        await tasks.wait()
        assert wall.told[-1] == "withdrawn"

    run(story())


def test_more_calls_than_there_is_room_for_are_left_out():
    signs = Signs(ROOM, True, tuple(bytes([number]) * 32 for number in range(30)))
    assert len(keys_of(signs)) == TAGS
    assert keys_of(signs)[:2] == [ROOM, PUBLIC_DISCOVERY_KEY]
