"""Tells loss that less sending would end from loss that just happens, as on Wi-Fi. Pure.

Where no queue shows, one experiment tells: send less for a moment. A path that throws away what
is above its rate then loses nothing any more; a bad radio loses as much as before.
"""

from collections import deque
from typing import Literal

WINDOW = 1.0  # seconds that loss is counted over
LEAST = 20  # packets that say anything about loss
NOTABLE = 0.08  # loss beyond the usual that is worth an experiment
SETTLE = 0.3  # seconds, beyond the way there and back, for an experiment to begin to show
TRIAL = 0.7  # seconds it is then watched
PAUSE = 5.0  # seconds between two experiments
FELL = 0.4  # of the loss before: so little is left where it was our own doing
FORGET = 0.002  # of the usual loss a report, 4 % a second, while less is lost
MARGIN = 0.10  # less is sent than what came, so that nothing need be lost
MOST = 0.5  # of the rate that an experiment may cost

Verdict = Literal["begin", "wait", "ours", "usual"]


class LossWatch:
    """`loss` of the last second, `usual` as far as it is known not to be our doing."""

    def __init__(self) -> None:
        self.loss = 0.0
        self.usual = 0.0
        self._counts: deque[tuple[float, int, int]] = deque(maxlen=128)
        self._before = 0.0
        self._measured_from: float | None = None
        self._quiet_until = 0.0

    @property
    def excess(self) -> float:
        """Loss beyond the usual."""
        return max(0.0, self.loss - self.usual)

    @property
    def is_trying(self) -> bool:
        """Whether an experiment is under way."""
        return self._measured_from is not None

    @property
    def trial_factor(self) -> float:
        """What to multiply the rate with for the experiment."""
        return 1.0 - min(MOST, self._before + MARGIN)

    def note(self, expected: int, came: int, now: float) -> None:
        """Take in how many packets should have come so far, and how many did."""
        counts = self._counts
        counts.append((now, expected, came))
        while len(counts) > 2 and counts[1][0] <= now - WINDOW:
            counts.popleft()
        self.loss = self._loss_since(counts[0], otherwise=self.loss)
        self.usual = min(self.usual, max(self.loss, self.usual - FORGET))

    def judge(self, lag: float, now: float) -> Verdict:
        """Decide, while no queue shows: "begin" an experiment, or how one has ended.

        `lag` is how old the newest news of the path are.
        """
        if self._measured_from is None:
            if self.excess < NOTABLE or now < self._quiet_until:
                return "wait"
            self._before = self.loss
            self._measured_from = now + SETTLE + lag
            self._quiet_until = now + PAUSE
            return "begin"
        if now < self._measured_from + TRIAL:
            return "wait"
        start = next((c for c in self._counts if c[0] >= self._measured_from), self._counts[-1])
        after = self._loss_since(start, otherwise=self.loss)
        self._measured_from = None
        if after < FELL * self._before:
            return "ours"
        self.usual = max(self._before, after)
        return "usual"

    def since(self, when: float) -> float:
        """Return the loss beyond the usual from then on, 0 while that is too short to say."""
        start = next((count for count in self._counts if count[0] >= when), self._counts[-1])
        return max(0.0, self._loss_since(start, otherwise=0.0) - self.usual)

    def give_up(self) -> None:
        """End an experiment: something else has changed the rate."""
        self._measured_from = None

    def _loss_since(self, start: tuple[float, int, int], *, otherwise: float) -> float:
        _, expected, came = self._counts[-1]
        sent = expected - start[1]
        if sent < LEAST:
            return otherwise
        return min(1.0, max(0.0, 1.0 - (came - start[2]) / sent))
