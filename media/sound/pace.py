"""When to play a little faster or slower so that sound is neither late nor cut: a pure decision."""

from typing import Literal

JUMP = 0.4  # seconds above the target: too much to squeeze, so the oldest is dropped
LATE = 0.015  # seconds above the target: begin to squeeze
EARLY = 0.005  # seconds below the target: begin to stretch
NEAR = 0.005  # seconds above the target: squeezed enough
URGENT = 0.1  # seconds off the target: every block may be squeezed or stretched
HARSH = 0.2  # seconds off the target: even where it may be heard

_REST = 4  # blocks of 10 ms between two gentle changes
_SMOOTH = 0.1  # of each new reading in the delay that is steered

Step = Literal["keep", "squeeze", "stretch", "jump"]


class Pace:
    """Steers the delay of one stream to its target, with hysteresis."""

    def __init__(self) -> None:
        self.delay: float | None = None  # seconds, smoothed
        self.harsh = False
        self.adjusted = 0.0  # seconds put in or taken out so far
        self._way: Step = "keep"
        self._rest = 0

    def decide(self, reading: float, target: float, *, waiting: bool) -> Step:
        """Take one reading per 10 ms block; `waiting` while there is nothing to play."""
        if self.delay is None or waiting:
            self.delay = reading
        self.delay += _SMOOTH * (reading - self.delay)
        off = self.delay - target
        self._rest = max(self._rest - 1, 0)
        self.harsh = abs(off) > HARSH
        if off > JUMP:
            self._way = "keep"
            return "jump"
        if off > LATE or (self._way == "squeeze" and off > NEAR):
            self._way = "squeeze"
        elif off < -EARLY or (self._way == "stretch" and off < 0):
            self._way = "stretch"
        else:
            self._way = "keep"
        return "keep" if self._rest and abs(off) < URGENT else self._way

    def changed(self, seconds: float) -> None:
        """Say what a squeeze (negative) or a stretch did to the delay; 0: it was no good."""
        self.adjusted += abs(seconds)
        if self.delay is not None and seconds:
            self.delay += seconds
            self._rest = _REST

    def forget(self) -> None:
        """Begin with the next reading, as after a jump."""
        self.delay = None
        self._way = "keep"
