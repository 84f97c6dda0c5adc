"""Who calls us: contacts who prove who they are, and nobody who only says so."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from fakes.company import Copy, company

from app import calls as module
from app.calls import Calls
from app.meeting.contacts import Contact, Contacts
from app.meeting.view import Badge
from app.meeting.wishes import Ring, StopRinging
from app.net.candidates import Candidate
from app.net.gate import OPEN, Gate
from app.net.room_tags import hour_of, tags_for
from app.net.signalling import Address
from crypto.contact import ring_key
from crypto.identity import Identity, device_id
from crypto.sodium import random_bytes
from crypto.vault_content import Verified

WALL = 1_800_000_000.0
SECRET = b"s" * 32
BEN = Identity(b"ben".ljust(32))


def announcement(address: Address, *secrets: bytes, number: int = 1) -> Candidate:
    instance = bytes([number]) * 8
    keys = [ring_key(secret) for secret in secrets]
    return Candidate(instance, (address,), tags_for(keys, instance, hour_of(WALL), random_bytes))


class Home:
    """Ben's copy at home: whom he knows, and what rings."""

    def __init__(self, knows: dict[str, tuple[bytes, bytes]]) -> None:
        """`knows` maps names to (public key, contact secret)."""
        self.contacts = Contacts({})
        for name, (key, secret) in knows.items():
            contact = Contact(key, name, Verified.CODE, secret=secret)
            self.contacts.befriend(dev_of(key), contact)
        self.changes = 0
        self.calls = Calls(
            self.contacts, random_bytes, lambda: WALL, self.changed, allow_loopback=True
        )

    def changed(self) -> None:
        self.changes += 1

    @property
    def names(self) -> list[str]:
        return [call.name for call in self.calls.incoming]


def dev_of(key: bytes) -> bytes:
    return device_id(key)


def key_of(copy: Copy) -> bytes:
    return copy.memory.identity().public


async def rings(host: Copy, secret: bytes = SECRET) -> Address:
    """Let somebody open a meeting and call Ben into it."""
    host.memory.known.befriend(BEN.dev, Contact(BEN.public, "Ben", secret=secret))
    await host.hosts(title="Tea")
    host.asks(Ring(BEN.dev))
    room = host.session._attendance.room
    assert room is not None
    return room.addresses[0]


def run(story: Callable[[Copy, Copy, Home], Coroutine[Any, Any, None]]) -> None:
    async def go() -> None:
        async with company("Ada", "Eve") as (ada, eve):
            home = Home({"Ada": (key_of(ada), SECRET)})
            try:
                await story(ada, eve, home)
            finally:
                await home.calls.close()

    asyncio.run(asyncio.wait_for(go(), 40))


@pytest.fixture(autouse=True)
def _little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_AGAIN", 0.2)
    monkeypatch.setattr(module, "PROVE_AGAIN", 0.1)


def test_a_contact_who_calls_is_shown_by_the_name_we_know_with_the_title_they_say():
    async def story(ada: Copy, eve: Copy, home: Home) -> None:
        address = await rings(ada)
        home.calls.candidates((announcement(address, SECRET),))
        await ada.until(lambda: home.names)
        (call,) = home.calls.incoming
        assert (call.name, call.title, call.badge) == ("Ada", "Tea", Badge.VERIFIED)
        found = home.calls.get(call.key)
        assert found is not None
        assert found.door.secret == SECRET
        assert found.addresses == (address,)

    run(story)


def test_a_tag_alone_makes_nothing_ring():
    async def story(ada: Copy, eve: Copy, home: Home) -> None:
        await ada.hosts()
        assert ada.session._attendance.room is not None
        at_the_host = ada.session._attendance.room.addresses[0]  # has no such door
        nobody = Address("127.0.0.1", 1)
        home.calls.candidates(
            (announcement(at_the_host, SECRET), announcement(nobody, SECRET, number=2))
        )
        await asyncio.sleep(1.0)
        assert (home.names, home.changes) == ([], 0)

    run(story)


def test_somebody_who_stole_the_secret_but_not_the_identity_makes_nothing_ring():
    async def story(ada: Copy, eve: Copy, home: Home) -> None:
        address = await rings(eve)  # with Ada's secret
        home.calls.candidates((announcement(address, SECRET),))
        await asyncio.sleep(1.0)
        assert home.names == []

    run(story)


def test_who_repeats_a_callers_announcement_does_not_keep_the_caller_away():
    async def story(ada: Copy, eve: Copy, home: Home) -> None:
        address = await rings(ada)
        await eve.hosts()
        assert eve.session._attendance.room is not None
        trap = announcement(eve.session._attendance.room.addresses[0], SECRET, number=1)
        home.calls.candidates((trap, announcement(address, SECRET, number=2)))
        await ada.until(lambda: home.names == ["Ada"])

    run(story)


def test_announcements_of_others_are_not_even_visited():
    async def story(ada: Copy, eve: Copy, home: Home) -> None:
        visits = []

        async def begin(*arguments: Any, **_: Any) -> None:
            visits.append(arguments)

        address = await rings(ada)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module.Visit, "begin", begin)
            home.calls.candidates((announcement(address, b"x" * 32),))
            await asyncio.sleep(0.3)
        assert visits == []

    run(story)


def test_a_call_ends_when_its_tag_is_gone_and_when_nobody_answers_there_any_more():
    async def story(ada: Copy, eve: Copy, home: Home) -> None:
        address = await rings(ada)
        home.calls.candidates((announcement(address, SECRET),))
        await ada.until(lambda: home.names)
        home.calls.candidates(())
        await ada.until(lambda: not home.names)
        home.calls.candidates((announcement(address, SECRET, number=2),))
        await ada.until(lambda: home.names)
        ada.asks(StopRinging(BEN.dev))  # and the goodbye of the announcement is lost
        await ada.until(lambda: not home.names)

    run(story)


def test_a_declined_call_stays_silent_until_the_caller_rings_again():
    async def story(ada: Copy, eve: Copy, home: Home) -> None:
        address = await rings(ada)
        home.calls.candidates((announcement(address, SECRET),))
        await ada.until(lambda: home.names)
        home.calls.decline(home.calls.incoming[0].key)
        assert home.names == []
        again = announcement(address, SECRET, number=2)  # Ada calls somebody else, too
        home.calls.candidates((announcement(address, SECRET), again))
        home.calls.candidates((again,))
        await asyncio.sleep(0.5)
        assert home.names == []
        assert ada.view.ringing, "the caller is not told"
        home.calls.candidates(())
        await asyncio.sleep(0.1)
        home.calls.candidates((announcement(address, SECRET, number=3),))
        await ada.until(lambda: home.names)

    run(story)


def test_who_calls_on_and_on_is_heard_for_a_while_only(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "RINGS_AT_MOST", 0.5)

    async def story(ada: Copy, eve: Copy, home: Home) -> None:
        address = await rings(ada)
        home.calls.candidates((announcement(address, SECRET),))
        await ada.until(lambda: home.names)
        await ada.until(lambda: not home.names)
        await asyncio.sleep(0.5)
        assert home.names == []

    run(story)


def test_a_contact_who_is_forgotten_does_not_ring_and_a_new_one_does():
    async def story(ada: Copy, eve: Copy, home: Home) -> None:
        address = await rings(ada)
        home.contacts.forget(dev_of(key_of(ada)))
        seen = (announcement(address, SECRET),)
        home.calls.candidates(seen)
        await asyncio.sleep(0.3)
        assert home.names == []
        contact = Contact(key_of(ada), "Ada", secret=SECRET)
        home.contacts.befriend(dev_of(key_of(ada)), contact)
        home.calls.candidates(seen)
        await ada.until(lambda: home.names == ["Ada"])

    run(story)


def test_a_flood_of_announcements_costs_each_one_look():
    looked: list[bytes] = []

    async def go() -> None:
        friends = {f"Friend {n}": bytes([n]) * 32 for n in range(50)}
        home = Home({name: (Identity(seed).public, seed) for name, seed in friends.items()})
        real = module.matches

        def counting(candidate: Candidate, key: bytes, now: float) -> bool:
            looked.append(candidate.instance)
            return real(candidate, key, now)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "matches", counting)
            patch.setattr(module, "RECOGNISE_PAUSE", 0.0)
            flood = tuple(announcement(Address("127.0.0.1", 1), number=n) for n in range(64))
            for _ in range(5):
                home.calls.candidates(flood)
                await asyncio.sleep(0.2)
        await home.calls.close()

    asyncio.run(asyncio.wait_for(go(), 20))
    assert len(looked) == 64 * 50


class Shut(Gate):
    """A gate that nobody is in, and that counts who was looked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[object] = []

    def __contains__(self, host: object) -> bool:
        self.asked.append(host)
        return False


def test_during_a_meeting_callers_are_asked_through_its_gate_only():
    async def story(ada: Copy, eve: Copy, home: Home) -> None:
        address = await rings(ada)
        home.calls.candidates((announcement(address, SECRET),))
        await ada.until(lambda: home.names)
        gate = Shut()
        home.calls.keep_within(gate)
        await ada.until(lambda: not home.names)
        assert set(gate.asked) == {address.host}
        home.calls.keep_within(OPEN)
        await ada.until(lambda: home.names)

    run(story)


def test_what_was_begun_through_another_gate_is_given_up(monkeypatch: pytest.MonkeyPatch):
    async def story(ada: Copy, eve: Copy, home: Home) -> None:
        begun: list[Gate] = []
        given_up: list[Gate] = []

        async def begin(*_: Any, gate: Gate, **__: Any) -> None:
            begun.append(gate)
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                given_up.append(gate)
                raise

        monkeypatch.setattr(module.Visit, "begin", begin)
        monkeypatch.setattr(module, "PROVE_TIME", 60.0)
        home.calls.candidates((announcement(Address("127.0.0.1", 1), SECRET),))
        await ada.until(lambda: begun)
        gate = Gate(lan_only=True)
        home.calls.keep_within(gate)
        await ada.until(lambda: len(begun) == 2)
        assert (begun, given_up) == ([OPEN, gate], [OPEN])

    run(story)


def test_a_declined_call_stays_silent_in_a_meeting_and_after_it():
    async def story(ada: Copy, eve: Copy, home: Home) -> None:
        address = await rings(ada)
        home.calls.candidates((announcement(address, SECRET),))
        await ada.until(lambda: home.names)
        home.calls.decline(home.calls.incoming[0].key)
        home.calls.keep_within(Gate())
        home.calls.keep_within(OPEN)
        await asyncio.sleep(0.5)
        assert home.names == []

    run(story)


def test_looking_for_callers_never_holds_the_loop_for_long(monkeypatch: pytest.MonkeyPatch):
    """With 4096 contacts a look at one announcement is cut into pieces, with pauses between."""
    pieces: list[int] = []
    real = module.matches

    def counting(candidate: Candidate, key: bytes, now: float) -> bool:
        pieces[-1] += 1
        return real(candidate, key, now)

    async def nap(seconds: float) -> None:
        pieces.append(0)
        await rest(0)

    rest = asyncio.sleep

    async def go() -> None:
        home = Home({})
        for number in range(4096):
            secret = number.to_bytes(32, "big")
            known = Contact(secret, f"Friend {number}", secret=secret)
            home.contacts.befriend(secret[-16:], known)
        pieces.append(0)
        with monkeypatch.context() as patch:
            patch.setattr(module, "matches", counting)
            patch.setattr(module.asyncio, "sleep", nap)
            home.calls.candidates((announcement(Address("127.0.0.1", 1)),))
            while home.calls._recognising is not None and not home.calls._recognising.done():
                await rest(0)
        await home.calls.close()

    asyncio.run(asyncio.wait_for(go(), 20))
    assert sum(pieces) == 4096
    assert max(pieces) == module.RECOGNISE_AT_ONCE
