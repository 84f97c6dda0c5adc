"""What somebody can type, announce or send so that reaching others fails, or costs them much."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from fakes.signalling_ends import hosting, until

from app.net.addresses import AddressError, parse_address, socket_address
from app.net.signalling import Address, CloseReason, DialError, DialFailure, dial

Run = Callable[[Coroutine[Any, Any, None]], None]


@pytest.mark.parametrize("scope", ["²", "a\0b", "٣", "-1", "99999999999", "no such one"])
def test_an_address_with_a_nonsense_scope_is_unreachable_and_no_error_of_ours(scope):
    try:
        address = parse_address(f"[fe80::1%{scope}]:47100")
    except AddressError:
        return

    async def reach() -> None:
        with pytest.raises(DialError) as caught:
            await dial([address], timeout=0.5)
        assert caught.value.cause in (DialFailure.UNREACHABLE, DialFailure.TIMEOUT)

    asyncio.run(reach())


def test_a_scope_of_any_length_names_no_interface():
    with pytest.raises(OSError, match="no interface"):
        socket_address(Address("fe80::1%" + "9" * 5000, 47100))


def test_who_says_very_much_at_once_leaves_others_their_turn_and_loses_nothing(run: Run):
    heard: list[bytes] = []
    turns = 0

    def take_in(message: bytes) -> None:
        deadline = time.perf_counter() + 0.001
        while time.perf_counter() < deadline:
            pass  # what a message costs
        heard.append(message)

    async def count_turns() -> None:
        nonlocal turns
        while len(heard) < 300:
            await asyncio.sleep(0)
            turns += bool(heard)

    async def story() -> None:
        async with hosting() as host:
            caller, callee = await host.pair()
            callee.connection._on_message = take_in
            words = [number.to_bytes(2, "big") for number in range(300)]
            for word in words:
                caller.connection.send(word)
            caller.connection.close()
            await count_turns()
            assert heard == words
            assert turns > 20
            await until(lambda: callee.reasons)
            assert callee.reasons == [CloseReason.ENDED]

    run(story())
