"""A visit at a host's door, whatever the host or the network does in the middle of it."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from fakes.people import people
from fakes.signalling_ends import End, Host, hosting

from app.meeting.contacts import Contacts
from app.meeting.entrance import Door
from app.net.signalling import Address
from app.visit import Visit, VisitError
from crypto.handshake import Callee, HandshakeError
from crypto.messages import About, Denied, DenyReason, HostBody, Join
from crypto.operations import Add
from crypto.roster import Roster

HOST, BEN = people("Ada", "Ben")
SECRET = bytes(range(16))
DOOR = Door(SECRET, HOST.identity.fingerprint)
NOBODY = Contacts({})
draw = random.Random(1).randbytes


async def pause() -> None:
    """Let the loop turn for a moment."""
    await asyncio.sleep(0.003)


class Doorman:
    """The host's side of one visit, by hand."""

    def __init__(self, end: End) -> None:
        self.end = end
        self.connection = end.connection
        self.callee = Callee(end.connection.exporter, draw)
        self.genesis = HOST.genesis()

    async def word(self) -> bytes:
        while not self.end.messages:
            await pause()
        return self.end.messages.pop(0)

    async def asks(self, password: bytes, allowed: bool = True) -> bool:
        """Ask for a password; tell whether the visitor knew it."""
        self.callee.read_hello(await self.word(), {"invite": SECRET}, {"invite": password})
        self.connection.send(self.callee.ask_password())
        try:
            accepted = self.callee.read_password(await self.word(), allowed)
        except HandshakeError:
            self.connection.send(self.callee.refuse_password(2 if allowed else 0))
            return False
        self.connection.send(accepted)
        return True

    async def greets(self, hello: bool = True) -> None:
        if hello:
            self.callee.read_hello(await self.word(), {"invite": SECRET})
        about = About(title="Tea", host_name="Ada", people=1).encode()
        body = HostBody(genesis=self.genesis.encode(), about=about)
        self.connection.send(self.callee.answer(body.encode(), HOST.sign))

    async def lets_in(self, *more: bytes) -> None:
        join = Join.parse(await self.word())
        request = join.verify(self.callee.transcript, self.callee.nonce, self.genesis.call_id)
        self.connection.authenticated = True
        roster = Roster.from_genesis(self.genesis)
        me = HOST.request(self.genesis.call_id).encode()
        _, roster = roster.propose([Add(me)], 1_800_000_000_000, HOST.sign)
        _, roster = roster.propose([Add(request.encode())], 1_800_000_000_001, HOST.sign)
        for message in (roster.welcome(bytes(32)).encode(), *more):
            self.connection.send(message)


async def begin(host: Host, password: str = "") -> tuple[Doorman, "asyncio.Task[Visit]"]:
    visiting = asyncio.create_task(
        Visit.begin([host.address], DOOR, NOBODY, draw, allow_loopback=True, password=password)
    )
    while not host.ends:
        await pause()
    return Doorman(host.ends[0]), visiting


def run(story: Callable[[Host], Coroutine[Any, Any, None]]) -> None:
    async def go() -> None:
        async with hosting() as host:
            await story(host)

    asyncio.run(asyncio.wait_for(go(), 20))


def knock(visit: Visit) -> Coroutine[Any, Any, Any]:
    return visit.knock(BEN.identity, "Ben", (Address("192.0.2.7", 47100),))


def test_who_is_let_in_keeps_the_channel_and_what_came_right_behind_the_welcome():
    async def story(host: Host) -> None:
        doorman, visiting = await begin(host)
        await doorman.greets()
        visit = await visiting
        assert (visit.told.title, visit.told.host_name) == ("Tea", "Ada")
        knocking = asyncio.create_task(knock(visit))
        await doorman.lets_in(b"first", b"second")
        admitted = await knocking
        assert admitted.seated.dev == BEN.dev
        assert admitted.connection.is_open
        assert admitted.backlog in ((), (b"first",), (b"first", b"second"))
        visit.close()

    run(story)


def test_a_refusal_is_told_with_its_reason_and_closes_the_channel():
    async def story(host: Host) -> None:
        doorman, visiting = await begin(host)
        await doorman.greets()
        knocking = asyncio.create_task(knock(await visiting))
        await doorman.word()
        doorman.connection.send(Denied(reason=DenyReason.FULL).encode())
        with pytest.raises(VisitError) as refused:
            await knocking
        assert refused.value.reason == "full"
        while not doorman.end.reasons:
            await pause()

    run(story)


def test_who_knows_the_password_is_told_whose_meeting_it_is():
    async def story(host: Host) -> None:
        doorman, visiting = await begin(host, "tea")
        assert await doorman.asks(b"tea")
        await doorman.greets(hello=False)
        visit = await visiting
        assert visit.told.title == "Tea"
        visit.close()

    run(story)


@pytest.mark.parametrize(
    ("allowed", "reason", "left"), [(True, "password_wrong", 2), (False, "password_blocked", 0)]
)
def test_a_wrong_password_is_told_with_the_tries_that_are_left(
    allowed: bool, reason: str, left: int
):
    async def story(host: Host) -> None:
        doorman, visiting = await begin(host, "tea")
        assert not await doorman.asks(b"cake", allowed)
        with pytest.raises(VisitError) as refused:
            await visiting
        assert (refused.value.reason, refused.value.tries_left) == (reason, left)
        assert refused.value.is_of_the_host

    run(story)


def test_who_was_not_asked_for_a_password_yet_is_told_that_one_is_needed():
    async def story(host: Host) -> None:
        doorman, visiting = await begin(host)
        doorman.callee.read_hello(await doorman.word(), {"i": SECRET}, {"i": b"tea"})
        doorman.connection.send(doorman.callee.ask_password())
        with pytest.raises(VisitError) as refused:
            await visiting
        assert (refused.value.reason, refused.value.tries_left) == ("password_needed", -1)
        assert not refused.value.is_of_the_host, "anybody can ask"

    run(story)


def test_what_can_be_no_password_is_not_sent_anywhere():
    async def story(host: Host) -> None:
        doorman, visiting = await begin(host, "x" * 129)
        with pytest.raises(VisitError) as refused:
            await visiting
        assert refused.value.reason == "password_wrong"
        assert doorman.end.messages == []

    run(story)


@pytest.mark.parametrize("stage", ["before the answer", "before the knock", "in the lobby"])
def test_a_host_who_vanishes_cannot_be_reached_whenever_it_happens(stage: str):
    async def story(host: Host) -> None:
        doorman, visiting = await begin(host)
        if stage == "before the answer":
            doorman.connection.close()
            with pytest.raises(VisitError) as gone:
                await visiting
        else:
            await doorman.greets()
            if stage == "before the knock":
                doorman.connection.close()
            visit = await visiting
            knocking = asyncio.create_task(knock(visit))
            if stage == "in the lobby":
                await doorman.word()
                doorman.connection.close()
            with pytest.raises(VisitError) as gone:
                await knocking
        assert gone.value.reason == "unreachable"

    run(story)


def test_a_host_who_answers_and_hangs_up_in_one_breath_leaves_nobody_waiting():
    """The end of the channel and the answer are handled in one turn of the loop."""

    async def story(host: Host) -> None:
        doorman, visiting = await begin(host)
        await doorman.greets()
        visit = None
        while visit is None:
            await pause()
            visit = visiting.result() if visiting.done() else None
        visit._closed(visit._connection.reason)  # type: ignore[arg-type]
        with pytest.raises(VisitError) as gone:
            await asyncio.wait_for(knock(visit), 2)
        assert gone.value.reason == "unreachable"

    run(story)


def test_a_host_who_talks_out_of_turn_is_left():
    async def story(host: Host) -> None:
        doorman, visiting = await begin(host)
        await doorman.greets()
        doorman.connection.send(b"and another thing")
        doorman.connection.send(b"and another")
        with pytest.raises(VisitError):
            await knock(await visiting)

    run(story)


def test_giving_up_in_the_lobby_closes_the_channel():
    async def story(host: Host) -> None:
        doorman, visiting = await begin(host)
        await doorman.greets()
        knocking = asyncio.create_task(knock(await visiting))
        await doorman.word()
        knocking.cancel()
        await asyncio.gather(knocking, return_exceptions=True)
        while not doorman.end.reasons:
            await pause()

    run(story)


def test_giving_up_at_any_moment_leaves_no_connection_behind():
    async def story(host: Host) -> None:
        for turns in range(40):
            beginning = Visit.begin([host.address], DOOR, NOBODY, draw, allow_loopback=True)
            visiting = asyncio.create_task(beginning)
            for _ in range(turns):
                await asyncio.sleep(0)
            visiting.cancel()
            await asyncio.gather(visiting, return_exceptions=True)
            await pause()
        for _ in range(600):
            if not host.listener._sources:
                break
            await pause()
        assert not host.listener._sources, "sooner than any stranger is given up"

    run(story)


def test_nobody_there_is_unreachable():
    async def story(host: Host) -> None:
        address = host.address
        await host.listener.close()
        with pytest.raises(VisitError) as gone:
            await Visit.begin([address], DOOR, NOBODY, draw, allow_loopback=True)
        assert gone.value.reason == "unreachable"
        with pytest.raises(VisitError):
            await Visit.begin([], DOOR, NOBODY, draw)

    run(story)


def test_a_stranger_at_the_hosts_address_is_not_the_host():
    async def story(host: Host) -> None:
        doorman, visiting = await begin(host)
        doorman.genesis = BEN.genesis()
        doorman.callee.read_hello(await doorman.word(), {"invite": SECRET})
        about = About(title="Tea", host_name="Ada", people=1).encode()
        body = HostBody(genesis=doorman.genesis.encode(), about=about)
        doorman.connection.send(doorman.callee.answer(body.encode(), BEN.sign))
        with pytest.raises(VisitError) as refused:
            await visiting
        assert refused.value.reason == "not_host"

    run(story)
