"""Keeps this device reachable at a meeting point: claims its tags there, comes when it is asked."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from typing import Final

from app.meeting.own_doors import MeetingPoint, OwnDoor
from app.net.address_watch import LOOK_EVERY, AddressWatch, Interfaces, present_addresses
from app.net.connection import Connection
from app.net.dialling import AttemptError, DialFailure
from app.net.meeting_point import GREETING_TIME, Counter, Visitor, come, day_of
from app.tasks import Tasks
from crypto.channel import Channel
from crypto.errors import CryptoError
from crypto.meeting_point import Claim, Claimed

PAUSE, LONGEST_PAUSE = 0.5, 8.0  # seconds before it is tried again, doubled each time
DAYS: Final = (-1, 0, 1)  # beside today: others' clocks may be wrong by one
MOST_GUESTS: Final = 16  # strangers who are let through at one time, and prove nothing yet

log = logging.getLogger(__name__)


Doors = Callable[[], Sequence[OwnDoor]]


class Registration:
    """Holds this device's tags at one meeting point, from `start` to `close`, as far as it can.

    Connections that others make through it go to `on_connection` once their channel stands.
    `doors` are asked for each time: others are claimed as soon as they change.
    """

    def __init__(
        self,
        point: MeetingPoint,
        doors: Doors,
        on_connection: Callable[[Connection], None],
        visitor: Visitor | None = None,
        interfaces: Interfaces = present_addresses,
    ) -> None:
        self.held = False  # whether others can ask for this device there now
        self.failing = False  # whether the meeting point could not be reached when last tried
        self.refused = 0  # guests who were turned away because too many were there
        self._point = point
        self._doors = doors
        self._on_connection = on_connection
        self._visitor = visitor or Visitor()
        self._interfaces = interfaces
        self._loop = asyncio.get_running_loop()
        self._tasks = Tasks()
        self._counter: Counter | None = None
        self._half_open: set[Connection] = set()
        self._guests: set[Connection] = set()
        self._coming = 0

    def start(self) -> None:
        """Begin."""
        self._tasks.start(self._stay())

    async def close(self) -> None:
        """Give the tags back, and close what came through."""
        if self._counter is not None:
            self._counter.close()
        await self._tasks.close()
        for guest in list(self._guests):
            guest.close()

    # What a connection tells its owner.

    def connection_established(self, connection: Connection) -> None:
        """Hand the connection over."""
        self._on_connection(connection)

    def connection_authenticated(self, connection: Connection) -> None:
        """Make room for another stranger."""
        self._half_open.discard(connection)

    def connection_gone(self, connection: Connection) -> None:
        """Forget the connection."""
        self._half_open.discard(connection)
        self._guests.discard(connection)

    # Staying there.

    async def _stay(self) -> None:
        failures = 0
        while True:
            began = self._loop.time()
            try:
                await self._hold()
            except AttemptError as error:
                self.failing = True
                if not failures:
                    log.info("the meeting point cannot be used now: %s", error.failure)
            if self._loop.time() - began > LONGEST_PAUSE:
                failures = 0  # it held: what went wrong now is something new
            await asyncio.sleep(min(PAUSE * 2**failures, LONGEST_PAUSE))
            failures = min(failures + 1, 10)

    async def _hold(self) -> None:
        """Claim the tags and keep them until the channel ends or the network is another."""
        counter = self._counter = await Counter.approach(self._point, self._visitor)
        ended = asyncio.Event()
        counter.on_ended = ended.set
        counter.on_ring = self._rung
        watch = AddressWatch(self._loop.time(), self._interfaces)
        claimed: object = None
        try:
            while counter.connection.is_open and not watch.is_gone(counter.connection.local.host):
                wanted = tuple(self._doors()), day_of(self._visitor.wall())
                if wanted != claimed and wanted[0]:
                    await self._claim(counter, *wanted)
                    claimed, self.held, self.failing = wanted, True, False
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(ended.wait(), LOOK_EVERY)
                watch.changed(self._loop.time())
        finally:
            self.held, self._counter = False, None
            counter.close()

    async def _claim(self, counter: Counter, doors: tuple[OwnDoor, ...], day: int) -> None:
        exporter = counter.connection.exporter
        try:
            claims = tuple(
                door.key.claim(door.secret, day + beside, counter.challenge, exporter)
                for door in doors
                for beside in DAYS
            )
        except CryptoError as error:
            raise AttemptError(DialFailure.NOT_CONCLAVE) from error
        counter.say(Claim(claims=claims))
        if not isinstance(await counter.next(GREETING_TIME), Claimed):
            raise AttemptError(DialFailure.NOT_CONCLAVE)

    def _rung(self, ticket: bytes) -> None:
        if self._coming + len(self._half_open) >= MOST_GUESTS:
            self.refused += 1
            return
        self._coming += 1
        self._tasks.start(self._come(ticket))

    async def _come(self, ticket: bytes) -> None:
        try:
            await come(self._point, ticket, self._guest, self._visitor)
        except AttemptError as error:
            log.info("somebody at the meeting point was not met: %s", error.failure)
        finally:
            self._coming -= 1

    def _guest(self) -> Connection:
        guest = Connection(Channel.accept(), self, self._visitor.limits, incoming=True)
        self._half_open.add(guest)
        self._guests.add(guest)
        return guest
