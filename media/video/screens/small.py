"""Small pictures of windows and screens, for people to choose by."""

import numpy as np

from media.video.picture import Picture
from media.video.scaling import resized
from media.video.screens.source import Pixels

WINDOW_BOX = 480, 270  # pixels that a preview of a window fits into: sharp at twice the density
SCREEN_BOX = 960, 540  # of a screen: a part of it is chosen on the preview


def preview(pixels: Pixels, box: tuple[int, int]) -> Picture:
    """Return a picture made small enough for a box, in its own shape."""
    height, width = pixels.shape[:2]
    scale = min(1.0, box[0] / width, box[1] / height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = np.ascontiguousarray(resized(pixels, size))
    return Picture(size[0], size[1], size[0] * 4, small.tobytes(), None)
