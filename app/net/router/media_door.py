"""The door for media: one UDP port for all links, where each link has sockets of its own.

Somebody outside sends to the port that the router opened. The first datagram must be a check of a
path (ICE, RFC 8445, 7.2.2) that names one of our links; from then on what comes from there is
carried to that link's own socket, and back, through a socket in between. The link sees a peer on
this very computer and proves who it is as always; nothing is read here but that name.
"""

import asyncio
import contextlib
import socket
from collections import OrderedDict
from collections.abc import Container
from dataclasses import dataclass
from typing import Final

from app.net.addresses import Address

MOST_LINKS: Final = 64  # whose names are known; the oldest go first
MOST_FLOWS: Final = 64  # addresses outside that are carried at one time
MOST_FLOWS_OF_A_LINK: Final = 8
IDLE: Final = 30.0  # seconds without a datagram from outside, after which a flow may be displaced
BURST: Final = 16  # datagrams of one socket before others have their turn
LARGEST: Final = 2048  # bytes of a datagram

_BINDING_REQUEST: Final = b"\x00\x01"  # RFC 8489, 5 and 18.1
_COOKIE: Final = bytes.fromhex("2112a442")
_HEADER, _USERNAME = 20, 0x0006
_MOST_ATTRIBUTES: Final = 16

Source = tuple[str, int]


def link_named_in(data: bytes) -> str | None:
    """Return the name of our link (its ICE user name) in a check, None for anything else."""
    whole = len(data) >= _HEADER and len(data) == _HEADER + int.from_bytes(data[2:4])
    if not whole or data[:2] != _BINDING_REQUEST or data[4:8] != _COOKIE:
        return None
    position = _HEADER
    for _ in range(_MOST_ATTRIBUTES):
        if position + 4 > len(data):
            return None
        kind = int.from_bytes(data[position : position + 2])
        length = int.from_bytes(data[position + 2 : position + 4])
        value = data[position + 4 : position + 4 + length]
        if kind == _USERNAME:
            ours, colon, _theirs = value.partition(b":")
            return ours.decode("ascii", "replace") if colon and len(value) == length else None
        position += 4 + length + -length % 4
    return None


@dataclass(eq=False)
class _Flow:
    """Somebody outside, and the socket that speaks to a link in their place."""

    source: Source
    link: str
    sock: socket.socket
    heard_at: float


class MediaDoor:
    """Carries datagrams between one UDP port and the links; on one loop only."""

    def __init__(self, port: int, networks: Container[str]) -> None:
        """Listen on every interface to who is in `networks`; raises OSError."""
        self.outside: Address | None = None  # where the router lets people in, if it does
        self._networks = networks
        self._loop = asyncio.get_running_loop()
        self._links: OrderedDict[str, Source] = OrderedDict()
        self._flows: dict[Source, _Flow] = {}
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._sock.setblocking(False)
            self._sock.bind(("0.0.0.0", port))
            self._loop.add_reader(self._sock, self._read_outside)
        except BaseException:
            self._sock.close()
            raise

    def close(self) -> None:
        """Carry nothing any more."""
        self.outside = None
        for flow in list(self._flows.values()):
            self._end(flow)
        if self._sock.fileno() >= 0:
            self._loop.remove_reader(self._sock)
            self._sock.close()

    def let_in(self, link: str, inside: Source) -> None:
        """Carry to this own socket what is sent to the link of this name from now on."""
        self._links.pop(link, None)
        self._links[link] = inside
        while len(self._links) > MOST_LINKS:
            self._links.popitem(last=False)

    def _read_outside(self) -> None:
        for _ in range(BURST):
            try:
                data, source = self._sock.recvfrom(LARGEST)
            except OSError:
                return
            flow = self._flows.get(source) or self._new_flow(data, source)
            if flow is not None:
                flow.heard_at = self._loop.time()
                with contextlib.suppress(OSError):  # full, or the link's socket is gone
                    flow.sock.send(data)

    def _new_flow(self, data: bytes, source: Source) -> _Flow | None:
        link = link_named_in(data)
        inside = self._links.get(link) if link is not None else None
        if link is None or inside is None or source[0] not in self._networks:
            return None
        flows = list(self._flows.values())
        same = [flow for flow in flows if flow.link == link]
        if len(same) >= MOST_FLOWS_OF_A_LINK or len(flows) >= MOST_FLOWS:
            crowd = same if len(same) >= MOST_FLOWS_OF_A_LINK else flows
            oldest = min(crowd, key=lambda flow: flow.heard_at)
            if self._loop.time() - oldest.heard_at < IDLE:
                return None
            self._end(oldest)
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            sock.setblocking(False)
            sock.bind((inside[0], 0))
            sock.connect(inside)
        except OSError:  # the address is gone
            sock.close()
            return None
        flow = self._flows[source] = _Flow(source, link, sock, self._loop.time())
        self._loop.add_reader(sock, self._read_inside, flow)
        return flow

    def _read_inside(self, flow: _Flow) -> None:
        for _ in range(BURST):
            try:
                data = flow.sock.recv(LARGEST)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:  # nobody listens there any more
                self._end(flow)
                return
            if flow.source[0] in self._networks:
                with contextlib.suppress(OSError):
                    self._sock.sendto(data, flow.source)

    def _end(self, flow: _Flow) -> None:
        self._flows.pop(flow.source, None)
        self._loop.remove_reader(flow.sock)
        flow.sock.close()
