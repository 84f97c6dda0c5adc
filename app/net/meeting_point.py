"""Speaks with a meeting point: asks for a tag, comes when somebody asks for one's own.

What comes of it is an ordinary Connection. Its bytes go through the meeting point, which can
neither read nor change them, and does not learn whose they are.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Self

from app.meeting.own_doors import MeetingPoint
from app.net.addresses import Address
from app.net.connection import CloseReason, Connection
from app.net.dialling import AttemptError, DialError, DialFailure, FirstOwner, dial
from app.net.gate import OPEN, Gate
from app.net.limits import Limits
from app.net.pipe import Pipe
from crypto.channel import Channel
from crypto.door_keys import door_tag
from crypto.envelope import Message
from crypto.errors import CryptoError
from crypto.meeting_point import Call, Come, Here, Ready, Refused, Ring, parse

DAY: Final = 86_400.0  # seconds
GREETING_TIME: Final = 4.0  # seconds for a meeting point to say who it is
ANSWER_TIME: Final = 9.0  # seconds for somebody to come; the meeting point itself waits 8


def day_of(now: float) -> int:
    """Return the day that a moment (seconds since 1970) lies in; each has tags of its own."""
    return max(1, int(now // DAY))


@dataclass(frozen=True, slots=True)
class Visitor:
    """How this computer goes to meeting points: whom it may dial, what a connection may do."""

    gate: Gate = OPEN
    limits: Limits = field(default_factory=Limits)
    wall: Callable[[], float] = time.time  # Unix time: it chooses the tag


class Counter:
    """One channel to a meeting point that has proven who it is; made by `approach`.

    `on_ring` gets the ticket of who asks for this device, `on_ended` hears of the end.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.challenge = b""  # of the meeting point, to those who claim tags
        self.on_ring: Callable[[bytes], None] = lambda _ticket: None
        self.on_ended: Callable[[], None] = lambda: None
        self._awaited: asyncio.Future[Message] | None = None
        self._make: Callable[[], Connection] | None = None
        self._inner: Connection | None = None
        self._pipe: Pipe | None = None

    @classmethod
    async def approach(cls, point: MeetingPoint, visitor: Visitor) -> Self:
        """Connect, and go on only if this is the meeting point; raises AttemptError."""
        if visitor.gate.lan_only:
            raise AttemptError(DialFailure.NOT_ALLOWED)
        try:
            connection = await dial(
                [Address(*point.address)],
                limits=visitor.limits,
                allow_loopback=True,
                gate=visitor.gate,
            )
        except DialError as error:
            raise AttemptError(error.cause) from error
        counter = cls(connection)
        try:
            connection.start(counter._heard, counter._ended)
            here = await counter.next(GREETING_TIME)
            if not isinstance(here, Here):
                raise AttemptError(DialFailure.NOT_CONCLAVE)
            here.check(point.key, connection.exporter)
        except CryptoError as error:
            connection.abort()  # there is nothing to say to somebody false
            raise AttemptError(DialFailure.NOT_CONCLAVE) from error
        except BaseException:
            connection.abort()
            raise
        counter.challenge = here.point
        connection.authenticated = True
        return counter

    def say(self, message: Message) -> None:
        """Send a message."""
        self.connection.send(message.encode())

    async def next(self, seconds: float) -> Message:
        """Wait for the next message; raises AttemptError if it is Refused, or if none comes."""
        if not self.connection.is_open:
            raise AttemptError(DialFailure.CLOSED)
        self._awaited = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(seconds):
                message = await self._awaited
        except TimeoutError:
            raise AttemptError(DialFailure.TIMEOUT) from None
        finally:
            self._awaited = None
        if isinstance(message, Refused):
            raise AttemptError(DialFailure.CLOSED)
        return message

    async def pipe(
        self, question: Message, make: Callable[[], Connection], seconds: float
    ) -> Connection:
        """Ask to be put through, and return the connection that `make` made for it.

        It is not established yet. Raises AttemptError.
        """
        self._make = make
        self.say(question)
        await self.next(seconds)
        if self._inner is None:
            raise AttemptError(DialFailure.NOT_CONCLAVE)
        return self._inner

    def close(self) -> None:
        """Go away."""
        self.connection.close()

    def _heard(self, data: bytes) -> None:
        if self._pipe is not None:
            self._pipe.heard(data)
            return
        try:
            message = parse(data)
        except CryptoError:
            self.connection.close(CloseReason.PROTOCOL)
            return
        if isinstance(message, Ready) and self._make is not None:
            self._inner = self._make()
            self._pipe = Pipe(self.connection, self._inner)
            self._pipe.begin()  # now: what the other end says may be here already
        if isinstance(message, Ring):
            self.on_ring(message.ticket)
        elif self._awaited is not None and not self._awaited.done():
            self._awaited.set_result(message)
        else:
            self.connection.close(CloseReason.PROTOCOL)

    def _ended(self, reason: CloseReason) -> None:
        if self._pipe is not None:
            self._pipe.ended(reason)
        if self._awaited is not None and not self._awaited.done():
            self._awaited.set_exception(AttemptError(DialFailure.CLOSED))
        self.on_ended()


@dataclass(frozen=True, slots=True)
class Doorway:
    """A way to somebody through a meeting point: beside the addresses that are dialled."""

    point: MeetingPoint
    door: bytes  # the public half of their door key
    secret: bytes = field(repr=False)  # shared with them
    visitor: Visitor = Visitor()

    @property
    def address(self) -> Address:
        """Where the way leads first."""
        return Address(*self.point.address)

    async def reach(self, limits: Limits) -> Connection:
        """Return a connection whose channel stands; raises AttemptError."""
        tag = door_tag(self.door, self.secret, day_of(self.visitor.wall()))
        counter = await Counter.approach(self.point, self.visitor)
        first = FirstOwner()

        def make() -> Connection:
            return Connection(Channel.initiate(), first, limits, incoming=False)

        reached = False
        try:
            connection = await counter.pipe(Call(tag=tag), make, ANSWER_TIME)
            async with asyncio.timeout(limits.handshake):
                await first.outcome
            reached = True
            return connection
        except TimeoutError:
            raise AttemptError(DialFailure.TIMEOUT) from None
        finally:
            if not reached:
                first.outcome.cancel()
                counter.close()


async def come(
    point: MeetingPoint, ticket: bytes, make: Callable[[], Connection], visitor: Visitor
) -> None:
    """Go to who asked for this device's tag; what `make` makes is connected with them.

    Raises AttemptError.
    """
    counter = await Counter.approach(point, visitor)
    try:
        await counter.pipe(Come(ticket=ticket), make, GREETING_TIME)
    except BaseException:
        counter.close()
        raise
