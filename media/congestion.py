"""Estimates what one peer's path can take, from what arrived there and when. Pure.

Delay first, after Carlucci et al., "Congestion control for web real-time communication" (2017):
a queue that grows means the path is full, before anything is lost. Loss without a queue is what
Wi-Fi does, and no reason to send less. Additive increase near the last limit, multiplicative
far from it; multiplicative decrease to what really arrived.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

MIN_KBPS = 100.0
MAX_KBPS = 2500.0
START_KBPS = 1500.0  # most meetings are on a LAN; a slow path is found within a second

BASE_WINDOW = 20.0  # seconds over which the shortest delay is the empty queue; clocks drift
SLOPE_WINDOW = 1.0  # seconds of delays that the trend is taken from
SLOPE_REPORTS = 4  # reports, of 100 ms each, that make a trend
QUEUE_REPORTS = 3  # reports in all of which the queue must show
QUEUE_SUSPECT = 0.030  # seconds of queue that count only while the queue grows
QUEUE_FULL = 0.120  # seconds of queue that are too much, growing or not
SLOPE_GROWING = 0.020  # seconds of queue more per second
BACK_OFF = 0.85  # of the rate that arrived
BACK_OFF_PAUSE = 0.4  # seconds for a lower rate to show in the delays
LOSS_HIGH = 0.10
LOSS_ALARM = 0.35  # so much is congestion even if no queue shows (a policer, a full short queue)
LOSS_PAUSE = 1.0  # seconds between two answers to loss
GROWTH = 0.08  # per second, far from any limit known
GROWTH_NEAR = 30.0  # kbit/s per second near the last limit
NEAR = (0.8, 1.25)  # times the last limit
USED = 0.6  # of the target must be sent before more is worth trying


@dataclass(frozen=True, slots=True)
class PathReport:
    """What one report of a peer means: rates in kbit/s, times in seconds on any steady clocks."""

    sent_kbps: float
    received_kbps: float
    loss: float
    delays: Sequence[tuple[float, float]]
    """(sent at, arrived at minus sent at): the second differs from the truth by a constant."""


class Estimator:
    """The rate that one path bears: `target_kbps`, between MIN_KBPS and MAX_KBPS."""

    def __init__(self, start_kbps: float = START_KBPS) -> None:
        self.target_kbps = start_kbps
        self.queue = 0.0
        self.loss = 0.0
        self.decreases = 0
        self._limit: float | None = None
        self._shortest: deque[tuple[float, float]] = deque(maxlen=32)
        self._bases: deque[tuple[float, float]] = deque()
        self._last: float | None = None
        self._quiet_until = 0.0
        self._loss_quiet_until = 0.0

    def report(self, report: PathReport, now: float) -> float:
        """Take a report in; return the new target in kbit/s."""
        elapsed = min(1.0, now - self._last) if self._last is not None else 0.0
        self._last = now
        self.loss += 0.3 * (min(1.0, max(0.0, report.loss)) - self.loss)
        if report.delays:
            # The shortest of each report: a full path delays every packet, a busy computer some.
            sent, delay = min(report.delays, key=lambda pair: pair[1])
            self._shortest.append((sent, delay))
            self._note_base(delay, now)
        slope = self._slope()
        if self._is_overused(slope):
            self._back_off(report, now)
        elif self.loss > LOSS_HIGH and (self.loss > LOSS_ALARM or self.queue > QUEUE_SUSPECT):
            if now >= self._loss_quiet_until:
                self._loss_quiet_until = now + LOSS_PAUSE
                self._limit = report.received_kbps
                self._set(self.target_kbps * (1.0 - 0.5 * self.loss))
        elif now >= self._quiet_until and slope < SLOPE_GROWING:
            self._grow(report, elapsed)
        return self.target_kbps

    def _note_base(self, delay: float, now: float) -> None:
        """Keep the shortest delay of each second of the window."""
        second = float(int(now))
        if self._bases and self._bases[-1][0] == second:
            self._bases[-1] = (second, min(delay, self._bases[-1][1]))
        else:
            self._bases.append((second, delay))
        while self._bases[0][0] < now - BASE_WINDOW:
            self._bases.popleft()

    def _slope(self) -> float:
        """Return how fast the queue grows, in seconds per second; also notes how long it is."""
        if not self._shortest:
            return 0.0
        newest = self._shortest[-1][0]
        recent = [(s, d) for s, d in self._shortest if s >= newest - SLOPE_WINDOW]
        base = min(delay for _, delay in self._bases)
        self.queue = max(0.0, min(delay for _, delay in recent[-QUEUE_REPORTS:]) - base)
        if len(recent) < SLOPE_REPORTS:
            return 0.0
        mean_s = sum(s for s, _ in recent) / len(recent)
        mean_d = sum(d for _, d in recent) / len(recent)
        spread = sum((s - mean_s) ** 2 for s, _ in recent)
        if spread <= 0.0:
            return 0.0
        return sum((s - mean_s) * (d - mean_d) for s, d in recent) / spread

    def _is_overused(self, slope: float) -> bool:
        if self.queue > QUEUE_FULL:
            return slope > -SLOPE_GROWING  # a queue that empties has been answered already
        return self.queue > QUEUE_SUSPECT and slope > SLOPE_GROWING

    def _back_off(self, report: PathReport, now: float) -> None:
        if now < self._quiet_until:
            return
        self._quiet_until = now + BACK_OFF_PAUSE
        self.decreases += 1
        self._limit = report.received_kbps
        self._set(min(self.target_kbps, BACK_OFF * report.received_kbps))

    def _grow(self, report: PathReport, elapsed: float) -> None:
        if report.sent_kbps < USED * self.target_kbps:
            return  # a still picture proves nothing about the path
        if self._limit is not None:
            low, high = NEAR
            if self.target_kbps > self._limit * high:
                self._limit = None
            elif self.target_kbps > self._limit * low:
                self._set(self.target_kbps + GROWTH_NEAR * elapsed)
                return
        self._set(self.target_kbps * (1.0 + GROWTH * elapsed))

    def _set(self, kbps: float) -> None:
        self.target_kbps = min(MAX_KBPS, max(MIN_KBPS, kbps))
