"""Lets others in: accepts signalling connections, a few from each source, and hands them over."""

import asyncio
import socket
from collections import Counter
from collections.abc import Callable

from app.net.addresses import Address, normalised
from app.net.binding import open_sockets
from app.net.connection import CloseReason, Connection
from app.net.gate import OPEN, Gate
from app.net.limits import AddressBuckets, Limits, TokenBucket, source_of
from crypto.channel import Channel

ACCEPTS_AT_ONCE = 16  # then other work of the loop has its turn
REST = 1.0  # seconds without accepting after the system ran out of descriptors
MAKES_ROOM = 1.0  # seconds after which a stranger who has not proven anything may be displaced


class Listener:
    """Accepts signalling connections and hands them over once their channel stands.

    Refusals are counted in `refused` by cause. Use on the loop's thread only.
    """

    def __init__(
        self,
        on_connection: Callable[[Connection], None],
        listen: Address | None = None,
        limits: Limits | None = None,
        gate: Gate = OPEN,
    ) -> None:
        """Listen (see `open_sockets`) to who is in the `gate`; raises ListenError."""
        self.refused: Counter[str] = Counter()
        self._on_connection = on_connection
        self._limits = limits = limits or Limits()
        self._gate = gate
        self._loop = asyncio.get_running_loop()
        self._buckets = AddressBuckets(limits.connect_rate, limits.connect_burst)
        self._bucket = TokenBucket(
            limits.connect_rate_all, limits.connect_burst_all, self._loop.time()
        )
        self._sources: dict[Connection, str] = {}  # every connection, in the order they came
        self._half_open: dict[Connection, float] = {}  # those nobody vouches for yet: since when
        self._arriving: set[asyncio.Task[None]] = set()
        self._resting: asyncio.TimerHandle | None = None
        self._sockets = open_sockets(listen, gate=gate)
        self.addresses = tuple(normalised(sock.getsockname()) for sock in self._sockets)
        self.port = self.addresses[0].port
        self._watch()

    @property
    def connections(self) -> int:
        """How many connections are there, half-open ones included."""
        return len(self._sources)

    @property
    def half_open(self) -> int:
        """How many connections are not authenticated yet."""
        return len(self._half_open)

    async def close(self) -> None:
        """Stop listening, close every connection that came in here, and wait for that."""
        if self._resting is not None:
            self._resting.cancel()
        for sock in self._sockets:
            self._loop.remove_reader(sock)
            sock.close()
        self._sockets = ()
        await asyncio.gather(*self._arriving, return_exceptions=True)
        connections = list(self._sources)
        for connection in connections:
            connection.close()
        await asyncio.gather(*(connection.wait_gone() for connection in connections))

    # What a connection tells its owner.

    def connection_established(self, connection: Connection) -> None:
        """Hand the connection over."""
        self._on_connection(connection)

    def connection_authenticated(self, connection: Connection) -> None:
        """Make room for another stranger."""
        self._half_open.pop(connection, None)

    def connection_gone(self, connection: Connection) -> None:
        """Forget the connection."""
        self._half_open.pop(connection, None)
        self._sources.pop(connection, None)

    # Accepting.

    def _watch(self) -> None:
        self._resting = None
        for sock in self._sockets:
            self._loop.add_reader(sock, self._accept, sock)

    def _rest(self) -> None:
        for sock in self._sockets:
            self._loop.remove_reader(sock)
        self._resting = self._loop.call_later(REST, self._watch)

    def _accept(self, sock: socket.socket) -> None:
        for _attempt in range(ACCEPTS_AT_ONCE):
            try:
                client, peername = sock.accept()
            except (BlockingIOError, InterruptedError):
                return
            except ConnectionAbortedError:
                continue  # gone again before it was looked at
            except OSError:  # no descriptors or no memory left
                self.refused["resources"] += 1
                self._rest()
                return
            host = normalised(peername).host
            source = source_of(host)
            cause = self._objection(host, source)
            if cause is not None:
                self.refused[cause] += 1
                client.close()
                continue
            try:
                self._gate.guard(client)
            except OSError:
                self.refused["network"] += 1
                client.close()
                continue
            self._take(client, source)

    def _objection(self, host: str, source: str) -> str | None:
        """Return why a connection from this host, counted as `source`, is not wanted, or None."""
        now = self._loop.time()
        limits = self._limits
        if host not in self._gate:
            return "network"
        if not self._buckets.take(source, now):
            return "rate"
        if not self._bucket.take(now):
            return "rate_all"
        if len(self._sources) >= limits.connections:
            return "connections"
        if list(self._sources.values()).count(source) >= limits.connections_per_address:
            return "connections_per_address"
        from_there = sum(self._sources[connection] == source for connection in self._half_open)
        if from_there >= limits.half_open_per_address:
            return "half_open_per_address"
        if len(self._half_open) >= limits.half_open:
            oldest, since = next(iter(self._half_open.items()))
            if now - since < MAKES_ROOM:
                return "half_open"
            self.refused["displaced"] += 1
            self._half_open.pop(oldest)
            oldest.close(CloseReason.DISPLACED)
        return None

    def _take(self, client: socket.socket, source: str) -> None:
        client.setblocking(False)
        connection = Connection(Channel.accept(), self, self._limits, incoming=True)
        self._sources[connection] = source
        self._half_open[connection] = self._loop.time()
        task = self._loop.create_task(self._attach(client, connection))
        self._arriving.add(task)
        task.add_done_callback(self._arriving.discard)

    async def _attach(self, client: socket.socket, connection: Connection) -> None:
        try:
            await self._loop.connect_accepted_socket(lambda: connection, client)
        except OSError:
            client.close()
            self.connection_gone(connection)
