"""Where an organisation limits the networks, nobody outside them is listened to or dialled."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from fakes.signalling_ends import until

from app.net.gate import Gate
from app.net.signalling import Address, Connection, DialError, DialFailure, Listener, dial
from app.room import Room
from app.rules import NOWHERE

Run = Callable[[Coroutine[Any, Any, None]], None]
NOBODY: frozenset[str] = frozenset()
LOOPBACK = Address("127.0.0.1", 0)


def test_who_is_outside_is_hung_up_on_before_a_word(run: Run) -> None:
    async def story() -> None:
        came: list[Connection] = []
        listener = Listener(came.append, LOOPBACK, gate=Gate(NOBODY))
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        assert await reader.read() == b""
        await until(lambda: listener.refused["network"] == 1)
        assert (came, listener.connections) == ([], 0)
        writer.close()
        await listener.close()

    run(story())


def test_who_is_inside_is_let_in(run: Run) -> None:
    async def story() -> None:
        came: list[Connection] = []
        listener = Listener(came.append, LOOPBACK, gate=Gate(NOWHERE))  # this computer always is
        connection = await dial(listener.addresses, allow_loopback=True, gate=Gate(NOWHERE))
        await until(lambda: came)
        connection.start(lambda _message: None, lambda _reason: None)
        connection.close()
        await listener.close()

    run(story())


def test_an_address_outside_is_not_dialled(run: Run) -> None:
    async def story() -> None:
        address = Address("192.0.2.7", 47100)
        with pytest.raises(DialError) as caught:
            await dial([address], gate=Gate(NOWHERE))
        assert caught.value.failures == {address: DialFailure.NOT_ALLOWED}

    run(story())


def test_no_address_outside_is_told_to_others(run: Run) -> None:
    async def story() -> None:
        room = Room(None, Gate(NOBODY))
        assert room.addresses == ()
        await room.close()

    run(story())
