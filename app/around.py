"""What is around this computer: the visible meetings, and the way to one we were invited to."""

import asyncio
import time
from collections.abc import Callable, Sequence

from app.calls import Calls
from app.goal import Goal
from app.meeting.contacts import Contacts
from app.meeting.entrance import Door
from app.meeting.own_doors import MeetingPoint
from app.nearby import Nearby
from app.net.addresses import InterfaceAddress, interface_addresses
from app.net.candidates import Candidate
from app.net.discovery import Discovery
from app.net.gate import Gate
from app.net.meeting_point import Doorway, Visitor
from app.net.room_tags import matches
from app.net.signalling import Address, Way
from app.rules import FREE, Function, Rules
from app.visit import Visit, VisitError
from crypto.sodium import Random

FIND_TIME = 12.0  # seconds to find and reach a host
FIND_HERE = 6.0  # seconds for one who can be on the local network alone
FIND_AGAIN = 0.5  # seconds between two attempts


class Around:
    """Browses the local network and reaches hosts; lives on the engine's loop.

    Without `browse` nothing is sent to the network but what is dialled. What the organisation's
    rules switch off is not looked for: visible meetings, who calls, networks.
    """

    def __init__(
        self,
        contacts: Contacts,
        random: Random,
        changed: Callable[[], None],
        browse: bool,
        rules: Rules = FREE,
    ) -> None:
        self._contacts = contacts
        self._random = random
        self._browse = browse
        self._rules = rules
        self._gate = gate = Gate.of(rules)
        self._meeting_gate: Gate | None = None
        self.nearby = Nearby(contacts, random, time.time, changed, gate)
        self.calls = Calls(contacts, random, time.time, changed, gate=gate)
        self._discovery = Discovery(
            self._found, random=random, now=time.time, interfaces=self._interfaces
        )
        self._asking = True
        self._told: str | None = None  # why nothing could be found, when it was last shown
        self._changed = changed

    @property
    def searching(self) -> bool:
        """Tell whether the network gives a way to look around."""
        return self._browse and self._discovery.reason is None

    @property
    def offline(self) -> bool:
        """Tell whether there is no network to look around in."""
        return self._browse and self._discovery.reason == "no_network"

    async def start(self) -> None:
        """Begin to look around."""
        if self._browse:
            await self._discovery.start()

    async def close(self) -> None:
        """Stop; no packet is sent after this."""
        await self.nearby.close()
        await self.calls.close()
        await self._discovery.close()

    async def advertise(self, port: int, keys: Sequence[bytes]) -> None:
        """Let holders of these discovery keys find a port of this computer."""
        if self._browse:
            await self._discovery.advertise(port, keys)

    async def withdraw(self) -> None:
        """There is nothing to be found here any more."""
        await self._discovery.withdraw()

    def look(self, on: bool) -> None:
        """Ask visible meetings what they are, or be busy with a meeting; who calls is heard."""
        self._asking = on
        if on:
            self._found(self._discovery.candidates)

    def keep_within(self, gate: Gate | None) -> None:
        """Be found, and hear calls, where a meeting's gate lets through only; None: everywhere."""
        self._meeting_gate = gate
        self.calls.keep_within(gate or self._gate)

    async def reach(self, goal: Goal, gate: Gate, password: str = "") -> Visit:
        """Reach a host by what the goal says and by what the network shows; raises VisitError.

        `password` is what the person typed, if they were asked for one. What the host says of the
        meeting may close the gate.
        """
        if goal.door is None:
            raise ValueError("this goal is a meeting of one's own")
        deadline = time.monotonic() + (FIND_HERE if gate.lan_only else FIND_TIME)
        claimed = "invite_expired" if goal.expired else "unreachable"
        while True:
            answer: VisitError | None = None
            named = self._over_the_meeting_point(goal, gate)
            ways: list[tuple[tuple[Address, ...], tuple[Way, ...]]] = [(goal.addresses, named)]
            ways += ((addresses, ()) for addresses in self._found_for(goal.discovery_key))
            if named:
                ways.append(((), named))  # somebody else may be at the address of the link
            for addresses, detours in ways:
                try:
                    return await self._visit(addresses, detours, goal.door, gate, password)
                except VisitError as error:
                    if error.is_of_the_host:
                        raise  # and a wrong password is not tried at each of its addresses
                    if error.reason == "password_needed":
                        claimed = error.reason  # nobody better may come
                    if addresses in (goal.addresses, ()) and error.reason != "unreachable":
                        answer = error  # by who was named; a stranger found here proves nothing
            if answer is not None:
                raise answer
            if time.monotonic() > deadline:
                far = gate.lan_only and claimed == "unreachable"
                raise VisitError("elsewhere" if far else claimed)
            await asyncio.sleep(FIND_AGAIN)

    @staticmethod
    def _over_the_meeting_point(goal: Goal, gate: Gate) -> tuple[Way, ...]:
        """Return the way to the host over the meeting point that the link names."""
        place = goal.place
        if place is None or gate.lan_only:
            return ()
        point = MeetingPoint(place.address, place.key)
        return (Doorway(point, place.door, goal.discovery_key, Visitor(gate)),)

    async def _visit(
        self,
        addresses: Sequence[Address],
        detours: Sequence[Way],
        door: Door,
        gate: Gate,
        password: str,
    ) -> Visit:
        visit = await Visit.begin(
            addresses,
            door,
            self._contacts,
            self._random,
            detours=detours,
            allow_loopback=True,
            gate=gate,
            password=password,
        )
        visit.obey(gate)
        return visit

    def _found_for(self, key: bytes) -> list[tuple[Address, ...]]:
        """Return the addresses of each candidate that carries the tag of an invitation."""
        now = time.time()
        candidates = self._discovery.candidates if key else ()
        return [c.addresses for c in candidates if matches(c, key, now)]

    def _found(self, candidates: tuple[Candidate, ...]) -> None:
        if self._told != self._discovery.reason:
            self._told = self._discovery.reason
            self._changed()
        if self._asking and self._rules.allow(Function.NEARBY):
            self.nearby.candidates(candidates)
        if self._rules.allow(Function.CONTACTS):
            self.calls.candidates(candidates)

    def _interfaces(self) -> tuple[InterfaceAddress, ...]:
        """Return what this computer may be found under."""
        found = interface_addresses()
        for gate in filter(None, (self._gate, self._meeting_gate)):
            found = tuple(entry for entry in found if entry.host in gate)
        return found
