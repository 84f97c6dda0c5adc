"""Everything that exists only while a meeting is entered or on: the open port and the conductor."""

import asyncio
import contextlib
import ipaddress
from functools import partial

from app.conductor import Conductor
from app.meeting.events import ReachedAt
from app.net.gate import OPEN, Gate
from app.net.router.doorman import Doorman, DoorState
from app.net.router.media_door import MediaDoor
from app.net.router.terms import Protocol
from app.net.signalling import Address, Connection, Listener
from app.reachable import MeetingPlace, addresses_to_offer
from crypto.sodium import random_bytes

DOOR_FIRST = 2.5  # seconds that a meeting waits for the router before it opens without a door
EARLY = 16  # connections of other members held until our own seat is taken


class Room:
    """Listens for the other members from before anybody knows our address until the end."""

    def __init__(self, listen: Address | None, gate: Gate = OPEN) -> None:
        """Open the port to who is in the `gate`; raises ListenError."""
        self._early: list[Connection] = []
        self._wanted = listen
        self.gate = gate
        self._listener = Listener(self._arrived, listen, gate=gate)
        self.conductor: Conductor | None = None
        self.place = MeetingPlace(gate, self._arrived)
        doorman = partial(Doorman, self.port, gate, random_bytes, self._door_changed)
        self._doorman, self._media_doorman = doorman(Protocol.TCP), doorman(Protocol.UDP)
        self._media_door: MediaDoor | None = None

    @property
    def port(self) -> int:
        """The port that others dial."""
        return self._listener.port

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Where others can reach this device, best first; loopback only where nothing else is."""
        if self._wanted is not None and self._wanted.host:
            here = [a for a in self._listener.addresses if a.host in self.gate]
            return (*here, self.door.address) if self.door.address is not None else tuple(here)
        return addresses_to_offer(self.port, self.gate, self.door.address)

    @property
    def only_loopback(self) -> bool:
        """Tell whether others can reach this device from this very computer only."""
        return all(ipaddress.ip_address(address.host).is_loopback for address in self.addresses)

    @property
    def door(self) -> DoorState:
        """How it stands with the door in the router."""
        return self._doorman.state

    async def open_door(self) -> None:
        """Ask the router for a door; return when it has answered, or after DOOR_FIRST.

        In a meeting that stays on the local network no router is asked.
        """
        if self.gate.lan_only:
            return
        self._doorman.open()
        if self._media_door is None:
            with contextlib.suppress(OSError):  # somebody else has the UDP port: media go directly
                self._media_door = MediaDoor(self.port, self.gate)
                self._media_doorman.open()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._doorman.settled(), DOOR_FIRST)

    async def close_door(self) -> None:
        """Give the door back, that for media, too."""
        if not self.door.is_wanted and self._media_door is None:
            return
        media_door, self._media_door = self._media_door, None
        if media_door is not None:
            media_door.close()
        self._show_media_door()
        await asyncio.gather(self._doorman.close(), self._media_doorman.close())

    def begin(self, conductor: Conductor) -> None:
        """Hand over to the meeting, first of all those who came early."""
        self.conductor = conductor
        self._show_media_door()
        early, self._early = self._early, []
        for connection in early:
            conductor.answered(connection)

    async def close(self) -> None:
        """End what is left, and close the port and the door in front of it."""
        await self.close_door()
        if self.conductor is not None:
            await self.conductor.close()
        await self.place.close()
        for connection in self._early:
            connection.close()
        await self._listener.close()

    def _show_media_door(self) -> None:
        if self._media_door is not None:
            self._media_door.outside = self._media_doorman.state.address
        if self.conductor is not None:
            self.conductor.media_door = self._media_door

    def _door_changed(self) -> None:
        self._show_media_door()
        if self.conductor is not None:
            self.conductor.happened(ReachedAt(self.addresses))

    def _arrived(self, connection: Connection) -> None:
        if self.conductor is not None:
            self.conductor.answered(connection)
        elif len(self._early) < EARLY:
            self._early.append(connection)
        else:
            connection.close()
