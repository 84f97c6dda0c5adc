"""One UDP port for all links: who names one of them is carried to it, and nobody else."""

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aioice.stun
import pytest

from app.door_candidate import with_door
from app.net.addresses import Address
from app.net.router import media_door
from app.net.router.media_door import MediaDoor, link_named_in
from app.rules import EVERYWHERE, NOWHERE, Networks
from media.path.link_parameters import MAX_CANDIDATES, Candidate, LinkParameters

HOST = 126 << 24 | 0xFFFF << 8 | 0xFF


def check(name: str = "ours:them") -> bytes:
    message = aioice.stun.Message(
        message_method=aioice.stun.Method.BINDING, message_class=aioice.stun.Class.REQUEST
    )
    message.attributes["PRIORITY"] = 1
    message.attributes["USERNAME"] = name
    return bytes(message)


def parameters(count: int = 1) -> LinkParameters:
    own = tuple(
        Candidate(ipaddress.ip_address(f"192.168.1.{n + 10}"), 50_000 + n, HOST)
        for n in range(count)
    )
    return LinkParameters("ours", "p" * 22, bytes(32), own)


class Ends:
    """The door, a link's socket behind it, and somebody outside."""

    def __init__(self, networks: Networks) -> None:
        self.link = udp()
        self.stranger = udp()
        port = free_port()
        self.door = MediaDoor(port, networks)
        self.at = ("127.0.0.1", port)
        self.door.let_in("ours", self.link.getsockname())

    async def arrives(self, sock: socket.socket) -> tuple[bytes, tuple[str, int]] | None:
        loop = asyncio.get_running_loop()
        try:
            return await asyncio.wait_for(loop.sock_recvfrom(sock, 2048), 0.3)
        except TimeoutError:
            return None


def udp() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    sock.bind(("127.0.0.1", 0))
    return sock


def free_port() -> int:
    with udp() as sock:
        return int(sock.getsockname()[1])


@asynccontextmanager
async def ends(networks: Networks = EVERYWHERE) -> AsyncIterator[Ends]:
    made = Ends(networks)
    try:
        yield made
    finally:
        made.door.close()
        made.link.close()
        made.stranger.close()


def test_the_name_of_a_link_is_read_from_a_check_and_from_nothing_else():
    assert link_named_in(check()) == "ours"
    assert link_named_in(check()[:-1]) is None
    assert link_named_in(check() + b"x") is None
    assert link_named_in(check("nobody")) is None  # no colon
    answer = bytearray(check())
    answer[0] = 1
    assert link_named_in(bytes(answer)) is None
    assert link_named_in(b"") is None
    assert link_named_in(bytes(20)) is None


def test_who_names_a_link_is_carried_to_it_and_back():
    async def run() -> None:
        async with ends() as at:
            knock = check()
            at.stranger.sendto(knock, at.at)
            heard = await at.arrives(at.link)
            assert heard is not None
            assert heard[0] == knock
            at.link.sendto(b"answer", heard[1])
            answered = await at.arrives(at.stranger)
            assert answered == (b"answer", at.at)
            at.stranger.sendto(b"\x80media", at.at)
            again = await at.arrives(at.link)
            assert again == (b"\x80media", heard[1])

    asyncio.run(run())


@pytest.mark.parametrize(
    "data",
    [b"\x80media", b"\x16dtls", check("other:them"), b""],
    ids=["media", "dtls", "a check for somebody else", "nothing"],
)
def test_who_names_no_link_reaches_nobody(data: bytes):
    async def run() -> None:
        async with ends() as at:
            at.stranger.sendto(data, at.at)
            assert await at.arrives(at.link) is None

    asyncio.run(run())


def test_nobody_beyond_the_allowed_networks_is_carried():
    async def run(networks: Networks) -> bool:
        async with ends(networks) as at:
            at.stranger.sendto(check(), at.at)
            return await at.arrives(at.link) is not None

    class Without:
        def __contains__(self, host: object) -> bool:
            return False

    assert asyncio.run(run(NOWHERE))  # this computer itself
    assert not asyncio.run(run(Without()))  # type: ignore[arg-type]


def test_a_crowd_displaces_only_who_has_been_silent(monkeypatch):
    monkeypatch.setattr(media_door, "MOST_FLOWS_OF_A_LINK", 2)

    async def run(idle: float) -> bool:
        monkeypatch.setattr(media_door, "IDLE", idle)
        async with ends() as at:
            crowd = [udp() for _ in range(3)]
            for one in crowd:
                one.sendto(check(), at.at)
                await asyncio.sleep(0.05)
            for one in crowd:
                one.close()
            heard = [await at.arrives(at.link) for _ in range(3)]
            return heard[2] is not None

    assert not asyncio.run(run(idle=30.0))
    assert asyncio.run(run(idle=0.0))


def test_the_door_is_one_more_candidate_while_it_is_open():
    async def run() -> None:
        async with ends() as at:
            assert with_door(parameters(), at.door) == parameters()
            at.door.outside = Address("203.0.113.5", 7100)
            told = with_door(parameters(), at.door)
            assert [(str(c.address), c.port) for c in told.candidates] == [
                ("192.168.1.10", 50_000),
                ("203.0.113.5", 7100),
            ]
            assert told.candidates[1].priority < told.candidates[0].priority
            assert LinkParameters.parse(told.encode()) == told
            full = with_door(parameters(MAX_CANDIDATES), at.door)
            assert len(full.candidates) == MAX_CANDIDATES
            assert str(full.candidates[-1].address) == "203.0.113.5"
            at.door.outside = Address("203.0.113.5", 53)
            assert with_door(parameters(), at.door) == parameters()

    asyncio.run(run())
