"""RTP as our own peers speak it: fixed streams, a number per link, frames cut into packets once."""

import struct
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from media import sealing
from media.path.fec import Pieces

MAX_DATAGRAM = 1200  # bytes of UDP payload: fits every IPv6 path (1280) and most tunnels
HEADER_BYTES = 20  # of which 8 for the transport-wide number
TAG_BYTES = 16  # SRTP's GCM tag
REPEAT_HEAD = 3  # bytes in front of a repeated payload
REPAIR_HEAD = 7  # bytes in front of the payloads that a repair packet covers
MAX_PAYLOAD = MAX_DATAGRAM - HEADER_BYTES - TAG_BYTES - max(REPEAT_HEAD, REPAIR_HEAD)
MAX_PACKETS = 512  # of one frame: 600 kB, ten times a large key frame at 1280x720

START = 0x10  # in the descriptor (RFC 7741 has it, too): this packet begins a frame
MORE = 0x0F  # how many packets of the frame follow this one, or that many at least

_HEADER = struct.Struct("!BBHIIHHBHx")
_FIRST = 0x90  # version 2, no padding, an extension, no contributing sources
_MARKER = 0x80
_PROFILE = 0xBEDE  # one-byte headers, RFC 8285 section 4.2
_WORDS = 1
_ELEMENT = 0x11  # id 1, two bytes: the transport-wide number
_REPEATED = struct.Struct("!BH")  # which stream, which sequence


@dataclass(frozen=True, slots=True)
class LinkStream:
    """A stream of packets on a link. The SSRC is its number: a link carries each kind once."""

    ssrc: int
    payload_type: int


@dataclass(frozen=True, slots=True)
class Stream(LinkStream):
    """One kind of media on a link."""

    context: int
    codec: int
    clock_rate: int
    packetised: bool
    """Whether a frame may take several packets, each behind a descriptor byte."""


MICROPHONE = Stream(1, 111, sealing.MICROPHONE, sealing.CODEC_OPUS, 48_000, False)
CAMERA = Stream(2, 96, sealing.CAMERA, sealing.CODEC_VP8, 90_000, True)
SCREEN = Stream(3, 97, sealing.SCREEN, sealing.CODEC_VP8, 90_000, True)
STREAMS = {stream.ssrc: stream for stream in (MICROPHONE, CAMERA, SCREEN)}
"""Media by SSRC; 4 is kept for the sound of a screen."""
NAMES = {MICROPHONE.ssrc: "microphone", CAMERA.ssrc: "camera", SCREEN.ssrc: "screen"}
"""What counters call them."""

REPEAT = LinkStream(5, 120)  # packets of other streams once more (RFC 4588 section 4)
REPAIR = LinkStream(6, 121)  # parity over the packets of a frame
PADDING = LinkStream(7, 122)  # zeros, to try what the path bears
RTCP_SSRC = 15  # who speaks RTCP on a link

_PAYLOAD_TYPES = {
    stream.ssrc: stream.payload_type for stream in (*STREAMS.values(), REPEAT, REPAIR, PADDING)
}


class RtpPacket(NamedTuple):
    """A packet of a stream we know, taken apart; `number` counts all packets of the link."""

    ssrc: int
    sequence: int
    timestamp: int
    marker: bool
    payload: bytes
    number: int = 0


class Outlet(Protocol):
    """Where the packets of one link leave: numbers them transport-wide, now or a little later."""

    def send(
        self, stream: Stream, sequence: int, timestamp: int, marker: bool, payload: bytes
    ) -> int:
        """Send a packet of media; return the bytes it takes on the wire, 0 if it cannot leave."""

    def send_beside(self, stream: LinkStream, timestamp: int, marker: bool, payload: bytes) -> int:
        """The same for REPEAT, REPAIR and PADDING, whose sequences the outlet itself counts."""


def cut(sealed: bytes) -> Pieces:
    """Cut a sealed frame into payloads of about equal size, each behind its descriptor byte.

    The same payloads go to every peer. ValueError if the frame is larger than MAX_PACKETS allow.
    """
    room = MAX_PAYLOAD - 1
    count = -(-len(sealed) // room)
    if not 0 < count <= MAX_PACKETS:
        raise ValueError(f"a frame has 1 to {MAX_PACKETS * room} bytes, got {len(sealed)}")
    size = -(-len(sealed) // count)
    count = -(-len(sealed) // size)
    return Pieces(
        bytes((min(MORE, count - place - 1) | (0 if place else START),))
        + sealed[place * size : (place + 1) * size]
        for place in range(count)
    )


def build(  # noqa: PLR0917 (the fields of a header)
    stream: LinkStream, sequence: int, timestamp: int, marker: bool, payload: bytes, number: int = 0
) -> bytes:
    """Return the packet; sequence, timestamp and number already fit their fields."""
    second = stream.payload_type | (_MARKER if marker else 0)
    head = _HEADER.pack(
        _FIRST, second, sequence, timestamp, stream.ssrc, _PROFILE, _WORDS, _ELEMENT, number
    )
    return head + payload


def parse(packet: bytes) -> RtpPacket | None:
    """Take a packet apart; None for anything that our own sender does not build.

    Padding, other extensions, contributing sources, unknown streams and payload types that do
    not belong to the stream are all refused: nobody we talk to sends them.
    """
    if len(packet) <= HEADER_BYTES:
        return None
    first, second, sequence, timestamp, ssrc, profile, words, element, number = _HEADER.unpack_from(
        packet
    )
    if (
        first != _FIRST
        or second & 0x7F != _PAYLOAD_TYPES.get(ssrc)
        or profile != _PROFILE
        or words != _WORDS
        or element != _ELEMENT
        or packet[HEADER_BYTES - 1]
    ):
        return None
    payload = packet[HEADER_BYTES:]
    return RtpPacket(ssrc, sequence, timestamp, second >= _MARKER, payload, number)


def repetition(stream: Stream, sequence: int, payload: bytes) -> bytes:
    """Return the payload of a REPEAT packet; timestamp and marker stand in its RTP header."""
    return _REPEATED.pack(stream.ssrc, sequence) + payload


def original(repeat: RtpPacket) -> RtpPacket | None:
    """Return the packet that a REPEAT packet carries; None if there is none in it."""
    if len(repeat.payload) <= REPEAT_HEAD:
        return None
    ssrc, sequence = _REPEATED.unpack_from(repeat.payload)
    if ssrc not in STREAMS:
        return None
    payload = repeat.payload[REPEAT_HEAD:]
    return RtpPacket(ssrc, sequence, repeat.timestamp, repeat.marker, payload, repeat.number)
