"""Notices that a path's queue is kept full by somebody else, and competes for the path. Pure.

A queue that does not shrink when we send less is not ours: a download fills it, and slows down only
when it loses something. Who yields to such a queue gets nothing. So we do as it does, growing by a
packet each round trip and falling when something is lost, until the queue is gone.
"""

import math

from media.path.loss_watch import LossWatch

STANDS = 0.035  # seconds of queue that may be somebody else's
STILL = 0.35  # of the queue there was: less must be left for a decrease to have changed something
STUBBORN = 3  # decreases that changed nothing
STUBBORN_AGAIN = 1
MEMORY = 30.0  # seconds after a contest in which one such decrease is enough
MOST_AT_ONCE = 2.5  # times what arrives is sent when a contest begins
GROWTH = 9.6  # kbit per round trip, each round trip: a packet
TRIPS = (0.15, 0.5)  # seconds that a round trip may count as
BACK_OFF = 0.7
PAUSE = 0.2  # seconds beyond a round trip for a lower rate to show
WINDOW = 0.5  # seconds that loss is looked for in
LOSS = 0.01
LONGEST_QUEUE = 1.0  # seconds that a trial waits for at most
CALM = 1.0  # seconds without a queue that end a contest, or show that there is none
CALM_IN_TRIAL = 0.15  # the same while we step back
TRIAL_EVERY = 8.0  # seconds between two trials whether the queue is our own by now
TRIAL_RATE = 0.6  # of what arrives is sent meanwhile: a queue of ours would be gone soon
TRIAL_SLACK = 0.5  # seconds longer than that


class Contest:
    """`is_on` while somebody else keeps the queue full; `count` of them so far."""

    def __init__(self) -> None:
        self.is_on = False
        self.count = 0
        self._stubborn = 0
        self._rate_before = 0.0  # kbit/s before the first decrease of a series
        self._queue_then = 0.0  # at the last decrease
        self._lowest = 0.0  # since then
        self._calm_since: float | None = None
        self._ended = -math.inf
        self._trial_until = 0.0  # 0: no trial
        self._next_trial = 0.0
        self._quiet_until = 0.0

    def note(self, queue: float, suspect: float, now: float) -> None:
        """Take in how long the queue is; below `suspect` it is none."""
        self._lowest = queue if self.is_on else min(self._lowest, queue)
        if queue > suspect:
            self._calm_since = None
            return
        if self._calm_since is None:
            self._calm_since = now
        if now - self._calm_since > (CALM_IN_TRIAL if self._trial_until else CALM):
            self._stubborn = 0
            self._rate_before = 0.0
            self._trial_until = 0.0
            if self.is_on:
                self.is_on = False
                self._ended = now

    def decreasing(self, queue: float, target_kbps: float, now: float) -> bool:
        """Note that the queue asks for a decrease; return whether a contest begins instead."""
        self._rate_before = max(self._rate_before, target_kbps)
        if self._lowest > max(STANDS, STILL * self._queue_then):
            self._stubborn += 1
        self._lowest = self._queue_then = queue
        recently = now - self._ended < MEMORY
        if self._stubborn < (STUBBORN_AGAIN if recently else STUBBORN):
            return False
        self.is_on = True
        self.count += 1
        self._stubborn = 0
        self._calm_since = None
        self._quiet_until = now
        self._begin_again(now)
        return True

    def first_rate(self, received_kbps: float) -> float:
        """Return the rate (kbit/s) to compete from: that before the decreases in vain."""
        return min(self._rate_before, MOST_AT_ONCE * received_kbps)

    def rate(
        self, target_kbps: float, received_kbps: float, losses: LossWatch, lag: float, now: float
    ) -> float | None:
        """Return the rate (kbit/s) to send at from now on; None to grow by `growth` instead."""
        if self._trial_until:
            if now < self._trial_until:
                return target_kbps
            self._begin_again(now)
            return self._rate_before
        if now >= self._next_trial:
            queue = min(LONGEST_QUEUE, self._lowest)
            self._rate_before = target_kbps
            self._trial_until = now + lag + queue / (1.0 - TRIAL_RATE) + TRIAL_SLACK
            return TRIAL_RATE * min(target_kbps, received_kbps)
        since = max(self._quiet_until, now - WINDOW)
        if now >= self._quiet_until and losses.since(since) > LOSS:
            self._quiet_until = now + _trip(lag) + PAUSE
            return BACK_OFF * target_kbps
        return None

    def growth(self, lag: float) -> float:
        """Return how much more to send each second (kbit/s)."""
        return GROWTH / _trip(lag) ** 2

    def _begin_again(self, now: float) -> None:
        self._trial_until = 0.0
        self._next_trial = now + TRIAL_EVERY


def _trip(lag: float) -> float:
    shortest, longest = TRIPS
    return min(longest, max(shortest, lag))
