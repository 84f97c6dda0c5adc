"""What stands in for a sound device: a test tone, and silence."""

from collections.abc import Callable

import numpy as np

from media.sound.block_clock import BlockClock
from media.sound.ends import Heard
from media.sound.samples import BLOCK, RATE, Samples, silence


class ToneMicrophone:
    """A soft figure of four notes every two seconds: unmistakable, and bearable for an hour."""

    live = False
    overflows = 0
    name = "test"

    def __init__(self, clock: Callable[[], float]) -> None:
        self._block_clock = BlockClock(clock)
        self._figure = silence(0)
        self._at = 0

    def open(self) -> None:
        """Begin with the first note."""
        if not len(self._figure):
            self._figure = _figure()
        self._at = 0
        self._block_clock.begin()

    def read(self) -> Heard | None:
        """Return the next 10 ms once their time has come."""
        if not self._block_clock.due:
            return None
        block = self._figure[self._at : self._at + BLOCK]
        self._at = (self._at + BLOCK) % len(self._figure)
        return Heard(block, self._block_clock.done())

    def wait(self) -> float:
        """Return the seconds until the next 10 ms."""
        return self._block_clock.wait

    def close(self) -> None:
        """Fall silent."""


class NoMicrophone:
    """Silence at real-time pace."""

    live = False
    overflows = 0
    name = "none"

    def __init__(self, clock: Callable[[], float]) -> None:
        self._block_clock = BlockClock(clock)

    def open(self) -> None:
        """Begin."""
        self._block_clock.begin()

    def read(self) -> Heard | None:
        """Return 10 ms of silence once their time has come."""
        return Heard(silence(), self._block_clock.done()) if self._block_clock.due else None

    def wait(self) -> float:
        """Return the seconds until the next 10 ms."""
        return self._block_clock.wait

    def close(self) -> None:
        """Nothing to close."""


class NoSpeaker:
    """Takes sound at real-time pace and forgets it."""

    name = "none"
    latency = 0.0
    underruns = 0

    def __init__(self, clock: Callable[[], float]) -> None:
        self._block_clock = BlockClock(clock)

    def open(self) -> None:
        """Begin."""
        self._block_clock.begin()

    def wants(self) -> int:
        """Return the samples that are due."""
        return self._block_clock.due * BLOCK

    def write(self, samples: Samples) -> None:
        """Forget 10 ms."""
        self._block_clock.done()

    def wait(self) -> float:
        """Return the seconds until more is due."""
        return self._block_clock.wait

    def close(self) -> None:
        """Nothing to close."""


def _figure() -> Samples:
    """Return two seconds: an arpeggio of plucked notes (C, E, G, C), and a rest."""
    figure = np.zeros(2 * RATE, np.float64)
    time = np.arange(int(0.9 * RATE)) / RATE
    attack = np.minimum(time / 0.005, 1.0)
    for number, pitch in enumerate((523.25, 659.26, 783.99, 1046.5)):
        note = np.zeros(len(time))
        for overtone, strength in ((1, 1.0), (2, 0.3), (3, 0.1), (4, 0.04)):
            decay = np.exp(-time * (3.5 + 1.5 * overtone))
            note += strength * decay * np.sin(2 * np.pi * pitch * overtone * time)
        end = np.clip((time[-1] - time) / 0.05, 0.0, 1.0)
        at = int(number * 0.24 * RATE)
        figure[at : at + len(note)] += note * attack * end
    return np.asarray(0.2 * figure, np.float32)
