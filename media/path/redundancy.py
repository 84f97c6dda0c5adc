"""Sound that carries sound of before, so that a lost packet comes with a later one (as RFC 2198).

A packet of sound is `n u8 | n * (distance u8, length u16) | the older ones | the newest`; each
older one belongs to the sequence that many before the packet's own.
"""

import struct
from collections.abc import Sequence

MAX_OLDER = 2  # in one packet: three times the bits of plain sound
MAX_DISTANCE = 4  # packets: 80 ms, about as late as sound can still be played

_ENTRY = struct.Struct("!BH")

Older = tuple[int, bytes]
"""How many packets before, and the sealed sound."""


def pack(newest: bytes, older: Sequence[Older], room: int) -> bytes:
    """Return the payload; what does not fit into `room` bytes is left out, the last ones first."""
    kept: list[Older] = []
    size = 1 + len(newest)
    for distance, sealed in older[:MAX_OLDER]:
        size += _ENTRY.size + len(sealed)
        if size > room:
            break
        kept.append((distance, sealed))
    heads = b"".join(_ENTRY.pack(distance, len(sealed)) for distance, sealed in kept)
    return b"".join((bytes((len(kept),)), heads, *(sealed for _, sealed in kept), newest))


def unpack(payload: bytes) -> tuple[list[Older], bytes] | None:
    """Return the older ones and the newest; None if that is not what the payload holds."""
    count = payload[0] if payload else MAX_OLDER + 1
    start = 1 + count * _ENTRY.size
    if count > MAX_OLDER or len(payload) <= start:
        return None
    older: list[Older] = []
    for number in range(count):
        distance, length = _ENTRY.unpack_from(payload, 1 + number * _ENTRY.size)
        if not (0 < distance <= MAX_DISTANCE and 0 < length < len(payload) - start):
            return None
        older.append((distance, payload[start : start + length]))
        start += length
    return older, payload[start:]
