"""The open port of a meeting: who comes before we have a seat is not lost, and not many."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from app import room as module
from app.net.signalling import Address, Connection, ListenError, dial
from app.room import EARLY, Room


class FakeConductor:
    def __init__(self) -> None:
        self.came: list[Connection] = []
        self.is_closed = False

    def answered(self, connection: Connection) -> None:
        self.came.append(connection)

    async def close(self) -> None:
        self.is_closed = True


def run(story: Callable[[Room], Coroutine[Any, Any, None]]) -> None:
    async def go() -> None:
        room = Room(Address("127.0.0.1", 0))
        try:
            await story(room)
        finally:
            await room.close()

    asyncio.run(asyncio.wait_for(go(), 20))


async def arrive(room: Room) -> Connection:
    return await dial([room.addresses[0]], allow_loopback=True)


async def until(fact: Callable[[], object]) -> None:
    for _ in range(1000):
        if fact():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen")


def test_who_comes_before_our_seat_is_taken_is_handed_over_first_of_all():
    async def story(room: Room) -> None:
        early = [await arrive(room) for _ in range(2)]
        await until(lambda: len(room._early) == 2)
        conductor = FakeConductor()
        room.begin(conductor)  # type: ignore[arg-type]
        assert len(conductor.came) == 2
        late = await arrive(room)
        await until(lambda: len(conductor.came) == 3)
        assert room._early == []
        for connection in (*early, late):
            connection.close()

    run(story)


def test_only_so_many_may_wait(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "EARLY", 2)
    assert EARLY == 16

    async def story(room: Room) -> None:
        arrived = []
        for number in range(3):
            arrived.append(await arrive(room))
            await until(lambda n=number: len(room._early) == min(2, n + 1))
        reasons: list[Any] = []
        arrived[-1].start(lambda message: None, reasons.append)
        await until(lambda: reasons)
        for connection in arrived:
            connection.close()

    run(story)


def test_closing_closes_the_conductor_those_who_wait_and_the_port():
    async def story(room: Room) -> None:
        connection = await arrive(room)
        reasons: list[Any] = []
        connection.start(lambda message: None, reasons.append)
        await until(lambda: room._early)
        conductor = FakeConductor()
        room.conductor = conductor  # type: ignore[assignment]
        address = room.addresses[0]
        await room.close()
        assert conductor.is_closed
        await until(lambda: reasons)
        await Room(address).close()  # the port is free again

    async def go() -> None:
        room = Room(Address("127.0.0.1", 0))
        await story(room)

    asyncio.run(asyncio.wait_for(go(), 20))


def test_a_busy_port_is_an_error_of_its_own():
    async def story(room: Room) -> None:
        with pytest.raises(ListenError):
            Room(room.addresses[0])

    run(story)


def test_where_there_is_only_this_computer_its_own_address_is_offered():
    async def story(room: Room) -> None:
        assert [address.host for address in room.addresses] == ["127.0.0.1"]
        assert room.only_loopback

    run(story)


def test_a_room_on_every_interface_offers_at_least_one_address_with_its_port():
    async def go() -> None:
        room = Room(Address("", 0))
        assert room.addresses
        assert {address.port for address in room.addresses} == {room.port}
        await room.close()

    asyncio.run(go())
