"""VP8 frames that no encoder made."""

import struct

from media.video.vp8 import VideoFrame

PATTERN = ((0, False), (2, False), (1, False), (2, True))


def key_frame(width: int, height: int) -> bytes:
    """A key frame's header that claims a size, then nothing a decoder could use."""
    return b"\x10\x02\x00\x9d\x01\x2a" + struct.pack("<HH", width, height) + bytes(23)


class Numbered:
    """The frames of one size as libvpx numbers and layers them, without anything in them."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._picture = self._group = self._place = 0

    def frame(self, key: bool = False) -> VideoFrame:
        """Return the next frame."""
        if key:
            self._place = 0
        layer, needs = PATTERN[self._place % 4]
        self._place += 1
        self._picture = (self._picture + 1) & 0xFFFF
        self._group = (self._group + (layer == 0)) & 0xFF
        return VideoFrame(self.size, key, layer, needs, self._picture, self._group, b"")
