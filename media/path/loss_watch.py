"""Tells loss that less sending would end from loss that just happens, as on Wi-Fi. Pure.

Where no queue shows, an experiment tells: send less for a moment, then as before. A path that
throws away what is above its rate loses nothing meanwhile and then as much as before; a bad radio
loses as it likes.
"""

from collections import deque
from typing import Literal

WINDOW = 1.0  # seconds that loss is counted over
LEAST = 20  # packets that say anything about loss
OVERTAKEN = 4  # reports, 200 ms, in all of which a packet must be missing: it may only be late
NOTABLE = 0.08  # loss beyond the usual that is worth an experiment
SETTLE = 0.3  # seconds, beyond the way there and back, for an experiment to begin to show
TRIAL = 0.9  # seconds it is then watched
PAUSE = 5.0  # seconds between two experiments
FELL = 0.25  # of the loss before: so little is left where it was our own doing
ROSE = 0.6  # of the loss before: so much comes back
FORGET = 0.002  # of the usual loss a report, 4 % a second, while less is lost
MARGIN = 0.10  # less is sent than what came, so that nothing need be lost
MOST = 0.8  # of the rate that an experiment may cost

Verdict = Literal["less", "as before", "wait", "ours", "usual"]


class LossWatch:
    """`loss` of the last second, `usual` as far as it is known not to be our doing."""

    def __init__(self) -> None:
        self.loss = 0.0
        self.usual = 0.0
        self._counts: deque[tuple[float, int, int]] = deque(maxlen=128)
        self._missing: deque[int] = deque(maxlen=OVERTAKEN)
        self._before = 0.0
        self._phase: Literal["", "less", "as before"] = ""
        self._measured_from = 0.0
        self._quiet_until = 0.0

    @property
    def excess(self) -> float:
        """Loss beyond the usual."""
        return max(0.0, self.loss - self.usual)

    @property
    def is_trying(self) -> bool:
        """Whether an experiment is under way."""
        return self._phase != ""

    @property
    def trial_factor(self) -> float:
        """What to multiply the rate with for the experiment."""
        return 1.0 - min(MOST, self._before + MARGIN)

    def note(self, expected: int, came: int, now: float) -> None:
        """Take in how many packets should have come so far, and how many did."""
        self._missing.append(expected - came)
        counts = self._counts
        counts.append((now, expected, expected - min(self._missing)))
        while len(counts) > 2 and counts[1][0] <= now - WINDOW:
            counts.popleft()
        self.loss = self._loss_since(counts[0], otherwise=self.loss)
        self.usual = min(self.usual, max(self.loss, self.usual - FORGET))

    def judge(self, lag: float, now: float) -> Verdict:
        """Decide, while no queue shows: whether to send "less" or "as before", or what was found.

        `lag` is how old the newest news of the path are.
        """
        if not self._phase:
            if self.excess < NOTABLE or now < self._quiet_until:
                return "wait"
            self._before = self.loss
            return self._begin("less", now + SETTLE + lag)
        if now < self._measured_from + TRIAL:
            return "wait"
        after = self.since(self._measured_from) + self.usual
        self._quiet_until = now + PAUSE
        if self._phase == "less" and after < FELL * self._before:
            return self._begin("as before", now + SETTLE + lag)
        ours = self._phase == "as before" and after > ROSE * self._before
        self._phase = ""
        if ours:
            return "ours"
        self.usual = max(self.usual, min(self._before, max(after, self.loss)))
        return "usual"

    def since(self, when: float) -> float:
        """Return the loss beyond the usual from then on, 0 while that is too short to say."""
        start = next((count for count in self._counts if count[0] >= when), self._counts[-1])
        return max(0.0, self._loss_since(start, otherwise=0.0) - self.usual)

    def give_up(self) -> None:
        """End an experiment: something else has changed the rate."""
        self._phase = ""

    def _begin(self, phase: Literal["less", "as before"], measured_from: float) -> Verdict:
        self._phase, self._measured_from = phase, measured_from
        return phase

    def _loss_since(self, start: tuple[float, int, int], *, otherwise: float) -> float:
        _, expected, came = self._counts[-1]
        sent = expected - start[1]
        if sent < LEAST:
            return otherwise
        return min(1.0, max(0.0, 1.0 - (came - start[2]) / sent))
