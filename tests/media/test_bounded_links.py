"""A link uses no address that may not be used: not its own, not the other's."""

import asyncio
import socket

import pytest
from fakes.media_links import until

from media.errors import LinkError
from media.path.transport import PeerTransport

HERE = frozenset({"127.0.0.1"})


class Only(frozenset[str]):
    """A gate for these addresses alone."""

    lan_only = False

    def guard(self, sock: socket.socket) -> None:
        pass


def test_no_socket_is_opened_where_none_may_be():
    async def scenario():
        link = PeerTransport(True, allow_loopback=True, gate=Only())
        with pytest.raises(LinkError) as caught:
            await link.gather()
        assert caught.value.code == "no_address"
        assert link._connection._protocols == []
        await link.close()

    asyncio.run(scenario())


def test_only_addresses_that_may_be_used_are_told():
    async def scenario():
        link = PeerTransport(True, allow_loopback=True, gate=Only(HERE))
        told = await link.gather()
        assert {str(candidate.address) for candidate in told.candidates} == HERE
        assert len(link._connection._protocols) == 1
        await link.close()

    asyncio.run(scenario())


def test_an_address_of_the_others_that_may_not_be_used_gets_no_packet():
    async def scenario():
        one = PeerTransport(True, allow_loopback=True, gate=Only(HERE))
        other = PeerTransport(False, allow_loopback=True)
        await one.gather()
        theirs = await other.gather()
        one._gate = Only()
        with pytest.raises(LinkError) as caught:
            await one.connect(theirs)
        assert caught.value.code == "no_path"
        assert one._connection._remote_candidates == []
        await asyncio.gather(one.close(), other.close())

    asyncio.run(scenario())


def test_a_stranger_from_elsewhere_is_not_answered():
    async def scenario():
        one = PeerTransport(True, allow_loopback=True, gate=Only(HERE))
        await one.gather()
        protocol = one._connection._protocols[0]
        protocol.datagram_received(bytes([0, 1]) + bytes(18), ("192.0.2.7", 4000))
        await until(lambda: one.counters["foreign_network"] == 1)
        await one.close()

    asyncio.run(scenario())
