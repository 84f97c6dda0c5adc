"""By which ways others reach this device while it is in a meeting, and the best ones of them."""

from collections.abc import Callable, Sequence

from app import screens
from app.conductor import Conductor
from app.meeting.events import MeetsAt
from app.meeting.own_doors import MeetingPoint, OwnDoor
from app.net.addresses import hosts_to_offer, interface_addresses, outward_hosts
from app.net.gate import Gate
from app.net.meeting_point import Doorway, Visitor
from app.net.registration import Registration
from app.net.signalling import Address, Connection
from app.tasks import Tasks


def addresses_to_offer(port: int, gate: Gate, outside: Address | None) -> tuple[Address, ...]:
    """Return where others can dial this device's port, best first.

    An invitation has room for two: the address in the own network, where people nearby come, and
    the door that the router opened (`outside`), or else the next one, as for IPv6.
    """
    hosts = hosts_to_offer(interface_addresses(allow_loopback=True), outward_hosts())
    found = [Address(host, port) for host in hosts if host in gate]
    if outside is not None:
        found.insert(1, outside)
    return tuple(found)


class MeetingPlace:
    """At which meeting point this device is, and asks for others; none until `meet_at`.

    What comes through goes to `on_connection`.
    """

    def __init__(self, gate: Gate, on_connection: Callable[[Connection], None]) -> None:
        self.point: MeetingPoint | None = None
        self._gate = gate
        self._visitor = Visitor(gate)
        self._on_connection = on_connection
        self._registration: Registration | None = None
        self._conductor: Conductor | None = None
        self._tasks = Tasks()

    @property
    def state(self) -> screens.MeetingPlace:
        """How it stands with it, for people to see."""
        if self.point is None or self._registration is None:
            return screens.MeetingPlace()
        return screens.MeetingPlace(
            address=str(Address(*self.point.address)),
            held=self._registration.held,
            failing=self._registration.failing,
        )

    def begin(self, conductor: Conductor, point: MeetingPoint | None) -> None:
        """Be asked for there as long as this meeting lasts."""
        self._conductor = conductor
        self.meet_at(point)

    def meet_at(self, point: MeetingPoint | None) -> None:
        """Be at another meeting point from now on, or at none."""
        if self._conductor is None or self._gate.lan_only or point == self.point:
            return
        self.point = point
        if self._registration is not None:
            self._tasks.start(self._registration.close())
            self._registration = None
        if point is not None:
            self._registration = Registration(
                point, self._doors, self._on_connection, self._visitor
            )
            self._registration.start()
        self._conductor.happened(MeetsAt(point))

    def ways_to(self, dev: bytes) -> Sequence[Doorway]:
        """Return the ways over the meeting point to another member."""
        if self._conductor is None or self.point is None:
            return ()
        known = self._conductor.meeting.detour(dev)
        return (Doorway(self.point, *known, self._visitor),) if known else ()

    async def close(self) -> None:
        """Be nowhere any more, and close what came through."""
        self._conductor = None
        if self._registration is not None:
            await self._registration.close()
            self._registration = None
        await self._tasks.close()

    def _doors(self) -> Sequence[OwnDoor]:
        return self._conductor.meeting.doors if self._conductor is not None else ()
