"""Real-time pace for sound that has no device to set it."""

from collections.abc import Callable

from media.sound.samples import BLOCK, RATE

STALL = 0.5  # seconds: after a longer stop (a suspended computer) nothing is made up for


class BlockClock:
    """Counts 10 ms blocks against a clock, without drift."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._start = clock()
        self._blocks = 0

    def begin(self) -> None:
        """Start now."""
        self._start = self._clock()
        self._blocks = 0

    @property
    def due(self) -> int:
        """How many blocks should have been done by now and are not."""
        behind = self._clock() - self._start - self._blocks * BLOCK / RATE
        if behind > STALL:
            self._start += behind
            behind = 0.0
        return int(behind * RATE + 0.5) // BLOCK

    def done(self) -> float:
        """Count one block; return the time it stands for (its first sample)."""
        at = self._start + self._blocks * BLOCK / RATE
        self._blocks += 1
        return at

    @property
    def wait(self) -> float:
        """Seconds until one more block is due."""
        return max(self._start + (self._blocks + 1) * BLOCK / RATE - self._clock(), 0.0)
