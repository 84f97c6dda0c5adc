"""What somebody can type, announce or send so that reaching others fails in an unforeseen way."""

import asyncio

import pytest

from app.net.addresses import AddressError, parse_address, socket_address
from app.net.signalling import Address, DialError, DialFailure, dial


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
