"""A calm moving picture with a time code in it that survives encoding and scaling.

The time code is two rows of 24 squares at the upper left, each a fortieth of the width: 32 bits
of time in 0.1 ms and 16 bits of CRC. Another process on the same computer reads it and knows
how long the picture was on its way.
"""

import binascii
import math

import numpy as np
import numpy.typing as npt

from media.video.picture import Picture

I420 = npt.NDArray[np.uint8]

COLUMNS = 40  # squares across the whole width
BITS_PER_ROW = 24
ROWS = 2
TICKS = 10_000  # per second
WRAP = 2**32 / TICKS  # seconds: 119 hours
BRIGHT, DARK = 216, 24
THRESHOLD = (BRIGHT + DARK) // 2
PERIOD = 8.0  # seconds until the picture repeats
MARGIN = 64  # pixels that the background drifts over


class Scene:
    """Draws I420 pictures of one size: a drifting dusk, a slow disc, an orbiting dot."""

    def __init__(self, width: int, height: int) -> None:
        self._width, self._height = width, height
        y, x = np.mgrid[0 : height + MARGIN, 0 : width + MARGIN].astype(np.float32)
        ridges = sum(
            8.0 * np.sin(x / (width / (3.0 + k)) + k) * np.cos(y / (height / (2.0 + k)) - k)
            for k in range(4)
        )
        luma = 150.0 - 70.0 * y / (height + MARGIN) + ridges
        grain = np.random.default_rng(1).normal(0.0, 2.0, luma.shape)
        self._luma = np.clip(luma + grain, 16, 235).astype(np.uint8)
        half_y, half_x = np.mgrid[0 : height // 2, 0 : width // 2].astype(np.float32)
        self._blue = np.clip(118.0 + 30.0 * half_y / (height / 2), 16, 240).astype(np.uint8)
        self._red = np.clip(150.0 - 34.0 * half_x / (width / 2), 16, 240).astype(np.uint8)
        self._disc = self._disc_mask(int(height * 0.17))
        self._dot = self._disc_mask(int(height * 0.05))

    def picture(self, seconds: float, captured: float) -> I420:
        """Return the picture at `seconds` of the scene, stamped with the time `captured`."""
        width, height = self._width, self._height
        angle = 2.0 * math.pi * seconds / PERIOD
        made = np.empty((height * 3 // 2, width), np.uint8)
        left = int(MARGIN / 2 * (1.0 + math.sin(angle)))
        top = int(MARGIN / 2 * (1.0 + math.cos(angle)))
        luma = made[:height]
        luma[:] = self._luma[top : top + height, left : left + width]
        chroma = made[height:].reshape(2, height // 2, width // 2)
        chroma[0] = self._blue
        chroma[1] = self._red
        centre = width * (0.5 + 0.12 * math.sin(angle)), height * (0.58 + 0.04 * math.cos(angle))
        self._paint(luma, chroma, self._disc, centre, (205, 100, 156))
        orbit = (
            centre[0] + height * 0.3 * math.cos(4.0 * angle),
            centre[1] + height * 0.3 * math.sin(4.0 * angle),
        )
        self._paint(luma, chroma, self._dot, orbit, (230, 150, 110))
        stamp(luma, captured)
        return made

    def _disc_mask(self, radius: int) -> npt.NDArray[np.bool_]:
        radius = max(2, radius) // 2 * 2
        y, x = np.mgrid[-radius:radius, -radius:radius]
        return np.asarray(x * x + y * y <= radius * radius)

    def _paint(
        self,
        luma: npt.NDArray[np.uint8],
        chroma: npt.NDArray[np.uint8],
        mask: npt.NDArray[np.bool_],
        centre: tuple[float, float],
        colour: tuple[int, int, int],
    ) -> None:
        side = mask.shape[0]
        x = min(max(0, int(centre[0]) - side // 2), self._width - side) // 2 * 2
        y = min(max(0, int(centre[1]) - side // 2), self._height - side) // 2 * 2
        luma[y : y + side, x : x + side][mask] = colour[0]
        half = mask[::2, ::2]
        for plane, value in zip(chroma, colour[1:], strict=True):
            plane[y // 2 : (y + side) // 2, x // 2 : (x + side) // 2][half] = value


def stamp(luma: npt.NDArray[np.uint8], captured: float) -> None:
    """Write a time code into the luma plane (height, width) of a picture."""
    ticks = int(captured * TICKS) & 0xFFFFFFFF
    value = ticks.to_bytes(4, "big")
    value += binascii.crc_hqx(value, 0xFFFF).to_bytes(2, "big")
    bits = np.unpackbits(np.frombuffer(value, np.uint8)).reshape(ROWS, BITS_PER_ROW)
    side = luma.shape[1] // COLUMNS
    squares = np.where(bits, BRIGHT, DARK).astype(np.uint8)
    luma[: ROWS * side, : BITS_PER_ROW * side] = np.kron(squares, np.ones((side, side), np.uint8))


def read_luma_time_code(luma: npt.NDArray[np.uint8], near: float) -> float | None:
    """Return the time written into a (height, width) plane, of any scale; None if there is none.

    The code wraps after 119 hours; of the times it may mean, the one next to `near` is taken.
    """
    side = luma.shape[1] / COLUMNS
    if luma.shape[0] < ROWS * side or side < 3:
        return None
    columns = ((np.arange(BITS_PER_ROW) + 0.5) * side).astype(int)
    rows = ((np.arange(ROWS) + 0.5) * side).astype(int)
    # The mean of a few pixels around each centre: the codec leaves noise in single ones.
    reach = int(side / 4)
    near_by = np.arange(-reach, reach + 1, max(1, reach // 2))
    at = np.ix_((rows[:, None] + near_by).ravel(), (columns[:, None] + near_by).ravel())
    samples = luma[at].reshape(ROWS, len(near_by), BITS_PER_ROW, len(near_by))
    bits = samples.mean(axis=(1, 3)) > THRESHOLD
    return time_of_code(np.packbits(bits).tobytes(), near)


def time_of_code(value: bytes, near: float) -> float | None:
    """Return the time that the six bytes of a time code mean; None where its CRC is wrong."""
    if binascii.crc_hqx(value[:4], 0xFFFF) != int.from_bytes(value[4:], "big"):
        return None
    written = int.from_bytes(value[:4], "big") / TICKS
    return written + WRAP * round((near - written) / WRAP)


def read_time_code(picture: Picture, near: float | None = None) -> float | None:
    """Return when a test picture was made, on this computer's monotonic clock; None if unreadable.

    `near` is any time within 59 hours of it, by default when the picture was captured.
    """
    if near is None:
        near = picture.captured if picture.captured is not None else 0.0
    lines = np.frombuffer(picture.pixels, np.uint8, picture.stride * picture.height)
    bgra = lines.reshape(picture.height, picture.stride)[:, : picture.width * 4]
    green = bgra.reshape(picture.height, picture.width, 4)[:, :, 1]
    return read_luma_time_code(green, near)
