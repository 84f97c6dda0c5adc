"""Which sound tells that somebody calls, knocks, came or went: none for a crowd. Pure."""

from collections.abc import Collection
from typing import Literal

Chime = Literal["calls", "knocks", "came", "went"]

PAUSE = 3.0  # seconds from one sound to the next: who comes within them comes silently
CROWD = 8  # others in a meeting from which on it is no news that somebody comes or goes
SETTLING = 2.0  # seconds after one's own entry, when those who are there appear one by one


class Arrivals:
    """Looks at who is there again and again."""

    def __init__(self) -> None:
        self._there: frozenset[bytes] | None = None
        self._knocks: frozenset[bytes] = frozenset()
        self._calls: frozenset[bytes] = frozenset()
        self._silent_until = 0.0

    def look(
        self,
        others: Collection[bytes],
        now: float,
        knocks: Collection[bytes] = (),
        calls: Collection[bytes] = (),
    ) -> Chime | None:
        """Return what is to be heard now, if anything; first what waits for an answer."""
        before, self._there = self._there, frozenset(others)
        knocked = frozenset(knocks) - self._knocks
        called = frozenset(calls) - self._calls
        self._knocks, self._calls = frozenset(knocks), frozenset(calls)
        if before is None:
            self._silent_until = now + SETTLING
            return None
        came, went = self._there - before, before - self._there
        if max(len(before), len(self._there)) >= CROWD:
            came = went = frozenset()
        news: dict[Chime, Collection[bytes]] = {
            "calls": called, "knocks": knocked, "came": came, "went": went,
        }  # fmt: skip
        chime = next((chime for chime, people in news.items() if people), None)
        if chime is None or now < self._silent_until:
            return None
        self._silent_until = now + PAUSE
        return chime
