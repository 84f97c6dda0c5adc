"""Sends one stream to one peer: numbers packets, keeps them for a while, repairs what is missed."""

import math
from collections import deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from media.path import parity_packet, redundancy
from media.path.fec import Block, Pieces
from media.path.repair import RepairPlan
from media.path.rtp_packet import (
    HEADER_BYTES,
    MAX_PAYLOAD,
    REPAIR,
    REPEAT,
    TAG_BYTES,
    Outlet,
    Stream,
    repetition,
)

HISTORY_AGE = 1.0  # seconds; who still misses a packet then has asked for a key frame
HISTORY_BYTES = 512 * 1024  # of payloads kept: 1.6 s of 2.5 Mbit/s
HISTORY_PACKETS = 2048  # far below the wrap of the sequence
REPAIR_SHARE = 0.45  # of the stream's own bytes may go for repair: 20 % loss, repeated twice
PARITY_SHARES = (0.45, 0.38, 0.34)  # the same for parity of each layer: the rest is for others
REPAIR_BURST = 64 * 1024  # bytes beyond that at once: one large key frame
LEAST_BURST = 32 * 1024  # the same where little is sent: more would fill a narrow path
RESERVES = (0.25, 0.45, 0.65)  # of that burst, left alone by parity of each layer
SAME_AGAIN = 0.008  # seconds; two requests for one packet this close are one request
SOONER = 0.75  # of the round trip; who asks again before cannot know yet what became of the answer
OVERHEAD_TIME = 2.0  # seconds over which the share of repair is measured
FADE_EVERY = 0.05  # seconds
NEAR_WRAP = 256  # packets: a path that loses as many as these in a row carries nothing
PAUSE = 0.25  # seconds without a frame: nothing would tell that the last one is missing


def overhead(senders: Iterable["RtpSender"], now: float) -> float:
    """Return the bytes for repair over the bytes of media, of the last seconds."""
    media, repair = (sum(sums) for sums in zip(*(s.recent(now) for s in senders), strict=True))
    return min(1.0, repair / media) if media > 1.0 else 0.0


class _Kept:
    __slots__ = ("marker", "payload", "repeated_at", "sent_at", "timestamp")

    def __init__(self, timestamp: int, marker: bool, payload: bytes, sent_at: float) -> None:
        self.timestamp = timestamp
        self.marker = marker
        self.payload = payload
        self.sent_at = sent_at
        self.repeated_at = -math.inf


class _Row(NamedTuple):
    block: Block
    row: int
    first: int
    timestamp: int
    marker: bool
    layer: int


class _Sent(NamedTuple):
    pieces: Pieces
    first: int
    timestamp: int


class RtpSender:
    """One stream to one peer; its packets leave through `outlet`, repaired as `plan` says."""

    def __init__(self, stream: Stream, outlet: Outlet, sequence: int, offset: int) -> None:
        self.plan = RepairPlan()
        self._stream = stream
        self._outlet = outlet
        self._sequence = sequence & 0xFFFF
        self._offset = offset
        self._history: dict[int, _Kept] = {}  # by sequence, oldest first
        self._history_bytes = 0
        self._sound: deque[bytes] = deque(maxlen=redundancy.MAX_DISTANCE)
        self._late: list[_Row] = []  # rows that leave behind the next frame
        self._later: list[_Row] = []  # and behind the one after it
        self._last: _Sent | None = None  # the last frame, until something was sent behind it
        self._last_at = 0.0
        self._credit = float(LEAST_BURST)
        self._recent_media = 0.0
        self._recent_repair = 0.0
        self._measured_at = 0.0
        self.frames = 0
        self.packets = 0
        self.octets = 0
        self.repair_octets = 0
        self.repeated = 0
        self.repeats_refused = 0
        self.parity = 0
        self.parity_refused = 0

    def begin_path(self) -> bool:
        """Begin the sequence at 0 on a new path if it wraps soon; return whether it does.

        SRTP counts wraps from the first packet that comes (RFC 3711 section 3.3.1): if those before
        a wrap got lost on a path, none behind it could be opened.
        """
        wraps_soon = self._sequence > 0x10000 - NEAR_WRAP
        if wraps_soon:
            self._sequence = 0
        return wraps_soon

    def recent(self, now: float) -> tuple[float, float]:
        """Return the bytes of media and those of repair of the last seconds, fading with time."""
        self._fade(now)
        return self._recent_media, self._recent_repair

    def send_frame(
        self,
        payloads: Sequence[bytes],
        media_ts: int,
        now: float,
        *,
        layer: int = 0,
        key: bool = False,
    ) -> None:
        """Send the payloads of one frame, the last one with the marker, and parity behind them.

        What is given as Pieces has its parity computed once for all peers. A frame of sound is
        one sealed packet; those before it go along as planned.
        """
        timestamp = (media_ts + self._offset) & 0xFFFFFFFF
        if self._stream.packetised:
            first = self._sequence
            octets = self._send(payloads, timestamp, now)
            self._count(octets, 0, now)
            self._earn(octets)
            self._send_late(now)
            pieces = payloads if isinstance(payloads, Pieces) else Pieces(payloads)
            self._last, self._last_at = _Sent(pieces, first, timestamp), now
            if self.plan.loss:
                self._send_or_hold(self._rows(pieces, first, timestamp, layer, key), layer, now)
        else:
            self._send_sound(payloads[0], timestamp, now)
        self.frames += 1

    def pause(self, now: float) -> None:
        """Send a row of parity behind the last frame, once, if no other has followed for PAUSE.

        It tells that there was a frame, should all of it be lost, and is one of its packets.
        """
        if self._last is None or now - self._last_at < PAUSE:
            return
        pieces, first, timestamp = self._last
        self._last = None
        self._late += self._later
        self._later = []
        if not self._late:
            block = pieces.blocks[-1]
            start = (first + block.start) & 0xFFFF
            self._late = [_Row(block, 0, start, timestamp, True, 0)]
        self._send_late(now)

    def repeat(self, sequences: Iterable[int], now: float) -> int:
        """Send packets again as REPEAT; return how many. Old ones and floods are refused.

        What is asked for once more a round trip later is sent twice: another would be too late.
        """
        repeated = 0
        for sequence in sequences:
            kept = self._history.get(sequence)
            if kept is None or now - max(kept.sent_at, kept.repeated_at) > HISTORY_AGE:
                self.repeats_refused += 1
                continue
            payload = repetition(self._stream, sequence, kept.payload)
            size = HEADER_BYTES + len(payload) + TAG_BYTES
            if now - kept.repeated_at < SAME_AGAIN or self._credit < size:
                self.repeats_refused += 1
                continue
            soonest = kept.repeated_at + SOONER * self.plan.round_trip
            was_lost = kept.repeated_at != -math.inf and now >= soonest
            for _ in range(2 if was_lost else 1):
                octets = self._outlet.send_beside(REPEAT, kept.timestamp, kept.marker, payload)
                self._spend(octets, now)
                repeated += 1
            kept.repeated_at = now
        self.repeated += repeated
        return repeated

    def forget(self) -> None:
        """Drop everything kept: after a removal nothing of an old key leaves any more."""
        self._history.clear()
        self._history_bytes = 0
        self._sound.clear()
        self._late = []
        self._later = []
        self._last = None

    def _send(self, payloads: Sequence[bytes], timestamp: int, now: float) -> int:
        octets = 0
        last = len(payloads) - 1
        for number, payload in enumerate(payloads):
            marker = number == last
            sequence = self._sequence
            octets += self._outlet.send(self._stream, sequence, timestamp, marker, payload)
            self._keep(sequence, _Kept(timestamp, marker, payload, now))
            self._sequence = (sequence + 1) & 0xFFFF
        self.packets += len(payloads)
        return octets

    def _send_sound(self, sealed: bytes, timestamp: int, now: float) -> None:
        before = self._sound
        older = [(back, before[-back]) for back in self.plan.distances if back <= len(before)]
        payload = redundancy.pack(sealed, older, MAX_PAYLOAD)
        octets = self._send((payload,), timestamp, now)
        again = sum(len(sound) for _, sound in older)
        self._count(octets - again, again, now)
        self._earn(octets)
        before.append(sealed)

    def _rows(
        self, pieces: Pieces, first: int, timestamp: int, layer: int, key: bool
    ) -> list[_Row]:
        """Return the rows of parity planned for a frame that begins with the sequence `first`."""
        rows: list[_Row] = []
        for block in pieces.blocks:
            count = len(block.packets)
            marker = block.start + count == len(pieces)
            start = (first + block.start) & 0xFFFF
            for row in range(self.plan.rows(count, layer, key)):
                rows.append(_Row(block, row, start, timestamp, marker, layer))
        return rows

    def _send_or_hold(self, rows: list[_Row], layer: int, now: float) -> None:
        """Keep rows out of the burst that takes their frame, the longer the more depends on it."""
        if not self.plan.in_bursts:
            self._late += rows
            self._send_late(now)
        elif layer == 0:
            self._later += rows
        else:
            self._late += rows

    def _send_late(self, now: float) -> None:
        rows, self._late, self._later = self._late, self._later, []
        for row in rows:
            self._send_row(row, now)

    def _send_row(self, row: _Row, now: float) -> None:
        is_too_much = self._recent_repair > PARITY_SHARES[row.layer] * self._recent_media
        if is_too_much or self._credit <= RESERVES[row.layer] * self._most_credit:
            self.parity_refused += 1
            return
        parity = row.block.parity(row.row)
        payload = parity_packet.pack(
            self._stream, row.first, len(row.block.packets), row.row, parity
        )
        self._spend(self._outlet.send_beside(REPAIR, row.timestamp, row.marker, payload), now)
        self.parity += 1

    def _keep(self, sequence: int, kept: _Kept) -> None:
        history = self._history
        history[sequence] = kept
        self._history_bytes += len(kept.payload)
        while self._history_bytes > HISTORY_BYTES or len(history) > HISTORY_PACKETS:
            self._drop(next(iter(history)))
        while kept.sent_at - history[oldest := next(iter(history))].sent_at > HISTORY_AGE:
            self._drop(oldest)

    def _drop(self, sequence: int) -> None:
        self._history_bytes -= len(self._history.pop(sequence).payload)

    def _count(self, media: int, repair: int, now: float) -> None:
        """Count bytes of either kind."""
        self.octets += media + repair
        self.repair_octets += repair
        self._fade(now)
        self._recent_media += media
        self._recent_repair += repair

    def _fade(self, now: float) -> None:
        if now - self._measured_at >= FADE_EVERY:
            fade = math.exp((self._measured_at - now) / OVERHEAD_TIME)
            self._measured_at = now
            self._recent_media *= fade
            self._recent_repair *= fade

    def _earn(self, octets: int) -> None:
        """Bytes of media give credit for repair."""
        self._credit = min(self._most_credit, self._credit + REPAIR_SHARE * octets)

    @property
    def _most_credit(self) -> float:
        return min(REPAIR_BURST, max(LEAST_BURST, REPAIR_SHARE * self._recent_media))

    def _spend(self, octets: int, now: float) -> None:
        self._credit -= octets
        self._count(0, octets, now)
