"""Reads how hard this computer works for a call, twice a second, and what to leave out."""

from collections.abc import Callable
from dataclasses import dataclass

from media.load import LOOK_EVERY, LoadPlan, LoadSample, LoadWatch
from media.stats import ComputerStats, LoopStats


@dataclass(frozen=True, slots=True)
class Work:
    """How the workers of a call get along; counts are totals since they began."""

    encoding: float = 0.0  # share of its time that the encoders' thread works
    decoding: float = 0.0  # seconds that the oldest picture waits for a decoder
    dropped: int = 0  # pictures that no decoder had time for
    overruns: int = 0  # times that sound of the microphone was lost
    underruns: int = 0  # times that the speaker had nothing to play


class LoadGauge:
    """Makes samples of totals; `plan` is what holds now, `stats` what it was made from."""

    def __init__(
        self,
        processor: Callable[[], float] = lambda: 0.0,
        loop: Callable[[], LoopStats] = LoopStats,
    ) -> None:
        """`processor` returns the share of this computer used since it was asked last, 0 to 1."""
        self.stats = ComputerStats()
        self._processor, self._loop = processor, loop
        self._watch = LoadWatch()
        self._due = float("-inf")
        self._before = Work()

    @property
    def plan(self) -> LoadPlan:
        """What is left out now."""
        return self._watch.plan

    def is_due(self, now: float) -> bool:
        """Whether it is time to look again."""
        return now >= self._due

    def look(self, work: Work, now: float) -> bool:
        """Take in how things stand; return whether the plan is another one now."""
        self._due = now + LOOK_EVERY
        before, self._before = self._before, work
        loop, cpu = self._loop(), self._processor()
        sample = LoadSample(
            loop_late=loop.late_ms / 1000,
            encoding=work.encoding,
            decoding=work.decoding,
            dropped=max(0, work.dropped - before.dropped),
            overruns=max(0, work.overruns - before.overruns),
            cpu=cpu,
        )
        was = self._watch.plan
        plan = self._watch.note(sample, now)
        self.stats = ComputerStats(
            loop=loop,
            encoding=work.encoding,
            decoding_ms=work.decoding * 1000,
            overruns=work.overruns,
            cpu=cpu,
            step=plan.step,
            reason=plan.reason,
            underruns=work.underruns,
        )
        return plan != was
