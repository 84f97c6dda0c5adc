"""How much of this computer the program uses."""

import os
import time
from collections.abc import Callable


def cores() -> int:
    """Return how many processors this process may use."""
    try:
        return max(1, len(os.sched_getaffinity(0)))
    except AttributeError:  # not on macOS and Windows
        return max(1, os.cpu_count() or 1)


class ProcessorMeter:
    """The share of all processors that this process used between two looks, 0 to 1."""

    def __init__(
        self,
        available: int,
        used: Callable[[], float] = time.process_time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`used` returns the seconds of processor time of this process so far."""
        self._available = available
        self._read, self._clock = used, clock
        self._used, self._at = used(), clock()

    def look(self) -> float:
        """Return the share since the last look."""
        used, at = self._read(), self._clock()
        passed = (at - self._at) * self._available
        share = (used - self._used) / passed if passed > 0 else 0.0
        self._used, self._at = used, at
        return min(1.0, max(0.0, share))
