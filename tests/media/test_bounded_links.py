"""A link uses no address that may not be used: not its own, not the other's."""

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import Iterator

import pytest
from fakes.media_links import until

from media.errors import LinkError
from media.path.link_parameters import MAX_CANDIDATES, Candidate, LinkParameters
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


def test_somebody_whose_address_a_member_names_gets_few_small_packets():
    """No member can have the others flood a third computer: a link costs it some 15 kB at most."""

    async def scenario():
        with contextlib.ExitStack() as stack:
            victims = [stack.enter_context(victim()) for _ in range(MAX_CANDIDATES)]
            link = PeerTransport(True, allow_loopback=True, timeout=4.0)
            await link.gather()
            here = ipaddress.ip_address("127.0.0.1")
            places = [Candidate(here, sock.getsockname()[1], 9) for sock in victims]
            with pytest.raises(LinkError) as caught:
                await link.connect(LinkParameters("abcd", "p" * 22, bytes(32), tuple(places)))
            assert caught.value.code in ("timeout", "no_path")
            sizes = [len(packet) for sock in victims for packet in packets_at(sock)]
            assert len(victims) <= len(sizes) <= 10 * len(victims)
            assert max(sizes) < 200
            await link.close()

    asyncio.run(scenario())


def victim() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    sock.setblocking(False)
    return sock


def packets_at(sock: socket.socket) -> Iterator[bytes]:
    with contextlib.suppress(BlockingIOError):
        while True:
            yield sock.recv(2048)
