"""VP8 to pictures at the size a tile needs: one decoder per stream."""

from typing import Any

import numpy as np

from media.errors import MediaError
from media.video.picture import Picture, made_size
from media.video.scaling import as_picture, packed


class DecoderError(MediaError):
    """A frame could not be decoded: a broken or hostile sender."""


class VideoDecoder:
    """Decodes one stream; used by one thread at a time. PyAV frees the GIL while it works."""

    def __init__(self) -> None:
        import av
        from av.video.reformatter import VideoReformatter

        self._av = av
        self._context: Any = av.CodecContext.create("vp8", "r")
        self._context.thread_count = 1
        # One converter kept and one thread: PyAV's default builds a pool of threads per frame.
        self._converter = VideoReformatter()

    def decode(self, data: bytes) -> Any | None:
        """Return PyAV's frame, None if the decoder has none to show; DecoderError."""
        try:
            frames = self._context.decode(self._av.Packet(data))
        except (self._av.FFmpegError, ValueError) as error:
            raise DecoderError(str(error)) from error
        return frames[-1] if frames else None

    def picture(
        self,
        frame: Any,
        tile: tuple[int, int] | None,
        captured: float | None,
        decoded: float | None = None,
    ) -> Picture:
        """Return a decoded frame as BGRA, made for a tile (width, height), or in its own size."""
        size = made_size((frame.width, frame.height), tile)
        if size == (frame.width, frame.height):
            made = self._converter.reformat(frame, format="bgra", threads=1)
            plane = made.planes[0]
            return Picture(*size, plane.line_size, memoryview(plane), captured, decoded)
        planes = [
            np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[:, : plane.width]
            for plane in frame.planes
        ]
        return as_picture(packed(planes, size), captured, decoded)
