"""Sends one stream to one peer: numbers packets, keeps them for a while, repeats what is missed."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from media.rtp_packet import HEADER_BYTES, REPEAT, TAG_BYTES, Outlet, Stream, repetition

HISTORY = 1024  # packets kept for repetition: 3 s of 1.5 Mbit/s
HISTORY_AGE = 1.0  # seconds; who still misses a packet then has asked for a key frame
REPEAT_SHARE = 0.25  # repetitions may cost a quarter of the stream: 20 % loss, repeated twice
REPEAT_BURST = 64 * 1024  # bytes beyond that at once: one large key frame
SAME_AGAIN = 0.008  # seconds; two requests for one packet this close are one request


class _Kept(NamedTuple):
    sequence: int
    timestamp: int
    marker: bool
    payload: bytes


class RtpSender:
    """One stream to one peer; its packets leave through `outlet`."""

    def __init__(self, stream: Stream, outlet: Outlet, sequence: int, offset: int) -> None:
        self._stream = stream
        self._outlet = outlet
        self._sequence = sequence & 0xFFFF
        self._offset = offset
        self._history: list[_Kept | None] = [None] * HISTORY
        self._sent_at = [0.0] * HISTORY
        self._repeated_at = [0.0] * HISTORY
        self._repeat_budget = float(REPEAT_BURST)
        self.frames = 0
        self.packets = 0
        self.octets = 0
        self.repeated = 0
        self.repeats_refused = 0

    def send_frame(self, payloads: Sequence[bytes], media_ts: int, now: float) -> None:
        """Send the payloads of one frame; the last one carries the marker."""
        timestamp = (media_ts + self._offset) & 0xFFFFFFFF
        last = len(payloads) - 1
        octets = 0
        sequence = self._sequence
        for number, payload in enumerate(payloads):
            marker = number == last
            octets += self._outlet.send(self._stream, sequence, timestamp, marker, payload)
            place = sequence % HISTORY
            self._history[place] = _Kept(sequence, timestamp, marker, payload)
            self._sent_at[place] = now
            self._repeated_at[place] = 0.0
            sequence = (sequence + 1) & 0xFFFF
        self._sequence = sequence
        self.frames += 1
        self.packets += last + 1
        self.octets += octets
        self._repeat_budget = min(REPEAT_BURST, self._repeat_budget + REPEAT_SHARE * octets)

    def repeat(self, sequences: Iterable[int], now: float) -> int:
        """Send packets again as REPEAT; return how many. Old ones and floods are refused."""
        repeated = 0
        for sequence in sequences:
            place = sequence % HISTORY
            kept = self._history[place]
            if kept is None or kept.sequence != sequence:
                self.repeats_refused += 1
                continue
            if now - self._sent_at[place] > HISTORY_AGE:
                self.repeats_refused += 1
                continue
            payload = repetition(self._stream, sequence, kept.payload)
            size = HEADER_BYTES + len(payload) + TAG_BYTES
            if now - self._repeated_at[place] < SAME_AGAIN or self._repeat_budget < size:
                self.repeats_refused += 1
                continue
            octets = self._outlet.send_beside(REPEAT, kept.timestamp, kept.marker, payload)
            self._repeated_at[place] = now
            self._repeat_budget -= octets
            self.octets += octets
            repeated += 1
        self.repeated += repeated
        return repeated

    def forget(self) -> None:
        """Drop everything kept: after a removal nothing of an old key leaves any more."""
        self._history = [None] * HISTORY
