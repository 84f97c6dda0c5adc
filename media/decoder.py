"""VP8 to pictures at the size a tile needs: one decoder and one scaler per stream."""

from typing import Any

from media.errors import MediaError
from media.picture import Picture


class DecoderError(MediaError):
    """A frame could not be decoded: a broken or hostile sender."""


class VideoDecoder:
    """Decodes one stream; used by one thread at a time. PyAV frees the GIL while it works."""

    def __init__(self) -> None:
        import av
        from av.video.reformatter import Interpolation, VideoReformatter

        self._av = av
        self._context: Any = av.CodecContext.create("vp8", "r")
        self._context.thread_count = 1
        # One scaler kept and one thread: PyAV's default builds a pool of threads per frame.
        self._scaler = VideoReformatter()
        self._interpolation = Interpolation.BILINEAR

    def decode(self, data: bytes) -> Any | None:
        """Return PyAV's frame, None if the decoder has none to show; DecoderError."""
        try:
            frames = self._context.decode(self._av.Packet(data))
        except (self._av.FFmpegError, ValueError) as error:
            raise DecoderError(str(error)) from error
        return frames[-1] if frames else None

    def picture(self, frame: Any, tile: tuple[int, int] | None, captured: float | None) -> Picture:
        """Return a decoded frame as BGRA, just large enough to cover the tile (width, height)."""
        width, height = cover(frame.width, frame.height, tile)
        made = self._scaler.reformat(
            frame,
            width=width,
            height=height,
            format="bgra",
            interpolation=self._interpolation,
            threads=1,
        )
        plane = made.planes[0]
        return Picture(width, height, plane.line_size, memoryview(plane), captured)


def cover(width: int, height: int, tile: tuple[int, int] | None) -> tuple[int, int]:
    """Return the smallest size of the same shape that covers the tile; never above the source.

    Scaling up is cheaper when painting.
    """
    if tile is None:
        return width, height
    scale = min(1.0, max(tile[0] / width, tile[1] / height))
    return max(2, round(width * scale)), max(2, round(height * scale))
