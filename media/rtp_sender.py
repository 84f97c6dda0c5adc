"""Sends one stream to one peer: numbers packets, keeps them for a while, repeats what is missed."""

from collections.abc import Callable, Iterable, Sequence

from media.rtp_packet import Stream, build

HISTORY = 1024  # packets kept for repetition: 3 s of 1.5 Mbit/s
HISTORY_AGE = 1.0  # seconds; who still misses a packet then has asked for a key frame
REPEAT_SHARE = 0.25  # repetitions may cost a quarter of the stream: 20 % loss, repeated twice
REPEAT_BURST = 64 * 1024  # bytes beyond that at once: one large key frame
SAME_AGAIN = 0.008  # seconds; two requests for one packet this close are one request


class RtpSender:
    """One stream to one peer. `send` encrypts for the hop and returns the bytes on the wire."""

    def __init__(
        self, stream: Stream, send: Callable[[bytes], int], sequence: int, offset: int
    ) -> None:
        self._stream = stream
        self._send = send
        self._sequence = sequence & 0xFFFF
        self._offset = offset
        self._history: list[tuple[int, bytes] | None] = [None] * HISTORY
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
            packet = build(self._stream, sequence, timestamp, number == last, payload)
            octets += self._send(packet)
            place = sequence % HISTORY
            self._history[place] = (sequence, packet)
            self._sent_at[place] = now
            self._repeated_at[place] = 0.0
            sequence = (sequence + 1) & 0xFFFF
        self._sequence = sequence
        self.frames += 1
        self.packets += last + 1
        self.octets += octets
        self._repeat_budget = min(REPEAT_BURST, self._repeat_budget + REPEAT_SHARE * octets)

    def repeat(self, sequences: Iterable[int], now: float) -> int:
        """Send packets again, byte for byte; return how many. Old ones and floods are refused."""
        repeated = 0
        for sequence in sequences:
            place = sequence % HISTORY
            kept = self._history[place]
            if kept is None or kept[0] != sequence or now - self._sent_at[place] > HISTORY_AGE:
                self.repeats_refused += 1
                continue
            if now - self._repeated_at[place] < SAME_AGAIN or self._repeat_budget < len(kept[1]):
                self.repeats_refused += 1
                continue
            octets = self._send(kept[1])
            self._repeated_at[place] = now
            self._repeat_budget -= octets
            self.octets += octets
            repeated += 1
        self.repeated += repeated
        return repeated

    def sent_at(self, sequence: int) -> float | None:
        """Return when a packet was first sent; None if it is no longer known."""
        place = sequence % HISTORY
        kept = self._history[place]
        if kept is None or kept[0] != sequence:
            return None
        return self._sent_at[place]

    def forget(self) -> None:
        """Drop everything kept: after a removal nothing of an old key leaves any more."""
        self._history = [None] * HISTORY
