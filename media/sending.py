"""What goes to one peer: as fast as its path bears, repaired as its path loses."""

import math
from collections import Counter
from collections.abc import Callable, Sequence

from media.meter import RateMeter
from media.path import rtcp
from media.path.bulk_pace import BulkPace, PathNow
from media.path.congestion import START_KBPS, Estimator, PathReport
from media.path.departures import Departures
from media.path.heartbeat import Heartbeat
from media.path.loss_meter import LossMeter
from media.path.moving_transport import MovingTransport
from media.path.pacer import PaceTimer
from media.path.path_meter import PathMeter
from media.path.repair import RepairPlan, plan
from media.path.rtp_packet import CAMERA, NAMES, SCREEN, STREAMS
from media.path.rtp_sender import RtpSender, overhead
from media.path.shares import PathState
from media.stats import UplinkStats

MAX_FILES_WAITING = 16 * 1024  # bytes of data that SCTP has not sent, with which files wait ...
FILES_WAITING = 0.15  # ... or so many seconds of their rate: a chat line comes behind them
MAX_ASKED_PER_SECOND = 512  # requests for packets that one peer may make us look at


class Sending:
    """The senders of one link's streams, their common way out, and what is known of the path."""

    def __init__(
        self,
        transport: MovingTransport,
        heartbeat: Heartbeat,
        clock: Callable[[], float],
        pace: PaceTimer,
        random_bits: Callable[[int], int],
    ) -> None:
        self.estimator = Estimator()
        self.losses = LossMeter()
        self.plan = RepairPlan()
        self.share_kbps = math.inf
        """The most this peer may get of an uplink that several share; the call decides."""
        self.on_path_report: Callable[[PathReport, float], None] | None = None
        self.audio = RateMeter()
        self.video = RateMeter()
        self.bulk = BulkPace()
        self._heartbeat = heartbeat
        self._clock = clock
        self._pace = pace
        self._refused: Counter[str] = Counter()
        self._transport = transport
        self._path = PathMeter(random_bits(16))
        self._departures = Departures(
            transport.send_rtp, self._path, clock, random_bits, wake=pace.wake
        )
        self.senders = {
            stream.ssrc: RtpSender(stream, self._departures, random_bits(15), random_bits(32))
            for stream in STREAMS.values()
        }
        self._asked_budget = MAX_ASKED_PER_SECOND

    @property
    def budget_kbps(self) -> float:
        """What this path bears now for pictures with their headers, once repair has its part."""
        bears = self._bears(self._clock())
        beside = self.audio.kbps + self.bulk.reserved_kbps(self._clock())
        free = max(0.0, min(self.share_kbps, bears) - beside)
        return free / (1.0 + self.overhead)

    @property
    def path(self) -> PathState:
        """How full this path is."""
        return PathState(self.estimator.queue, self.estimator.received_kbps)

    @property
    def overhead(self) -> float:
        """Bytes of repair over bytes of pictures that this peer gets."""
        pictures = (self.senders[stream.ssrc] for stream in (CAMERA, SCREEN))
        return overhead(pictures, self._clock())

    @property
    def backlog(self) -> float:
        """Seconds that pictures for this peer wait before they leave."""
        return self._departures.backlog

    @property
    def counters(self) -> Counter[str]:
        """What was repeated, dropped or refused, by name."""
        counters = self._refused.copy()
        counters["pacer_dropped"] = self._departures.dropped
        for ssrc, name in NAMES.items():
            counters[f"{name}_repeated"] = self.senders[ssrc].repeated
        return counters

    @property
    def stats(self) -> UplinkStats:
        """What the path is like now."""
        return UplinkStats(
            estimate_kbps=self.estimator.target_kbps,
            budget_kbps=self.budget_kbps,
            backlog_ms=self.backlog * 1000,
            loss=self.estimator.loss,
        )

    def tick(self, now: float) -> None:
        """Each 50 ms: keep to what the path bears, and to what it loses."""
        self._departures.aim(self._bears(now))
        for stream in (CAMERA, SCREEN):
            self.senders[stream.ssrc].pause(now)
        self.audio.count_to(self._departures.sound_octets, now)
        self.video.count_to(self._departures.other_octets, now)
        self._pace_files(now)

    def room_for_files(self, now: float) -> int:
        """Return how many bytes of files may go to this peer now; `bulk.spend` what went."""
        return 0 if self._blocked else self.bulk.room(now)

    def look_anew(self) -> None:
        """Another second has begun: requests are looked at again."""
        self._asked_budget = MAX_ASKED_PER_SECOND

    def begin_path(self) -> None:
        """Media go over another path from now on: find out what that one bears."""
        self.estimator = Estimator(min(START_KBPS, self.estimator.target_kbps))
        self.bulk = BulkPace()
        self._departures.begin_path()
        begun_anew = [sender.begin_path() for sender in self.senders.values()]
        if any(begun_anew):
            self._departures.forget()  # what waits has numbers from before

    def repeat(self, ssrc: int, sequences: Sequence[int], now: float) -> None:
        """The peer asks for packets of a stream again."""
        sender = self.senders.get(ssrc)
        self._asked_budget -= len(sequences)
        if sender is None or self._asked_budget < 0:
            self._refused["nack_refused"] += 1
            return
        sender.repeat(sequences, now)

    def arrived(self, report: rtcp.ArrivalReport, now: float) -> None:
        """The peer tells which packets came, and when."""
        path = self._path.report(report, now)
        if path is None:
            self._refused["arrivals_refused"] += 1
            return
        self._follow(path, now)
        self.losses.report(report, now)
        self._plan_repair()

    def forget(self) -> None:
        """Nothing sealed so far leaves late, or again."""
        for sender in self.senders.values():
            sender.forget()
        self._departures.forget()

    def close(self) -> None:
        """Send nothing any more."""
        self.forget()
        self._pace.leave_out(self._departures)

    def _bears(self, now: float) -> float:
        """Return the rate of the path, less while what was sent is not answered."""
        return self.estimator.allowed(now, self._path.waiting_since)

    @property
    def _blocked(self) -> bool:
        most = min(MAX_FILES_WAITING, FILES_WAITING * 125 * self.bulk.rate_kbps)
        return self._transport.data_waiting > most

    def _pace_files(self, now: float) -> None:
        """Let files have what sound and pictures leave; they make way first on a full path."""
        estimator = self.estimator
        told = self._path.waiting_since is not None
        queue = estimator.queue - estimator.noise if told else 0.0
        self.bulk.look(
            PathNow(
                min(self.share_kbps, self._bears(now)),
                self.audio.kbps + self.video.kbps,
                queue,
                None if told else self._heartbeat.round_trip,
                self._blocked,
                estimator.in_contest,
            ),
            now,
        )
        estimator.beside = self.bulk.can_make_way(now)

    def _follow(self, path: PathReport, now: float) -> None:
        """Send what the path bears, and try at times whether it bears more."""
        if self.on_path_report is not None:
            self.on_path_report(path, now)
        self._departures.aim(self.estimator.report(path, now))
        cluster = self.estimator.take_cluster(now)
        if cluster:
            self._departures.send_cluster(cluster)

    def _plan_repair(self) -> None:
        """Repair what this path loses as it does now."""
        path = self.losses.path(self._heartbeat.likely_round_trip)
        self.plan = plan(path, self.budget_kbps, self.plan)
        for sender in self.senders.values():
            sender.plan = self.plan
