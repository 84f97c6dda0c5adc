"""Tells the SCTP packets that our peers send from those that could hold the engine up.

aiortc loops without end over a parameter of length 0, walks every number that a SACK claims, keeps
whatever a peer leaves unfinished, and opens any channel. Our own peers send one chunk in a packet,
data on stream 0 alone, and neither heartbeats nor resets nor FORWARD-TSN: nothing else gets there.
"""

import struct

MAX_PACKET = 1400  # bytes; a chunk of data is at most 1,200 (RFC 9260 section 3 gives the forms)
MAX_AHEAD = 1024  # chunks between the first that is missing and the last; 1 MiB in pieces of 1,200

DATA, INIT, INIT_ACK, SACK, ABORT, SHUTDOWN, SHUTDOWN_ACK, ERROR = 0, 1, 2, 3, 6, 7, 8, 9
COOKIE_ECHO, COOKIE_ACK, SHUTDOWN_COMPLETE = 10, 11, 14

_COMMON_HEADER = 12
_CHUNK_HEADER = 4
_PARAMETERS_FROM = {INIT: 16, INIT_ACK: 16, ABORT: 0, ERROR: 0}
_LENGTHS = {SHUTDOWN: 4, SHUTDOWN_ACK: 0, COOKIE_ECHO: 24, COOKIE_ACK: 0, SHUTDOWN_COMPLETE: 0}


def is_harmless(packet: bytes) -> bool:
    """Whether a packet is one chunk that our peers send, in the form in which they send it."""
    if not _COMMON_HEADER + _CHUNK_HEADER <= len(packet) <= MAX_PACKET:
        return False
    kind, _flags, length = struct.unpack_from("!BBH", packet, _COMMON_HEADER)
    end = _COMMON_HEADER + length
    if length < _CHUNK_HEADER or not end <= len(packet) <= end + 3:
        return False
    body = packet[_COMMON_HEADER + _CHUNK_HEADER : end]
    if kind == DATA:
        return len(body) > 12 and body[4:6] == b"\0\0"
    if kind == SACK:
        return _is_sack(body)
    if kind in _PARAMETERS_FROM:
        return _are_parameters(body, _PARAMETERS_FROM[kind])
    return len(body) == _LENGTHS.get(kind)


def _is_sack(body: bytes) -> bool:
    """Whether the gaps stand in order, and none is further away than anything we send."""
    if len(body) < 12:
        return False
    gaps, duplicates = struct.unpack_from("!HH", body, 8)
    if len(body) != 12 + 4 * (gaps + duplicates):
        return False
    last = 0
    for first, end in struct.iter_unpack("!HH", body[12 : 12 + 4 * gaps]):
        if not last < first <= end <= MAX_AHEAD:
            return False
        last = end
    return True


def _are_parameters(body: bytes, position: int) -> bool:
    """Whether parameters follow each other up to the end."""
    if len(body) < position:
        return False
    while position < len(body):
        if len(body) - position < 4:
            return False
        length = int.from_bytes(body[position + 2 : position + 4], "big")
        if length < 4 or position + length > len(body):
            return False
        position += length + -length % 4
    return True
