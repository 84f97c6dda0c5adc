"""Reads QR codes in a camera's pictures, on a thread of its own, a few times a second."""

import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from media.slot import Slot
from media.video.camera import CapturedFrame
from media.video.encoder_worker import PREVIEW
from media.video.picture import Picture
from media.video.scaling import own_picture

LOOK_EVERY = 0.3  # seconds; a look takes 60 ms of one core
MAX_TEXT = 1024  # characters; a longer one is none of ours


class QrReader:
    """`frames` takes pictures; `on_text` is called on the reader's thread with each code seen.

    `preview`, if given, gets every picture as it is shown: for a camera that nobody else shows.
    """

    def __init__(
        self,
        on_text: Callable[[str], None],
        preview: Slot[Picture] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.frames: Slot[CapturedFrame] = Slot()
        self._on_text = on_text
        self._preview = preview
        self._clock = clock
        self._thread = threading.Thread(target=self._run, name="qr reader", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the picture at hand; returns at once."""
        self.frames.close()

    def join(self, timeout: float) -> bool:
        """Wait for the end; whether it came in time. Not for the engine's thread."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        import cv2

        detector = cv2.QRCodeDetectorAruco()  # reads more crooked and dim codes than the other one
        due = self._clock()
        while (captured := self.frames.wait()) is not None:
            if self._preview is not None:
                self._preview.put(own_picture(captured, PREVIEW))
            if self._clock() < due:
                continue
            for text in read_codes(detector, luma(captured)):
                self._on_text(text)
            due = self._clock() + LOOK_EVERY


def luma(captured: CapturedFrame) -> npt.NDArray[np.uint8]:
    """Return the brightness of a picture, (height, width)."""
    if captured.format == "i420":
        return np.ascontiguousarray(captured.pixels[: captured.height])
    import cv2

    return np.asarray(cv2.cvtColor(captured.pixels, cv2.COLOR_BGR2GRAY), dtype=np.uint8)


def read_codes(detector: Any, grey: npt.NDArray[np.uint8]) -> tuple[str, ...]:
    """Return the texts of the codes in a picture; none where the detector gives up."""
    import cv2

    try:
        good, texts, _, _ = detector.detectAndDecodeMulti(grey)
    except (cv2.error, UnicodeDecodeError):
        return ()  # a picture that the detector stumbles over holds nothing for us
    return tuple(text for text in texts if 0 < len(text) <= MAX_TEXT) if good else ()
