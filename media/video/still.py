"""A small picture of a picture file that a stranger made: its header first, then within limits."""

import cv2
import numpy as np

MOST_PIXELS = 48_000_000  # of the whole picture: what large cameras make; 144 MB while it is read
MOST_SIDE = 20_000  # pixels
SMALL = (480, 360)  # what the small one has at most: a card at twice the density of pixels

Small = tuple[int, int, bytes]
"""Width, height, and three bytes a pixel: red, green, blue."""


def size_of(data: bytes) -> tuple[int, int] | None:
    """Return width and height as the header says; None for what is no PNG, JPEG, WebP or BMP."""
    if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR":
        return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    if data.startswith(b"\xff\xd8"):
        return _size_of_jpeg(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _size_of_webp(data)
    if data.startswith(b"BM") and len(data) > 26 and data[14] >= 40:
        height = int.from_bytes(data[22:26], "little", signed=True)
        return int.from_bytes(data[18:22], "little"), abs(height)
    return None


def small(data: bytes) -> Small | None:
    """Return a small picture; None for what is no picture, is broken, or larger than it may be."""
    size = size_of(data)
    if size is None or not _is_fair(size):
        return None
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), _reading(size))
    except cv2.error:
        return None
    if picture is None or picture.ndim != 3 or not _is_fair(picture.shape[1::-1]):
        return None
    height, width = picture.shape[:2]
    scale = min(1.0, SMALL[0] / width, SMALL[1] / height)
    made = (max(1, round(width * scale)), max(1, round(height * scale)))
    if scale < 1.0:
        picture = cv2.resize(picture, made, interpolation=cv2.INTER_AREA)
    return *made, np.ascontiguousarray(picture[:, :, 2::-1]).tobytes()


def _is_fair(size: tuple[int, ...]) -> bool:
    width, height = size
    return 0 < width <= MOST_SIDE and 0 < height <= MOST_SIDE and width * height <= MOST_PIXELS


def _reading(size: tuple[int, int]) -> int:
    """Return how to read it: a large one at an eighth, which for JPEG saves nearly all the work."""
    eighth = min(size[0] // 8 // SMALL[0], size[1] // 8 // SMALL[1])
    return cv2.IMREAD_REDUCED_COLOR_8 if eighth >= 1 else cv2.IMREAD_COLOR


def _size_of_jpeg(data: bytes) -> tuple[int, int] | None:
    """Walk over the segments to the first that begins a frame."""
    at = 2
    while at + 9 <= len(data):
        if data[at] != 0xFF:
            return None
        kind = data[at + 1]
        if kind == 0xFF:  # filling
            at += 1
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            return (
                int.from_bytes(data[at + 7 : at + 9], "big"),
                int.from_bytes(data[at + 5 : at + 7], "big"),
            )
        if length < 2 or kind in (0xD9, 0xDA):
            return None
        at += 2 + length
    return None


def _size_of_webp(data: bytes) -> tuple[int, int] | None:
    kind, body = data[12:16], data[20:30]
    if len(body) < 10:
        return None
    if kind == b"VP8X":
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if kind == b"VP8L" and body[0] == 0x2F:
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        return (
            int.from_bytes(body[6:8], "little") & 0x3FFF,
            int.from_bytes(body[8:10], "little") & 0x3FFF,
        )
    return None
