"""A visit at the door of somebody's meeting: dial, recognise the host, knock, be let in."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from app.meeting.contacts import Contacts
from app.meeting.entrance import Door, Entrance, GoOn, LetIn, Told, TurnedDown
from app.meeting.seated import Seated
from app.net.gate import OPEN, Gate
from app.net.signalling import Address, CloseReason, Connection, DialError, DialFailure, Way, dial
from crypto.identity import Identity
from crypto.sodium import Random

ANSWER_TIME = 8.0  # seconds a host may take to say who they are


PROVEN = {"invite_expired", "password_wrong", "password_blocked"}
"""Reasons that a host gives before it says who it is; it proves them with the secret."""


class VisitError(Exception):
    """We do not get in; `reason` is a key of the farewell texts.

    `password_needed`: ask the person and come again. `password_wrong`: the same, with the number
    of tries that are left. `password_blocked`: none is left.
    """

    def __init__(self, reason: str, tries_left: int = -1) -> None:
        super().__init__(reason)
        self.reason = reason
        self.tries_left = tries_left

    @property
    def is_of_the_host(self) -> bool:
        """Tell whether only somebody who knows the secret of the door can have said so."""
        return self.reason in PROVEN


@dataclass(frozen=True)
class Admitted:
    """We are in: the seat, the channel to the host, and what already came over it since."""

    seated: Seated
    connection: Connection
    backlog: tuple[bytes, ...]


class Visit:
    """One channel to a host's door; `told` says whose it is."""

    def __init__(self, connection: Connection, entrance: Entrance) -> None:
        self.told: Told
        self._connection = connection
        self._entrance = entrance
        self._loop = asyncio.get_running_loop()
        self._step: asyncio.Future[Told | LetIn | TurnedDown] = self._loop.create_future()
        self._seated: Seated | None = None
        self._backlog: list[bytes] = []
        self._gone = False

    @classmethod
    async def begin(
        cls,
        addresses: Sequence[Address],
        door: Door,
        contacts: Contacts,
        random: Random,
        *,
        detours: Sequence[Way] = (),
        allow_loopback: bool = False,
        gate: Gate = OPEN,
        password: str = "",
    ) -> "Visit":
        """Reach the host, prove the password if it asks for one, learn who it is.

        `password` is as somebody typed it; empty: they were not asked. Raises VisitError.
        """
        try:
            connection = await dial(
                addresses, detours=detours, allow_loopback=allow_loopback, gate=gate
            )
        except DialError as error:
            too_old = error.cause is DialFailure.NOT_HYBRID
            raise VisitError("too_old" if too_old else "unreachable") from error
        try:
            entrance = Entrance(door, connection.exporter, contacts, random, password)
        except ValueError as error:
            connection.close()
            raise VisitError("password_wrong") from error  # too long to be anybody's
        visit = cls(connection, entrance)
        connection.start(visit._received, visit._closed)
        connection.send(visit._entrance.hello())
        try:
            async with asyncio.timeout(ANSWER_TIME):
                step = await visit._next()
        except TimeoutError as error:
            visit.close()
            raise VisitError("unreachable") from error
        except BaseException:
            visit.close()
            raise
        if not isinstance(step, Told):
            visit.close()
            raise VisitError("version")
        visit.told = step
        return visit

    def obey(self, gate: Gate) -> None:
        """Close the gate of a meeting that stays on the local network; raises VisitError if we
        are not there.
        """
        if not self.told.lan_only:
            return
        try:
            gate.keep_to_lan()
            here = self._connection.remote.host in gate
        except OSError:  # the system cannot be told to keep packets in
            here = False
        if not here:
            self.close()
            raise VisitError("elsewhere")

    async def knock(
        self, identity: Identity, name: str, addresses: tuple[Address, ...]
    ) -> Admitted:
        """Ask for a seat and wait as long as the host takes; raises VisitError."""
        self._connection.send(self._entrance.knock(identity, name, addresses))
        self._connection.authenticated = True
        try:
            step = await self._next()
        except BaseException:
            self.close()
            raise
        if not isinstance(step, LetIn):
            self.close()
            raise VisitError("version")
        return Admitted(step.seated, self._connection, tuple(self._backlog))

    def close(self) -> None:
        """Go away."""
        self._connection.close()

    async def _next(self) -> Told | LetIn:
        step = await self._step
        self._step = self._loop.create_future()
        if self._gone:  # while this was on its way here
            self._step.set_result(TurnedDown("unreachable"))
        if isinstance(step, TurnedDown):
            raise VisitError(step.reason, step.tries_left)
        return step

    def _received(self, message: bytes) -> None:
        if not message:
            return  # a sign of life
        if self._seated is not None:
            self._backlog.append(message)
            return
        if self._step.done():
            self.close()  # a host speaks when spoken to
            return
        step = self._entrance.receive(message)
        if isinstance(step, GoOn):
            if step.message:
                self._connection.send(step.message)
            return
        if isinstance(step, LetIn):
            self._seated = step.seated
        self._step.set_result(step)

    def _closed(self, reason: CloseReason) -> None:
        self._gone = True
        if not self._step.done():
            self._step.set_result(TurnedDown("unreachable"))
