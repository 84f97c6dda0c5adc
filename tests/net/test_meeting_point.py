"""The meeting point over real sockets: people meet there, and nobody gets more than that."""

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import pytest
from fakes.meeting_points import SECRET, Point, call, meeting_point, registered
from fakes.signalling_ends import End, hosting, until

from app.examination.meeting_point import meeting_point as examined
from app.meeting.own_doors import MeetingPoint, OwnDoor
from app.meeting_point import desk
from app.meeting_point.service import LIMITS
from app.net.address_watch import InterfaceAddress
from app.net.gate import OPEN, Gate
from app.net.meeting_point import DAY, Counter, Doorway, Visitor, day_of
from app.net.registration import DAYS, MOST_GUESTS, Registration
from app.net.signalling import CloseReason, DialError, DialFailure, dial
from crypto.door_keys import DoorKey, door_tag
from crypto.meeting_point import Call, Claim, Claimed, Come, Here, Reason, Refused, parse

Run = Callable[[Coroutine[Any, Any, None]], None]


async def raw(point: Point) -> End:
    """Return a bare channel to the meeting point, after its greeting."""
    end = End(await dial([point.address], allow_loopback=True)).start()
    await until(lambda: end.messages)
    return end


async def answer_to(point: Point, message: bytes) -> list[bytes]:
    """Say something to the meeting point; return what it says until it hangs up."""
    end = await raw(point)
    end.connection.send(message)
    await until(lambda: end.reasons)
    return end.messages[1:]


def test_two_people_meet_and_the_channel_between_them_is_their_own(run: Run) -> None:
    async def story() -> None:
        async with meeting_point() as point, registered(point.place) as host:
            await until(lambda: host.registration.held)
            caller = await host.called(point.place)
            await until(lambda: host.guests)
            guest = host.guests[0]
            assert caller.connection.exporter == guest.connection.exporter
            assert point.service.pipes == 1
            caller.connection.authenticated = guest.connection.authenticated = True
            sent = [os.urandom(n * 1000) for n in range(1, 30)]
            for message in sent:
                caller.connection.send(message)
                guest.connection.send(message[::-1])
            await until(lambda: len(guest.messages) == len(caller.messages) == len(sent))
            assert guest.messages == sent
            assert caller.messages == [message[::-1] for message in sent]
            guest.connection.close()
            await until(lambda: caller.reasons)
            assert caller.reasons == [CloseReason.ENDED]
            await until(lambda: not point.service.pipes)

    run(story())


def test_who_comes_through_is_nowhere_and_leaves_from_here(run: Run) -> None:
    async def story() -> None:
        async with meeting_point() as point, registered(point.place) as host:
            await until(lambda: host.registration.held)
            caller = await host.called(point.place)
            await until(lambda: host.guests)
            for end in (caller, host.guests[0]):
                assert end.connection.remote.host == ""
                assert end.connection.local.host == "127.0.0.1"

    run(story())


def test_nobody_else_is_asked_where_the_direct_way_works(run: Run) -> None:
    async def story() -> None:
        async with meeting_point() as point, registered(point.place) as host, hosting() as near:
            await until(lambda: host.registration.held)
            way = host.doorway(point.place)
            direct = End(await dial([near.address], detours=[way], allow_loopback=True)).start()
            assert direct.connection.remote == near.address
            assert point.service.connections == 1  # the host's own

    run(story())


def test_a_meeting_point_with_another_key_hears_no_tag(run: Run) -> None:
    async def story() -> None:
        async with meeting_point() as point:
            heard: list[bytes] = []
            real = point.service.desk.heard
            point.service.desk.heard = lambda number, data, now: (  # type: ignore[method-assign]
                heard.append(data) or real(number, data, now)
            )
            false = MeetingPoint(point.address, bytes(31) + b"\1")
            key = DoorKey.of_room(bytes(32), bytes(16))
            with pytest.raises(DialError) as caught:
                await call(Doorway(false, key.public, SECRET))
            assert caught.value.cause is DialFailure.NOT_CONCLAVE
            arrived: list[int] = []
            real_came = point.service.desk.came
            point.service.desk.came = lambda number, *rest: (  # type: ignore[method-assign]
                arrived.append(number) or real_came(number, *rest)
            )
            async with registered(false) as host:
                await until(lambda: len(arrived) > 1)  # it tries, and tries again
                assert not host.registration.held
            assert heard == []

    run(story())


def test_who_is_not_there_cannot_be_called_and_that_is_said_at_once(run: Run) -> None:
    async def story() -> None:
        async with meeting_point() as point:
            said = await answer_to(point, Call(tag=bytes(31) + b"\7").encode())
            assert [parse(each) for each in said] == [Refused(reason=Reason.NOBODY)]
            with pytest.raises(DialError):
                await call(Doorway(point.place, DoorKey.of_room(SECRET, SECRET).public, SECRET))

    run(story())


def test_a_tag_is_found_by_clocks_that_are_a_day_wrong_and_no_more(run: Run) -> None:
    async def story() -> None:
        async with meeting_point() as point, registered(point.place) as host:
            await until(lambda: host.registration.held)
            way = host.doorway(point.place)
            for beside in DAYS:
                late = Visitor(wall=lambda beside=beside: time.time() + beside * DAY)
                await call(replace(way, visitor=late))
            later = Visitor(wall=lambda: time.time() + 2 * DAY)
            with pytest.raises(DialError):
                await call(replace(way, visitor=later))

    run(story())


def test_tags_change_with_the_day(run: Run) -> None:
    async def story() -> None:
        now = [1_000_000_000.0]
        async with (
            meeting_point() as point,
            registered(point.place, visitor=Visitor(wall=lambda: now[0])) as host,
        ):
            await until(lambda: host.registration.held)
            desk_ = point.service.desk
            before = set(desk_._holders)
            now[0] += 3 * DAY
            await until(lambda: not before & set(desk_._holders))
            assert len(desk_._holders) == len(before) == len(DAYS)

    run(story())


@pytest.mark.parametrize("knows", ["the tag", "the secret and the door"])
def test_nobody_else_gets_a_tag_that_they_know(run: Run, knows: str) -> None:
    async def story() -> None:
        async with meeting_point() as point, registered(point.place) as host:
            await until(lambda: host.registration.held)
            tag = door_tag(host.door, SECRET, day_of(time.time()))
            thief = await raw(point)
            here = parse(thief.messages[0])
            assert isinstance(here, Here)
            proof = bytes(32)
            if knows != "the tag":  # as a guest does: with a key of their own in the host's place
                mine = DoorKey.of_room(b"thief".ljust(32), bytes(16))
                day = day_of(time.time())
                proof = mine.claim(SECRET, day, here.point, thief.connection.exporter)[1]
            thief.connection.send(Claim(claims=((tag, proof),)).encode())
            await until(lambda: thief.reasons)
            assert parse(thief.messages[1]) == Refused(reason=Reason.FORGED)
            await host.called(point.place)
            await until(lambda: host.guests)

    run(story())


def test_a_proof_is_good_for_one_channel_only(run: Run) -> None:
    async def story() -> None:
        async with meeting_point() as point:
            key, one, other = DoorKey.of_room(SECRET, SECRET), await raw(point), await raw(point)
            here = parse(one.messages[0])
            assert isinstance(here, Here)
            claim = key.claim(SECRET, 5, here.point, one.connection.exporter)
            other.connection.send(Claim(claims=(claim,)).encode())
            await until(lambda: other.reasons)
            assert parse(other.messages[1]) == Refused(reason=Reason.FORGED)
            one.connection.send(Claim(claims=(claim,)).encode())
            await until(lambda: len(one.messages) > 1)
            assert parse(one.messages[1]) == Claimed()

    run(story())


def test_a_device_that_comes_back_takes_its_tags_over(run: Run) -> None:
    async def story() -> None:
        async with meeting_point() as point, registered(point.place) as before:
            await until(lambda: before.registration.held)
            async with registered(point.place) as after:
                await until(lambda: after.registration.held)
                await after.called(point.place)
                await until(lambda: after.guests or before.guests)
                assert point.service.desk.tags == len(DAYS)

    run(story())


def test_a_service_that_was_away_is_found_again_and_pipes_are_made_anew(run: Run) -> None:
    async def story() -> None:
        async with meeting_point() as point, registered(point.place) as host:
            await until(lambda: host.registration.held)
            caller = await host.called(point.place)
            await point.fail()
            await until(lambda: caller.reasons and not host.registration.held)
            point.open()
            await until(lambda: host.registration.held)
            await host.called(point.place)

    run(story())


def test_who_was_given_another_address_registers_from_there(run: Run) -> None:
    async def story() -> None:
        here = [InterfaceAddress("lo", 1, "127.0.0.1", 8)]
        async with meeting_point() as point:
            key = DoorKey.of_room(SECRET, SECRET)
            registration = Registration(
                point.place, lambda: [OwnDoor(key, SECRET)], lambda _c: None, None, lambda: here
            )
            registration.start()
            await until(lambda: registration.held)
            first = registration._counter
            here[:] = [InterfaceAddress("lo", 1, "127.0.0.2", 8)]
            await until(lambda: registration._counter is not first)
            here[:] = [InterfaceAddress("lo", 1, "127.0.0.1", 8)]
            await until(lambda: registration.held)
            await registration.close()

    run(story())


@pytest.mark.parametrize("shut", [Gate(frozenset()), Gate(lan_only=True)], ids=["networks", "lan"])
def test_no_meeting_point_is_asked_past_the_gate(run: Run, shut: Gate) -> None:
    async def story() -> None:
        async with meeting_point() as point:
            visitor = Visitor(gate=shut)
            way = Doorway(point.place, DoorKey.of_room(SECRET, SECRET).public, SECRET, visitor)
            for gate in (shut, OPEN):
                with pytest.raises(DialError) as caught:
                    await dial((), detours=[way], gate=gate)
                assert caught.value.cause is DialFailure.NOT_ALLOWED
            async with registered(point.place, visitor=visitor) as host:
                await asyncio.sleep(1)
                assert not host.registration.held
            assert point.service.connections == 0

    run(story())


@pytest.mark.parametrize(
    "words",
    [
        b"\0",
        b"GET / HTTP/1.1\r\n\r\n",
        bytes(range(256)) * 2,
        Claimed().encode(),
        Call(tag=bytes(32)).encode() + b"\0",
        Claim(claims=((bytes(32), bytes(32)),)).encode(),  # a point of small order
        Come(ticket=bytes(16)).encode(),
    ],
)
def test_what_is_not_the_protocol_ends_the_channel(run: Run, words: bytes) -> None:
    async def story() -> None:
        async with meeting_point() as point:
            said = await answer_to(point, words)
            assert all(isinstance(parse(each), Refused) for each in said)
            await until(lambda: not point.service.connections)
            async with registered(point.place) as host:
                await until(lambda: host.registration.held)

    run(story())


def test_who_says_nothing_is_shown_out(run: Run) -> None:
    async def story() -> None:
        async with meeting_point(replace(LIMITS, handshake=0.3)) as point:
            silent = await raw(point)
            await until(lambda: silent.reasons)
            bare = socket.create_connection(point.address)
            bare.setblocking(False)
            loop = asyncio.get_running_loop()
            assert await asyncio.wait_for(loop.sock_recv(bare, 10), 5) == b""
            bare.close()

    run(story())


def test_strangers_fill_their_own_places_only(run: Run) -> None:
    async def story() -> None:
        async with (
            meeting_point(replace(LIMITS, half_open_per_address=4)) as point,
            registered(point.place) as host,
        ):
            await until(lambda: host.registration.held)
            silent = [await raw(point) for _ in range(4)]
            with pytest.raises((DialError, AssertionError)):
                End(await dial([point.address], allow_loopback=True)).start()
            assert host.registration.held
            for end in silent:
                end.connection.close()

    run(story())


def test_a_flood_of_calls_wears_out_before_the_host_does(run: Run) -> None:
    async def story() -> None:
        async with (
            meeting_point(replace(LIMITS, connect_rate=1e6, connect_burst=1e6)) as point,
            registered(point.place) as host,
        ):
            await until(lambda: host.registration.held)
            tag = door_tag(host.door, SECRET, day_of(time.time()))
            callers = []
            for _ in range(int(desk.CALL_BURST) + 8):
                callers.append(await raw(point))
                callers[-1].connection.authenticated = True
                callers[-1].connection.send(Call(tag=tag).encode())
            busy = Refused(reason=Reason.BUSY).encode()
            await until(lambda: any(busy in end.messages for end in callers))
            assert len(host.registration._guests) <= MOST_GUESTS
            assert point.service.desk.waiting <= desk.RINGS_AT_ONCE
            assert host.registration.held
            for end in callers:
                end.connection.close()

    run(story())


def test_a_pipe_carries_no_pictures(run: Run) -> None:
    async def story() -> None:
        narrow = replace(LIMITS, byte_burst=65_536.0)
        async with meeting_point(narrow) as point, registered(point.place) as host:
            await until(lambda: host.registration.held)
            greedy = await host.called(point.place)
            modest = await host.called(point.place)
            await until(lambda: len(host.guests) == 2)
            for end in (greedy, modest, *host.guests):
                end.connection.authenticated = True
            for _ in range(8):
                greedy.connection.send(bytes(60_000))
            await until(lambda: greedy.reasons)
            modest.connection.send(b"still here")
            await until(lambda: any(b"still here" in guest.messages for guest in host.guests))
            assert host.registration.held

    run(story())


def test_who_does_not_read_costs_little_and_loses_the_pipe(run: Run) -> None:
    async def story() -> None:
        small = replace(LIMITS, write_buffer=65_536, byte_burst=64e6, byte_rate=64e6)
        async with meeting_point(small) as point, registered(point.place) as host:
            await until(lambda: host.registration.held)
            caller = await host.called(point.place)
            await until(lambda: host.guests)
            slow = host.guests[0].connection
            slow.authenticated = caller.connection.authenticated = True
            pipe = slow._transport
            pipe._outer._transport.pause_reading()  # type: ignore[union-attr]
            with contextlib.suppress(AssertionError):
                for _ in range(400):
                    caller.connection.send(bytes(60_000))
                    await asyncio.sleep(0)
            await until(lambda: caller.reasons)
            assert host.registration.held

    run(story())


def test_who_nobody_comes_to_is_told_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "RING_TIME", 0.5)

    async def story() -> None:
        async with meeting_point() as point:
            counter = await Counter.approach(point.place, Visitor())
            key = DoorKey.of_room(SECRET, SECRET)
            claim = key.claim(SECRET, 7, counter.challenge, counter.connection.exporter)
            counter.say(Claim(claims=(claim,)))
            assert await counter.next(3) == Claimed()
            said = await answer_to(point, Call(tag=claim[0]).encode())
            assert [parse(each) for each in said] == [Refused(reason=Reason.NOBODY)]
            assert point.service.desk.waiting == 0
            counter.close()

    run(story())


def test_a_ticket_is_for_one(run: Run) -> None:
    async def story() -> None:
        async with meeting_point() as point:
            tickets: list[bytes] = []
            counter = await Counter.approach(point.place, Visitor())
            counter.on_ring = tickets.append
            key = DoorKey.of_room(SECRET, SECRET)
            claim = key.claim(SECRET, 7, counter.challenge, counter.connection.exporter)
            counter.say(Claim(claims=(claim,)))
            await counter.next(3)
            caller = await raw(point)
            caller.connection.send(Call(tag=claim[0]).encode())
            await until(lambda: tickets)
            first = await raw(point)
            first.connection.send(Come(ticket=tickets[0]).encode())
            await until(lambda: point.service.pipes == 1)
            said = await answer_to(point, Come(ticket=tickets[0]).encode())
            assert [parse(each) for each in said] == [Refused(reason=Reason.NOBODY)]
            for each in (caller.connection, first.connection, counter.connection):
                each.close()

    run(story())


def test_nothing_is_left_of_people_who_went(run: Run) -> None:
    async def story() -> None:
        async with meeting_point() as point:
            async with registered(point.place) as host:
                await until(lambda: host.registration.held)
                for _ in range(5):
                    end = await host.called(point.place)
                    end.connection.close()
                    await until(lambda end=end: end.reasons)
            await until(lambda: not point.service.connections)
            desk_ = point.service.desk
            assert (desk_.tags, desk_.waiting, len(desk_._visitors)) == (0, 0, 0)
            assert point.service.pipes == 0

    run(story())


def test_the_check_tells_a_meeting_point_from_something_else_and_from_nothing(run: Run) -> None:
    async def story() -> None:
        at_home = Gate(lan_only=True, interfaces=lambda: ())
        async with meeting_point() as point:
            with socket.socket() as nobody:
                nobody.bind(("127.0.0.1", 0))
                there = nobody.getsockname()
                found = [
                    await asyncio.to_thread(examined, place, gate)
                    for place, gate in (
                        (point.place, OPEN),
                        (replace(point.place, key=bytes(31) + b"\1"), OPEN),
                        (replace(point.place, address=there), OPEN),
                        (point.place, at_home),
                    )
                ]
        assert [finding.result for finding in found] == ["ok", "fail", "fail", "fail"]
        assert "something else" in found[1].sentence
        assert "nothing answers" in found[2].sentence
        assert "may not be reached" in found[3].sentence
        assert all(finding.cure for finding in found[1:])

    run(story())
