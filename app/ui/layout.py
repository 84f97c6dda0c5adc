"""Where tiles stand: the arrangement of pictures of one shape that fits a space best."""

from dataclasses import dataclass
from enum import Enum
from math import ceil

from media.video.picture import shown_size

GAP = 8  # pixels between tiles
SHAPE = 16 / 9  # width to height of a tile
LEAST = 140  # pixels: in a tile that is narrower nobody can be recognised
MOST = 16  # tiles on one page of the grid
STRIP = 0.16  # of the width that a tile beside a large picture takes, where it is not too little
STRIP_MOST = 280  # pixels that such a tile takes at most
FLOATING = 0.22  # of the width that the own tile takes in a corner
FLOATING_MOST = 260  # pixels
INSET = 12  # pixels between that tile and the edges


@dataclass(frozen=True)
class Box:
    """A rectangle in whole pixels."""

    x: int
    y: int
    width: int
    height: int


def grid(count: int, width: int, height: int, gap: int = GAP) -> tuple[Box, ...]:
    """Return the boxes of `count` tiles in a space: as large as can be, 16:9, centred.

    The last row stands in the middle when it is not full. A space without room gives no boxes.
    """
    best_columns, best_width = 0, 0
    for columns in range(1, count + 1):
        rows = ceil(count / columns)
        across = (width - gap * (columns - 1)) / columns
        down = (height - gap * (rows - 1)) / rows * SHAPE
        tile_width = int(min(across, down))
        if tile_width > best_width:
            best_columns, best_width = columns, tile_width
    if best_width < 16:
        return ()
    tile_height = int(best_width / SHAPE)
    rows = ceil(count / best_columns)
    top = (height - rows * tile_height - (rows - 1) * gap) // 2
    boxes = []
    for row in range(rows):
        in_row = min(best_columns, count - row * best_columns)
        left = (width - in_row * best_width - (in_row - 1) * gap) // 2
        boxes += [
            Box(
                left + column * (best_width + gap),
                top + row * (tile_height + gap),
                best_width,
                tile_height,
            )
            for column in range(in_row)
        ]
    return tuple(boxes)


def place(picture_width: int, picture_height: int, width: int, height: int) -> Box:
    """Return where a picture stands in a tile, see media.video.picture.shown_size."""
    shown = shown_size((picture_width, picture_height), (width, height))
    return Box((width - shown[0]) // 2, (height - shown[1]) // 2, *shown)


def page_size(count: int, width: int, height: int) -> int:
    """Return how many of so many tiles stand on one page of the grid, at least one.

    A page holds at most MOST, and no more than can be wide enough; all pages are about as full.
    """
    fits = next(
        (n for n in range(min(count, MOST), 1, -1) if _tile_width(n, width, height) >= LEAST), 1
    )
    return ceil(count / ceil(count / fits)) if count else 1


def _tile_width(count: int, width: int, height: int) -> int:
    boxes = grid(count, width, height)
    return boxes[0].width if boxes else 0


@dataclass(frozen=True)
class Spotlight:
    """One large picture and the line of others beside it or below it."""

    large: Box
    strip: tuple[Box, ...]


def spotlight(
    count: int, width: int, height: int, *, shape: float = SHAPE, gap: int = GAP
) -> Spotlight | None:
    """Return one large place of a `shape` and as many of `count` small ones as there is room for.

    The line stands on the side that leaves more to the large picture; then its tiles grow into
    what is left over. Together they stand in the middle. None where there is no room at all.
    """
    wide, tall = _fit(shape, width, height)
    if tall < 9:
        return None
    alone = Spotlight(Box((width - wide) // 2, (height - tall) // 2, wide, tall), ())
    if not count:
        return alone
    found = [_beside(count, width, height, shape, gap), _below(count, width, height, shape, gap)]
    sides = [one for one in found if one is not None]
    if not sides:
        return alone
    return max(sides, key=lambda one: (one.large.width, len(one.strip), one.strip[0].width))


def _fit(shape: float, width: float, height: float) -> tuple[int, int]:
    """Return the largest whole width and height of a shape in a space."""
    wide = max(0, int(min(width, height * shape)))
    return wide, int(wide / shape)


def _line(count: int, wanted: float, length: int, unit: float, gap: int) -> tuple[int, int]:
    """Return how wide the tiles of a line are, and how many of them it holds.

    `unit` is how much of the line's length a tile takes for each pixel of its width.
    """
    every = (length - gap * (count - 1)) / count / unit
    tile = int(max(LEAST, min(wanted, every)))
    return tile, min(count, int((length + gap) // (tile * unit + gap)))


def _is_little(wide: int, tall: int, tile: int) -> bool:
    """Tell whether a large picture is not much larger than the tiles beside it."""
    return max(wide, tall * SHAPE) < 2 * tile


def _beside(count: int, width: int, height: int, shape: float, gap: int) -> Spotlight | None:
    wanted = min(STRIP * width, STRIP_MOST)
    tile, held = _line(count, wanted, height, 1 / SHAPE, gap)
    wide, tall = _fit(shape, width - tile - gap, height)
    if not held or _is_little(wide, tall, tile):
        return None
    grown = min(width - wide - gap, STRIP_MOST)
    tile, held = _line(held, max(grown, tile), height, 1 / SHAPE, gap)
    low = int(tile / SHAPE)
    left = (width - wide - gap - tile) // 2
    top = (height - held * low - (held - 1) * gap) // 2
    return Spotlight(
        Box(left, (height - tall) // 2, wide, tall),
        tuple(Box(left + wide + gap, top + n * (low + gap), tile, low) for n in range(held)),
    )


def _below(count: int, width: int, height: int, shape: float, gap: int) -> Spotlight | None:
    wanted = min(STRIP * width, STRIP_MOST)
    tile, held = _line(count, wanted, width, 1.0, gap)
    wide, tall = _fit(shape, width, height - int(tile / SHAPE) - gap)
    if not held or _is_little(wide, tall, tile):
        return None
    grown = min((height - tall - gap) * SHAPE, STRIP_MOST)
    tile, held = _line(held, max(grown, tile), width, 1.0, gap)
    low = int(tile / SHAPE)
    top = (height - tall - gap - low) // 2
    left = (width - held * tile - (held - 1) * gap) // 2
    return Spotlight(
        Box((width - wide) // 2, top, wide, tall),
        tuple(Box(left + n * (tile + gap), top + tall + gap, tile, low) for n in range(held)),
    )


class Corner(Enum):
    """Where a tile floats: whether right, whether at the bottom."""

    TOP_LEFT = (False, False)
    TOP_RIGHT = (True, False)
    BOTTOM_LEFT = (False, True)
    BOTTOM_RIGHT = (True, True)

    @property
    def right(self) -> bool:
        """Whether it is one of the two on the right."""
        return self.value[0]

    @property
    def bottom(self) -> bool:
        """Whether it is one of the two at the bottom."""
        return self.value[1]


def floating(corner: Corner, width: int, height: int) -> Box:
    """Return where a tile floats in a space: small enough that it hides little."""
    wide = int(min(max(FLOATING * width, LEAST), FLOATING_MOST, max(width - 2 * INSET, 16)))
    tall = int(wide / SHAPE)
    left = width - INSET - wide if corner.right else INSET
    top = height - INSET - tall if corner.bottom else INSET
    return Box(left, top, wide, tall)


def nearest(x: float, y: float, width: int, height: int) -> Corner:
    """Return the corner of a space that a point in it is nearest to."""
    return Corner((x > width / 2, y > height / 2))
