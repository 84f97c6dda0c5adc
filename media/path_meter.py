"""Remembers what left on a link and when, and reads from the peer's reports what became of it."""

from media.congestion import PathReport
from media.meter import RateMeter
from media.rtcp import ABSENT, TICK, ArrivalReport

HISTORY = 4096  # packets: 13 s of 2.5 Mbit/s; a power of two, so that the numbers wrap with it
MASK = HISTORY - 1
REFERENCES = 2**32
MAX_STEP = 2**31


class PathMeter:
    """All packets of one link by their transport-wide number, which begins at `first`."""

    def __init__(self, first: int) -> None:
        self._next = self._first = first & 0xFFFF  # not wrapped
        self._sent_at = [0.0] * HISTORY
        self._octets = [0] * HISTORY
        self._total = 0
        self._sent = RateMeter()
        self._received = RateMeter()
        self._received_octets = 0
        self._packets = 0  # as the peer counts them
        self._octets_told = 0
        self._answered = self._next  # the number after the highest that came
        self._clock: int | None = None  # the peer's reference time, unwrapped

    @property
    def number(self) -> int:
        """The transport-wide number of the next packet."""
        return self._next & 0xFFFF

    def left(self, octets: int, now: float) -> None:
        """Note that the next packet has left, `octets` long on the wire."""
        place = self._next & MASK
        self._sent_at[place] = now
        self._octets[place] = octets
        self._total += octets
        self._next += 1

    def count(self, now: float) -> None:
        """Note how much has been sent so far."""
        self._sent.count_to(self._total, now)

    @property
    def sent_kbps(self) -> float:
        """What goes to this peer, over the last seconds."""
        return self._sent.kbps

    def report(self, report: ArrivalReport, now: float) -> PathReport | None:
        """Return what a report means; None for one that speaks of what was never sent."""
        ahead = ((report.first - self._answered + 0x8000) & 0xFFFF) - 0x8000
        first = self._answered + ahead
        end = first + len(report.offsets)
        if not report.offsets or end > self._next or first < max(self._first, self._next - HISTORY):
            return None
        packets = (report.packets - self._packets) & 0xFFFFFFFF
        octets = (report.octets - self._octets_told) & 0xFFFFFFFF
        expected = max(0, end - self._answered)
        if packets > end - self._first or octets > self._total:
            return None
        self._packets, self._octets_told = report.packets, report.octets
        self._answered = max(self._answered, end)
        self._received_octets += octets
        self._received.count_to(self._received_octets, now)
        reference = self._unwrapped(report.reference)
        sent_at = self._sent_at
        delays = [
            (sent_at[place & MASK], (reference + offset) * TICK - sent_at[place & MASK])
            for place, offset in enumerate(report.offsets, first)
            if offset != ABSENT
        ]
        return PathReport(
            sent_kbps=self.sent_kbps,
            received_kbps=self._received.kbps,
            loss=min(1.0, max(0.0, (expected - packets) / expected)) if expected else 0.0,
            delays=delays,
        )

    def _unwrapped(self, reference: int) -> int:
        if self._clock is None:
            self._clock = reference
        step = ((reference - self._clock + MAX_STEP) % REFERENCES) - MAX_STEP
        self._clock += step
        return self._clock
