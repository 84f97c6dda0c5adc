"""What gets lost on the way from one peer to us, and what brought it back."""

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple, Protocol

from media.stats import DownlinkStats

WINDOW = 3.0  # seconds that shares are taken over: 150 packets of sound


class Receiver(Protocol):
    """What a stream's receiver counts: media.path.rtp_receiver.RtpReceiver."""

    @property
    def counters(self) -> dict[str, int]:
        """Totals by name: missed, reordered, repaired, recovered, redundant."""

    @property
    def packets(self) -> int:
        """Packets that are there, however they came."""

    @property
    def lost(self) -> int:
        """Packets that were sent and are not there."""


class _Totals(NamedTuple):
    at: float
    sent: int
    missed: int  # not there by themselves
    lost: int  # not there at all


class DownlinkMeter:
    """Takes the totals of all streams of one peer again and again."""

    def __init__(self) -> None:
        self._totals: deque[_Totals] = deque(maxlen=256)
        self._found: dict[str, int] = {}

    def note(self, streams: Iterable[Receiver], now: float) -> None:
        """Take down how things stand at `now` (seconds)."""
        sent = missed = lost = 0
        found = dict.fromkeys(("repaired", "recovered", "redundant"), 0)
        for stream in streams:
            counters = stream.counters
            sent += stream.packets + stream.lost
            lost += stream.lost
            missed += max(0, counters["missed"] - counters["reordered"])
            for name in found:
                found[name] += counters[name]
        self._found = found
        self._totals.append(_Totals(now, sent, missed, lost))
        while len(self._totals) > 2 and self._totals[1].at <= now - WINDOW:
            self._totals.popleft()

    def stats(self, jitter_ms: float) -> DownlinkStats:
        """Return the shares over the last WINDOW, and what brought packets back in all."""
        first, last = (self._totals[0], self._totals[-1]) if self._totals else (None, None)
        sent = last.sent - first.sent if first and last else 0
        missed = last.missed - first.missed if first and last else 0
        lost = last.lost - first.lost if first and last else 0
        return DownlinkStats(
            loss=_share(missed, sent),
            loss_after=_share(lost, sent),
            by_repetition=self._found.get("repaired", 0),
            by_fec=self._found.get("recovered", 0),
            by_redundancy=self._found.get("redundant", 0),
            jitter_ms=jitter_ms,
        )


def _share(part: int, whole: int) -> float:
    return min(1.0, max(0.0, part / whole)) if whole > 0 else 0.0
