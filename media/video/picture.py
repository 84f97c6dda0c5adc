"""One picture ready to paint."""

from dataclasses import dataclass

MOST_LETTERBOX = 0.08  # of a tile's side that may stay empty beside a picture of another shape
MOST_CUT = 0.02  # of a picture's sides that may be cut to spare scaling it
MOST_OF_TILE = 2.0  # times a tile's pixels are made for it; stranger shapes are left to the painter


@dataclass(frozen=True, slots=True)
class Picture:
    """A BGRA picture (Qt: Format_RGB32), top line first.

    `pixels` holds `stride * height` bytes or more; a line is `width * 4` bytes of `stride`.
    It may be a view into a decoder's buffer: read it, keep it as long as you like, never write.
    `captured` is when it was taken, in seconds of this computer's monotonic clock; for a remote
    picture an estimate, or None while the clocks have not been compared yet. `decoded` is when a
    remote picture was ready, by the same clock: it may have waited for its sound since.
    """

    width: int
    height: int
    stride: int
    pixels: bytes | memoryview
    captured: float | None
    decoded: float | None = None


def shown_size(picture: tuple[int, int], tile: tuple[int, int]) -> tuple[int, int]:
    """Return how large a picture (width, height) stands in a tile, never stretched.

    It is shown whole while that leaves at most MOST_LETTERBOX of a side empty; a picture of
    another shape fills the tile and is cut evenly on both sides. One that is just a little too
    large is cut, too: scaling costs much more than the few lines are worth.
    """
    across, down = tile[0] / picture[0], tile[1] / picture[1]
    scale = min(across, down)
    if scale < (1 - MOST_LETTERBOX) * max(across, down):
        scale = max(across, down)
    if 1 - MOST_CUT <= scale <= 1:
        return picture
    return round(picture[0] * scale), round(picture[1] * scale)


def made_size(picture: tuple[int, int], tile: tuple[int, int] | None) -> tuple[int, int]:
    """Return the even size in which a picture is made ready for a tile; None: its own.

    So it can be painted pixel by pixel, which costs a tenth of what a painter takes to scale.
    Its own size or a half of it is taken where it fits: to halve is cheap.
    """
    if tile is None:
        return picture
    most = MOST_OF_TILE * tile[0] * tile[1]
    if shown_size(picture, tile) == picture:
        return picture
    half = picture[0] // 4 * 2, picture[1] // 4 * 2
    if 0 < half[0] * half[1] <= most and shown_size(half, tile) == half:
        return half
    width, height = shown_size(picture, tile)
    if width * height > most:
        return picture
    return max(2, width + width % 2), max(2, height + height % 2)
