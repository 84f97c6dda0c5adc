"""Remembers what left on a link and when, and reads from the peer's reports what became of it."""

from collections import deque

from media.path.congestion import PathReport
from media.path.rtcp import TICK, UNTIMED, ArrivalReport

HISTORY = 4096  # packets: 8 s of 4 Mbit/s; a power of two, so that the numbers wrap with it
MASK = HISTORY - 1
REFERENCES = 2**32
MAX_STEP = 2**31
IDLE = 1.0  # seconds without a packet, after which what is lost before is not waited for any more
SENT_WINDOW = 1.0  # seconds that the rate that leaves is taken over


class PathMeter:
    """All packets of one link by their transport-wide number, which begins at `first`."""

    def __init__(self, first: int) -> None:
        self._next = self._first = first & 0xFFFF  # not wrapped
        self._sent_at = [0.0] * HISTORY
        self._octets = [0] * HISTORY
        self._in_cluster = bytearray(HISTORY)
        self._total = 0
        self._left_at = 0.0
        self._waiting_since: float | None = None
        self._sent: deque[tuple[float, int]] = deque(maxlen=64)
        self._packets = 0  # as the peer counts them, and octets
        self._received = 0
        self._answered = self._next  # the number after the highest that came
        self._clock: int | None = None  # the peer's reference time, unwrapped

    @property
    def number(self) -> int:
        """The transport-wide number of the next packet."""
        return self._next & 0xFFFF

    @property
    def expected(self) -> int:
        """Packets that should have come, as far as the peer has told."""
        return self._answered - self._first

    @property
    def came(self) -> int:
        """Packets that did."""
        return self._packets

    @property
    def waiting_since(self) -> float | None:
        """When the oldest packet left that the peer has not told of; None if it told of all."""
        return self._waiting_since

    def left(self, octets: int, now: float, *, in_cluster: bool = False) -> None:
        """Note that the next packet has left, `octets` long on the wire."""
        if self._waiting_since is None or now - self._left_at > IDLE:
            self._waiting_since = now
        self._left_at = now
        place = self._next & MASK
        self._sent_at[place] = now
        self._octets[place] = octets
        self._in_cluster[place] = in_cluster
        self._total += octets
        self._next += 1

    def report(self, report: ArrivalReport, now: float) -> PathReport | None:
        """Return what a report means; None for one that speaks of what was never sent."""
        ahead = ((report.first - self._answered + 0x8000) & 0xFFFF) - 0x8000
        first = self._answered + ahead
        end = first + len(report.offsets)
        if not report.offsets or end > self._next or first < max(self._first, self._next - HISTORY):
            return None
        packets = (report.packets - self._packets) & 0xFFFFFFFF
        octets = (report.octets - self._received) & 0xFFFFFFFF
        answered = max(self._answered, end)
        if (
            self._packets + packets > answered - self._first
            or self._received + octets > self._total
        ):
            return None
        self._packets += packets
        self._received += octets
        self._answered = answered
        all_told = answered == self._next
        self._waiting_since = None if all_told else self._sent_at[answered & MASK]
        reference = self._unwrapped(report.reference)
        arrived = []
        cluster = []
        for number, offset in enumerate(report.offsets, first):
            if offset < UNTIMED:
                place = number & MASK
                told = (self._sent_at[place], (reference + offset) * TICK, self._octets[place])
                arrived.append(told)
                if self._in_cluster[place]:
                    cluster.append(told)
        return PathReport(
            arrived=arrived,
            cluster=cluster,
            expected=self.expected,
            came=self._packets,
            octets=self._received,
            sent_kbps=self._sent_kbps(now),
        )

    def _sent_kbps(self, now: float) -> float:
        sent = self._sent
        sent.append((now, self._total))
        while len(sent) > 2 and sent[1][0] <= now - SENT_WINDOW:
            sent.popleft()
        since, before = sent[0]
        return (self._total - before) / 125 / (now - since) if now > since else 0.0

    def _unwrapped(self, reference: int) -> int:
        if self._clock is None:
            self._clock = reference
        step = ((reference - self._clock + MAX_STEP) % REFERENCES) - MAX_STEP
        self._clock += step
        return self._clock
