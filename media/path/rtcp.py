"""RTCP as our own peers speak it: NACK, PLI, heartbeats, arrivals, wishes."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass

from media.path.rtp_packet import RTCP_SSRC

APPLICATION = 204  # RFC 3550 section 6.7
TRANSPORT_FEEDBACK = 205  # RFC 4585 section 6.2
PAYLOAD_FEEDBACK = 206  # RFC 4585 section 6.3
GENERIC_NACK = 1
PICTURE_LOSS = 1
HEARTBEAT = 1
ARRIVALS = 2
WANT = 3
OUR_NAME = b"CNCL"

MAX_PARTS = 16  # parts of one compound packet
MAX_NACKED = 256  # sequence numbers in one NACK
MAX_ARRIVALS = 512  # numbers that one report covers: 50 ms of 100 Mbit/s, and fits a datagram
ABSENT = 0xFFFF  # in place of an arrival time
UNTIMED = 0xFFFE  # the same, of what came while the receiver was too busy to say when
TICK = 0.00025  # seconds: the unit of arrival times

_HEAD = struct.Struct("!BBHI")  # version and count, type, length in words, sender
_HEARTBEAT = struct.Struct("!QQQ")
_ARRIVALS = struct.Struct("!IHHII")
_WANT = struct.Struct("!BHBHxx")
_NACK = struct.Struct("!HH")


@dataclass(frozen=True, slots=True)
class Nack:
    """Packets the peer misses."""

    ssrc: int
    sequences: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PictureLoss:
    """The peer needs a key frame."""

    ssrc: int


@dataclass(frozen=True, slots=True)
class HeartbeatReport:
    """Microseconds on the clocks of both sides.

    `sent`: when this left, by its sender's clock. `echo`: the `sent` of the newest heartbeat its
    sender had received, 0 if none. `held`: how long before this one that was.
    """

    sent: int
    echo: int
    held: int


@dataclass(frozen=True, slots=True)
class ArrivalReport:
    """What arrived on the link, whatever stream it belongs to; every 50 ms.

    `offsets` are, for the transport-wide numbers from `first` on, the times of arrival after
    `reference` (both by the receiver's clock in TICK, `reference` modulo 2**32), or ABSENT, or
    UNTIMED.
    `packets` and `octets` (of datagrams) count since the link began, modulo 2**32.
    """

    reference: int
    first: int
    packets: int
    octets: int
    offsets: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class WantReport:
    """What the peer wants to get of one context: lines (0: nothing) and pictures a second.

    Repeated with each heartbeat; of two the one with the newer `number` (modulo 2**16) counts.
    """

    context: int
    lines: int
    fps: int
    number: int


Report = Nack | PictureLoss | HeartbeatReport | ArrivalReport | WantReport


def nack(ssrc: int, sequences: Iterable[int]) -> bytes:
    """Pack a request for packets: at most MAX_NACKED of the given sequence numbers, ascending."""
    body = struct.pack("!I", ssrc)
    base: int | None = None
    mask = 0
    for sequence in list(sequences)[:MAX_NACKED]:
        distance = (sequence - base - 1) & 0xFFFF if base is not None else 0xFFFF
        if distance < 16:
            mask |= 1 << distance
            continue
        if base is not None:
            body += _NACK.pack(base, mask)
        base, mask = sequence & 0xFFFF, 0
    if base is not None:
        body += _NACK.pack(base, mask)
    return _part(GENERIC_NACK, TRANSPORT_FEEDBACK, body)


def picture_loss(ssrc: int) -> bytes:
    """Pack a request for a key frame."""
    return _part(PICTURE_LOSS, PAYLOAD_FEEDBACK, struct.pack("!I", ssrc))


def heartbeat(report: HeartbeatReport) -> bytes:
    """Pack a heartbeat."""
    body = OUR_NAME + _HEARTBEAT.pack(report.sent, report.echo, report.held)
    return _part(HEARTBEAT, APPLICATION, body)


def arrivals(report: ArrivalReport) -> bytes:
    """Pack arrival times, at most MAX_ARRIVALS of them."""
    offsets = report.offsets[:MAX_ARRIVALS]
    count = len(offsets)
    body = OUR_NAME + _ARRIVALS.pack(
        report.reference & 0xFFFFFFFF,
        report.first & 0xFFFF,
        count,
        report.packets & 0xFFFFFFFF,
        report.octets & 0xFFFFFFFF,
    )
    body += struct.pack(f"!{count}H", *offsets) + bytes(2 * (count % 2))
    return _part(ARRIVALS, APPLICATION, body)


def want(report: WantReport) -> bytes:
    """Pack a wish."""
    body = OUR_NAME + _WANT.pack(report.context, report.lines, report.fps, report.number)
    return _part(WANT, APPLICATION, body)


def parse(data: bytes) -> list[Report] | None:
    """Return what a compound packet says, leaving out what we do not speak; None if malformed."""
    reports: list[Report] = []
    position = 0
    for _ in range(MAX_PARTS):
        if position == len(data):
            return reports
        if position + _HEAD.size > len(data):
            return None
        first, kind, words, _sender = _HEAD.unpack_from(data, position)
        end = position + 4 * (words + 1)
        if first & 0xE0 != 0x80 or end > len(data) or words < 1:  # version 2, no padding
            return None
        body = data[position + _HEAD.size : end]
        position = end
        found = _parse_part(first & 0x1F, kind, body)
        if found is None:
            return None
        reports += found
    return reports if position == len(data) else None


def _part(count: int, kind: int, body: bytes) -> bytes:
    return _HEAD.pack(0x80 | count, kind, 1 + len(body) // 4, RTCP_SSRC) + body


def _parse_part(count: int, kind: int, body: bytes) -> list[Report] | None:
    if kind == TRANSPORT_FEEDBACK and count == GENERIC_NACK:
        return _parse_nack(body)
    if kind == PAYLOAD_FEEDBACK and count == PICTURE_LOSS:
        return [PictureLoss(int.from_bytes(body, "big"))] if len(body) == 4 else None
    if kind == APPLICATION and body[:4] == OUR_NAME:
        if count == HEARTBEAT:
            if len(body) != 4 + _HEARTBEAT.size:
                return None
            return [HeartbeatReport(*_HEARTBEAT.unpack_from(body, 4))]
        if count == ARRIVALS:
            return _parse_arrivals(body[4:])
        if count == WANT:
            if len(body) != 4 + _WANT.size:
                return None
            return [WantReport(*_WANT.unpack_from(body, 4))]
    return []


def _parse_nack(body: bytes) -> list[Report] | None:
    if len(body) < 4 or len(body) % 4 or len(body) > 4 + 4 * MAX_NACKED:
        return None
    sequences: list[int] = []
    for base, mask in _NACK.iter_unpack(body[4:]):
        sequences.append(base)
        sequences += [(base + 1 + bit) & 0xFFFF for bit in range(16) if mask >> bit & 1]
    return [Nack(int.from_bytes(body[:4], "big"), tuple(sequences[:MAX_NACKED]))]


def _parse_arrivals(body: bytes) -> list[Report] | None:
    if len(body) < _ARRIVALS.size:
        return None
    reference, first, count, packets, octets = _ARRIVALS.unpack_from(body)
    if count > MAX_ARRIVALS or len(body) != _ARRIVALS.size + 2 * (count + count % 2):
        return None
    offsets = struct.unpack_from(f"!{count}H", body, _ARRIVALS.size)
    return [ArrivalReport(reference, first, packets, octets, offsets)]
