"""A meeting point on loopback, and people who use it."""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from fakes.signalling_ends import End

from app.meeting.own_doors import MeetingPoint, OwnDoor
from app.meeting_point.service import LIMITS, Service
from app.net.meeting_point import Doorway, Visitor
from app.net.registration import Registration
from app.net.signalling import Address, Connection, Limits, dial
from crypto import sodium
from crypto.door_keys import DoorKey

SECRET = b"known to those who may ask".ljust(32, b".")
SEED = b"the meeting point's own key".ljust(32, b".")


class Point:
    """A meeting point that can fail and come back at the same port."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self.key, self._secret = sodium.signing_keypair(SEED)
        self._limits = limits
        self._service: Service | None = None
        self.address = Address("127.0.0.1", 0)
        self.open()

    @property
    def service(self) -> Service:
        assert self._service is not None
        return self._service

    @property
    def place(self) -> MeetingPoint:
        return MeetingPoint(self.address, self.key)

    def open(self) -> None:
        self._service = Service(
            lambda context: sodium.sign(context, self._secret),
            os.urandom,
            self.address,
            self._limits,
        )
        self.address = self._service.addresses[0]

    async def fail(self) -> None:
        """Be gone, with everything that it knew."""
        service, self._service = self._service, None
        if service is not None:
            await service.close()


@asynccontextmanager
async def meeting_point(limits: Limits = LIMITS) -> AsyncIterator[Point]:
    point = Point(limits)
    try:
        yield point
    finally:
        await point.fail()


@dataclass
class Person:
    """Somebody who is registered there, and who came to them."""

    registration: Registration
    door: bytes
    guests: list[End] = field(default_factory=list)

    def doorway(self, point: MeetingPoint, secret: bytes = SECRET) -> Doorway:
        """Return the way to this person."""
        return Doorway(point, self.door, secret, Visitor())

    async def called(self, point: MeetingPoint, limits: Limits | None = None) -> End:
        """Return what a caller has who came through."""
        return await call(self.doorway(point), limits)


async def call(doorway: Doorway, limits: Limits | None = None) -> End:
    return End(await dial((), detours=[doorway], limits=limits)).start()


@asynccontextmanager
async def registered(
    point: MeetingPoint,
    seed: bytes = b"a",
    secrets: Sequence[bytes] = (SECRET,),
    visitor: Visitor | None = None,
) -> AsyncIterator[Person]:
    key = DoorKey.of_room(seed.ljust(32, b"."), bytes(16))
    doors = [OwnDoor(key, secret) for secret in secrets]
    guests: list[End] = []

    def arrived(connection: Connection) -> None:
        guests.append(End(connection).start())

    registration = Registration(point, lambda: doors, arrived, visitor)
    registration.start()
    try:
        yield Person(registration, key.public, guests)
    finally:
        await registration.close()
