"""Brings pictures to another size and form: for the encoder, and for the tile that shows them."""

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from media.video.camera import CapturedFrame
from media.video.picture import Picture, made_size
from media.video.vpx import I420

Plane = npt.NDArray[np.uint8]


@functools.cache
def opencv() -> Any:
    """Return OpenCV without threads of its own: to wake them costs more than a picture's work."""
    import cv2

    cv2.setNumThreads(1)
    return cv2


def own_picture(captured: CapturedFrame, tile: tuple[int, int]) -> Picture:
    """Return a picture ready to paint, made for a tile; not mirrored."""
    cv2 = opencv()
    width, height = size = made_size((captured.width, captured.height), tile)
    if captured.format == "bgr":
        bgra = cv2.cvtColor(resized(captured.pixels, size), cv2.COLOR_BGR2BGRA)
        return Picture(width, height, width * 4, bgra.data.cast("B"), captured.captured)
    if captured.format == "bgra":
        bgra = np.ascontiguousarray(resized(captured.pixels, size))
        return Picture(width, height, width * 4, bgra.data.cast("B"), captured.captured)
    if captured.pixels.flags.c_contiguous and (captured.width, captured.height) == size:
        return as_picture(captured.pixels, captured.captured)
    return as_picture(packed(planes_of(captured), size), captured.captured)


def scaled(captured: CapturedFrame, width: int, height: int) -> I420:
    """Return a picture as contiguous I420 of this size."""
    cv2 = opencv()
    if captured.format == "bgr":
        made = cv2.cvtColor(resized(captured.pixels, (width, height)), cv2.COLOR_BGR2YUV_I420)
        return np.asarray(made)
    if captured.format == "bgra":
        made = cv2.cvtColor(resized(captured.pixels, (width, height)), cv2.COLOR_BGRA2YUV_I420)
        return np.asarray(made)
    if (captured.width, captured.height) == (width, height):
        return np.ascontiguousarray(captured.pixels)
    return packed(planes_of(captured), (width, height))


def planes_of(captured: CapturedFrame) -> tuple[Plane, Plane, Plane]:
    """Return views of the three planes of an I420 picture."""
    half = captured.height // 2, captured.width // 2
    blue, red = captured.pixels[captured.height :].reshape(2, *half)
    return captured.pixels[: captured.height], blue, red


def packed(planes: Sequence[Plane], size: tuple[int, int]) -> I420:
    """Return the planes of a picture as contiguous I420 of this even size."""
    width, height = size
    made = np.empty((height * 3 // 2, width), np.uint8)
    chroma = made[height:].reshape(2, height // 2, width // 2)
    for plane, target in zip(planes, (made[:height], *chroma), strict=True):
        resized(plane, target.shape[::-1], target)
    return made


def as_picture(i420: I420, captured: float | None, decoded: float | None = None) -> Picture:
    """Return contiguous I420 ready to paint."""
    cv2 = opencv()
    bgra = cv2.cvtColor(i420, cv2.COLOR_YUV2BGRA_I420)
    height, width = bgra.shape[:2]
    return Picture(width, height, width * 4, bgra.data.cast("B"), captured, decoded)


def resized(pixels: Plane, size: tuple[int, ...], into: Plane | None = None) -> Plane:
    """Return pixels in another size (width, height): a plane, or channels side by side.

    Halved as long as that goes, which is cheap and leaves no pixel out, then interpolated.
    """
    cv2 = opencv()
    height, width = pixels.shape[:2]
    while width > 2 * size[0] and height > 2 * size[1]:
        width, height = width // 2, height // 2
        pixels = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_LINEAR)
    made: Plane = cv2.resize(pixels, size, dst=into, interpolation=cv2.INTER_LINEAR)
    return made
