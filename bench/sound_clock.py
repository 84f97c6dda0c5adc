"""A microphone whose tone says when it was spoken, and an ear that says how old it is.

The tone climbs by STEP_HZ every STEP_S seconds and begins again after STEPS of them, by the
monotonic clock that all processes of a computer share.
"""

import threading
import time

import numpy as np

from media.sound.block_clock import BlockClock
from media.sound.ends import Heard
from media.sound.samples import BLOCK, RATE, Samples
from media.sound.stand_ins import NoSpeaker

STEP_S, STEPS = 0.5, 64  # seconds of a tone; tones, until they repeat: 32 s
LOWEST_HZ, STEP_HZ = 400.0, 100.0
LISTENS = 4  # blocks of 10 ms that are listened to at a time: a step is four of their lines
LOUD = 0.02  # of full scale (RMS): less is silence, or fades away
PAUSE_S = 0.3  # between two blocks: the computer slept
PURE = 0.6  # of the power is in the tone: less is two tones, or something made up


class ClockMicrophone:
    """The time of day as a tone."""

    live = False
    overflows = 0
    name = "the time"

    def __init__(self) -> None:
        self._block_clock = BlockClock(time.monotonic)

    def open(self) -> None:
        """Begin now."""
        self._block_clock.begin()

    def read(self) -> Heard | None:
        """Return the next 10 ms once their time has come."""
        if not self._block_clock.due:
            return None
        at = self._block_clock.done()
        return Heard(tone_of(at), at)

    def wait(self) -> float:
        """Return the seconds until the next 10 ms."""
        return self._block_clock.wait

    def close(self) -> None:
        """Nothing to close."""


class ClockEar(NoSpeaker):
    """A speaker that notes how old the oldest sound was since somebody asked."""

    def __init__(self) -> None:
        super().__init__(time.monotonic)
        self._blocks: list[Samples] = []
        self._wrote = 0.0
        self._oldest: float | None = None
        self._lock = threading.Lock()

    def write(self, samples: Samples) -> None:
        """Take 10 ms that are heard now."""
        super().write(samples)
        now = time.monotonic()
        if now - self._wrote > PAUSE_S:  # a few blocks of before were heard before
            self._blocks.clear()
        self._wrote = now
        self._blocks.append(samples)
        if len(self._blocks) < LISTENS:
            return
        age = age_of(np.concatenate(self._blocks), now)
        self._blocks.clear()
        if age is not None:
            with self._lock:
                self._oldest = age if self._oldest is None else max(self._oldest, age)

    def oldest(self) -> float | None:
        """Return how old, in seconds, the oldest tone since the last call was; None: silence."""
        with self._lock:
            oldest, self._oldest = self._oldest, None
        return oldest


def tone_of(at: float) -> Samples:
    """Return the 10 ms that begin at a time."""
    step = int(at / STEP_S) % STEPS
    times = at + np.arange(BLOCK) / RATE
    tone = 0.3 * np.sin(2 * np.pi * (LOWEST_HZ + STEP_HZ * step) * times)
    return np.asarray(tone, np.float32)


def age_of(sound: Samples, now: float) -> float | None:
    """Return how many seconds ago this tone was spoken at the latest; None where it is none."""
    if np.sqrt(np.mean(sound * sound)) < LOUD:
        return None
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    peak = int(np.argmax(power))
    if power[max(0, peak - 2) : peak + 3].sum() < PURE * power.sum():
        return None
    step = round((peak * RATE / len(sound) - LOWEST_HZ) / STEP_HZ)
    if not 0 <= step < STEPS:
        return None
    steps_ago = (int(now / STEP_S) - step) % STEPS
    return max(0.0, steps_ago * STEP_S - STEP_S + now % STEP_S) if steps_ago else 0.0
