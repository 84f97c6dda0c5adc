"""Discovery over real mDNS packets on loopback."""

import asyncio
import os
import re
import socket
import struct
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fakes.signalling_ends import until
from zeroconf import DNSIncoming

from app.net import discovery as module
from app.net.addresses import Address, InterfaceAddress
from app.net.candidates import Candidate
from app.net.discovery import Discovery
from app.net.room_tags import HOUR, PUBLIC_DISCOVERY_KEY, matches

Run = Callable[[Coroutine[Any, Any, None]], None]

LOOPBACK = (InterfaceAddress("lo", 1, "127.0.0.1", 8),)
GROUP = "224.0.0.251"


def multicast_works() -> bool:
    try:
        with listening() as heard, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.setsockopt(
                socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1")
            )
            sock.sendto(b"probe", (GROUP, 5353))
            heard.settimeout(1)
            return heard.recv(100) == b"probe"
    except OSError:
        return False


@contextmanager
def listening() -> Iterator[socket.socket]:
    """A socket that hears all mDNS packets on loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "SO_REUSEPORT"):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind((GROUP, 5353))
        member = socket.inet_aton(GROUP) + socket.inet_aton("127.0.0.1")
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
        sock.setblocking(False)
        yield sock


needs_multicast = pytest.mark.skipif(not multicast_works(), reason="no multicast on loopback here")


class Station:
    """A computer on the network of this test."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self.interfaces: tuple[InterfaceAddress, ...] = LOOPBACK
        self.told: list[tuple[Candidate, ...]] = []
        self.discovery = Discovery(
            self.told.append,
            random=os.urandom,
            now=now,
            interfaces=lambda: self.interfaces,
            allow_loopback=True,
        )

    async def __aenter__(self) -> "Station":
        await self.discovery.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.discovery.close()

    def sees(self, key: bytes, now: float | None = None) -> list[Candidate]:
        moment = time.time() if now is None else now
        return [c for c in self.discovery.candidates if matches(c, key, moment)]


@needs_multicast
def test_a_meeting_appears_within_two_seconds_and_goes_with_a_goodbye(run: Run) -> None:
    key = os.urandom(32)

    async def story() -> None:
        async with Station() as host, Station() as guest:
            await host.discovery.advertise(47105, [key, PUBLIC_DISCOVERY_KEY])
            await until(lambda: guest.told and guest.sees(key), seconds=2)
            assert guest.sees(key) == guest.sees(PUBLIC_DISCOVERY_KEY)
            assert guest.sees(key)[0].addresses == (Address("127.0.0.1", 47105),)
            await host.discovery.withdraw()
            await until(lambda: not guest.sees(key), seconds=3)

    run(story())


@needs_multicast
def test_who_comes_later_finds_what_is_there_and_a_host_does_not_find_itself(run: Run) -> None:
    key = os.urandom(32)

    async def story() -> None:
        async with Station() as host:
            await host.discovery.advertise(47105, [key])
            async with Station() as guest:
                await until(lambda: guest.sees(key), seconds=2)
                assert host.sees(key) == []

    run(story())


@needs_multicast
def test_packets_carry_random_identifiers_and_no_words(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_name = "a-name-that-random-bytes-never-spell"  # those of real computers can be “vm”
    monkeypatch.setattr(socket, "gethostname", lambda: own_name)

    async def story() -> None:
        with listening() as heard:
            async with Station() as host, Station() as guest:
                await host.discovery.advertise(47105, [os.urandom(32)])
                await until(lambda: guest.discovery.candidates)
                await host.discovery.withdraw()
            packets = []
            while True:
                try:
                    packets.append(heard.recv(9000))
                except BlockingIOError:
                    break
        records = [record for packet in packets for record in DNSIncoming(packet).answers()]
        assert packets
        assert records
        allowed = re.compile(
            rb"(?:[0-9a-f]{16}|_conclave|_tcp|_services|_dns-sd|_udp|local|)", re.ASCII
        )
        for packet in packets:
            for label in labels(packet):
                assert allowed.fullmatch(label), label
            assert own_name.encode() not in packet
        texts = {bytes(getattr(record, "text", b"")) for record in records} - {b""}
        assert all(re.fullmatch(rb"\x03v=1\x82t=.{128}", text, re.DOTALL) for text in texts), texts

    run(story())


@needs_multicast
def test_instance_and_tags_are_drawn_anew_every_hour(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_AGAIN", 0.05)
    key, clock = os.urandom(32), [1_795_000_000.0]

    async def story() -> None:
        async with Station(lambda: clock[0]) as host, Station() as guest:
            await host.discovery.advertise(47105, [key])
            await until(lambda: guest.sees(key, clock[0]))
            first = guest.sees(key, clock[0])[0]
            clock[0] += 2 * HOUR
            await until(lambda: guest.sees(key, clock[0]))
            second = guest.sees(key, clock[0])[0]
            assert first.instance != second.instance
            assert not set(first.tags) & set(second.tags)
            await until(lambda: first not in guest.discovery.candidates)
            assert host.discovery.candidates == ()

    run(story())


@needs_multicast
def test_an_announcement_changes_while_it_lasts_and_who_looks_sees_no_gap(run: Run) -> None:
    room, contact = os.urandom(32), os.urandom(32)

    async def story() -> None:
        async with Station() as host, Station() as guest:
            await host.discovery.advertise(47105, [room])
            await until(lambda: guest.sees(room), seconds=2)
            (before,) = guest.sees(room)
            guest.told.clear()
            await host.discovery.advertise(47105, [room, contact])
            await until(lambda: guest.sees(contact), seconds=2)
            await until(lambda: before not in guest.discovery.candidates)
            assert guest.sees(contact) == guest.sees(room)
            assert not set(before.tags) & set(guest.sees(room)[0].tags), "all tags are new"
            await host.discovery.advertise(47105, [room])
            await until(lambda: not guest.sees(contact))
            assert guest.sees(room)
            now = time.time()
            assert all(any(matches(c, room, now) for c in told) for told in guest.told)

    run(story())


@needs_multicast
def test_a_network_that_comes_later_is_used_and_one_that_goes_is_said(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_AGAIN", 0.05)
    monkeypatch.setattr(module, "FRESH_AFTER", 0.2)
    key = os.urandom(32)

    async def story() -> None:
        guest = Station()
        guest.interfaces = ()
        async with Station() as host, guest:
            assert guest.discovery.reason == "no_network"
            await host.discovery.advertise(47105, [key])
            guest.interfaces = LOOPBACK
            await until(lambda: guest.sees(key))
            assert guest.discovery.reason is None
            guest.interfaces = ()
            await until(lambda: guest.discovery.reason == "no_network")
            await until(lambda: not guest.sees(key))

    run(story())


@needs_multicast
def test_whether_anything_can_be_found_is_told_without_any_candidate(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_AGAIN", 0.05)

    async def story() -> None:
        guest = Station()
        guest.interfaces = ()
        async with guest:
            guest.interfaces = LOOPBACK
            await until(lambda: guest.told)
            assert guest.told == [()]

    run(story())


def test_without_multicast_it_says_so_and_stays_calm(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        raise OSError("no such device")

    monkeypatch.setattr(module, "AsyncZeroconf", refuse)

    async def story() -> None:
        async with Station() as host:
            assert host.discovery.reason == "no_multicast"
            await host.discovery.advertise(47105, [bytes(32)])
            await host.discovery.withdraw()

    run(story())


@needs_multicast
def test_a_flood_of_announcements_stays_within_bounds_and_garbage_is_ignored(run: Run) -> None:
    async def story() -> None:
        async with Station() as guest, Station() as host:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                sock.setsockopt(
                    socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1")
                )
                for number in range(600):
                    sock.sendto(announcement(f"{number:016x}", "127.0.0.1"), (GROUP, 5353))
                    sock.sendto(os.urandom(number % 300), (GROUP, 5353))
                    sock.sendto(b"\x00\x00\x84\x00\xff\xff" + b"\xc0\x0c" * 400, (GROUP, 5353))
                    if number % 20 == 0:
                        await asyncio.sleep(0.005)
            assert len(guest.discovery.candidates) <= 8
            key = os.urandom(32)
            await host.discovery.advertise(47105, [key])
            await until(lambda: guest.sees(key), seconds=2)

    run(story())


def labels(packet: bytes) -> list[bytes]:
    """Return every label of every name in an mDNS packet, walking its records."""
    found: list[bytes] = []
    counts = struct.unpack(">4H", packet[4:12])
    position = 12

    def name(position: int) -> int:
        while (size := packet[position]) != 0:
            if size >= 0xC0:
                return position + 2
            found.append(packet[position + 1 : position + 1 + size])
            position += 1 + size
        return position + 1

    for _ in range(counts[0]):
        position = name(position) + 4
    for _ in range(sum(counts[1:])):
        position = name(position)
        kind, _cls, _ttl, size = struct.unpack(">HHIH", packet[position : position + 10])
        position += 10
        if kind in {12, 47}:  # PTR, NSEC
            name(position)
        elif kind == 33:  # SRV
            name(position + 6)
        position += size
    return found


def announcement(instance: str, host: str) -> bytes:
    """Return an mDNS announcement of a made-up meeting."""

    def dns_name(*parts: str) -> bytes:
        return b"".join(bytes([len(p)]) + p.encode() for p in parts) + b"\0"

    def record(owner: bytes, kind: int, data: bytes) -> bytes:
        return owner + struct.pack(">HHIH", kind, 1, 120, len(data)) + data

    service = dns_name("_conclave", "_tcp", "local")
    full = dns_name(instance, "_conclave", "_tcp", "local")
    server = dns_name(instance, "local")
    text = b"\x03v=1\x82t=" + bytes(128)
    return (
        struct.pack(">6H", 0, 0x8400, 0, 4, 0, 0)
        + record(service, 12, full)
        + record(full, 33, struct.pack(">3H", 0, 0, 47100) + server)
        + record(full, 16, text)
        + record(server, 1, socket.inet_aton(host))
    )
