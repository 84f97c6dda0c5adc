"""A transport for a connection inside another one: its bytes travel as the outer one's messages."""

import asyncio

from app.net.addresses import Address
from app.net.connection import CloseReason, Connection

PART = 32_768  # bytes of one outer message; fair to what else is under way
MOST_HELD = 1_048_576  # bytes that wait until the inner connection reads on

NOWHERE = Address("", 0)  # where the other end of a pipe is: nobody knows, and nobody needs to


class Pipe(asyncio.Transport):
    """What `inner` believes to be a socket. It ends with the outer connection, and ends that.

    Give `heard` to the outer connection as what takes its messages, `ended` as what hears of its
    end; then `begin`. What is sent into a pipe that is closed goes nowhere, as with a socket.
    """

    def __init__(self, outer: Connection, inner: Connection) -> None:
        super().__init__({"peername": tuple(NOWHERE), "sockname": tuple(outer.local)})
        self._outer = outer
        self._inner = inner
        self._loop = asyncio.get_running_loop()
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._paused = False
        self._begun = self._lost = False

    def begin(self) -> None:
        """Tell the inner connection that it is connected."""
        self._begun = True
        self._inner.connection_made(self)
        self._read_on()

    # What the outer connection says.

    def heard(self, message: bytes) -> None:
        """Hand on what came."""
        if self._lost:
            return
        self._held.append(message)
        self._held_bytes += len(message)
        if self._held_bytes > MOST_HELD:
            self.abort()
        elif self._begun and not self._paused:
            self._read_on()

    def ended(self, reason: CloseReason) -> None:
        """Tell the inner connection that this is the end, and whether the other end made it."""
        if not self._lost and reason is CloseReason.ENDED:
            self._inner.eof_received()
        elif not self._lost:
            self._inner.abort(CloseReason.BETWEEN)
        self._lose()

    # What the inner connection asks for: see asyncio.Transport.

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send bytes."""
        whole = bytes(data)
        for start in range(0, len(whole), PART):
            self._outer.send(whole[start : start + PART])

    def write_eof(self) -> None:
        """Send what waits, then say goodbye."""
        self._outer.close()

    def close(self) -> None:
        """Send what waits, then end."""
        self._outer.close()
        self._loop.call_soon(self._lose)

    def abort(self) -> None:
        """End at once."""
        self.close()

    def is_closing(self) -> bool:
        """Tell whether it ends."""
        return self._lost or not self._outer.is_open

    def pause_reading(self) -> None:
        """Hold what comes."""
        self._paused = True

    def resume_reading(self) -> None:
        """Hand on what was held, and what comes."""
        self._paused = False
        if self._begun and self._held:
            self._loop.call_soon(self._read_on)

    def get_write_buffer_size(self) -> int:
        """Return 0: the outer connection counts what waits, and ends if it is too much."""
        return 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Leave it to the outer connection."""

    def _read_on(self) -> None:
        while self._held and not self._paused and not self._lost:
            part = self._held.pop(0)
            self._held_bytes -= len(part)
            self._inner.data_received(part)

    def _lose(self) -> None:
        if not self._lost:
            self._lost = True
            self._held.clear()
            self._inner.connection_lost(None)
