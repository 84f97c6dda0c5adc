"""A few seconds of one's own microphone, in memory, to hear how one sounds."""

import threading
from collections.abc import Callable

import numpy as np

from media.sound.samples import RATE, Samples, silence


class Recording:
    """Takes in blocks until it is full; a worker writes, anybody may ask.

    `full` is called once, on the worker. Nothing is ever written to a file.
    """

    def __init__(self, seconds: float, full: Callable[[], None]) -> None:
        self._samples = silence(round(seconds * RATE))
        self._filled = 0
        self._full = full
        self._lock = threading.Lock()

    def take(self, block: Samples) -> None:
        """Append as much as fits."""
        with self._lock:
            before = self._filled
            count = min(len(block), len(self._samples) - before)
            self._samples[before : before + count] = block[:count]
            self._filled = before + count
            done = count > 0 and self._filled == len(self._samples)
        if done:
            self._full()

    @property
    def share(self) -> float:
        """How much of it is there, 0 to 1."""
        return self._filled / len(self._samples) if len(self._samples) else 1.0

    @property
    def sound(self) -> Samples:
        """What was heard so far."""
        with self._lock:
            return np.array(self._samples[: self._filled])

    def wipe(self) -> None:
        """Forget what was heard; nothing more is taken in."""
        with self._lock:
            self._samples.fill(0)
            self._samples = silence(0)
            self._filled = 0
