"""Who speaks, how the call is with each person, and what is wrong: from figures to words."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from app.meeting.view import Quality
from app.screens import CallQuality, PersonQuality
from app.studio import Studio
from media.stats import CallStats
from media.verdict import FAIR, POOR, Cause, Finding, Verdict, judge

LOOK_EVERY = 1.0  # seconds between two looks at the statistics
LOOK_BACK = 6  # looks that a judgement is made from: one freeze is forgiven after so long
TELL_EVERY = 60.0  # seconds between two notices that this computer is busy
NOTICED = 2  # the first step of media.load that people can see

AT_HOME = frozenset({Cause.MY_LOSS, Cause.MY_UPLINK, Cause.MY_DOWNLINK})
THEIRS = frozenset({Cause.BETWEEN, Cause.THEIR_NETWORK, Cause.THEIR_COMPUTER, Cause.DISTANCE})


@dataclass(frozen=True)
class Seen:
    """What one look at a call showed."""

    speaking: frozenset[bytes] = frozenset()
    near: frozenset[bytes] = frozenset()  # who is looked at: who speaks, or spoke last
    words: Mapping[bytes, Quality] = field(default_factory=dict)
    """How each connection is; what this computer spoils is not theirs."""
    call: CallQuality = field(default_factory=CallQuality)


class Watch:
    """Looks at a call again and again; remembers some seconds of it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.figures_wanted = False
        """Whether somebody looks at the figures themselves."""
        self._clock = clock
        self._looked = float("-inf")
        self._history: deque[tuple[float, CallStats]] = deque(maxlen=LOOK_BACK + 1)
        self._verdict = Verdict()
        self._near: frozenset[bytes] = frozenset()
        self._step = 0
        self._told = 0
        self._told_at = float("-inf")

    def look(self, studio: Studio, devs: Iterable[bytes], own: bytes) -> Seen:
        """Return who speaks now, and how the call is."""
        now = self._clock()
        if now - self._looked >= LOOK_EVERY:
            self._looked = now
            self._measure(studio.call.stats(), now)
        devs = tuple(devs)
        speaking = {dev for dev in devs if dev != own and studio.sound.speaking(dev)}
        if studio.microphone_on and studio.sound.own_speaking:
            speaking.add(own)
        others = [dev for dev in devs if dev != own]
        self._near = frozenset(speaking.intersection(others) or self._near.intersection(others))
        call = self._quality(others)
        words = {
            one.dev: Quality.GOOD if one.cause is Cause.MY_COMPUTER else one.quality
            for one in call.people
            if one.quality is not None
        }
        return Seen(frozenset(speaking), self._near, words, call)

    def _measure(self, stats: CallStats, now: float) -> None:
        self._history.append((now, stats))
        self._verdict = judge(self._history)
        step = stats.computer.step
        more = step > self._step and step >= NOTICED
        if more and now - self._told_at >= TELL_EVERY:
            self._told += 1
            self._told_at = now
        self._step = step

    def _quality(self, others: list[bytes]) -> CallQuality:
        words = {dev: _word(bad) for dev, bad in self._verdict.badness.items()}
        causes = {
            dev: finding.cause
            for finding in reversed(self._verdict.findings)
            if finding.cause in THEIRS
            for dev in finding.devs
        }
        at_fault = {finding.cause for finding in self._verdict.findings}
        slow = Cause.MY_COMPUTER in at_fault and not at_fault & AT_HOME
        otherwise = Cause.MY_COMPUTER if slow else None
        return CallQuality(
            findings=tuple(_coarse(finding) for finding in self._verdict.findings),
            people=tuple(PersonQuality(d, words.get(d), causes.get(d, otherwise)) for d in others),
            measured=bool(words),
            step=self._step,
            told=self._told,
            figures=self._history[-1][1] if self.figures_wanted and self._history else None,
        )


def _coarse(finding: Finding) -> Finding:
    """Return the same with one of two weights, so that screens change only when words do."""
    return replace(finding, weight=POOR if finding.weight >= POOR else FAIR)


def _word(badness: float) -> Quality:
    if badness >= POOR:
        return Quality.POOR
    return Quality.FAIR if badness >= FAIR else Quality.GOOD
