"""Estimates what one peer's path can take, from what arrived there and when. Pure.

Delay first, after Carlucci et al., "Congestion control for web real-time communication" (2017):
a queue that grows means the path is full, before anything is lost. Loss without a queue is what
Wi-Fi does, and no reason to send less. Slow growth near the last limit, fast far from it, and
clusters that find out at once; multiplicative decrease to what really arrived. A queue that does
not shrink when we send less is somebody else's: then loss alone decides, as it does for them.
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from media.path.contest import Contest
from media.path.loss_watch import LossWatch
from media.path.probing import LONGEST_PAUSE, Prober
from media.path.queue_watch import QueueWatch

MIN_KBPS = 50.0  # sound, and pictures of a stamp
MAX_KBPS = 4000.0  # a large camera picture and a screen
START_KBPS = 800.0  # clusters find out within a second whether it may be more

ENOUGH_KBPS = 1500.0  # so much is looked for even before anything is sent

RECEIVED_WINDOW = 0.4  # seconds that the rate that arrives is taken over
FULL = 0.100  # seconds of queue that are too much, growing or not
STANDING = 1.0  # seconds that a shorter queue may stand
BACK_OFF = 0.85  # of the rate that arrived
EMPTYING = 0.7  # of the rate that arrived, while a long queue is let run empty
ALARM = 0.40  # loss at which nothing grows, whatever is the cause of it
LOSSY = 0.05  # loss beyond the usual that confirms a queue
GROWTH = 0.10  # per second, far from any limit known
GROWTH_NEAR = 40.0  # kbit/s per second near the last limit, at this rate: who has less
GROWTH_NEAR_AT = 800.0  # kbit/s grows faster, and so two calls on one path become equal
NEAR = (0.7, 1.3)  # times the last limit
USED = 0.6  # of the target must be sent before more is worth trying
MAX_ELAPSED = 0.5  # seconds that one report may let the rate grow for
UNHEARD = 1.0  # seconds without a report, then half is sent each second, until one comes
REACTION = -0.04  # slope of a queue that is ours after we send less


@dataclass(frozen=True, slots=True)
class PathReport:
    """What one report of a peer means."""

    arrived: Sequence[tuple[float, float, int]]
    """(sent at, arrived at by the peer's clock, octets) of each packet told of."""
    cluster: Sequence[tuple[float, float, int]]
    """Those of them that were sent to try what the path bears."""
    expected: int
    """Packets that should have come since the link began."""
    came: int
    """Packets that did, and `octets` of them."""
    octets: int
    sent_kbps: float


class Estimator:
    """The rate that one path bears: `target_kbps`, between MIN_KBPS and MAX_KBPS."""

    def __init__(self, start_kbps: float = START_KBPS) -> None:
        self.target_kbps = start_kbps
        self.received_kbps = 0.0
        self.decreases = 0
        self._contest = Contest()
        self._path = QueueWatch()
        self._losses = LossWatch()
        self._prober = Prober()
        self._received: deque[tuple[float, int]] = deque(maxlen=64)
        self._limit: float | None = None
        self._last: float | None = None
        self._is_used = False
        self._lag = 0.0
        self._standing_since: float | None = None
        self._emptying = False
        self._before_trial = 0.0
        self._limit_found = 0.0
        self.beside = False
        """Something of ours that can wait is on this path, too: a short queue is met there."""

    @property
    def queue(self) -> float:
        """Seconds that packets wait in the path's queue."""
        return self._path.queue

    @property
    def noise(self) -> float:
        """Seconds of jitter that the queue may be taken for."""
        return self._path.noise

    @property
    def loss(self) -> float:
        """Share of the packets lost in the last second."""
        return self._losses.loss

    @property
    def in_contest(self) -> bool:
        """Whether somebody else keeps the path's queue full."""
        return self._contest.is_on

    @property
    def contests(self) -> int:
        """How often somebody did."""
        return self._contest.count

    def report(self, report: PathReport, now: float) -> float:
        """Take a report in; return the new target in kbit/s."""
        elapsed = min(MAX_ELAPSED, now - self._last) if self._last is not None else 0.0
        self._last = now
        self._losses.note(report.expected, report.came, now)
        self._is_used = report.sent_kbps >= USED * self.target_kbps
        if not report.arrived:  # nothing but lost, or a peer too busy to say when it came
            if not self._contest.is_on:
                self._experiment(now)
            return self.target_kbps
        self._path.note(report.arrived, now)
        self._lag = min(UNHEARD, max(0.0, now - report.arrived[-1][0]))
        self._note_received(report)
        self._contest.note(self._path.queue, self._path.suspect, now)
        found = self._prober.note(report.cluster, now)
        if self._contest.is_on:
            self._compete(elapsed, now)
        elif self._is_overused(now) and not self._others_make_way:
            self._back_off(now)
        elif not self._experiment(now):
            self._settle(found, elapsed)
        return self.target_kbps

    @property
    def _others_make_way(self) -> bool:
        return self.beside and self._path.queue <= FULL

    def allowed(self, now: float, waiting_since: float | None = -math.inf) -> float:
        """Return the target, less while the peer does not tell what came.

        `waiting_since` is when the oldest packet left that it has not told of, None if there is
        none: where nothing is sent, silence means nothing.
        """
        if self._last is None or waiting_since is None:
            return self.target_kbps
        silence = now - max(self._last, waiting_since)
        if silence <= UNHEARD:
            return self.target_kbps
        return max(MIN_KBPS, self.target_kbps * math.pow(0.5, silence - UNHEARD))

    def take_cluster(self, now: float) -> int:
        """Return how many bytes to send at once to try whether the path bears more, 0 for none."""
        path = self._path
        if (
            self._last is None
            or self._contest.is_on
            or self._losses.is_trying
            or self._emptying
            or path.queue > path.suspect
            or self.loss > ALARM
            or self.target_kbps >= MAX_KBPS
            or not (self._is_used or self.target_kbps < ENOUGH_KBPS)
        ):
            return 0
        return self._prober.cluster(self.target_kbps, now)

    def _note_received(self, report: PathReport) -> None:
        newest = max(arrived for _, arrived, _ in report.arrived)
        received = self._received
        if received and newest <= received[-1][0]:
            if received[-1][0] - newest > MAX_ELAPSED:  # the peer's clock was set back
                received.clear()
            else:
                return
        received.append((newest, report.octets))
        while len(received) > 2 and received[1][0] <= newest - RECEIVED_WINDOW:
            received.popleft()
        (since, before), (until, after) = received[0], received[-1]
        if until > since:
            self.received_kbps = (after - before) / 125 / (until - since)

    def _is_overused(self, now: float) -> bool:
        path = self._path
        if path.queue <= path.suspect:
            self._standing_since = None
            return False
        if not path.is_known:
            return False
        if path.queue > FULL + path.noise:
            return path.slope > REACTION
        if path.slope < REACTION:
            self._standing_since = None
            return False
        if self._standing_since is None:
            self._standing_since = now
        stands = now - self._standing_since > STANDING
        return path.growing or stands or self._losses.excess > LOSSY

    def _back_off(self, now: float) -> None:
        if self._contest.decreasing(self._path.queue, self.target_kbps, now):
            self._emptying = False
            self._set(self._contest.first_rate(self.received_kbps))
            return
        self.decreases += 1
        base = self.received_kbps if self._is_used else (self.received_kbps + self.target_kbps) / 2
        base = min(base, self.target_kbps)
        self._limit = base
        self._emptying = self._path.queue > FULL / 2
        self._set(base * (EMPTYING if self._emptying else BACK_OFF))
        self._changed(now)
        self._prober.put_off(base, now)
        self._losses.give_up()

    def _compete(self, elapsed: float, now: float) -> None:
        contest = self._contest
        rate = contest.rate(self.target_kbps, self.received_kbps, self._losses, self._lag, now)
        if rate is not None:
            self._limit = min(self.target_kbps, self.received_kbps)
            self._set(rate)
        elif self._is_used:
            self._set(self.target_kbps + contest.growth(self._lag) * elapsed)

    def _experiment(self, now: float) -> bool:
        """Find out whether loss is of our own doing; return whether that decides the rate now."""
        losses = self._losses
        match losses.judge(self._lag, now):
            case "less":
                self._before_trial = self.target_kbps
                self._limit_found = self.received_kbps
                self._set(self.target_kbps * losses.trial_factor)
                return True
            case "as before":
                self._set(max(self.target_kbps, self._before_trial))
                return True
            case "ours":
                self._limit = self._limit_found
                self._set(BACK_OFF * self._limit_found)
                self._prober.put_off(
                    math.inf, now, LONGEST_PAUSE
                )  # such a path lets clusters through
                self.decreases += 1
                return True
            case "usual":
                self._set(max(self.target_kbps, self._before_trial))
                return True
            case "wait":
                return losses.is_trying

    def _settle(self, found: float, elapsed: float) -> None:
        """Nothing is wrong: be done with a queue, or grow."""
        path = self._path
        if self._emptying:
            if path.queue > path.suspect:
                return
            self._emptying = False
            if self._limit is not None:
                self._set(max(self.target_kbps, BACK_OFF * self._limit))
        if path.queue > path.suspect or path.growing or self.loss > ALARM:
            return
        if found > self.target_kbps:
            self._limit = None
            self._set(found)
        elif self._is_used:  # a still picture proves nothing
            self._grow(elapsed)

    def _grow(self, elapsed: float) -> None:
        if self._limit is not None:
            low, high = NEAR
            if self.target_kbps > self._limit * high:
                self._limit = None
            elif self.target_kbps > self._limit * low:
                slow = GROWTH_NEAR * (GROWTH_NEAR_AT / self.target_kbps) ** 0.5
                self._set(self.target_kbps + slow * elapsed)
                return
        self._set(self.target_kbps * (1.0 + GROWTH * elapsed))

    def _changed(self, now: float) -> None:
        self._standing_since = None
        self._path.begin_again(now)

    def _set(self, kbps: float) -> None:
        self.target_kbps = min(MAX_KBPS, max(MIN_KBPS, kbps))
