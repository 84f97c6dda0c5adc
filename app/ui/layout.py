"""Where tiles stand: the arrangement of pictures of one shape that fits a space best."""

from dataclasses import dataclass
from math import ceil

GAP = 8  # pixels between tiles
SHAPE = 16 / 9  # width to height of a tile
MOST_LETTERBOX = 0.08  # of a tile's side that may stay empty beside a picture of another shape


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
    """Return where a picture stands in a tile, never stretched.

    It is shown whole while that leaves at most MOST_LETTERBOX of a side empty; a picture of
    another shape fills the tile instead and is cut evenly on both sides.
    """
    across, down = width / picture_width, height / picture_height
    scale = min(across, down)
    if scale < (1 - MOST_LETTERBOX) * max(across, down):
        scale = max(across, down)
    shown_width, shown_height = round(picture_width * scale), round(picture_height * scale)
    return Box((width - shown_width) // 2, (height - shown_height) // 2, shown_width, shown_height)
