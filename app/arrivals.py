"""Which sound tells that somebody knocks, came or went: none for a crowd, one at a time. Pure."""

from collections.abc import Collection
from typing import Literal

Chime = Literal["knocks", "came", "went"]

PAUSE = 3.0  # seconds from one sound to the next: who comes within them comes silently
CROWD = 8  # others in a meeting from which on it is no news that somebody comes or goes
SETTLING = 2.0  # seconds after one's own entry, when those who are there appear one by one


class Arrivals:
    """Looks at who is there again and again."""

    def __init__(self) -> None:
        self._there: frozenset[bytes] | None = None
        self._knocks: frozenset[bytes] = frozenset()
        self._silent_until = 0.0

    def look(
        self, others: Collection[bytes], now: float, knocks: Collection[bytes] = ()
    ) -> Chime | None:
        """Return what is to be heard now, if anything; who knocks waits for an answer, so first."""
        before, self._there = self._there, frozenset(others)
        knocked = frozenset(knocks) - self._knocks
        self._knocks = frozenset(knocks)
        if before is None:
            self._silent_until = now + SETTLING
            return None
        came, went = self._there - before, before - self._there
        if max(len(before), len(self._there)) >= CROWD:
            came = went = frozenset()
        if not (knocked or came or went) or now < self._silent_until:
            return None
        self._silent_until = now + PAUSE
        return "knocks" if knocked else "came" if came else "went"
