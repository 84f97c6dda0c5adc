"""Turns a peer's arrival reports into what the estimator wants to know. Pure."""

from media.congestion import PathReport
from media.meter import RateMeter
from media.rtcp import ArrivalReport
from media.rtp_sender import RtpSender

TICK = 1e-4  # seconds: the unit of arrival times
MAX_STEP = 2**31


class PathMeter:
    """Follows one stream to one peer: what was sent, what the peer says arrived."""

    def __init__(self, sender: RtpSender) -> None:
        self._sender = sender
        self._sent = RateMeter()
        self._received = RateMeter()
        self._octets = 0
        self._last: ArrivalReport | None = None
        self._repeated = 0
        self._first_time: int | None = None

    def count(self, now: float) -> None:
        """Note how much has been sent so far."""
        self._sent.count_to(self._sender.octets, now)

    @property
    def sent_kbps(self) -> float:
        """What goes to this peer, over the last seconds."""
        return self._sent.kbps

    def report(self, report: ArrivalReport, now: float) -> PathReport | None:
        """Return what a report means; None for the first one and for one that goes back."""
        last, self._last = self._last, report
        if last is None:
            self._repeated = self._sender.repeated
            self._received.count_to(0, now)
            return None
        octets = (report.octets - last.octets) % 2**32
        expected = (report.highest - last.highest) % 2**32
        packets = (report.packets - last.packets) % 2**32
        if max(octets, expected, packets) >= MAX_STEP:
            return None
        self._octets += octets
        self._received.count_to(self._octets, now)
        repeated = self._sender.repeated - self._repeated
        self._repeated = self._sender.repeated
        loss = (expected - packets + repeated) / expected if expected else 0.0
        return PathReport(
            sent_kbps=self.sent_kbps,
            received_kbps=self._received.kbps,
            loss=min(1.0, max(0.0, loss)),
            delays=self._delays(report),
        )

    def _delays(self, report: ArrivalReport) -> list[tuple[float, float]]:
        delays = []
        for sequence, time in report.arrivals:
            sent = self._sender.sent_at(sequence)
            if sent is None:
                continue
            if self._first_time is None:
                self._first_time = time
            ticks = (time - self._first_time + MAX_STEP) % 2**32 - MAX_STEP
            delays.append((sent, ticks * TICK - sent))
        return delays
