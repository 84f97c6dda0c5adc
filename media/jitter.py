"""How unevenly packets arrive, and how long to wait for them: a pure estimator."""

import itertools
from collections import deque

import numpy as np

from media.samples import RATE

WRAP = 1 << 32  # media_ts counts modulo this
WINDOW = 10.0  # seconds of arrivals that are remembered
PATIENCE = 95.0  # per cent of the packets to be in time with 20 ms to spare; the rest is made up
SHORTEST = 0.02  # seconds of buffer on a perfect network: the 20 ms one packet holds
LONGEST = 0.2  # seconds: beyond this people talk into each other, better to conceal
FIRST = 0.04  # seconds of buffer before anything is known
STRANGE = 2.0  # seconds a packet may be off; more is a new clock, so everything starts again

_EVERY = 8  # packets between two looks at the distribution
_REMEMBERED = 512  # packets: 10 s of them
_STEADY = 0.002  # seconds per second: below this a drift needs no compensation of the estimate
_STEEPEST = 0.2


class JitterMeter:
    """Arrival times of one stream against the capture times in its packets.

    The delay of the fastest packet of the last ten seconds is the base; what others took longer is
    jitter. A drift of the sender's clock tilts the base and is followed.
    """

    def __init__(self) -> None:
        self._raw = 0
        self._ts = 0
        self._restart()

    def _restart(self) -> None:
        self._delays: deque[tuple[float, float]] = deque(maxlen=_REMEMBERED)
        self._fastest: deque[tuple[float, float]] = deque()  # of each second: when, delay
        self._slope = 0.0
        self._since = 0
        self.target = FIRST

    def unwrap(self, media_ts: int) -> int:
        """Return `media_ts` (modulo 2**32) as a count that does not wrap."""
        step = (media_ts - self._raw + WRAP // 2) % WRAP - WRAP // 2
        self._raw = media_ts
        self._ts += step
        return self._ts

    def note(self, ts: int, arrival: float) -> bool:
        """Take in one arrival; return False when the sender's clock is a new one."""
        delay = arrival - ts / RATE
        known = True
        if self.is_strange(ts, arrival):
            self._restart()
            known = False
        self._delays.append((arrival, delay))
        if self._fastest and arrival - self._fastest[-1][0] < 1.0:
            if delay < self._fastest[-1][1]:
                self._fastest[-1] = (self._fastest[-1][0], delay)
        else:
            self._fastest.append((arrival, delay))
            while arrival - self._fastest[0][0] > WINDOW:
                self._fastest.popleft()
            self._slope = self._tilt()
        self._since += 1
        if self._since >= _EVERY:
            self._since = 0
            self._look(arrival)
        return known

    def is_strange(self, ts: int, arrival: float) -> bool:
        """Whether this is too far from all before to be jitter."""
        if not self._delays:
            return False
        return abs(arrival - ts / RATE - self._delays[-1][1]) > STRANGE

    def delay(self, ts: int, now: float) -> float:
        """Return how long after the arrival of the fastest packets the sample `ts` is, at `now`."""
        return now - ts / RATE - self._base(now)

    def _base(self, now: float) -> float:
        slope = self._slope
        return min((delay + slope * (now - when) for when, delay in self._fastest), default=now)

    def _tilt(self) -> float:
        """Return how fast the base moves (s/s): the median step from second to second."""
        if len(self._fastest) < 4:
            return 0.0
        # The last entry has just begun and is not yet the fastest of its second.
        points = list(self._fastest)[:-1]
        steps = [
            (later[1] - earlier[1]) / (later[0] - earlier[0])
            for earlier, later in itertools.pairwise(points)
        ]
        slope = float(np.median(steps))
        return float(np.clip(slope, -_STEEPEST, _STEEPEST)) if abs(slope) > _STEADY else 0.0

    def _look(self, now: float) -> None:
        arrivals = np.array(self._delays)
        arrivals = arrivals[now - arrivals[:, 0] <= WINDOW]
        jitter = arrivals[:, 1] + self._slope * (now - arrivals[:, 0]) - self._base(now)
        wanted = float(np.percentile(jitter, PATIENCE)) + SHORTEST
        self.target = min(max(wanted, SHORTEST), LONGEST)
