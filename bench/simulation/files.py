"""A file that goes beside a call in simulated time, at the rate that the real pace allows it."""

from dataclasses import dataclass, field

from bench.simulation.call import CallFlow
from media.meter import RateMeter
from media.path.bulk_pace import BulkPace, PathNow

PUMP = 0.010  # seconds between two looks at what may leave
LOOK = 0.050  # seconds between two looks at the path
PACKET = 1200  # bytes
AROUND = 60  # bytes of SCTP and DTLS around each


@dataclass
class FileFlow:
    """As much of an endless file as may leave from `start` to `end`, on the path of a call."""

    call: CallFlow
    start: float = 0.0
    end: float = 1e9
    arrived: list[tuple[float, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pace = BulkPace()
        self._media = RateMeter()
        self._every(LOOK, self._look)
        self._every(PUMP, self._pump)

    def _every(self, period: float, what: object) -> None:
        world = self.call.world

        def again() -> None:
            what()  # type: ignore[operator]
            world.after(period, again)

        world.at(world.random.random() * period, again)

    def _look(self) -> None:
        call, now = self.call, self.call.world.now
        estimator, waiting = call.estimator, call.meter.waiting_since
        octets = call.departures.sound_octets + call.departures.other_octets
        self._media.count_to(octets, now)
        bears = estimator.allowed(now, waiting)
        queue = estimator.queue - estimator.noise if waiting is not None else 0.0
        path = PathNow(bears, self._media.kbps, queue, None, False, estimator.in_contest)
        self.pace.look(path, now)
        estimator.beside = self.pace.can_make_way(now)
        call.share = max(0.0, bears - self.pace.reserved_kbps(now))

    def _pump(self) -> None:
        world = self.call.world
        if not self.start <= world.now < self.end:
            return
        room = self.pace.room(world.now)
        while room >= 1000:
            octets = min(PACKET, room)
            room -= octets

            def arrive(octets: int = octets) -> None:
                self.arrived.append((world.now, octets))

            self.call.forward.send(octets + AROUND, arrive)
            self.pace.spend(octets, world.now)

    def kbps(self, since: float, until: float | None = None) -> float:
        """Return what arrived of the file over a stretch of time."""
        until = self.call.world.now if until is None else until
        octets = sum(octets for at, octets in self.arrived if since <= at < until)
        return octets * 8 / 1000 / (until - since)
