"""Keeps received pictures in files, for tests and meeting-room computers: one file per person."""

import logging
import threading
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from media.slot import Slot
from media.video.picture import Picture

QUALITY = 2  # of Motion JPEG: the best it has short of the largest files
WAIT = 0.2  # seconds between two looks whether to stop

log = logging.getLogger(__name__)


def file_for(path: Path, dev: bytes) -> Path:
    """Return the file of one person: `FILE` with the first 8 hex digits of the device in it."""
    return path.with_name(f"{path.stem}-{dev.hex()[:8]}{path.suffix or '.mkv'}")


class Recorder:
    """Writes the pictures of one slot to a Matroska file, as they come, until closed."""

    def __init__(self, path: Path, pictures: Slot[Picture]) -> None:
        self._path = path
        self._pictures = pictures
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Finish the file."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        picture = None
        while picture is None and not self._stop.is_set():
            picture = self._pictures.wait(WAIT)
        if picture is None:
            return
        size = picture.width, picture.height
        try:
            with av.open(str(self._path), "w", format="matroska") as container:
                stream = container.add_stream("mjpeg", rate=30)
                stream.width, stream.height = size
                stream.pix_fmt = "yuvj420p"
                stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
                stream.codec_context.options = {"qmin": str(QUALITY), "qmax": str(QUALITY)}
                first, last = picture.captured or 0.0, -1
                while not self._stop.is_set():
                    if picture is not None and (picture.width, picture.height) == size:
                        at = round(((picture.captured or 0.0) - first) * 1000)
                        last = max(at, last + 1)
                        frame = av.VideoFrame.from_ndarray(_pixels(picture), format="bgra")
                        frame.pts, frame.time_base = last, Fraction(1, 1000)
                        container.mux(stream.encode(frame.reformat(format="yuvj420p")))
                    picture = self._pictures.wait(WAIT)
                container.mux(stream.encode(None))
        except (OSError, av.FFmpegError) as error:
            log.error("received pictures could not be kept: %s", type(error).__name__)


def _pixels(picture: Picture) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    lines = np.frombuffer(picture.pixels, np.uint8)[: picture.stride * picture.height]
    shaped = lines.reshape(picture.height, picture.stride)[:, : picture.width * 4]
    return np.ascontiguousarray(shaped.reshape(picture.height, picture.width, 4))
