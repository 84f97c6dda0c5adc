"""Sees from times of arrival how long a path's queue is and whether it grows. Pure."""

from collections import deque
from collections.abc import Sequence

BASE_WINDOW = 20  # seconds over which the shortest delay is the empty queue; clocks drift
SLOPE_WINDOW = 0.5  # seconds of delays that the trend is taken from
SLOPE_REPORTS = 4  # reports that make a trend
QUEUE_REPORTS = 3  # reports in all of which the queue must show: jitter spares some packet of them
NOISE_WINDOW = 20  # reports, a second
NOISE_GAIN = 0.02
MAX_NOISE = 0.030  # seconds; more than that is not jitter but a queue
CLOCK_STEP = 5.0  # seconds; no queue is that long: a computer slept, or its clock was set
SUSPECT = 0.025  # seconds of queue that nobody sees
GROWING = 0.020  # seconds of queue more per second


class QueueWatch:
    """`queue` (seconds), `slope` (seconds per second) and `noise` (seconds of jitter left in them).

    The shortest delay of each report is looked at: a full path delays every packet, jitter and a
    busy computer some.
    """

    def __init__(self) -> None:
        self.queue = 0.0
        self.slope = 0.0
        self.noise = 0.0
        self._points: deque[tuple[float, float]] = deque(maxlen=NOISE_WINDOW)
        self._bases: dict[int, float] = {}  # by second, oldest first
        self._since = float("-inf")

    @property
    def suspect(self) -> float:
        """The queue, in seconds, above which this path looks full."""
        return SUSPECT + self.noise

    @property
    def growing(self) -> bool:
        """Whether the queue grows, beyond what jitter makes it look like."""
        return self.slope > GROWING + 4.0 * self.noise

    @property
    def is_known(self) -> bool:
        """Whether enough was heard about packets sent since `begin_again`."""
        return self._trend_points >= SLOPE_REPORTS

    def begin_again(self, now: float) -> None:
        """The rate is another one: only packets sent from now on tell what that changed."""
        self._since = now

    def note(self, arrived: Sequence[tuple[float, float, int]], now: float) -> None:
        """Take in (sent at, arrived at, octets) of the packets of a report."""
        sent, delay = min(
            ((sent, arrived_at - sent) for sent, arrived_at, _ in arrived), key=lambda p: p[1]
        )
        points = self._points
        if self._bases and abs(delay - min(self._bases.values())) > CLOCK_STEP:
            self._bases.clear()
            points.clear()
        points.append((sent, delay))
        self._note_base(delay, int(now))
        newest = min(points[place][1] for place in range(-min(QUEUE_REPORTS, len(points)), 0))
        self.queue = max(0.0, newest - min(self._bases.values()))
        above = delay - min(d for _, d in points)
        self.noise += NOISE_GAIN * (min(MAX_NOISE, above) - self.noise)
        self.slope = self._slope(sent)

    def _note_base(self, delay: float, second: int) -> None:
        """Keep the shortest delay of each second of the window."""
        bases = self._bases
        bases[second] = min(delay, bases.get(second, delay))
        while (oldest := next(iter(bases))) < second - BASE_WINDOW:
            del bases[oldest]

    @property
    def _trend_points(self) -> int:
        return sum(sent >= self._since for sent, _ in self._points)

    def _slope(self, newest: float) -> float:
        since = max(self._since, newest - SLOPE_WINDOW)
        recent = [(s, d) for s, d in self._points if s >= since]
        count = len(recent)
        if count < SLOPE_REPORTS:
            return 0.0
        mean_s = sum(s for s, _ in recent) / count
        mean_d = sum(d for _, d in recent) / count
        spread = sum((s - mean_s) ** 2 for s, _ in recent)
        if spread <= 0.0:
            return 0.0
        return sum((s - mean_s) * (d - mean_d) for s, d in recent) / spread
