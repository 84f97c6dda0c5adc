"""One VP8 encoder for everybody: libvpx itself if PyAV brings it along, else through PyAV."""

from typing import Protocol

from media.errors import EncoderError
from media.video.vpx import CPU_USED, I420, EncodedFrame, VpxEncoder

RATE_STEP = 0.2  # PyAV's encoder must be made anew for another rate: only for a real difference
UNKNOWN_QUANTIZER = 24  # what PyAV's encoder is said to use, as it does not say


class VideoEncoder(Protocol):
    """Encodes I420 pictures of one size; belongs to one thread."""

    def encode(self, picture: I420, key: bool) -> EncodedFrame | None:
        """Return the frame; None if the encoder dropped it to keep its rate. EncoderError."""

    def set_rate(self, kbps: int) -> None:
        """Aim at another bit rate."""

    def set_speed(self, cpu_used: int) -> None:
        """Work more quickly and less beautifully, or the other way round: 4 to 16."""

    def set_pace(self, fps: float) -> None:
        """Expect so many pictures a second."""

    @property
    def quantizer(self) -> int:
        """How coarse the last frame was, from 0 to 63."""

    def close(self) -> None:
        """Free the encoder."""


def open_encoder(
    width: int, height: int, kbps: int, fps: int, *, screen: bool = False
) -> VideoEncoder:
    """Return an encoder for pictures of this size, in even pixels; EncoderError if none works.

    With `screen` it is for text and drawings.
    """
    if width % 2 or height % 2 or not (16 <= width <= 1920 and 16 <= height <= 1088):
        raise EncoderError(f"{width}x{height} is no size for the encoder")
    try:
        return VpxEncoder(width, height, kbps, fps, screen=screen)
    except EncoderError:
        return AvEncoder(width, height, kbps, fps)


class AvEncoder:
    """VP8 through PyAV: no layers, and another rate only by beginning again with a key frame."""

    def __init__(self, width: int, height: int, kbps: int, fps: int) -> None:
        self._size = width, height
        self._fps = fps
        self._kbps = kbps
        self._pts = 0
        self._open()

    def set_rate(self, kbps: int) -> None:
        """Aim at another bit rate, if it differs by a fifth."""
        if abs(kbps - self._kbps) > RATE_STEP * self._kbps:
            self._kbps = kbps
            self._open()

    def set_speed(self, cpu_used: int) -> None:
        """Go on as before: this encoder's speed is fixed."""

    def set_pace(self, fps: float) -> None:
        """Go on as before: this encoder's pace is fixed."""

    @property
    def quantizer(self) -> int:
        """Not known here."""
        return UNKNOWN_QUANTIZER

    def encode(self, picture: I420, key: bool) -> EncodedFrame | None:
        """Encode a contiguous I420 picture of (height * 3 / 2, width)."""
        import av
        from av.video.frame import PictureType

        width, height = self._size
        if picture.shape != (height * 3 // 2, width):
            raise EncoderError(f"the encoder takes {width}x{height} I420, not {picture.shape}")
        frame = av.VideoFrame.from_ndarray(picture, "yuv420p")
        frame.pts = self._pts
        frame.pict_type = PictureType.I if key else PictureType.NONE
        self._pts += 1
        try:
            packets = self._context.encode(frame)
        except av.FFmpegError as error:
            raise EncoderError(f"the VP8 encoder refused a picture: {error}") from error
        for packet in packets:
            return EncodedFrame(bytes(packet), packet.is_keyframe, 0, False)
        return None

    def close(self) -> None:
        """Free the encoder."""
        del self._context

    def _open(self) -> None:
        import fractions

        import av

        try:
            context = av.CodecContext.create("libvpx", "w")
            context.width, context.height = self._size
            context.pix_fmt = "yuv420p"
            context.time_base = fractions.Fraction(1, self._fps)
            context.framerate = fractions.Fraction(self._fps)
            context.bit_rate = self._kbps * 1000
            context.thread_count = 1
            context.gop_size = 3000
            context.qmin, context.qmax = 2, 56
            context.options = {
                "deadline": "realtime",
                "cpu-used": str(-CPU_USED),
                "lag-in-frames": "0",
                "error-resilient": "default",
                "static-thresh": "1",
                "max-intra-rate": "450",
                "minrate": str(self._kbps * 1000),
                "maxrate": str(self._kbps * 1000),
                "bufsize": str(self._kbps * 1000),
            }
            context.open()
        except (av.FFmpegError, ValueError) as error:
            raise EncoderError(f"no VP8 encoder works on this computer: {error}") from error
        self._context = context
