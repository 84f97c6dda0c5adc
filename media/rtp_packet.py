"""RTP as our own peers speak it: fixed streams, no extensions, frames cut into packets once."""

import struct
from dataclasses import dataclass
from typing import NamedTuple

from media import sealing

MAX_DATAGRAM = 1200  # bytes of UDP payload: fits every IPv6 path (1280) and most tunnels
HEADER_BYTES = 12
TAG_BYTES = 16  # SRTP's GCM tag
MAX_PAYLOAD = MAX_DATAGRAM - HEADER_BYTES - TAG_BYTES
MAX_PACKETS = 512  # of one frame: 600 kB, ten times a large key frame at 1280x720

START = 0x10  # RFC 7741 descriptor: this packet begins a frame
INSIDE = 0x00

_HEADER = struct.Struct("!BBHII")
_VERSION = 0x80  # version 2, no padding, no extension, no contributing sources
_MARKER = 0x80


@dataclass(frozen=True, slots=True)
class Stream:
    """One kind of media on a link. The SSRC is its number: a link carries each kind once."""

    ssrc: int
    payload_type: int
    context: int
    codec: int
    clock_rate: int
    packetised: bool
    """Whether a frame may take several packets, each behind a descriptor byte."""


MICROPHONE = Stream(1, 111, sealing.MICROPHONE, sealing.CODEC_OPUS, 48_000, False)
CAMERA = Stream(2, 96, sealing.CAMERA, sealing.CODEC_VP8, 90_000, True)
STREAMS = {stream.ssrc: stream for stream in (MICROPHONE, CAMERA)}
RTCP_SSRC = 15  # who speaks RTCP on a link


class RtpPacket(NamedTuple):
    """A packet of a stream we know, taken apart."""

    ssrc: int
    sequence: int
    timestamp: int
    marker: bool
    payload: bytes


def cut(sealed: bytes) -> list[bytes]:
    """Cut a sealed frame into payloads of about equal size, each behind its descriptor byte.

    The same payloads go to every peer. ValueError if the frame is larger than MAX_PACKETS allow.
    """
    room = MAX_PAYLOAD - 1
    count = -(-len(sealed) // room)
    if not 0 < count <= MAX_PACKETS:
        raise ValueError(f"a frame has 1 to {MAX_PACKETS * room} bytes, got {len(sealed)}")
    size = -(-len(sealed) // count)
    return [
        bytes((INSIDE if start else START,)) + sealed[start : start + size]
        for start in range(0, len(sealed), size)
    ]


def build(stream: Stream, sequence: int, timestamp: int, marker: bool, payload: bytes) -> bytes:
    """Return the packet; sequence and timestamp already fit their fields."""
    second = stream.payload_type | (_MARKER if marker else 0)
    return _HEADER.pack(_VERSION, second, sequence, timestamp, stream.ssrc) + payload


def parse(packet: bytes) -> RtpPacket | None:
    """Take a packet apart; None for anything that our own sender does not build.

    Padding, extensions, contributing sources, unknown streams and payload types that do not
    belong to the stream are all refused: nobody we talk to sends them.
    """
    if len(packet) <= HEADER_BYTES:
        return None
    first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(packet)
    stream = STREAMS.get(ssrc)
    if first != _VERSION or stream is None or second & 0x7F != stream.payload_type:
        return None
    return RtpPacket(ssrc, sequence, timestamp, second >= _MARKER, packet[HEADER_BYTES:])
