"""Runs a meeting point: its port, its connections, and the bytes that it passes on. No policy."""

import asyncio
import itertools
from typing import Final, assert_never

from app.meeting_point.desk import Desk, HangUp, Order, Say, Splice, Trust
from app.net.limits import AddressBuckets, Limits
from app.net.signalling import Address, CloseReason, Connection, Listener
from crypto.envelope import Sign
from crypto.sodium import Random

POLL: Final = 0.5  # seconds between two looks at who waits in vain
LIMITS: Final = Limits(
    half_open=64,
    half_open_per_address=16,  # a whole office comes from one address
    connections=1024,
    connections_per_address=128,
    connect_rate_all=60.0,
    connect_burst_all=200.0,
    early_messages=2.0,  # one word says what somebody comes for
    early_bytes=16_384.0,
    message_rate=100.0,
    byte_rate=32_768.0,  # enough for words, and useless for pictures
    byte_burst=524_288.0,
    write_buffer=655_360,  # a whole burst may wait for who reads slowly
)
SOURCE_RATE, SOURCE_BURST = 524_288.0, 8_388_608.0  # bytes a second from one address, and at once


class Service:
    """A meeting point on the loop's thread; it keeps nothing but what `Desk` knows."""

    def __init__(
        self,
        sign: Sign,
        random: Random,
        listen: Address | None = None,
        limits: Limits = LIMITS,
    ) -> None:
        """Listen (see `open_sockets`); raises ListenError."""
        self.desk = Desk(sign, random)
        self._loop = asyncio.get_running_loop()
        self._numbers = itertools.count(1)
        self._connections: dict[int, Connection] = {}
        self._speaks_with: dict[int, int] = {}
        self._bytes = AddressBuckets(SOURCE_RATE, SOURCE_BURST)
        self._listener = Listener(self._came, listen, limits)
        self._polling = self._loop.create_task(self._poll())

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Where it listens."""
        return self._listener.addresses

    @property
    def connections(self) -> int:
        """How many connections stand."""
        return len(self._connections)

    @property
    def pipes(self) -> int:
        """How many pairs hear each other."""
        return len(self._speaks_with) // 2

    async def close(self) -> None:
        """Close the port and every connection.

        Without a goodbye: that would say that the other end of a pipe has gone.
        """
        self._polling.cancel()
        for connection in list(self._connections.values()):
            connection.abort()
        await self._listener.close()

    def _came(self, connection: Connection) -> None:
        number = next(self._numbers)
        self._connections[number] = connection
        host = connection.remote.host

        def received(message: bytes) -> None:
            self._heard(number, host, message)

        connection.start(received, lambda _reason: self._gone(number))
        self._do(self.desk.came(number, connection.exporter, host, self._loop.time()))

    def _heard(self, number: int, host: str, message: bytes) -> None:
        now = self._loop.time()
        if not self._bytes.take(host, now, len(message)):
            self._connections[number].close(CloseReason.FLOOD)
            return
        other = self._connections.get(self._speaks_with.get(number, 0))
        if other is not None:
            other.send(message)
        else:
            self._do(self.desk.heard(number, message, now))

    def _gone(self, number: int) -> None:
        self._connections.pop(number, None)
        self._speaks_with.pop(number, None)
        self._do(self.desk.gone(number))

    def _do(self, orders: list[Order]) -> None:
        for order in orders:
            match order:
                case Say(channel, message):
                    if connection := self._connections.get(channel):
                        connection.send(message)
                case Trust(channel):
                    if connection := self._connections.get(channel):
                        connection.authenticated = True
                case HangUp(channel):
                    self._speaks_with.pop(channel, None)
                    if connection := self._connections.get(channel):
                        connection.close()
                case Splice(one, other):
                    self._speaks_with |= {one: other, other: one}
                case _:
                    assert_never(order)

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(POLL)
            self._do(self.desk.poll(self._loop.time()))
