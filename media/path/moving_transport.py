"""A peer's transport that moves: while one path is in use, another may be made beside it."""

import asyncio
import dataclasses
import secrets
from collections import Counter
from collections.abc import Callable

from media.errors import LinkError
from media.path.gate import OPEN, Gate
from media.path.link_parameters import SESSION_BYTES, LinkParameters
from media.path.outside_servers import Outside, PathWay
from media.path.transport import PeerTransport, TransportState

UNDER_WAY = 3.0  # seconds for which a path that was left is still listened to


class MovingTransport:
    """Looks like one PeerTransport; `gather` and `connect` may be called again for a newer path.

    What is sent goes over the newest path that stands. The one before is listened to for a moment
    and then closed; an attempt that is not finished goes when the next one connects. `on_state`
    gets "connected" with each path that comes into use, and "failed" when nothing is left; `in_use`
    is that path, `number` what its `gather` was given.
    """

    def __init__(
        self,
        controlling: bool,
        *,
        allow_loopback: bool = False,
        gate: Gate = OPEN,
        make: Callable[..., PeerTransport] = PeerTransport,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self.on_rtp: Callable[[bytes], None] = _ignore
        self.on_rtcp: Callable[[bytes], None] = _ignore
        self.on_data: Callable[[bytes], None] = _ignore
        self.on_state: Callable[[TransportState], None] | None = None
        self.counters: Counter[str] = Counter()
        self.in_use: PeerTransport | None = None
        self.number = 0
        self._controlling = controlling
        self._allow_loopback = allow_loopback
        self._gate = gate
        self._make = make
        self._loop = asyncio.get_running_loop()
        self._session = random_bytes(SESSION_BYTES)
        self._their_session: bytes | None = None
        self._making: PeerTransport | None = None
        self._next: PeerTransport | None = None  # gathers, or waits for the peer's half
        self._left: PeerTransport | None = None
        self._leaving: asyncio.TimerHandle | None = None
        self._closed = False
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def state(self) -> TransportState:
        """How the path in use stands; before there is one, how the one being made does."""
        if self._closed:
            return "closed"
        path = self.in_use or self._making or self._next
        return "new" if path is None else path.state

    @property
    def local_host(self) -> str | None:
        """The address of this computer that the path in use leaves from."""
        return None if self.in_use is None else self.in_use.local_host

    @property
    def way(self) -> PathWay | None:
        """How the path in use reaches the peer; None without one."""
        return None if self.in_use is None else self.in_use.way

    async def gather(
        self, number: int = 0, link_local: str = "", outside: Outside | None = None
    ) -> LinkParameters:
        """Begin another path; return what the peer must know of it.

        With `link_local` (`fe80::1%2`) it leaves from this address and from no other; with
        `outside`, the servers there are asked for candidates, too.

        Raises LinkError("no_address"), and ("closed") after close() and when a newer one began.
        """
        if self._closed:
            raise LinkError("closed", "the link is closed")
        self._drop_next()
        path = self._next = self._make(
            self._controlling,
            allow_loopback=self._allow_loopback,
            link_local=link_local,
            gate=self._gate,
            outside=outside,
            counters=self.counters,
        )
        path.on_rtp, path.on_rtcp, path.on_data = self.on_rtp, self.on_rtcp, self.on_data
        path.on_state = lambda state: self._changed(path, number, state)
        try:
            parameters = await path.gather()
        except LinkError:
            if self._next is path:
                self._drop_next()
            raise
        return dataclasses.replace(parameters, session=self._session)

    async def connect(self, remote: LinkParameters) -> None:
        """Connect the path that was gathered last; then all that is sent goes over it.

        Raises LinkError as PeerTransport.connect does, and ("restarted") if the peer knows nothing
        of what was sent over the path in use: its numbers and ours would not fit together.
        """
        making = self._next
        if making is None:
            raise LinkError("closed", "no path is being made")
        if self._their_session not in (None, remote.session):
            raise LinkError("restarted", "the other computer began anew")
        self._next = None
        self._drop_making()
        self._making = making
        try:
            await making.connect(remote)
        finally:
            if self._making is making:
                self._drop_making()
        self._their_session = remote.session

    def stay(self) -> None:
        """Give up what is being made."""
        self._drop_making()
        self._drop_next()

    def send_rtp(self, packet: bytes) -> int:
        """Encrypt and send an RTP packet; return the bytes on the wire, 0 if it was not sent."""
        path = self.in_use
        return 0 if path is None else path.send_rtp(packet)

    def send_rtcp(self, packet: bytes) -> int:
        """Encrypt and send an RTCP packet; return the bytes on the wire, 0 if it was not sent."""
        path = self.in_use
        return 0 if path is None else path.send_rtcp(packet)

    def send_data(self, message: bytes) -> bool:
        """Queue a message on the reliable channel; see PeerTransport."""
        path = self.in_use
        if path is None or path.state != "connected":
            path = self._making
        return path is not None and path.send_data(message)

    @property
    def data_waiting(self) -> int:
        """Bytes that the reliable channel was given and has not sent yet."""
        path = self.in_use
        return 0 if path is None else path.data_waiting

    def forget_early(self) -> None:
        """Drop the messages that wait for a channel to open."""
        for path in (self.in_use, self._making, self._next):
            if path is not None:
                path.forget_early()

    async def close(self) -> None:
        """Close every path; safe to call at any time and twice."""
        self._closed = True
        self.stay()
        self._leave(self.in_use)
        self._forget_left()
        while self._closing:
            await asyncio.gather(*self._closing, return_exceptions=True)

    def _changed(self, path: PeerTransport, number: int, state: TransportState) -> None:
        if path is self._making and state == "connected":
            self._making = None
            self._leave(self.in_use)
            self.in_use, self.number = path, number
        if self._closed or self.on_state is None:
            return
        if path is self.in_use or (path is self._making and self.in_use is None):
            self.on_state("failed" if state == "closed" else state)

    def _drop_making(self) -> None:
        making, self._making = self._making, None
        if making is not None:
            self._close_soon(making)

    def _drop_next(self) -> None:
        path, self._next = self._next, None
        if path is not None:
            self._close_soon(path)

    def _leave(self, path: PeerTransport | None) -> None:
        """Listen to a path for a moment more: what is under way there is still good."""
        if path is not None:
            self._forget_left()
            self._left = path
            self._leaving = self._loop.call_later(UNDER_WAY, self._forget_left)

    def _forget_left(self) -> None:
        if self._leaving is not None:
            self._leaving.cancel()
        left, self._left, self._leaving = self._left, None, None
        if left is not None:
            self._close_soon(left)

    def _close_soon(self, path: PeerTransport) -> None:
        task = self._loop.create_task(path.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


def _ignore(_: bytes) -> None:
    """Nobody listens yet."""
