"""How unevenly packets arrive, and how long to wait for them: a pure estimator."""

import itertools
import math
from collections import deque

import numpy as np

from media.sound.samples import RATE

WRAP = 1 << 32  # media_ts counts modulo this
WINDOW = 10.0  # seconds of arrivals that are remembered
FALL = 0.03  # seconds per second the wait shortens at most: so little is hardly heard
WORTH = 3.0  # seconds of delay for having nothing made up: 1 % less made up is worth 30 ms more
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
    jitter, repetitions of lost packets included. `target` is the wait that costs least: each
    packet that comes after it has to be made up, and each millisecond of it keeps people apart. So
    it rises within a few late packets, and falls slowly when they are `WINDOW` ago. A drift of the
    sender's clock tilts the base and is followed.
    """

    def __init__(self) -> None:
        self._raw = 0
        self._ts = 0
        self._when = np.full(_REMEMBERED, -np.inf)  # rings: arrival times, and the delays then
        self._delays = np.zeros(_REMEMBERED)
        self._restart()

    def _restart(self) -> None:
        self._when.fill(-np.inf)
        self._noted = 0
        self._last = 0.0  # the delay noted last
        self._fastest: deque[tuple[float, float]] = deque()  # of each second: when, delay
        self._second = -math.inf  # when the last of these seconds began
        self._slope = 0.0
        self._floor = 0.0  # the base, where the slope crosses time zero
        self._looked = -math.inf
        self.target = FIRST

    def unwrap(self, media_ts: int) -> int:
        """Return `media_ts` (modulo 2**32) as a count that does not wrap."""
        step = (media_ts - self._raw + WRAP // 2) % WRAP - WRAP // 2
        self._raw = media_ts
        self._ts += step
        return self._ts

    def note(self, ts: int, arrival: float) -> bool:
        """Take in one arrival; return False when the sender's clock is a new one."""
        known = not self.is_strange(ts, arrival)
        if not known:
            self._restart()
        self._last = delay = arrival - ts / RATE
        place = self._noted % _REMEMBERED
        self._when[place], self._delays[place] = arrival, delay
        self._noted += 1
        self._note_the_fastest(delay, arrival)
        if self._noted % _EVERY == 0:
            self._look(arrival)
        return known

    def is_strange(self, ts: int, arrival: float) -> bool:
        """Whether this is too far from all before to be jitter."""
        return self._noted > 0 and abs(arrival - ts / RATE - self._last) > STRANGE

    def delay(self, ts: int, now: float) -> float:
        """Return how long after the arrival of the fastest packets the sample `ts` is, at `now`."""
        return now - ts / RATE - self._slope * now - self._floor

    def _note_the_fastest(self, delay: float, arrival: float) -> None:
        if arrival - self._second < 1.0:
            when, fastest = self._fastest[-1]
            if delay - fastest < self._slope * (arrival - when):
                self._fastest[-1] = arrival, delay
                self._floor = min(self._floor, delay - self._slope * arrival)
            return
        self._second = arrival
        self._fastest.append((arrival, delay))
        while arrival - self._fastest[0][0] > WINDOW:
            self._fastest.popleft()
        self._slope = slope = self._tilt()
        self._floor = min(delay - slope * when for when, delay in self._fastest)

    def _tilt(self) -> float:
        """Return how fast the base moves (s/s): the median step from second to second."""
        if len(self._fastest) < 4:
            return 0.0
        # The last entry has just begun and is not yet the fastest of its second.
        points = list(self._fastest)[:-1]
        steps = sorted(
            (later[1] - earlier[1]) / (later[0] - earlier[0])
            for earlier, later in itertools.pairwise(points)
        )
        # Of two in the middle the flatter one: a single leap is no tilt.
        slope = min(steps[(len(steps) - 1) // 2], steps[len(steps) // 2], key=abs)
        return min(max(slope, -_STEEPEST), _STEEPEST) if abs(slope) > _STEADY else 0.0

    def _look(self, now: float) -> None:
        slowest = self.target - FALL * max(now - self._looked, 0.0)
        self._looked = now
        self.target = max(self._best_wait(now), slowest)

    def _best_wait(self, now: float) -> float:
        recent = self._when >= now - WINDOW
        jitter = np.sort(self._delays[recent] - self._slope * self._when[recent]) - self._floor
        late = WORTH / len(jitter) * np.arange(len(jitter) - 1, -1, -1)
        # What is too late for any wait, as before a better path was found, is worth none.
        worth = jitter[: np.searchsorted(jitter, LONGEST - SHORTEST, "right")]
        if len(worth) == 0:
            return SHORTEST
        return float(max(worth[np.argmin(worth + late[: len(worth)])], 0.0)) + SHORTEST
