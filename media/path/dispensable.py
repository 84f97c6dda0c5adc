"""Tells what a stream of pictures can do without, from the layers of those around a gap. Pure.

The pattern of temporal layers is 0 2 1 2 (media.video.vp8): layer 0 refers to the layer 0 before
it, layer 1 to its group's layer 0, nothing that lasts to layer 2. The flags of a frame are all that
is needed, so it can be told before anything is opened; who lies about them harms his own picture.
"""

from media.sealing import FLAG_KEY, flags_layer

_LATER_GROUP = 1.5  # groups: nearer than that to a layer 0 frame, the next one is its neighbour
_SAME_GROUP = 0.75  # the layer 1 frame stands in the middle of its group
_WRAP = 1 << 32


class Pattern:
    """Follows the frames of one stream in their order."""

    def __init__(self) -> None:
        self._base: int | None = None  # the last layer 0 frame's timestamp
        self._group: int | None = None  # from one layer 0 frame to the next
        self._whole = False  # whether nothing was left out since the last layer 0 frame

    def note(self, flags: int, timestamp: int) -> None:
        """A frame was put together; `timestamp` has 32 bits."""
        if flags_layer(flags):
            return
        if self._base is not None and self._whole and not flags & FLAG_KEY:
            self._group = (timestamp - self._base) % _WRAP
        self._base = timestamp
        self._whole = True

    def leave_out(self) -> None:
        """Frames before the next one are missing for good."""
        self._whole = False

    def stands_without(self, flags: int, timestamp: int) -> bool:
        """Whether a frame can be decoded with all between it and the last one missing."""
        layer = flags_layer(flags)
        if flags & FLAG_KEY:
            return True
        if self._base is None or self._group is None or layer > 1:
            return False
        near = _LATER_GROUP if layer == 0 else _SAME_GROUP
        return (timestamp - self._base) % _WRAP < near * self._group
