"""The way to a host: what an invitation names, what the network shows, who else answers there."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import pytest
from fakes.company import Copy, company

from app import around as module
from app.around import Around
from app.goal import Goal, from_text
from app.meeting.contacts import Contacts
from app.net.candidates import Candidate
from app.net.gate import Gate
from app.net.room_tags import hour_of, room_tag
from app.net.signalling import Address
from app.visit import VisitError
from crypto.invite import Invite
from crypto.sodium import random_bytes

NOBODY = Address("127.0.0.1", 1)


@pytest.fixture(autouse=True)
def _little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIND_TIME", 1.0)
    monkeypatch.setattr(module, "FIND_AGAIN", 0.05)


class FakeDiscovery:
    def __init__(self) -> None:
        self.candidates: tuple[Candidate, ...] = ()
        self.reason: str | None = None
        self.told: list[Any] = []

    async def close(self) -> None:
        self.told.append("closed")

    async def advertise(self, port: int, keys: Any) -> None:
        self.told.append(("advertised", port))


def looking(browse: bool = True) -> tuple[Around, FakeDiscovery]:
    around = Around(Contacts({}), random_bytes, lambda: None, browse)
    discovery = FakeDiscovery()
    around._discovery = discovery  # type: ignore[assignment]
    return around, discovery


def candidate(key: bytes, address: Address, number: int = 1) -> Candidate:
    instance = bytes([number]) * 8
    tag = room_tag(key, instance, hour_of(time.time()))
    return Candidate(instance, (address,), (tag, bytes(8), bytes(8), bytes(8)))


def run(story: Callable[[Copy, Copy], Coroutine[Any, Any, None]]) -> None:
    async def go() -> None:
        async with company("Ada", "Eve") as (ada, eve):
            await story(ada, eve)

    asyncio.run(asyncio.wait_for(go(), 40))


async def reason_of(around: Around, goal: Goal) -> str:
    with pytest.raises(VisitError) as error:
        await around.reach(goal, Gate())
    return error.value.reason


def goal_of(link: str, *addresses: Address) -> Goal:
    goal = from_text(link)
    return replace(goal, addresses=addresses)


def address_of(link: str) -> Address:
    return Address(*Invite.parse(link).addresses[0])


def test_a_host_is_reached_where_the_invitation_says():
    async def story(ada: Copy, eve: Copy) -> None:
        around, _ = looking()
        visit = await around.reach(from_text(await ada.hosts()), Gate())
        assert visit.told.host_name == "Ada"
        visit.close()

    run(story)


def test_a_host_whose_meeting_stays_on_the_local_network_closes_the_gate():
    async def story(ada: Copy, eve: Copy) -> None:
        around, _ = looking()
        gate = Gate()
        goal = from_text(await ada.hosts(lan_only=True))
        assert goal.lan_only
        visit = await around.reach(replace(goal, lan_only=False), gate)  # a link that hides it
        assert gate.lan_only
        visit.close()

    run(story)


def test_a_host_of_such_a_meeting_who_is_elsewhere_is_not_knocked_at(monkeypatch):
    async def story(ada: Copy, eve: Copy) -> None:
        around, _ = looking()
        link = await ada.hosts(lan_only=True)
        gate = Gate(interfaces=tuple)
        monkeypatch.setattr(Gate, "_allows", lambda self, _host: not self.lan_only)
        with pytest.raises(VisitError) as error:
            await around.reach(from_text(link), gate)
        assert error.value.reason == "elsewhere"

    run(story)


def test_a_host_who_moved_is_found_by_the_tag_of_the_invitation():
    async def story(ada: Copy, eve: Copy) -> None:
        link = await ada.hosts()
        around, discovery = looking()
        goal = goal_of(link, NOBODY)
        discovery.candidates = (candidate(goal.discovery_key, address_of(link)),)
        visit = await around.reach(goal, Gate())
        assert visit.told.host_name == "Ada"
        visit.close()

    run(story)


def test_a_host_who_is_announced_a_moment_later_is_still_found():
    async def story(ada: Copy, eve: Copy) -> None:
        link = await ada.hosts()
        around, discovery = looking()
        goal = goal_of(link)
        reaching = asyncio.create_task(around.reach(goal, Gate()))
        await asyncio.sleep(0.2)
        discovery.candidates = (candidate(goal.discovery_key, address_of(link)),)
        (await reaching).close()

    run(story)


def test_somebody_else_with_the_same_tag_cannot_end_a_join():
    async def story(ada: Copy, eve: Copy) -> None:
        link, trap = await ada.hosts(), await eve.hosts()
        around, discovery = looking()
        goal = goal_of(link, NOBODY)
        discovery.candidates = (
            candidate(goal.discovery_key, address_of(trap), 1),
            candidate(goal.discovery_key, address_of(link), 2),
        )
        visit = await around.reach(goal, Gate())
        assert visit.told.host_name == "Ada"
        visit.close()

    run(story)


def test_the_named_host_may_say_no_at_once():
    async def story(ada: Copy, eve: Copy) -> None:
        link = await ada.hosts()
        around, _ = looking()
        unknown = replace(Invite.parse(link), secret=bytes(16)).link()
        assert await reason_of(around, from_text(unknown)) == "invite_unknown"

    run(story)


def test_nobody_anywhere_is_unreachable_in_the_end():
    async def story(ada: Copy, eve: Copy) -> None:
        around, _ = looking()
        link = await ada.hosts()
        assert await reason_of(around, goal_of(link, NOBODY)) == "unreachable"
        assert await reason_of(around, goal_of(link)) == "unreachable"

    run(story)


def test_a_link_that_seems_expired_is_said_to_be_so_only_where_nobody_answers():
    async def story(ada: Copy, eve: Copy) -> None:
        around, _ = looking()
        link = await ada.hosts()
        goal = replace(goal_of(link, address_of(link)), expired=True)
        visit = await around.reach(goal, Gate())
        visit.close()
        assert await reason_of(around, replace(goal, addresses=(NOBODY,))) == "invite_expired"

    run(story)


def test_a_meeting_of_ones_own_is_nothing_to_reach():
    async def go() -> None:
        around, _ = looking()
        with pytest.raises(ValueError, match="own"):
            await around.reach(Goal(), Gate())

    asyncio.run(go())


def test_a_network_that_comes_or_goes_is_shown():
    async def go() -> None:
        shown: list[bool] = []
        around = Around(Contacts({}), random_bytes, lambda: shown.append(around.offline), True)
        discovery = FakeDiscovery()
        around._discovery = discovery  # type: ignore[assignment]
        for discovery.reason in ("no_network", "no_network", None, "no_multicast"):
            around._found(())
        assert shown == [True, False, False]

    asyncio.run(go())


def test_who_does_not_browse_announces_nothing_and_says_so():
    async def go() -> None:
        around, discovery = looking(browse=False)
        await around.advertise(47100, [bytes(32)])
        assert discovery.told == []
        assert not around.searching

    asyncio.run(go())
