"""Brings a captured picture to another size and form: for the encoder, and for the own tile."""

import numpy as np

from media.camera import CapturedFrame
from media.decoder import cover
from media.picture import Picture
from media.vpx import I420


def own_picture(captured: CapturedFrame, tile: tuple[int, int]) -> Picture:
    """Return a picture ready to paint, just large enough to cover a tile; not mirrored."""
    import cv2

    width, height = cover(captured.width, captured.height, tile)
    if captured.format == "bgr":
        bgr = cv2.resize(captured.pixels, (width, height), interpolation=cv2.INTER_AREA)
        bgra = cv2.cvtColor(bgr, cv2.COLOR_BGR2BGRA)
    else:
        width, height = width // 2 * 2, height // 2 * 2
        bgra = cv2.cvtColor(scaled(captured, width, height), cv2.COLOR_YUV2BGRA_I420)
    pixels = np.ascontiguousarray(bgra).data.cast("B")
    return Picture(width, height, width * 4, pixels, captured.captured)


def scaled(captured: CapturedFrame, width: int, height: int) -> I420:
    """Return a picture as contiguous I420 of this size."""
    import cv2

    same = (captured.width, captured.height) == (width, height)
    pixels = captured.pixels
    if captured.format == "bgr":
        if not same:
            pixels = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2YUV_I420))
    if same:
        return np.ascontiguousarray(pixels)
    made = np.empty((height * 3 // 2, width), np.uint8)
    half = captured.height // 2, captured.width // 2
    chroma = pixels[captured.height :].reshape(2, *half)
    cv2.resize(
        pixels[: captured.height], (width, height), dst=made[:height], interpolation=cv2.INTER_AREA
    )
    planes = made[height:].reshape(2, height // 2, width // 2)
    for source, target in zip(chroma, planes, strict=True):
        cv2.resize(source, (width // 2, height // 2), dst=target, interpolation=cv2.INTER_AREA)
    return made
