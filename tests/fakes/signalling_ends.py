"""Two ends of real connections over loopback, for the tests of signalling."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from app.net.signalling import Address, CloseReason, Connection, Limits, Listener, dial


@dataclass
class End:
    """One end of a connection, and everything it was told."""

    connection: Connection
    messages: list[bytes] = field(default_factory=list)
    reasons: list[CloseReason] = field(default_factory=list)

    def start(self) -> "End":
        self.connection.start(self.messages.append, self.reasons.append)
        return self


@dataclass
class Host:
    """A listener on loopback and the ends that came in there."""

    listener: Listener
    ends: list[End]

    @property
    def address(self) -> Address:
        return self.listener.addresses[0]

    async def dial(self, limits: Limits | None = None) -> End:
        connection = await dial([self.address], limits=limits, allow_loopback=True)
        return End(connection).start()

    async def pair(self, limits: Limits | None = None) -> tuple[End, End]:
        """Return (the end that dialled, the end that answered), both authenticated."""
        before = len(self.ends)
        caller = await self.dial(limits)
        await until(lambda: len(self.ends) > before)
        caller.connection.authenticated = True
        self.ends[-1].connection.authenticated = True
        return caller, self.ends[-1]


@asynccontextmanager
async def hosting(limits: Limits | None = None) -> AsyncIterator[Host]:
    ends: list[End] = []
    listener = Listener(
        lambda connection: ends.append(End(connection).start()),
        Address("127.0.0.1", 0),
        limits,
    )
    try:
        yield Host(listener, ends)
    finally:
        await listener.close()


async def until(fact: Callable[[], object], seconds: float = 8.0) -> None:
    """Let the loop turn until something is so; AssertionError if it never is."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while not fact():
        assert loop.time() < deadline, "waited in vain"
        await asyncio.sleep(0.005)
