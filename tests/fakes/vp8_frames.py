"""VP8 frames that no encoder made."""

import struct


def key_frame(width: int, height: int) -> bytes:
    """A key frame's header that claims a size, then nothing a decoder could use."""
    return b"\x10\x02\x00\x9d\x01\x2a" + struct.pack("<HH", width, height) + bytes(23)
