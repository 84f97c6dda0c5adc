"""A computer that stands still now and then: its system takes the time away, or somebody else's."""

import random
from dataclasses import dataclass

TICK = 0.050  # seconds


@dataclass(frozen=True, slots=True)
class Stalling:
    """How often a computer stands still, and for how long, in seconds."""

    share: float = 0.0
    """Of all ticks that begin a stall."""
    shortest: float = 0.030
    longest: float = 0.300


STEADY = Stalling()
"""A computer that never does."""


class Stalls:
    """One computer's stalls; asked about one moment after the other."""

    def __init__(self, how: Stalling, rng: random.Random) -> None:
        self._how = how
        self._rng = rng
        self._begin = self._end = 0.0
        self._looked = 0

    def until(self, now: float) -> float:
        """Return when what is due at `now` happens: then, or once the computer goes on."""
        while (self._looked + 1) * TICK <= now:
            self._looked += 1
            at = self._looked * TICK
            if self._rng.random() < self._how.share and at >= self._end:
                self._begin = at + self._rng.random() * TICK
                self._end = self._begin + self._rng.uniform(self._how.shortest, self._how.longest)
        return self._end if self._begin <= now < self._end else now
