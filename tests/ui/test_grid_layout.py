"""Tiles stand as large as they can, never on each other, never stretched."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ui.layout import GAP, Box, grid, place
from media.video.picture import MOST_LETTERBOX, made_size

counts = st.integers(1, 16)
widths = st.integers(320, 4000)
heights = st.integers(240, 2400)


@given(counts, widths, heights)
def test_every_person_has_a_tile_inside_the_space(count: int, width: int, height: int) -> None:
    boxes = grid(count, width, height)
    assert len(boxes) == count
    for box in boxes:
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + box.width <= width
        assert box.y + box.height <= height


@given(counts, widths, heights)
def test_tiles_are_of_one_size_and_sixteen_to_nine(count: int, width: int, height: int) -> None:
    boxes = grid(count, width, height)
    assert len({(box.width, box.height) for box in boxes}) == 1
    assert abs(boxes[0].width / 16 * 9 - boxes[0].height) <= 1


@given(counts, widths, heights)
def test_tiles_keep_the_gap_between_them(count: int, width: int, height: int) -> None:
    for one, other in combinations(grid(count, width, height), 2):
        beside = one.x + one.width + GAP <= other.x or other.x + other.width + GAP <= one.x
        above = one.y + one.height + GAP <= other.y or other.y + other.height + GAP <= one.y
        assert beside or above


@given(counts, widths, heights)
def test_no_other_number_of_columns_gives_larger_tiles(count: int, width: int, height: int) -> None:
    size = grid(count, width, height)[0].width
    for columns in range(1, count + 1):
        rows = -(-count // columns)
        across = (width - GAP * (columns - 1)) / columns
        down = (height - GAP * (rows - 1)) / rows * 16 / 9
        assert size >= int(min(across, down))


@given(counts, widths, heights)
def test_what_is_left_over_is_shared_by_both_sides(count: int, width: int, height: int) -> None:
    boxes = grid(count, width, height)
    top = min(box.y for box in boxes)
    bottom = height - max(box.y + box.height for box in boxes)
    assert abs(top - bottom) <= 1
    for row in {box.y for box in boxes}:
        in_row = [box for box in boxes if box.y == row]
        left = min(box.x for box in in_row)
        right = width - max(box.x + box.width for box in in_row)
        assert abs(left - right) <= 1


@pytest.mark.parametrize("size", [(0, 0), (10, 400), (400, 5)])
def test_a_space_without_room_shows_nothing(size: tuple[int, int]) -> None:
    assert grid(3, *size) == ()


def test_nobody_needs_no_tile() -> None:
    assert grid(0, 800, 600) == ()


def test_two_stand_side_by_side_in_a_wide_window_and_above_each_other_in_a_tall_one() -> None:
    wide, tall = grid(2, 1600, 500), grid(2, 500, 900)
    assert wide[0].y == wide[1].y
    assert tall[0].x == tall[1].x


sides = st.integers(16, 2000)


@given(sides, sides, sides, sides)
def test_a_picture_is_never_stretched(pw: int, ph: int, width: int, height: int) -> None:
    box = place(pw, ph, width, height)
    least = max((box.width - 0.5) / pw, (box.height - 0.5) / ph)
    most = min((box.width + 0.5) / pw, (box.height + 0.5) / ph)
    assert least <= most + 1e-9  # one scale gives both sides, but for whole pixels


@given(sides, sides, sides, sides)
def test_at_most_eight_percent_stays_empty(pw: int, ph: int, width: int, height: int) -> None:
    box = place(pw, ph, width, height)
    assert box.width >= width * (1 - MOST_LETTERBOX) - 1
    assert box.height >= height * (1 - MOST_LETTERBOX) - 1


def test_a_picture_of_the_tiles_size_is_painted_one_to_one() -> None:
    assert place(640, 360, 640, 360) == Box(0, 0, 640, 360)


@given(sides, sides)
def test_what_was_made_for_a_tile_is_painted_one_to_one(width: int, height: int) -> None:
    source = 1280, 720
    made = made_size(source, (width, height))
    if made == source or min(made) < 100:  # left to the painter, or small and scaled cheaply
        return
    box = place(*made, width, height)
    assert (box.width, box.height) == made
