"""The list of visible meetings: asked over the encrypted channel, never told by mDNS."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from fakes.company import Copy, company

from app import nearby as module
from app import visit
from app.intents import Enter, GoHome, StartMeeting
from app.meeting.contacts import Contact, Contacts
from app.meeting.view import Badge
from app.meeting.wishes import SetLocked
from app.nearby import Nearby
from app.net.candidates import Candidate
from app.net.room_tags import PUBLIC_DISCOVERY_KEY, hour_of, room_tag
from app.net.signalling import Address
from app.screens import InMeeting, Preview
from crypto.handshake import PUBLIC_SECRET
from crypto.identity import fingerprint
from crypto.sodium import random_bytes

WALL = 1_800_000_000.0


@pytest.fixture(autouse=True)
def _loopback_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the list reach this computer itself; on a network it asks other computers only."""
    real = visit.dial

    async def dial(addresses: Any, **_: Any) -> Any:
        return await real(addresses, allow_loopback=True, timeout=1.0)

    monkeypatch.setattr(visit, "dial", dial)


def candidate(address: Address, number: int = 1, key: bytes = PUBLIC_DISCOVERY_KEY) -> Candidate:
    instance = bytes([number]) * 8
    return Candidate(
        instance, (address,), (room_tag(key, instance, hour_of(WALL)), *[bytes(8)] * 3)
    )


class Looker:
    def __init__(self, contacts: Contacts | None = None) -> None:
        self.changes = 0
        self.list = Nearby(contacts or Contacts({}), random_bytes, lambda: WALL, self.changed)

    def changed(self) -> None:
        self.changes += 1

    @property
    def titles(self) -> list[str]:
        return [meeting.title for meeting in self.list.meetings]


async def opens(host: Copy, title: str, visible: bool = True) -> Address:
    host.asks(StartMeeting(title, host.name, visible=visible))
    await host.sees(Preview)
    host.asks(Enter(host.name))
    await host.sees(InMeeting)
    room = host.session._attendance.room
    assert room is not None
    return room.addresses[0]


def run(story: Callable[[Copy, Looker], Coroutine[Any, Any, None]]) -> None:
    async def go() -> None:
        looker = Looker()
        async with company("Ada") as (ada,):
            try:
                await story(ada, looker)
            finally:
                await looker.list.close()

    asyncio.run(asyncio.wait_for(go(), 40))


def test_a_visible_meeting_is_listed_with_what_its_host_says():
    async def story(ada: Copy, looker: Looker) -> None:
        address = await opens(ada, "Tea")
        looker.list.candidates((candidate(address),))
        await ada.until(lambda: looker.titles)
        (meeting,) = looker.list.meetings
        assert (meeting.title, meeting.host_name, meeting.people) == ("Tea", "Ada", 1)
        assert (meeting.locked, meeting.lobby, meeting.badge) == (False, True, Badge.NEW)
        found = looker.list.get(meeting.key)
        assert found is not None
        assert found.door.secret == PUBLIC_SECRET
        assert found.door.host_fingerprint == fingerprint(ada.memory.identity().public)

    run(story)


def test_a_meeting_by_invitation_only_says_nothing_to_whoever_asks():
    async def story(ada: Copy, looker: Looker) -> None:
        address = await opens(ada, "Tea", visible=False)
        looker.list.candidates((candidate(address),))
        await asyncio.sleep(0.8)
        assert looker.titles == []

    run(story)


def test_whoever_does_not_carry_the_public_tag_is_not_even_asked():
    async def story(ada: Copy, looker: Looker) -> None:
        address = await opens(ada, "Tea")
        looker.list.candidates((candidate(address, key=bytes(32)),))
        await asyncio.sleep(0.3)
        assert (looker.titles, looker.changes) == ([], 0)

    run(story)


def test_a_meeting_announced_twice_is_listed_once():
    async def story(ada: Copy, looker: Looker) -> None:
        address = await opens(ada, "Tea")
        looker.list.candidates((candidate(address, 1), candidate(address, 2)))
        await ada.until(lambda: len(looker.list._found) == 2)
        assert looker.titles == ["Tea"]

    run(story)


def test_what_mdns_does_not_name_any_more_is_gone():
    async def story(ada: Copy, looker: Looker) -> None:
        address = await opens(ada, "Tea")
        looker.list.candidates((candidate(address),))
        await ada.until(lambda: looker.titles)
        changes = looker.changes
        looker.list.candidates(())
        assert looker.titles == []
        assert looker.changes == changes + 1

    run(story)


def test_a_meeting_that_changes_or_ends_is_asked_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "ASK_AGAIN", 0.1)

    async def story(ada: Copy, looker: Looker) -> None:
        address = await opens(ada, "Tea")
        looker.list.candidates((candidate(address),))
        await ada.until(lambda: looker.titles)
        ada.asks(SetLocked(True))
        await ada.until(lambda: looker.list.meetings[0].locked)
        ada.asks(GoHome())
        await ada.until(lambda: not looker.titles)

    run(story)


def test_a_meeting_whose_address_changed_is_asked_there():
    async def story(ada: Copy, looker: Looker) -> None:
        address = await opens(ada, "Tea")
        dead = Address(address.host, 1)
        looker.list.candidates((candidate(dead),))
        await asyncio.sleep(0.2)
        assert looker.titles == []
        looker.list.candidates((candidate(address),))
        await ada.until(lambda: looker.titles)
        looker.list.candidates((candidate(address),))
        assert looker.titles == ["Tea"], "the same news again changes nothing"

    run(story)


def test_a_host_met_before_is_listed_as_known():
    async def go() -> None:
        async with company("Ada") as (ada,):
            address = await opens(ada, "Tea")
            contact = Contact(ada.memory.identity().public, "Ada", True)
            looker = Looker(Contacts({ada.dev: contact}))
            looker.list.candidates((candidate(address),))
            await ada.until(lambda: looker.titles)
            assert looker.list.meetings[0].badge is Badge.VERIFIED
            await looker.list.close()

    asyncio.run(asyncio.wait_for(go(), 30))


def test_a_crowd_of_false_announcements_is_asked_a_few_at_a_time():
    asked: list[int] = []

    async def story(ada: Copy, looker: Looker) -> None:
        now = 0

        async def told(addresses: Any) -> None:
            nonlocal now
            now += 1
            asked.append(now)
            await asyncio.sleep(0.02)
            now -= 1

        looker.list._told = told  # type: ignore[method-assign]
        crowd = tuple(candidate(Address("192.0.2.1", 9), number) for number in range(1, 60))
        looker.list.candidates(crowd)
        await ada.until(lambda: len(asked) == 59)
        assert max(asked) == module.ASK_AT_ONCE
        assert looker.titles == []

    run(story)
