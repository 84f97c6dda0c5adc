"""What a computer that is too slow leaves out: a pure choice from how late its work gets done."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

Reason = Literal["", "loop", "encoding", "decoding", "sound"]

LOOK_EVERY = 0.5  # seconds between two samples
UP_AFTER = 1.5  # seconds of trouble before one step more is left out: a short spike is none
DOWN_AFTER = 10.0  # seconds of ease before one step is taken back
HARD_STEP = 6  # from here on people miss pictures:
SOONER = 0.3  # times that ease is enough to take such a step back
LONGEST_PATIENCE = 160.0  # seconds of ease that a computer which keeps relapsing must show
RELAPSE = 30.0  # seconds after a step was taken back within which more trouble is a relapse
FORGIVEN_AFTER = 300.0  # seconds without a relapse after which patience is as at first
HEAVY = 2.0  # times too slow: two steps at once


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """What the call does without now. Sound stays whole; it only comes in longer packets."""

    step: int  # 0 nothing is left out
    max_lines: int  # of the largest picture that is encoded
    fps: int  # pictures of the camera a second, at most
    cpu_used: int  # libvpx's speed: more is quicker and less beautiful
    far_fps: int  # pictures a second asked of those who are not looked at; 0: they stand still
    packet_ms: int  # of sound, at least: fewer packets spare everybody in the call their handling
    reason: Reason = ""  # what was late when the step was taken


STEPS = (
    LoadPlan(0, 720, 30, 10, 30, 20),
    LoadPlan(1, 720, 30, 16, 30, 20),
    LoadPlan(2, 720, 15, 16, 30, 20),
    LoadPlan(3, 360, 15, 16, 30, 40),
    LoadPlan(4, 360, 15, 16, 8, 60),
    LoadPlan(5, 360, 15, 16, 5, 60),
    LoadPlan(6, 180, 10, 16, 0, 60),
    LoadPlan(7, 180, 2, 16, 0, 60),
)
"""What costs people least goes first: a quicker encoder, then fewer pictures, smaller ones, sound
in longer packets; then what they see of those whom they do not look at; then nearly all pictures,
as sound comes first."""

WORTH = (1.0, 1.3, 2.0, 3.5, 1.0, 1.0, 3.7, 5.0)
"""How much less an encoder works at each step than at the one before, about."""


SIGNED_FPS = 20  # pictures a second at least in which signs can be read (EN 301 549, 6.5)
SIGNED_LINES = 360  # of them, where the computer is too slow for larger ones so often


def fluent(plan: LoadPlan) -> LoadPlan:
    """Return the plan of somebody who speaks by signs: smaller pictures before fewer.

    Where people miss pictures, sound comes first all the same.
    """
    if plan.step >= HARD_STEP or plan.fps >= SIGNED_FPS:
        return plan
    return replace(plan, fps=SIGNED_FPS, max_lines=min(plan.max_lines, SIGNED_LINES))


@dataclass(frozen=True, slots=True)
class LoadSample:
    """What LOOK_EVERY seconds showed; what is not known stays 0."""

    loop_late: float = 0.0  # seconds that the engine's loop was late, 95th percentile
    encoding: float = 0.0  # share of its time that the encoders' thread works
    decoding: float = 0.0  # seconds that the oldest picture waits for a decoder
    dropped: int = 0  # pictures that no decoder had time for
    overruns: int = 0  # times that sound of the microphone was lost because nobody took it
    cpu: float = 0.0  # share of what this computer has that this process used, 0..1


@dataclass(frozen=True, slots=True)
class _Bound:
    trouble: float
    ease: float  # below this it is easy; between the two nothing changes


_BOUNDS: Mapping[Reason, _Bound] = {
    "loop": _Bound(0.060, 0.030),  # sound leaves every 20 ms, and waits up to 60 in the others
    "encoding": _Bound(0.85, 0.70),
    "decoding": _Bound(0.150, 0.050),
    "sound": _Bound(2.0, 1.0),
}
DROPPED = 2  # pictures dropped in one sample are trouble, however short the queue
BUSY = 0.75  # of the computer: nothing is taken back above that


class LoadWatch:
    """Goes up the steps quickly and down slowly.

    Trouble fills a bucket and its absence empties it: so half a minute in which every other look
    is bad counts, and a hiccup does not.
    """

    def __init__(self) -> None:
        self.plan = STEPS[0]
        self._at: float | None = None
        self._troubled = 0.0  # seconds in the bucket
        self._easy = 0.0  # seconds of ease in a row
        self._patience = DOWN_AFTER
        self._eased_at = self._relapsed_at = float("-inf")

    def note(self, sample: LoadSample, now: float) -> LoadPlan:
        """Take in one sample at `now` (seconds, monotonic); return the plan from here on."""
        passed = 0.0 if self._at is None else min(max(now - self._at, 0.0), 2 * LOOK_EVERY)
        self._at = now
        strain, reason = strain_of(sample)
        if strain >= 1.0:
            self._easy = 0.0
            self._troubled += passed
            if self._troubled >= UP_AFTER:
                self._up(2 if strain >= HEAVY else 1, reason, now)
            return self.plan
        self._troubled = max(0.0, self._troubled - passed)
        if not self._is_easy(sample):
            self._easy = 0.0
            return self.plan
        self._easy += passed
        patience = self._patience * (SOONER if self.plan.step >= HARD_STEP else 1.0)
        if self.plan.step and self._easy >= patience:
            self._down(now)
        if now - self._relapsed_at >= FORGIVEN_AFTER:
            self._patience = DOWN_AFTER
        return self.plan

    def _up(self, steps: int, reason: Reason, now: float) -> None:
        self._troubled = 0.0
        if self.plan.step == len(STEPS) - 1:
            return
        if now - self._eased_at <= RELAPSE:  # back to where it was well, and longer this time
            steps = 1
            self._patience = min(2 * self._patience, LONGEST_PATIENCE)
            self._eased_at = float("-inf")
            self._relapsed_at = now
        step = min(self.plan.step + steps, len(STEPS) - 1)
        self.plan = replace(STEPS[step], reason=reason)

    def _down(self, now: float) -> None:
        step = self.plan.step - 1
        self._easy = 0.0
        self._eased_at = now
        self.plan = replace(STEPS[step], reason=self.plan.reason if step else "")

    def _is_easy(self, sample: LoadSample) -> bool:
        """Whether there is room for what the step before would cost."""
        before = replace(sample, encoding=sample.encoding * WORTH[self.plan.step])
        easy = all(value < _BOUNDS[reason].ease for reason, value in _measured(before).items())
        return easy and sample.dropped == 0 and sample.cpu < BUSY


def strain_of(sample: LoadSample) -> tuple[float, Reason]:
    """Return how many times too slow the computer is, and where; below 1 it keeps up."""
    strains = {
        reason: value / _BOUNDS[reason].trouble for reason, value in _measured(sample).items()
    }
    if sample.dropped >= DROPPED:
        strains["decoding"] = max(strains["decoding"], 1.0)
    special: list[Reason] = [reason for reason in strains if reason != "loop"]
    named = max(special, key=lambda reason: strains[reason])
    if strains[named] < 1.0:
        named = "loop"  # late with everything: the rest of the computer is busy, or we are
    return max(strains.values()), named


def _measured(sample: LoadSample) -> dict[Reason, float]:
    return {
        "loop": sample.loop_late,
        "encoding": sample.encoding,
        "decoding": sample.decoding,
        "sound": float(sample.overruns),
    }
