"""One picture ready to paint."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Picture:
    """A BGRA picture (Qt: Format_RGB32), top line first.

    `pixels` holds `stride * height` bytes or more; a line is `width * 4` bytes of `stride`.
    It may be a view into a decoder's buffer: read it, keep it as long as you like, never write.
    `captured` is when it was taken, in seconds of this computer's monotonic clock; for a remote
    picture an estimate, or None while the clocks have not been compared yet.
    """

    width: int
    height: int
    stride: int
    pixels: bytes | memoryview
    captured: float | None
