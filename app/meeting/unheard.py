"""Chat lines that somebody may not have heard, because the link to them was down."""

from collections import deque
from dataclasses import dataclass

KEPT = 10  # lines; receivers take no more at once
LONGEST = 120.0  # seconds after which a line is no answer to anything any more
DOUBT = 10.0  # seconds before a link was seen to be lost in which it may have carried nothing


@dataclass(frozen=True)
class _Said:
    payload: bytes
    seats: frozenset[bytes]
    at: float


class Unheard:
    """Keeps one's own newest lines, and since when the link to each member carries nothing.

    `seats` are the call keys of the members. A line is only ever said again to people who all had
    their seats when it was said: whoever came later does not hear what was said before.
    """

    def __init__(self) -> None:
        self._said: deque[_Said] = deque(maxlen=KEPT)
        self._since: dict[bytes, float] = {}

    def said(self, payload: bytes, seats: frozenset[bytes], now: float) -> None:
        """Keep a line that was sent to everybody whose link was up."""
        self._said.append(_Said(payload, seats, now))

    def lost(self, dev: bytes, since: float) -> None:
        """Note that the link to a member is not up."""
        self._since.setdefault(dev, since)

    def forget(self, dev: bytes) -> None:
        """Note that a member is out."""
        self._since.pop(dev, None)

    def back(self, dev: bytes, seats: frozenset[bytes], now: float) -> list[bytes]:
        """Return what to say again now that the link to a member is up, oldest first."""
        since = max(self._since.pop(dev, now), now - LONGEST)
        return [line.payload for line in self._said if line.at >= since and seats <= line.seats]

    def wipe(self) -> None:
        """Forget every line."""
        self._said.clear()
