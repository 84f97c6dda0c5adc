"""Decoding without threads, for tests that want every picture at once."""

import cv2
import numpy as np

from media.video.picture import Picture


class AtOnce:
    """A pool of decoders that decodes what it is given before it returns."""

    def schedule(self, job) -> None:
        """Decode all that waits."""
        while job.waiting:
            job.work()


def bgr_of(picture: Picture) -> np.ndarray:
    """Return a picture's pixels as (height, width, 3)."""
    lines = np.frombuffer(picture.pixels, np.uint8, picture.stride * picture.height)
    bgra = lines.reshape(picture.height, picture.stride)[:, : picture.width * 4]
    return np.ascontiguousarray(bgra.reshape(picture.height, picture.width, 4)[:, :, :3])


def psnr(one: np.ndarray, two: np.ndarray) -> float:
    """Return how alike two pictures are, in dB."""
    return float(cv2.PSNR(np.ascontiguousarray(one), np.ascontiguousarray(two)))
