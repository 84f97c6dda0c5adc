"""Stands between the sockets of a link and aioice: each datagram to whom it is for, or counted."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import aioice.ice
import aioice.stun

from media.path.datagram_guard import DatagramGuard
from media.path.gate import OPEN, Gate
from media.path.link_parameters import MAX_CANDIDATES

BURST = 8  # datagrams of one socket before others have their turn
NOT_ALONE = 400  # bytes; sound is smaller, and after it nothing more is there to be read
LARGEST_DATAGRAM = 2048  # bytes; what is longer is cut off, and refused for it
MAX_DTLS_QUEUED = 256  # datagrams between a socket and the DTLS task
MAX_DTLS_PER_SECOND = 1000  # datagrams; each costs about 50 us, chat and states need a handful


class Gated:
    """A datagram transport that sends nothing past the gate, whoever asks it to."""

    def __init__(self, transport: Any, gate: Gate, counters: Counter[str]) -> None:
        self._transport = transport
        self._gate = gate
        self._counters = counters

    def sendto(self, data: bytes, address: tuple[Any, ...]) -> None:
        """Send a datagram if its address is in the gate; count it if not."""
        if address[0] in self._gate:
            self._transport.sendto(data, address)
        else:
            self._counters["kept_in"] += 1

    def __getattr__(self, name: str) -> Any:
        """Be the transport in all other things."""
        return getattr(self._transport, name)


class SocketGuard:
    """The sockets of one link; media and RTCP go to `take_media` and never through aioice.

    `checked` are the addresses from which an authentic check of a path came.
    """

    def __init__(
        self,
        connection: aioice.ice.Connection,
        counters: Counter[str],
        loop: asyncio.AbstractEventLoop,
        take_media: Callable[[bytes], None],
        gate: Gate = OPEN,
    ) -> None:
        self.checked: set[tuple[str, int]] = set()
        self._connection = connection
        self._counters = counters
        self._loop = loop
        self._take_media = take_media
        self._gate = gate
        self._guard = DatagramGuard(connection.local_username, counters, loop.time)
        self._known: frozenset[tuple[str, int]] = frozenset()
        self._known_count = -1
        self._dtls_second = self._dtls_taken = 0
        self._note_checks()

    def take_over(self, protocol: Any) -> None:
        """Stand between a socket and aioice, in both directions; raises OSError."""
        self._gate.guard(protocol.transport.get_extra_info("socket"))
        protocol.transport = Gated(protocol.transport, self._gate, self._counters)
        original = protocol.datagram_received
        receiver = protocol.receiver
        awaited = protocol.transactions

        def datagram_received(data: bytes, address: tuple[Any, ...]) -> None:
            source = address[0], address[1]
            first = data[0] if data else 0xFF
            if 128 <= first < 192:
                if source in self._sources():
                    self._take_media(data)
                else:
                    self._counters["foreign_media"] += 1
            elif 20 <= first < 64:
                if source not in self.checked:
                    self._counters["foreign_dtls"] += 1
                elif receiver._queue.qsize() >= MAX_DTLS_QUEUED or not self._dtls_budget():
                    self._counters["dtls_overflow"] += 1
                else:
                    receiver.data_received(data, 1)
            elif first < 4:
                if source[0] not in self._gate:
                    self._counters["foreign_network"] += 1
                    return
                known = source in self._sources()
                if not known and len(receiver._remote_candidates) >= 2 * MAX_CANDIDATES:
                    self._counters["too_many_paths"] += 1
                    return
                self._guard.stun(data, source, known, original, awaited)
            else:
                self._counters["junk"] += 1

        protocol.datagram_received = datagram_received
        read_bursts(self._loop, protocol)

    def _sources(self) -> frozenset[tuple[str, int]]:
        """Addresses the peer may send from: those it announced and those ICE has authenticated."""
        candidates = self._connection._remote_candidates
        if len(candidates) != self._known_count:
            self._known = frozenset((c._network_host, c.port) for c in candidates)
            self._known_count = len(candidates)
        return self._known

    def _note_checks(self) -> None:
        """Keep the addresses from which an authentic check of the path came."""
        take_in = self._connection.check_incoming

        def check_incoming(
            message: aioice.stun.Message, addr: tuple[str, int], protocol: aioice.ice.StunProtocol
        ) -> None:
            self.checked.add(addr)
            take_in(message, addr, protocol)

        self._connection.check_incoming = check_incoming  # type: ignore[method-assign]

    def _dtls_budget(self) -> bool:
        second = int(self._loop.time())
        if second != self._dtls_second:
            self._dtls_second, self._dtls_taken = second, 0
        self._dtls_taken += 1
        return self._dtls_taken <= MAX_DTLS_PER_SECOND


def read_bursts(loop: Any, protocol: Any) -> None:
    """Read up to BURST datagrams at a turn of the loop, where asyncio reads one.

    The packets of a picture come together: waiting for the socket once for all of them saves a
    third of what receiving costs, the more the busier the computer is. Where asyncio works
    otherwise (Windows), everything stays as it is.
    """
    sock = getattr(protocol.transport, "_sock", None)
    if sock is None or not hasattr(loop, "_add_reader"):
        return

    def readable() -> None:
        for _ in range(BURST):
            if protocol.transport.is_closing():
                return
            try:
                data, address = sock.recvfrom(LARGEST_DATAGRAM)
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                protocol.error_received(error)
                return
            protocol.datagram_received(data, address)
            if len(data) < NOT_ALONE:
                return

    loop._add_reader(sock.fileno(), readable)
