"""Candidates beyond this network: which servers are asked, and what is taken from their answers."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import pytest

from app.net.gate import Gate
from app.rules import Networks
from media.errors import LinkError
from media.path import stun
from media.path.outside import LIMIT
from media.path.outside_servers import Outside, Server, Way
from media.path.relay import Trouble
from media.path.stun import Attribute, Kind
from media.path.transport import PeerTransport

HERE = "127.0.0.1"


class Silent(asyncio.DatagramProtocol):
    """Hears, and says what it is told to say."""

    def __init__(self, says: bytes) -> None:
        self.says = says
        self.heard: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        self.heard.append(data)
        if self.says:
            transaction = data[8:20]
            self.transport.sendto(self.says.replace(bytes(12), transaction), address)  # type: ignore[attr-defined]


@contextlib.asynccontextmanager
async def server(says: bytes = b"") -> AsyncIterator[tuple[Silent, int]]:
    transport, protocol = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Silent(says), local_addr=(HERE, 0)
    )
    try:
        yield protocol, transport.get_extra_info("sockname")[1]
    finally:
        transport.close()


def asking(port: int, gate: Gate) -> tuple[PeerTransport, Outside]:
    outside = Outside((Server(HERE, port, Way.UDP, relays=True, username="1:a", password="b"),))
    return PeerTransport(True, allow_loopback=True, gate=gate, outside=outside), outside


def test_a_server_that_says_nothing_delays_nobody_for_long():
    async def scenario() -> None:
        async with server() as (protocol, port):
            one, outside = asking(port, Gate())
            loop = asyncio.get_running_loop()
            began = loop.time()
            parameters = await one.gather()
            assert loop.time() - began >= LIMIT - 0.1, "it had its time"
            assert parameters.candidates
            assert protocol.heard
            assert outside.troubles == {(f"{HERE}:{port}", Way.UDP): Trouble.SILENT}
            await one.close()

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "gate",
    [Gate(lan_only=True), Gate(Networks.of(["192.0.2.0/24"]))],
    ids=["lan only", "other networks"],
)
def test_where_nothing_may_go_out_nobody_is_asked(gate: Gate):
    """This computer itself is always allowed; so the second server is one elsewhere."""

    async def scenario() -> None:
        async with server() as (protocol, port):
            one, outside = asking(port, gate)
            if not gate.lan_only:
                outside.servers = (Server("198.51.100.7", 3478, Way.TCP, relays=True),)
            began = asyncio.get_running_loop().time()
            await one.gather()
            assert asyncio.get_running_loop().time() - began < LIMIT
            assert protocol.heard == []
            assert outside.troubles == {}
            await one.close()

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "mapped",
    [
        stun.xored(("127.0.0.1", 4000), bytes(12)),
        stun.xored(("224.0.0.1", 4000), bytes(12)),
        stun.xored(("0.0.0.0", 4000), bytes(12)),
        b"\0\1",
        b"\0\7" + bytes(6),
        b"",
    ],
)
def test_a_server_that_lies_about_how_we_are_seen_adds_no_address(mapped: bytes):
    lie = stun.message(Kind.BINDING_SUCCESS, bytes(12), ((Attribute.MAPPED, mapped),))

    async def scenario() -> None:
        async with server(lie) as (_, port):
            outside = Outside((Server(HERE, port),))
            one = PeerTransport(True, allow_loopback=True, outside=outside)
            plain = PeerTransport(True, allow_loopback=True)
            found, known = await one.gather(), await plain.gather()
            assert {c.address for c in found.candidates} == {c.address for c in known.candidates}
            await asyncio.gather(one.close(), plain.close())

    asyncio.run(scenario())


def test_closing_while_servers_are_asked_leaves_no_socket_open():
    async def scenario() -> None:
        with socket.socket() as deaf:
            deaf.bind((HERE, 0))
            deaf.listen(1)
            outside = Outside(
                (Server(HERE, deaf.getsockname()[1], Way.TCP, True, b"", "1:a", "b"),)
            )
            one = PeerTransport(True, allow_loopback=True, outside=outside)
            gathering = asyncio.create_task(one.gather())
            loop = asyncio.get_running_loop()
            deaf.setblocking(False)
            asked, _ = await loop.sock_accept(deaf)
            with asked:
                assert await loop.sock_recv(asked, 2048), "it asks for an address"
                await one.close()
                with pytest.raises(LinkError):
                    await gathering
                async with asyncio.timeout(5):
                    assert await loop.sock_recv(asked, 2048) == b""

    asyncio.run(scenario())
