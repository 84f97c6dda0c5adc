"""Takes the echo of the far side out of a microphone, and leaves who speaks in the room alone.

Two cancellers work side by side. A strict one (WebRTC's) leaves nothing of an echo, and little of
a voice that speaks at the same time. A linear one (media.sound.echo_path) leaves the voice as it
is, and a trace of echo. The strict one is heard unless somebody in the room speaks against the far
side.
"""

from collections.abc import Callable

import numpy as np

from media.sound.double_talk import DoubleTalk, Talk
from media.sound.echo_path import EchoPath
from media.sound.samples import BLOCK, RATE, Samples

ECHO_DELAY = 431 / RATE  # seconds the strict canceller holds sound back: blocks of 4 ms, and bands
REST = 0.3  # what is let through while only the far side speaks: its rest, and the room

_AT_ONCE, _SLOWLY = 0.6, 0.2  # of the way in 10 ms: a voice begins suddenly and ends slowly


class EchoRemover:
    """For one thread; `strict` takes 10 ms of the microphone and of what was played."""

    def __init__(self, strict: Callable[[Samples, Samples], Samples]) -> None:
        self._strict = strict
        self._path = EchoPath()
        self._talk = DoubleTalk()
        self._late = np.zeros((2, round(ECHO_DELAY * RATE)), np.float32)
        self._linear = 0.0  # part of the linear canceller in what is heard
        self._open = 1.0  # what is let through

    def remove(self, near: Samples, far: Samples) -> tuple[Samples, Talk]:
        """Return 10 ms, `ECHO_DELAY` late, and who spoke in them."""
        strict = self._strict(near, far)
        left = self._path.subtract(near, far)
        both = np.concatenate([self._late, [near - left, left]], axis=1)  # as late as the strict
        self._late = both[:, BLOCK:]
        echo, left = both[:, :BLOCK]
        talk = self._talk.hear(echo, left, strict)
        linear, let = self._linear, self._open
        self._linear = faded(linear, 1.0 if talk is Talk.BOTH else 0.0)
        self._open = faded(let, REST if talk is Talk.FAR else 1.0)
        if linear or self._linear:
            strict = strict + ramp(linear, self._linear) * (left - strict)
        if not let == self._open == 1.0:
            strict = strict * ramp(let, self._open)
        return strict, talk


def faded(now: float, wanted: float) -> float:
    """Return the next value on the way to what is wanted, ten milliseconds later."""
    after = now + (_AT_ONCE if wanted > now else _SLOWLY) * (wanted - now)
    return wanted if abs(wanted - after) < 1e-3 else after


def ramp(before: float, after: float) -> Samples:
    """Return a factor for each sample of 10 ms that leads evenly from one value to another."""
    return np.linspace(before, after, BLOCK, dtype=np.float32)
