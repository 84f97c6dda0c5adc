"""Tells a stream that goes on elsewhere from single wild numbers (after RFC 3550 appendix A.1)."""

MAX_DROPOUT = 3000  # packets a stream may be ahead of what came last: a minute of sound
MAX_MISORDER = 100  # packets one may be behind: what comes later than that is of no use
QUIET = 0.25  # seconds without a packet in its place: stragglers come while others follow


class Probation:
    """Two packets in order, far away from all before, make a stream go on there.

    But only once nothing came where it was expected for QUIET: what a path that was left still
    brings leads nobody back.
    """

    def __init__(self) -> None:
        self._next = -1  # sequence (16 bits) that would be in order with the last one far away
        self._followed_at = 0.0

    def followed(self, now: float) -> None:
        """A packet came where one was expected."""
        self._next = -1
        self._followed_at = now

    def is_over(self, sequence: int, now: float) -> bool:
        """Take in the sequence (16 bits) of a packet far away; whether the stream goes on there."""
        again = sequence == self._next and now - self._followed_at >= QUIET
        self._next = (sequence + 1) & 0xFFFF
        return again


def is_far(ahead: int) -> bool:
    """Whether a packet so many ahead of the newest one (or behind: below 0) is not of this run."""
    return not -MAX_MISORDER <= ahead <= MAX_DROPOUT
