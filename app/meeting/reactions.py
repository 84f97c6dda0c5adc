"""Reactions: a small sign that somebody shows for some seconds."""

from app.meeting.chat import Allowance, Kind
from app.meeting.view import Reaction, Shown
from crypto.errors import MalformedError
from crypto.wire import Reader, Writer

LASTS = 5.0  # seconds on a tile: long enough to be seen by who looks elsewhere
BURST = 3  # signs a member may show at once ...
RATE = 0.5  # ... and per second after that; more is dropped by every receiver


def encode(reaction: Reaction) -> bytes:
    """Return the payload of a CONTROL frame."""
    return Writer().uint(Kind.REACTION, 1).uint(reaction.value, 1).body()


def parse(payload: bytes) -> Reaction:
    """Read a payload; anything else raises MalformedError."""
    reader = Reader(payload)
    if reader.uint(1) != Kind.REACTION:
        raise MalformedError("not a reaction")
    number = reader.uint(1)
    reader.end()
    if number not in {reaction.value for reaction in Reaction}:
        raise MalformedError("unknown reaction")
    return Reaction(number)


class Reactions:
    """Which sign each person shows now; one's own is bound to the same rate."""

    def __init__(self) -> None:
        self._shown: dict[bytes, Shown] = {}
        self._allowance: dict[bytes, Allowance] = {}
        self.dropped = 0

    def show(self, dev: bytes, reaction: Reaction, now: float, *, mine: bool = False) -> bool:
        """Show somebody's sign in place of their last; False if they show too many."""
        burst = BURST if mine else BURST + 1  # on the way they may come closer together
        allowance = self._allowance.setdefault(dev, Allowance(burst, RATE, at=now))
        if not allowance.take(now):
            self.dropped += 1
            return False
        self._shown[dev] = Shown(reaction, now + LASTS)
        return True

    def of(self, dev: bytes, now: float) -> Shown | None:
        """Return the sign that somebody shows now."""
        shown = self._shown.get(dev)
        return shown if shown is not None and now < shown.until else None

    def forget(self, dev: bytes) -> None:
        """Note that somebody is out."""
        self._shown.pop(dev, None)
        self._allowance.pop(dev, None)
