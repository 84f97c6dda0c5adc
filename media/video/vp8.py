"""What is known of a VP8 frame before any decoder sees it: its place in the stream, its size.

A video frame is sealed as `size u8 | picture u16 | group u8 | VP8 bytes`; a picture is encoded in
several sizes, each numbered for itself. The pattern of temporal layers is 0 2 1 2: a layer 0 frame
begins a group and refers to the last layer 0 frame; layer 1 refers to its group's layer 0 frame;
layer 2 to that one and, second in its group, to layer 1 also (`FLAG_NEEDS_LAYER_1`). So a receiver
knows which frames it can do without.
"""

import struct
from dataclasses import dataclass

from media.sealing import FLAG_KEY, FLAG_NEEDS_LAYER_1, FLAGS_KNOWN, flags_layer

MIN_SIDE = 16
MAX_WIDTH = 1920
MAX_HEIGHT = 1088  # 1080 in whole macroblocks
_HEAD = struct.Struct("!BHB")


@dataclass(frozen=True, slots=True)
class VideoFrame:
    """A video frame; of an opened one, what it claims is not yet checked.

    `size` is its place among the sizes of its sender; `picture` counts modulo 2**16 and `group`
    modulo 2**8, in each size.
    """

    size: int
    key: bool
    layer: int
    needs_layer_1: bool
    picture: int
    group: int
    data: bytes


def pack(frame: VideoFrame) -> bytes:
    """Return what is sealed for a frame."""
    return _HEAD.pack(frame.size, frame.picture, frame.group) + frame.data


def unpack(flags: int, frame: bytes) -> VideoFrame | None:
    """Take an opened frame apart; None if flags and bytes contradict each other."""
    if flags & ~FLAGS_KNOWN or len(frame) <= _HEAD.size + 3:
        return None
    size, picture, group = _HEAD.unpack_from(frame)
    data = frame[_HEAD.size :]
    key = bool(flags & FLAG_KEY)
    layer = flags_layer(flags)
    if key != (not data[0] & 1) or layer > 2 or (key and layer):  # RFC 6386 section 9.1
        return None
    return VideoFrame(size, key, layer, bool(flags & FLAG_NEEDS_LAYER_1), picture, group, data)


def key_frame_size(data: bytes) -> tuple[int, int] | None:
    """Return the (width, height) that a key frame claims, None if it has no key frame header.

    RFC 6386 section 9.1: 3 bytes of frame tag, the start code 9d 01 2a, then 14 bits of width
    and of height, each under 2 bits of scaling.
    """
    if len(data) < 10 or data[0] & 1 or data[3:6] != b"\x9d\x01\x2a":
        return None
    width, height = struct.unpack_from("<HH", data, 6)
    return width & 0x3FFF, height & 0x3FFF


def is_size_allowed(size: tuple[int, int]) -> bool:
    """Whether a decoder may be asked to make pictures of this size."""
    width, height = size
    return MIN_SIDE <= width <= MAX_WIDTH and MIN_SIDE <= height <= MAX_HEIGHT


class Continuity:
    """Which frames can be decoded, given those that were: no undecodable one gets through.

    A stream changes to another size with a key frame, and never back without one.
    """

    def __init__(self) -> None:
        self._size = 0
        self._group: int | None = None
        self._has_layer_1 = False
        self._picture: int | None = None

    def lose(self) -> None:
        """The decoder's state is worthless: only a key frame helps."""
        self._group = None

    def lose_layer_1(self) -> None:
        """The layer 1 frame of this group was not decoded after all."""
        self._has_layer_1 = False

    @property
    def needs_key_frame(self) -> bool:
        """Whether nothing but a key frame can be decoded."""
        return self._group is None

    def admit(self, frame: VideoFrame) -> bool:
        """Return whether to decode this frame; notes that it was if so.

        A layer 0 frame that does not follow the last one means one is missing: from then on
        only a key frame is admitted. Old frames are not.
        """
        if frame.key:
            self._size = frame.size
            self._group = frame.group
            self._has_layer_1 = False
            self._picture = frame.picture
            return True
        if self._group is None or self._picture is None:
            return False
        if frame.size != self._size:
            self._group = None  # the key frame that its size began with is missing
            return False
        if not 0 < (frame.picture - self._picture) & 0xFFFF < 0x8000:
            return False
        if frame.layer == 0:
            if frame.group != (self._group + 1) & 0xFF:
                self._group = None
                return False
            self._group = frame.group
            self._has_layer_1 = False
        elif frame.group != self._group:
            if (frame.group - self._group) & 0xFF < 0x80:
                self._group = None  # the layer 0 frame of its group is missing
            return False
        elif frame.layer == 1:
            self._has_layer_1 = True
        elif frame.needs_layer_1 and not self._has_layer_1:
            return False
        self._picture = frame.picture
        return True
