"""Compares two computers' clocks once a second: round trip, offset, and whether anybody is there.

Pure, after NTP (RFC 5905 section 8): of the recent exchanges the one with the shortest round
trip knows the offset best.
"""

from collections import deque
from collections.abc import Callable
from typing import Literal

from media.path.rtcp import HeartbeatReport

INTERVAL = 1.0  # seconds between heartbeats
PROBING = 0.05  # seconds between heartbeats into silence: a path that is back is heard at once
WEAK_AFTER = 3.0  # seconds without anything from the peer: shown as weak
LOST_AFTER = 5.0  # seconds: three heartbeats and their repetition by the next ones are gone
WINDOW = 16  # exchanges the offset is chosen from; 200 ppm of drift are 3 ms in that time
ANSWER_AFTER = 0.2  # seconds; a first heartbeat is answered at once, but not faster than this
FIRST_ROUND_TRIP = 0.020  # seconds, until one is measured
JUMP = 0.1  # seconds that two offsets may differ beyond what their round trips leave open
MAX_ROUND_TRIP = 10.0  # seconds; more is not an exchange but a mistake or a lie

Liveness = Literal["connected", "weak", "lost"]


class Heartbeat:
    """One side of the exchange with one peer; `clock` is this side's, in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._sent: deque[int] = deque(maxlen=8)
        self._sent_time = -ANSWER_AFTER
        self._newest = 0  # the peer's newest `sent`
        self._newest_at = 0.0
        self._exchanges: deque[tuple[float, float]] = deque(maxlen=WINDOW)
        self._heard_at = clock()
        self.received = 0

    def outgoing(self) -> HeartbeatReport:
        """Return the heartbeat to send now."""
        now = self._clock()
        sent = _microseconds(now)
        self._sent.append(sent)
        self._sent_time = now
        held = _microseconds(now - self._newest_at) if self._newest else 0
        return HeartbeatReport(sent, self._newest, held)

    def incoming(self, report: HeartbeatReport) -> bool:
        """Take a heartbeat in; return whether to answer at once, so that both know soon."""
        now = self._clock()
        self.received += 1
        if report.sent > self._newest:
            self._newest = report.sent
            self._newest_at = now
        if report.echo in self._sent:
            round_trip = now - report.echo / 1e6 - report.held / 1e6
            if 0.0 <= round_trip <= MAX_ROUND_TRIP:
                self._note(round_trip, report.sent / 1e6 + round_trip / 2 - now)
                return False
        return not self._exchanges and now - self._sent_time >= ANSWER_AFTER

    def _note(self, round_trip: float, offset: float) -> None:
        """Keep an exchange; if no offset fits both it and those before, a clock stood still."""
        if self._exchanges:
            quickest, known = min(self._exchanges)
            if abs(offset - known) > (round_trip + quickest) / 2 + JUMP:
                self._exchanges.clear()
        self._exchanges.append((round_trip, offset))

    def heard(self) -> None:
        """Something authentic came from the peer."""
        self._heard_at = self._clock()

    @property
    def liveness(self) -> Liveness:
        """What the silence since the last packet means."""
        silence = self._clock() - self._heard_at
        if silence >= LOST_AFTER:
            return "lost"
        return "weak" if silence >= WEAK_AFTER else "connected"

    @property
    def round_trip(self) -> float | None:
        """The median round trip of the last exchanges in seconds; None before the first."""
        recent = sorted(round_trip for round_trip, _ in list(self._exchanges)[-5:])
        return recent[len(recent) // 2] if recent else None

    @property
    def likely_round_trip(self) -> float:
        """The same, and a guess before the first exchange."""
        return self.round_trip or FIRST_ROUND_TRIP

    @property
    def offset(self) -> float | None:
        """How far the peer's clock is ahead of ours in seconds; None before the first exchange."""
        return min(self._exchanges)[1] if self._exchanges else None

    def captured(self, media_ts: int, rate: int) -> float | None:
        """Return when a frame was captured, on our clock; None before the first exchange.

        `media_ts` counts the peer's clock at `rate` per second modulo 2**32: the time nearest to
        now is meant.
        """
        offset = self.offset
        if offset is None:
            return None
        there = (self._clock() + offset) * rate
        age = (round(there) - media_ts + 2**31) % 2**32 - 2**31
        return (there - age) / rate - offset


def media_time(now: float, rate: int) -> int:
    """Return a time of the sender's clock as frames carry it: `rate` per second modulo 2**32."""
    return round(now * rate) & 0xFFFFFFFF


def _microseconds(seconds: float) -> int:
    return max(0, min(2**63, round(seconds * 1e6)))
