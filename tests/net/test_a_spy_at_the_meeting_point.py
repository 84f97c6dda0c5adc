"""What somebody sees who owns the meeting point: no name, no title, no key, and no way in."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import pytest
from fakes.meeting_points import Point, meeting_point
from fakes.signalling_ends import until

from app.meeting.contacts import Contacts
from app.meeting.effects import Send
from app.meeting.entrance import Door
from app.meeting.events import Answered, ChannelDown, MeetsAt, Received, Tick
from app.meeting.machine import Meeting
from app.meeting.opening import Applicant, Plan, open_meeting
from app.meeting.own_doors import MeetingPoint
from app.net.meeting_point import Doorway, Visitor
from app.net.registration import Registration
from app.net.signalling import Connection
from app.visit import Visit, VisitError
from crypto.identity import Identity
from crypto.invite import Invite
from crypto.sodium import random_bytes

Run = Callable[[Coroutine[Any, Any, None]], None]
TITLE, HOST, GUEST = "The plan nobody may know", "Ada Hostess", "Bob Guestson"


class Host:
    """Somebody who hosts, and is found at a meeting point only."""

    def __init__(self, point: Point) -> None:
        identity = Identity(bytes([7]) * 32)
        applicant = Applicant.create(identity, HOST, (), random_bytes)
        seated, _ = open_meeting(
            Plan(TITLE, lobby=False), applicant, Contacts(()), time.time(), random_bytes
        )
        self.began = asyncio.get_running_loop().time()
        self.identity = identity
        self.seated = seated
        self.meeting = Meeting(seated, random_bytes, time.time)
        self.meeting.meet_at(point.place)
        self.connections: dict[int, Connection] = {}
        self.do(self.meeting.begin(0.0))
        self.registration = Registration(point.place, lambda: self.meeting.doors, self.arrived)
        self.registration.start()
        self.living = asyncio.create_task(self.live())

    async def live(self) -> None:
        while True:
            await asyncio.sleep(0.1)
            self.happened(Tick())

    async def close(self) -> None:
        self.living.cancel()
        await self.registration.close()
        for connection in self.connections.values():
            connection.close()

    @property
    def invite(self) -> Invite:
        assert self.meeting.hosting is not None
        return self.meeting.hosting.invitations.for_many(self.meeting.roster.policy)

    def arrived(self, connection: Connection) -> None:
        number = len(self.connections) + 1
        self.connections[number] = connection
        connection.start(
            lambda message: self.happened(Received(number, message)),
            lambda _reason: self.happened(ChannelDown(number)),
        )
        self.happened(Answered(number, connection.exporter, connection.remote.host))

    def happened(self, event: Any) -> None:
        self.do(self.meeting.step(event, asyncio.get_running_loop().time() - self.began))

    def do(self, effects: list[Any]) -> None:
        for effect in effects:
            if isinstance(effect, Send) and effect.channel in self.connections:
                self.connections[effect.channel].send(effect.message)


async def visited(invite: Invite, contacts: Contacts | None = None) -> Visit:
    place = invite.place
    assert place is not None
    way = Doorway(
        MeetingPoint(place.address, place.key), place.door, invite.discovery_key, Visitor()
    )
    return await Visit.begin(
        (),
        Door(invite.secret, invite.host_fingerprint),
        contacts or Contacts(()),
        random_bytes,
        detours=[way],
    )


def test_the_link_alone_lets_a_guest_in_and_the_service_learns_nothing(run: Run) -> None:
    async def story() -> None:
        async with meeting_point() as point:
            seen: list[bytes] = []
            service = point.service
            heard = service._heard

            def spied(number: int, host: str, message: bytes) -> None:
                seen.append(message)
                heard(number, host, message)

            service._heard = spied  # type: ignore[method-assign]
            host = Host(point)
            await until(lambda: host.registration.held)
            invite = Invite.parse(host.invite.link())
            visit = await visited(invite)
            assert (visit.told.title, visit.told.host_name) == (TITLE, HOST)
            guest = Identity(bytes([9]) * 32)
            admitted = await visit.knock(guest, GUEST, ())
            assert {seat.name for seat in admitted.seated.roster.members.values()} == {HOST, GUEST}
            assert service.pipes == 1
            everything = b"".join(seen)
            assert len(everything) > 5000
            seats = admitted.seated.roster.members.values()
            secrets = {
                "titles and names": [TITLE.encode(), HOST.encode(), GUEST.encode()],
                "keys": [host.identity.public, guest.public, *(seat.call_key for seat in seats)],
                "devices": [host.identity.dev, guest.dev, invite.host_fingerprint],
                "secrets": [
                    invite.secret,
                    invite.room_seed,
                    invite.discovery_key,
                    admitted.seated.call_secret,
                ],
                "doors": [invite.place.door if invite.place else b"?"],
            }
            for what, every in secrets.items():
                for secret in every:
                    assert secret not in everything, what
                    assert secret not in repr(vars(service.desk)).encode(), what
            visit.close()
            await host.close()

    run(story())


def test_a_false_service_can_be_the_host_for_nobody(run: Run) -> None:
    """It knows the tags of whom it serves, and has their link's place only: not the secret."""

    async def story() -> None:
        async with meeting_point() as point:
            true, false = Host(point), Host(point)
            await until(lambda: true.registration.held and false.registration.held)
            invite = true.invite
            assert invite.place is not None
            assert false.invite.place is not None
            led_astray = replace(
                invite,
                room_seed=false.invite.room_seed,
                place=replace(invite.place, door=false.invite.place.door),
            )
            with pytest.raises(VisitError) as caught:
                await visited(led_astray)
            assert caught.value.reason == "invite_unknown"
            assert false.connections
            for host in (true, false):
                await host.close()

    run(story())


def test_links_of_one_device_to_two_meetings_share_no_door_and_no_tag(run: Run) -> None:
    async def story() -> None:
        async with meeting_point() as point:
            hosts = [Host(point), Host(point)]
            await until(lambda: all(host.registration.held for host in hosts))
            doors = [host.invite.place.door for host in hosts if host.invite.place]
            assert len(set(doors)) == 2
            assert point.service.desk.tags == 12  # of two meetings, for links and members, 3 days
            for host in hosts:
                await host.close()

    run(story())


def test_a_room_that_is_opened_again_is_found_under_the_same_tag(run: Run) -> None:
    async def story() -> None:
        async with meeting_point() as point:
            host = Host(point)
            book = host.meeting.hosting.invitations if host.meeting.hosting else None
            assert book is not None
            before = host.invite.place
            applicant = Applicant.create(host.identity, HOST, (), random_bytes)
            seated, _ = open_meeting(
                Plan(TITLE, reopen=True),
                applicant,
                Contacts(()),
                time.time(),
                random_bytes,
                kept=book.kept(),
            )
            again = Meeting(seated, random_bytes, time.time)
            again.begin(0.0)
            again.step(MeetsAt(point.place), 0.0)
            assert again.hosting is not None
            assert again.hosting.invitations.for_many(again.roster.policy).place == before
            await host.close()

    run(story())
