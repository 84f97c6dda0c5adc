"""One direction of a call in simulated time, with the real estimator, pacer, meter and reports."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bench.simulation.path import Bottleneck, World
from media.path.arrivals import Arrivals
from media.path.congestion import Estimator
from media.path.departures import AROUND, Departures
from media.path.pacer import STEP
from media.path.path_meter import PathMeter
from media.path.rtcp import ArrivalReport
from media.path.rtp_packet import CAMERA, MAX_PAYLOAD, MICROPHONE, TAG_BYTES

FRAME = 1 / 30
SOUND = 0.020
SOUND_BYTES = 110
SOUND_KBPS = (SOUND_BYTES + AROUND) * 8 / 1000 / SOUND
REPORT = 0.050


@dataclass
class CallFlow:
    """Somebody who sends sound and pictures over `forward`; reports come back over `back`.

    `share` is the most it may take of an uplink, `used` the share of the budget that the pictures
    take, `most` what the encoder can make. `drift` and `stalled_until` are the receiver's.
    """

    world: World
    forward: Bottleneck
    back: Bottleneck
    used: float = 1.0
    most: float = 2300.0
    drift: float = 0.0
    start: float = 0.0
    targets: list[tuple[float, float]] = field(default_factory=list)
    delays: list[tuple[float, float]] = field(default_factory=list)
    arrived: list[tuple[float, int]] = field(default_factory=list)
    share: float = float("inf")
    stalled_until: float = 0.0
    deaf_until: float = 0.0

    def __post_init__(self) -> None:
        world = self.world
        self.estimator = Estimator()
        self.meter = PathMeter(65_000)
        self.departures = Departures(
            self._transmit, self.meter, lambda: world.now, lambda bits: 7, wake=lambda paced: None
        )
        self.arrivals = Arrivals()
        self._sequence = 0
        self._busy = False
        for period, what in (
            (FRAME, self._picture),
            (SOUND, self._sound),
            (STEP, self._step),
            (REPORT, self._report),
        ):
            self._every(period, what)

    def _every(self, period: float, what: Callable[[], None]) -> None:
        def again() -> None:
            what()
            self.world.after(period, again)

        self.world.at(self.start + self.world.random.random() * period, again)

    def _picture(self) -> None:
        bears = self.estimator.allowed(self.world.now, self.meter.waiting_since)
        budget = min(self.share, bears) - SOUND_KBPS
        kbps = max(0.0, min(self.most, self.used * budget))
        if self.departures.backlog > 0.3:
            return
        octets = round(kbps * 125 * FRAME * self.world.random.uniform(0.6, 1.4))
        if octets < 40:
            return
        pieces = max(1, -(-octets // MAX_PAYLOAD))
        for piece in range(pieces):
            payload = bytes(max(1, octets // pieces - AROUND))
            self._sequence = (self._sequence + 1) & 0xFFFF
            self.departures.send(CAMERA, self._sequence, 0, piece == pieces - 1, payload)

    def _sound(self) -> None:
        self._sequence = (self._sequence + 1) & 0xFFFF
        self.departures.send(MICROPHONE, self._sequence, 0, True, bytes(SOUND_BYTES))

    def _step(self) -> None:
        self.departures.release(self.world.now)

    def _transmit(self, packet: bytes) -> int:
        octets = len(packet) + TAG_BYTES
        number, sent = self.meter.number, self.world.now

        def arrive() -> None:
            now = self.world.now
            self.delays.append((now, now - sent))
            self.arrived.append((now, octets))
            if now < self.stalled_until:
                self.world.at(self.stalled_until, lambda: self._note(number, octets))
            else:
                self._note(number, octets)

        self.forward.send(octets, arrive)
        return octets

    def _note(self, number: int, octets: int) -> None:
        there = 1000.0 + self.world.now * (1.0 + self.drift)
        self.arrivals.note(number, octets, there)

    def _report(self) -> None:
        if self.world.now < self.stalled_until:
            self._busy = True
            return
        there = 1000.0 + self.world.now * (1.0 + self.drift)
        due = self.arrivals.is_due(there)
        report = self.arrivals.report(busy=self._busy) if due else None
        self._busy = self._busy and not due
        if report is not None:
            self.back.send(60 + 2 * len(report.offsets), lambda: self._hear(report))

    def _hear(self, report: ArrivalReport) -> None:
        now = self.world.now
        if now < self.deaf_until:
            self.world.at(self.deaf_until, lambda: self._hear(report))
            return
        path = self.meter.report(report, now)
        if path is not None:
            self.estimator.report(path, now)
            self.departures.aim(self.estimator.target_kbps)
            cluster = self.estimator.take_cluster(now)
            if cluster:
                self.departures.send_cluster(cluster)
        self.targets.append((now, self.estimator.target_kbps))

    def kbps(self, since: float, until: float | None = None) -> float:
        """Return what arrived, with the headers of IP, over a stretch of time."""
        until = self.world.now if until is None else until
        octets = sum(octets + 28 for at, octets in self.arrived if since <= at < until)
        return octets * 8 / 1000 / (until - since)
