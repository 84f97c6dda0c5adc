"""Tries with short clusters of packets whether a path bears more than is known. Pure.

A cluster leaves in one go; what lies between its packets where they arrive was put there by the
narrowest link (Dovrolis et al., "What do packet dispersion techniques measure?", 2001).
"""

import math
from collections.abc import Sequence

LEAST_PACKETS = 8
LEAST_CAME = 4  # of those: a bad radio loses some
CLUSTER = 0.020  # seconds of the rate that is tried
STEP = 2.5  # times the target is tried; no cluster raises it more than that
TRUST = 0.85  # of what a cluster measured
WORTH = 1.1  # times the target must come out for a cluster to have succeeded
TIMEOUT = 1.0  # seconds after which nothing of a cluster comes any more
NEWS = 1.4  # times the rate from which nothing was found: the path is another one than then
FIRST_PAUSE = 3.0  # seconds after a cluster that found nothing; doubled each time
LONGEST_PAUSE = 24.0


class Prober:
    """When to send a cluster, and what it showed."""

    def __init__(self) -> None:
        self._due = 0.0
        self._in_vain = math.inf  # kbit/s from which the last cluster found nothing
        self._pause = FIRST_PAUSE
        self._tried = 0.0  # kbit/s of the cluster under way, 0: none
        self._sent_at = 0.0
        self._came: list[tuple[float, float, int]] = []

    def cluster(self, target_kbps: float, now: float) -> int:
        """Return how many bytes to send as a cluster now, 0 for none."""
        if self._tried:
            return 0
        if now < self._due and target_kbps < NEWS * self._in_vain:
            return 0
        self._tried, self._sent_at = target_kbps, now
        self._came = []
        return round(STEP * target_kbps * 125 * CLUSTER)

    def note(self, came: Sequence[tuple[float, float, int]], now: float) -> float:
        """Take in what came of a cluster; return the rate found in kbit/s, 0 while none is."""
        if not self._tried:
            return 0.0
        self._came += came
        if now - self._sent_at < TIMEOUT and (came or len(self._came) < LEAST_CAME):
            return 0.0  # more may come
        tried, self._tried = self._tried, 0.0
        found = min(STEP * tried, TRUST * _rate(self._came))
        if found >= WORTH * tried:
            self._pause = FIRST_PAUSE
            self._due = now
            return found
        self.put_off(tried, now)
        self._pause = min(LONGEST_PAUSE, 2 * self._pause)
        return 0.0

    def put_off(self, kbps: float, now: float, pause: float = 0.0) -> None:
        """The path is full at this rate: nothing is to be found for a while."""
        self._tried = 0.0
        self._in_vain = kbps
        self._due = max(self._due, now + max(pause, self._pause))


def _rate(came: Sequence[tuple[float, float, int]]) -> float:
    if len(came) < LEAST_CAME:
        return 0.0
    ordered = sorted(came, key=lambda packet: packet[1])
    seconds = ordered[-1][1] - ordered[0][1]
    octets = sum(octets for _, _, octets in ordered[1:])
    return octets / 125 / max(seconds, 1e-4)
