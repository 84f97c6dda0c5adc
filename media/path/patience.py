"""How long to wait for a packet: before it is asked for, and for the answer then. Pure.

Before, after RACK (RFC 8985): on a path that keeps the order a packet is missing as soon as a
later one came. Where packets overtake each other, both the time and the number of later packets
that prove a loss grow with what was seen, and shrink again when it is over. For the answer, after
RFC 6298: as long as answers took, with room for how unevenly they come.
"""

LEAST = 0.004  # seconds: the scheduling of a busy computer
MOST = 0.100  # seconds; a path that disorders more than that is repaired late
MOST_LATER = 16.0  # packets
LEAST_ANSWER = 0.020  # seconds between two requests for one packet, at least
SLACK = 0.010  # seconds on top of the round trip
RECENT = 2.0  # seconds for which a quick answer says that answers can be quick
LONGEST_ANSWER = 1.0  # seconds; what takes longer comes too late anyway
_MARGIN = 1.25  # times the lateness seen
_HALF_LIFE = 5.0  # seconds in which what was learnt is half forgotten


class Patience:
    """One stream's tolerance for packets out of order."""

    def __init__(self) -> None:
        self._wait = 0.0  # seconds beyond LEAST
        self._later = 0.0  # packets beyond one
        self._at = 0.0

    def came_late(self, lateness: float, later: int, now: float) -> None:
        """A packet came `lateness` seconds and `later` packets after one that was sent behind."""
        self._forget(now)
        wait = min(MOST, _MARGIN * lateness) - LEAST
        self._wait += 0.5 * max(0.0, wait - self._wait)
        if later >= 1.0 + self._later:
            self._later = min(MOST_LATER, self._later + 1.0)

    def is_over(self, age: float, later: int, now: float) -> bool:
        """Whether to ask for a packet that is `age` seconds and `later` packets behind."""
        if age < LEAST:
            return False
        self._forget(now)
        return later >= 1.0 + self._later or age >= LEAST + self._wait

    @property
    def longest(self) -> float:
        """Seconds after which any packet counts as missing."""
        return LEAST + self._wait

    def _forget(self, now: float) -> None:
        kept = 0.5 ** (max(0.0, now - self._at) / _HALF_LIFE)
        self._at = now
        self._wait *= kept
        self._later *= kept
        if self._later < 0.5:
            self._later = 0.0


class Answers:
    """How long requests of one stream take to be answered, queues and pacing included."""

    def __init__(self) -> None:
        self._time = 0.0
        self._spread = 0.0
        self._known = False
        self._quickest = 0.0
        self._quickest_at = -RECENT

    def certain(self, seconds: float, now: float) -> None:
        """What was asked for once only has come: no doubt how long that took."""
        if seconds <= self._quickest or now - self._quickest_at > RECENT:
            self._quickest, self._quickest_at = seconds, now

    def quickest(self, round_trip: float, now: float) -> float:
        """Return how long an answer takes at least: the round trip, or what was quicker lately.

        A busy computer's round trips look longer than they are.
        """
        is_recent = now - self._quickest_at <= RECENT
        return min(round_trip, self._quickest) if is_recent else round_trip

    def came(self, seconds: float) -> None:
        """What was asked for has come so much later."""
        seconds = min(seconds, LONGEST_ANSWER)
        if not self._known:
            self._known = True
            self._time, self._spread = seconds, seconds / 2
            return
        self._spread += (abs(seconds - self._time) - self._spread) / 4
        self._time += (seconds - self._time) / 8

    def wait(self, round_trip: float) -> float:
        """Return the seconds after which a request, or its answer, counts as lost."""
        usual = max(LEAST_ANSWER, round_trip + SLACK)
        return max(usual, self._time + 2 * self._spread) if self._known else usual
