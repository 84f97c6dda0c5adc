"""How fast files may go beside sound and pictures on one path: what these leave. Pure.

A transport in the background, after the idea of LEDBAT (RFC 6817): files grow while packets do not
wait on the path, and make way at half the queue that pictures would notice.
"""

from dataclasses import dataclass

MOST_KBPS = 8000.0  # of all files together: each packet takes the engine's thread some 0.2 ms
LEAST_SHARE = 0.1  # of what the path bears: so much a file gets beside the best picture
USUAL_SHARE = 0.5  # of what sound and pictures leave: where a file begins
QUEUE = 0.012  # seconds of queue, beyond jitter, at which files make way; pictures do at 25 ms
WAY_LONGER = 0.060  # seconds that a round trip may grow where no sound tells of the queue
CUT = 0.5  # of the rate, at each sign of a queue ...
CUT_PAUSE = 0.15  # ... at most once in so many seconds: the path must have time to answer
GROWTH = 0.6  # a second, far from the last limit
GROWTH_NEAR = 0.08  # a second, near it
NEAR = 0.8  # of the last limit
FORGET = 10.0  # seconds after which a limit may be another one
USED = 0.6  # of the rate must have been sent before more is tried
BURST = 0.015  # seconds of the rate that may leave at once
LEAST_BURST = 1200  # bytes: a packet
ACTIVE = 0.3  # seconds after the last part in which files count as being on the path


@dataclass(frozen=True, slots=True)
class PathNow:
    """How one path stands."""

    bears_kbps: float
    media_kbps: float
    queue: float  # seconds, jitter taken off
    round_trip: float | None  # where no sound tells of a queue
    blocked: bool  # the channel has not sent what it was given before
    contest: bool = False  # somebody else keeps the queue full


class BulkPace:
    """A rate and an allowance. `look` every 50 ms; `room` says how many bytes may go now."""

    def __init__(self, most_kbps: float = MOST_KBPS) -> None:
        self.most_kbps = most_kbps
        self.rate_kbps = 0.0
        self.least_kbps = 0.0
        self.cuts = 0
        self._credit = 0.0
        self._at: float | None = None
        self._last_sent = float("-inf")
        self._sent = 0
        self._looked: tuple[float, int] | None = None
        self._cut_at = float("-inf")
        self._limit: float | None = None
        self._shortest: float | None = None

    def is_active(self, now: float) -> bool:
        """Tell whether files were sent just now."""
        return now - self._last_sent < ACTIVE

    def can_make_way(self, now: float) -> bool:
        """Tell whether a queue is better met by fewer files than by a worse picture."""
        return self.is_active(now) and self.rate_kbps > self.least_kbps

    def reserved_kbps(self, now: float) -> float:
        """Return what pictures must leave to files."""
        return self.least_kbps if self.is_active(now) else 0.0

    def look(self, path: PathNow, now: float) -> None:
        """Follow the path."""
        self.least_kbps = LEAST_SHARE * path.bears_kbps
        free = max(0.0, path.bears_kbps - path.media_kbps)
        usual = max(self.least_kbps, USUAL_SHARE * free)
        if path.round_trip is not None:
            self._shortest = min(path.round_trip, self._shortest or path.round_trip)
        if not self.is_active(now):
            self._begin(usual, now)
            return
        since, before = self._looked or (now, self._sent)
        elapsed = now - since
        used = elapsed > 0 and (self._sent - before) / 125 / elapsed >= USED * self.rate_kbps
        self._looked = now, self._sent
        if self._is_crowded(path):
            self._make_way(now)
        elif used:
            self._grow(elapsed, now)
        self.rate_kbps = max(self.least_kbps, min(self.rate_kbps, self.most_kbps))

    def room(self, now: float) -> int:
        """Return how many bytes of files may go now."""
        elapsed = now - self._at if self._at is not None else 0.0
        self._at = now
        most = max(LEAST_BURST, BURST * self.rate_kbps * 125)
        self._credit = min(most, self._credit + max(0.0, elapsed) * self.rate_kbps * 125)
        return max(0, int(self._credit))

    def spend(self, octets: int, now: float) -> None:
        """Note that so many bytes went."""
        self._credit -= octets
        self._sent += octets
        self._last_sent = now

    def _begin(self, usual: float, now: float) -> None:
        """Nothing is under way: begin with what is surely there."""
        self.rate_kbps = min(usual, self.most_kbps)
        self._looked = now, self._sent

    def _is_crowded(self, path: PathNow) -> bool:
        slower = (
            path.round_trip is not None
            and self._shortest is not None
            and path.round_trip - self._shortest > WAY_LONGER
        )
        return path.queue > QUEUE or path.contest or path.blocked or slower

    def _make_way(self, now: float) -> None:
        if now - self._cut_at >= CUT_PAUSE:
            if now - self._cut_at > 1.0:
                self._limit = self.rate_kbps
            self._cut_at = now
            self.cuts += 1
            self.rate_kbps *= CUT

    def _grow(self, elapsed: float, now: float) -> None:
        near = self._limit is not None and self.rate_kbps > NEAR * self._limit
        if near and now - self._cut_at > FORGET:
            self._limit, near = None, False
        self.rate_kbps *= 1.0 + (GROWTH_NEAR if near else GROWTH) * elapsed
