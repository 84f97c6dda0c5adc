"""Notes when each packet of a link arrived, for the report to its sender. Pure."""

import math

from media.path.probation import Probation, is_far
from media.path.rtcp import ABSENT, MAX_ARRIVALS, TICK, UNTIMED, ArrivalReport

MAX_NOTED = 4 * MAX_ARRIVALS  # between two reports; a flood is counted, not noted
MUCH = 4  # packets: pictures come, and the rate may depend on how
SELDOM = 0.075  # seconds; asked every 50 ms, few packets are reported every other time
LATE_TICK = 0.075  # seconds between two ticks: this computer did not look at packets in time
MAX_BACK = 128  # numbers: a packet overtaken by more than that is not worth a longer report


class Arrivals:
    """All packets that come on one link, of whatever stream, by their transport-wide number."""

    def __init__(self) -> None:
        self.packets = 0
        self.octets = 0
        self._came: dict[int, float] = {}
        self._next = -1  # the number after the highest one, not wrapped; -1 before the first
        self._reported_at = 0.0
        self._reported = 0  # the number after the last report
        self._probation = Probation()
        self._ticked_at = -math.inf
        self._busy = False

    def note(self, number: int, octets: int, now: float) -> None:
        """Note an authentic packet; `number` has 16 bits, `octets` are those of the datagram."""
        if self._next < 0:
            self._next = self._reported = number
        ahead = ((number - self._next + 0x8000) & 0xFFFF) - 0x8000
        if not is_far(ahead):
            self._probation.followed(now)
        elif self._probation.is_over(number, now):
            ahead = 0
            self._next = self._reported = self._next + ((number - self._next) & 0xFFFF)
        else:
            return
        place = self._next + ahead
        if ahead >= 0:
            self._next = place + 1
        self.packets += 1
        self.octets += octets
        if len(self._came) < MAX_NOTED:
            self._came[place] = now

    def tick(self, now: float) -> ArrivalReport | None:
        """Each 50 ms: return what to tell, if it is time to and there is anything."""
        self._busy = self._busy or now - self._ticked_at > LATE_TICK
        self._ticked_at = now
        if not self.is_due(now):
            return None
        busy, self._busy = self._busy, False
        return self.report(busy=busy)

    def is_due(self, now: float) -> bool:
        """Whether to report now: at once if much came, else after 100 ms, for sound alone."""
        return len(self._came) >= MUCH or now - self._reported_at > SELDOM

    def report(self, *, busy: bool = False) -> ArrivalReport | None:
        """Return what to tell since the last report; None if nothing came.

        While this computer was `busy` packets were looked at late: what they would tell of the
        path is not true, and is not told.
        """
        came = self._came
        if not came:
            return None
        self._came = {}
        self._reported_at = max(came.values())
        first = max(
            min(self._reported, *came), self._reported - MAX_BACK, self._next - MAX_ARRIVALS
        )
        self._reported = self._next
        reference = round(min(came.values()) / TICK)
        offsets = [ABSENT] * (self._next - first)
        for place, at in came.items():
            if place >= first:
                late = round(at / TICK) - reference
                offsets[place - first] = UNTIMED if busy else min(UNTIMED - 1, late)
        return ArrivalReport(reference, first & 0xFFFF, self.packets, self.octets, tuple(offsets))
