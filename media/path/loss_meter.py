"""What one path loses and how, from the peer's reports of arrivals. Pure."""

import math
from collections import deque

from media.path.repair import PathLoss
from media.path.rtcp import ABSENT, ArrivalReport

SETTLE = 0.100  # seconds until a packet that has not come is lost: it may be overtaken by others
NOW = 2.0  # seconds in which what was lost is forgotten to a third
LATELY = 10.0
FEW = 25.0  # packets; a share of fewer says little
_LONGEST = 4096  # numbers that one settling looks at


class _Fading:
    """Sums that fade with time."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.sent = self.lost = self.runs = self.time = 0.0

    def add(self, sent: int, lost: int, runs: int, elapsed: float) -> None:
        kept = math.exp(-elapsed / self._seconds)
        self.sent = self.sent * kept + sent
        self.lost = self.lost * kept + lost
        self.runs = self.runs * kept + runs
        self.time = self.time * kept + elapsed

    @property
    def share(self) -> float:
        return self.lost / (self.sent + FEW)


class LossMeter:
    """Follows one link's packets by their transport-wide numbers."""

    def __init__(self) -> None:
        self._now = _Fading(NOW)
        self._lately = _Fading(LATELY)
        self._came: set[int] = set()
        self._told: deque[tuple[int, float]] = deque()  # the number after a report, and when
        self._settled = -1  # the first number not yet counted; -1 before the first report
        self._end = 0
        self._at = 0.0
        self._was_lost = False

    def report(self, report: ArrivalReport, now: float) -> None:
        """Take in a report that speaks of what was really sent."""
        if self._settled < 0:
            self._settled = self._end = report.first
            self._at = now
        first = self._end + ((report.first - self._end + 0x8000) & 0xFFFF) - 0x8000
        self._came.update(range(max(self._end, first - _LONGEST), first))  # a report was lost
        for number, offset in enumerate(report.offsets, first):
            if offset != ABSENT and number >= self._settled:
                self._came.add(number)
        self._end = max(self._end, first + len(report.offsets))
        self._told.append((self._end, now))
        end = self._settled
        while self._told and now - self._told[0][1] >= SETTLE:
            end = self._told.popleft()[0]
        self._settle(end, now)

    def path(self, round_trip: float) -> PathLoss:
        """Return what is known now; `round_trip` in seconds comes from elsewhere."""
        return PathLoss(
            round_trip=round_trip,
            now=self._now.share,
            lately=self._lately.share,
            burst=(self._lately.lost + 2.0) / (self._lately.runs + 2.0),  # two single ones at first
            rate=self._now.sent / self._now.time if self._now.time else 0.0,
        )

    def _settle(self, end: int, now: float) -> None:
        sent = lost = runs = 0
        for number in range(max(self._settled, end - _LONGEST), end):
            is_lost = number not in self._came
            self._came.discard(number)
            sent += 1
            lost += is_lost
            runs += is_lost and not self._was_lost
            self._was_lost = is_lost
        if not sent:
            return
        self._settled = end
        if len(self._came) > _LONGEST:
            self._came = {number for number in self._came if number >= end}
        for fading in (self._now, self._lately):
            fading.add(sent, lost, runs, now - self._at)
        self._at = now
