"""Parity rows as REPAIR packets carry them: whose packets they cover, then the row.

`ssrc u8 | first sequence u16 | packets u8 | row u8 | row`; the RTP header has the frame's
timestamp, and the marker if the last of these packets ends the frame.
"""

import struct
from typing import NamedTuple

from media.path.fec import LENGTH_BYTES, MAX_PACKETS, MAX_ROWS
from media.path.rtp_packet import STREAMS, RtpPacket, Stream

_HEAD = struct.Struct("!BHBB")


class ParityPacket(NamedTuple):
    """A parity row and what it covers: `packets` packets from the sequence `first` (16 bits) on."""

    ssrc: int
    first: int
    packets: int
    row: int
    timestamp: int
    marker: bool
    parity: bytes


def pack(stream: Stream, first: int, count: int, row: int, parity: bytes) -> bytes:
    """Return the payload of a REPAIR packet."""
    return _HEAD.pack(stream.ssrc, first, count, row) + parity


def unpack(packet: RtpPacket) -> ParityPacket | None:
    """Return what a REPAIR packet carries; None if that cannot be parity of a frame."""
    payload = packet.payload
    if len(payload) <= _HEAD.size + LENGTH_BYTES:
        return None
    ssrc, first, count, row = _HEAD.unpack_from(payload)
    stream = STREAMS.get(ssrc)
    if stream is None or not stream.packetised or not 0 < count <= MAX_PACKETS or row >= MAX_ROWS:
        return None
    parity = payload[_HEAD.size :]
    return ParityPacket(ssrc, first, count, row, packet.timestamp, packet.marker, parity)
