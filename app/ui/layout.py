"""Where tiles stand: the arrangement of pictures of one shape that fits a space best."""

from dataclasses import dataclass
from math import ceil

from media.video.picture import shown_size

GAP = 8  # pixels between tiles
SHAPE = 16 / 9  # width to height of a tile


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
