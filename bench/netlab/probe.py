"""What a path between two hosts of a laboratory really does, measured with numbered datagrams."""

import contextlib
import itertools
import select
import socket
import statistics
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bench.netlab import NetLab

_NUMBER_AND_TIME = struct.Struct("!Id")
_HEADERS = 42  # Ethernet, IPv4 and UDP
_PORT = 5201
_PATIENCE_S = 1.0  # for what should cross a laboratory, or should not
MDNS_GROUP, MDNS_PORT = "224.0.0.251", 5353


@dataclass(frozen=True)
class Measured:
    """Shares are of the datagrams sent; delays in milliseconds, one way."""

    loss: float
    duplicated: float
    overtaken: float  # arrived after a later one
    mean_burst: float  # datagrams lost in a row
    delay_p5: float
    delay_p50: float
    delay_p95: float
    kbit_s: float


def measure(
    lab: NetLab,
    source: str,
    target: str,
    *,
    count: int = 400,
    size: int = 1000,
    per_second: float = 800.0,
    settle_s: float = 0.4,
) -> Measured:
    """Send `count` datagrams of `size` bytes and say what arrived, and when.

    Both hosts share this computer's clock, so delays are true one-way delays.
    """
    with lab.inside(target):
        ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with lab.inside(source):
        mouth = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    arrivals: list[tuple[int, float]] = []
    with ear, mouth:
        ear.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        ear.bind(("", _PORT))
        ear.setblocking(False)
        mouth.connect((lab.address(target), _PORT))
        padding = bytes(size - _NUMBER_AND_TIME.size)
        start = last = time.monotonic()

        def listen_until(due: float) -> None:
            nonlocal last
            while (left := due - time.monotonic()) > 0:
                if not select.select([ear], [], [], left)[0]:
                    return
                last = time.monotonic()
                with contextlib.suppress(BlockingIOError):
                    while True:
                        number, sent = _NUMBER_AND_TIME.unpack_from(ear.recv(2048))
                        arrivals.append((number, last - sent))

        for number in range(count):
            listen_until(start + number / per_second)
            with contextlib.suppress(OSError):  # no carrier: the datagram is lost
                mouth.send(_NUMBER_AND_TIME.pack(number, time.monotonic()) + padding)
        listen_until(time.monotonic() + settle_s)
    return _judge(arrivals, count, len(arrivals) * (size + _HEADERS) / (last - start + 1e-9))


def _judge(arrivals: list[tuple[int, float]], count: int, bytes_per_s: float) -> Measured:
    numbers = [number for number, _ in arrivals]
    seen = set(numbers)
    highest = itertools.accumulate(numbers, max)
    missing = itertools.groupby(number not in seen for number in range(count))
    bursts = [len(list(run)) for is_lost, run in missing if is_lost]
    delays = sorted(delay * 1000 for _, delay in arrivals) or [float("nan")]
    return Measured(
        loss=1 - len(seen) / count,
        duplicated=(len(numbers) - len(seen)) / count,
        overtaken=sum(number < top for number, top in zip(numbers, highest, strict=True)) / count,
        mean_burst=statistics.mean(bursts) if bursts else 0.0,
        delay_p5=delays[len(delays) // 20],
        delay_p50=delays[len(delays) // 2],
        delay_p95=delays[len(delays) * 95 // 100],
        kbit_s=bytes_per_s * 8 / 1000,
    )


def hosts_that_hear_mdns(lab: NetLab, source: str) -> list[str]:
    """Return which other hosts receive a datagram that one sends to the mDNS group."""
    with contextlib.ExitStack() as stack:
        ears: dict[str, socket.socket] = {}
        for host in lab.hosts:
            if host == source:
                continue
            with lab.inside(host):
                ear = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            ear.bind(("", MDNS_PORT))
            membership = socket.inet_aton(MDNS_GROUP) + socket.inet_aton(lab.address(host))
            ear.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
            ear.settimeout(1)
            ears[host] = ear
        with lab.inside(source):
            mouth = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        mouth.sendto(b"who is there", (MDNS_GROUP, MDNS_PORT))
        heard = []
        for host, ear in ears.items():
            with contextlib.suppress(TimeoutError):
                if ear.recv(100) == b"who is there":
                    heard.append(host)
        return heard


def seen_from_outside(
    lab: NetLab, source: str, servers: Sequence[tuple[str, int]], port: int = 4000
) -> list[tuple[str, int] | None]:
    """Send a datagram from one UDP port of a host to each of several (host, port).

    Return the address that each of them sees it come from; None where nothing arrives.
    """
    with contextlib.ExitStack() as stack:
        mouth = stack.enter_context(_udp_socket(lab, source, port))
        ears = [stack.enter_context(_udp_socket(lab, *server)) for server in servers]
        for server, number in servers:
            mouth.sendto(b"who am I", (lab.address(server), number))
        return [_heard(ear) for ear in ears]


def lets_in(
    lab: NetLab, host: str, server: str, stranger: str, port: int = 4000
) -> tuple[bool, bool]:
    """Let a host write to a server by UDP; then both the server and a stranger write back.

    Return whether the answer of the server, and whether that of the stranger arrived.
    """
    with contextlib.ExitStack() as stack:
        inner = stack.enter_context(_udp_socket(lab, host, port))
        known = stack.enter_context(_udp_socket(lab, server, port))
        unknown = stack.enter_context(_udp_socket(lab, stranger, port))
        inner.sendto(b"hello", (lab.address(server), port))
        outside = _heard(known)
        if outside is None:
            return False, False
        known.sendto(b"answer", outside)
        answered = _heard(inner) is not None
        unknown.sendto(b"me too", outside)
        return answered, _heard(inner) is not None


def can_punch(lab: NetLab, one: str, other: str, server: str, port: int = 4000) -> bool:
    """Tell whether UDP passes both ways between two hosts after hole punching.

    Both learn from the server where they are seen from outside, tell each other, and send at once.
    """
    with contextlib.ExitStack() as stack:
        ends = [stack.enter_context(_udp_socket(lab, host, port)) for host in (one, other)]
        ear = stack.enter_context(_udp_socket(lab, server, port))
        outside = []
        for end in ends:
            end.sendto(b"who am I", (lab.address(server), port))
            outside.append(_heard(ear))
        if None in outside:
            return False
        for _ in range(3):
            for end, target in zip(ends, reversed(outside), strict=True):
                end.sendto(b"knock", target)
            time.sleep(0.05)
        return all(_heard(end) is not None for end in ends)


def takes_tcp(
    lab: NetLab, source: str, target: str, port: int, *, family: Literal[4, 6] = 4, at: str = ""
) -> bool:
    """Tell whether one host can connect to a TCP port of another one, dialling `at` if given."""
    kind = socket.AF_INET6 if family == 6 else socket.AF_INET
    with lab.inside(target):
        server = socket.create_server(("", port), family=kind)
    with lab.inside(source):
        client = socket.socket(kind, socket.SOCK_STREAM)
    with server, client:
        client.settimeout(_PATIENCE_S)
        with contextlib.suppress(OSError):
            client.connect((at or lab.address(target, family), port))
            return True
    return False


def _udp_socket(lab: NetLab, host: str, port: int) -> socket.socket:
    with lab.inside(host):
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.settimeout(_PATIENCE_S)
    made.bind(("", port))
    return made


def _heard(ear: socket.socket) -> tuple[str, int] | None:
    try:
        host, port = ear.recvfrom(100)[1]
    except TimeoutError:
        return None
    return host, port
