"""Scripted people: they hold or join a real meeting, without window, sound or command line.

Everything between two of them is real: TLS channel, handshake, roster, keys, ICE, DTLS-SRTP. A
script may give one of them another sealer, and see what the others make of what it sends.
"""

import asyncio
import sys
import time
from collections.abc import Callable
from typing import Any

from app.conductor import Conductor
from app.engine import SWITCH_INTERVAL
from app.meeting.contacts import Contacts
from app.meeting.entrance import Door
from app.meeting.events import Event
from app.meeting.machine import Meeting
from app.meeting.opening import Applicant, Plan, open_meeting
from app.meeting.seated import Seated
from app.meeting.view import MeetingView
from app.meeting.wishes import Leave
from app.net.addresses import Address
from app.room import Room
from app.visit import Admitted, Visit
from crypto.frames import Sealer
from crypto.identity import Identity
from crypto.invite import Invite
from crypto.sodium import SEED_BYTES, random_bytes
from crypto.vault_content import OpenInvite, Verified
from media.call import Call
from media.sound.desk import SoundDesk
from media.sound.ends import MicrophoneSource


class Person:
    """One device in one meeting; also what a meeting sees of its surroundings."""

    def __init__(
        self,
        name: str,
        *,
        seed: bytes = b"",
        sealer: Sealer | None = None,
        camera: Callable[[], Any] | None = None,
        microphone: Callable[[], MicrophoneSource] | None = None,
        sound: SoundDesk | None = None,
    ) -> None:
        sys.setswitchinterval(SWITCH_INTERVAL)  # as the app's engine does
        self.name = name
        self.sealer = sealer or Sealer()
        self.over = ""
        self._identity = Identity(seed or random_bytes(SEED_BYTES))
        self._contacts = Contacts({})
        self._camera, self._microphone = camera, microphone
        loop = asyncio.get_running_loop()
        self.call = Call(self.sealer, loop, sound, time.monotonic, own=self._identity.dev)
        self._room: Room | None = None
        self._running: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()

    @property
    def dev(self) -> bytes:
        """The short id of this person's device."""
        return self._identity.dev

    @property
    def view(self) -> MeetingView:
        """How the meeting looks to this person now."""
        return self.inside.meeting.view(time.monotonic())

    def dev_of(self, name: str) -> bytes:
        """Return the device of somebody in the meeting, by name."""
        return next(person.dev for person in self.view.people if person.name == name)

    def refusals(self, dev: bytes) -> dict[str, int]:
        """Return how many of somebody's frames were refused, by reason."""
        return self.inside.refusals(dev)

    # ---- coming and going

    async def host(self, title: str, *, lobby: bool = False, listen: Address | None = None) -> str:
        """Open a meeting and return the link to it."""
        self._room = room = Room(listen)
        applicant = Applicant.create(self._identity, self.name, room.addresses, random_bytes)
        plan = Plan(title, lobby=lobby)
        seated, invite = open_meeting(plan, applicant, self._contacts, time.time(), random_bytes)
        self._sit_down(room, seated)
        return invite.link()

    async def join(self, link: str, *, listen: Address | None = None) -> None:
        """Knock with an invitation, wait, and take the seat; raises app.visit.VisitError."""
        invite = Invite.parse(link)
        visit = await Visit.begin(
            [Address(*address) for address in invite.addresses],
            Door(invite.secret, invite.host_fingerprint),
            self._contacts,
            random_bytes,
            allow_loopback=True,
        )
        self._room = room = Room(listen)
        admitted = await visit.knock(self._identity, self.name, room.addresses)
        self._sit_down(room, admitted.seated, admitted)

    async def leave(self) -> None:
        """Leave, or as the host end nothing but one's own part; close everything."""
        if not self.over and self._room and self._room.conductor:
            self.wish(Leave())
            await asyncio.sleep(0)
        await self.close()

    async def close(self) -> None:
        """Close everything without a word to anybody."""
        if self._running:
            self._running.cancel()
        if self._room:
            await self._room.close()
        await self.call.close()

    # ---- inside

    def wish(self, event: Event) -> None:
        """Ask for something: admit, remove, say, switch the camera on, ..."""
        self.inside.happened(event)

    async def until(
        self, holds: Callable[[MeetingView], object], what: str, within: float = 20.0
    ) -> MeetingView:
        """Wait until the meeting looks a certain way; raise TimeoutError with `what`."""
        try:
            async with asyncio.timeout(within):
                while not holds(view := self.view):
                    self._changed.clear()
                    await self._changed.wait()
                return view
        except TimeoutError as error:
            raise TimeoutError(f"{self.name}: {what}: not within {within:.0f} s") from error

    async def first_picture(self, dev: bytes, within: float = 20.0) -> float:
        """Return when the first picture of somebody could be painted (monotonic seconds)."""
        arrived: asyncio.Future[float] = asyncio.get_running_loop().create_future()

        def note(moment: float) -> None:
            if not arrived.done():
                arrived.set_result(moment)

        def put() -> None:
            arrived.get_loop().call_soon_threadsafe(note, time.monotonic())

        self.call.set_tile(dev, 640, 360, True)
        slot = self.call.picture_slot(dev)
        slot.on_put = put
        if slot.take() is not None:
            put()
        async with asyncio.timeout(within):
            moment = await arrived
        slot.on_put = None
        return moment

    @property
    def inside(self) -> Conductor:
        """The conductor of the meeting this person is in."""
        if self._room is None or self._room.conductor is None:
            raise RuntimeError(f"{self.name} is in no meeting")
        return self._room.conductor

    def _sit_down(self, room: Room, seated: Seated, admitted: Admitted | None = None) -> None:
        meeting = Meeting(seated, random_bytes, time.time)
        conductor = Conductor(meeting, self.call, self.sealer, self, time.monotonic)
        if admitted:
            conductor.begin(admitted.connection, admitted.backlog)
        else:
            conductor.begin()
        room.begin(conductor)
        self._running = asyncio.create_task(conductor.run())

    # ---- what the meeting asks of its surroundings

    def remember(self, public_key: bytes, name: str, verified: Verified) -> None:
        """Keep nobody: each meeting of a script stands for itself."""

    def keep_contact(self, public_key: bytes, name: str, secret: bytes) -> None:
        """Keep no contact, for the same reason."""

    def keep_proof(self, voucher: bytes, first: bytes, second: bytes) -> None:
        """Keep no proof, for the same reason."""

    def keep_invitations(self, links: tuple[OpenInvite, ...]) -> None:
        """Keep no links, for the same reason."""

    def forget(self, dev: bytes) -> None:
        """Forget nobody, as nobody is kept."""

    def use_devices(self, microphone: bool, camera: bool) -> None:
        """Switch camera and microphone on or off, where the script has them."""
        self.call.set_camera(self._camera() if camera and self._camera else None)
        if self._microphone:
            self.call.set_microphone(self._microphone() if microphone else None)

    def changed(self) -> None:
        """Wake up who waits for the meeting to look different."""
        self._changed.set()

    def finished(self, reason: str) -> None:
        """Note why the meeting is over."""
        self.over = reason
        self._changed.set()
