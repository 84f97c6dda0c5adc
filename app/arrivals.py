"""Which sound tells that somebody came or went: one for a few, none for a crowd. Pure."""

from collections.abc import Collection
from typing import Literal

Chime = Literal["came", "went"]

PAUSE = 3.0  # seconds from one sound to the next: who comes within them comes silently
CROWD = 8  # others in a meeting from which on it is no news that somebody comes or goes
SETTLING = 2.0  # seconds after one's own entry, when those who are there appear one by one


class Arrivals:
    """Looks at who is there again and again."""

    def __init__(self) -> None:
        self._there: frozenset[bytes] | None = None
        self._silent_until = 0.0

    def look(self, others: Collection[bytes], now: float) -> Chime | None:
        """Return what is to be heard now, if anything."""
        before, self._there = self._there, frozenset(others)
        if before is None:
            self._silent_until = now + SETTLING
            return None
        came, went = self._there - before, before - self._there
        if not (came or went) or now < self._silent_until:
            return None
        if max(len(before), len(self._there)) >= CROWD:
            return None
        self._silent_until = now + PAUSE
        return "came" if came else "went"
