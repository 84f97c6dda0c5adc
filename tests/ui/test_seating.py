"""Who stands where, for any number of people and any space: grid, strip, corner, pages."""

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.meeting.view import Badge, Person, Presence
from app.ui.layout import (
    GAP,
    INSET,
    LEAST,
    MOST,
    Box,
    Corner,
    floating,
    grid,
    nearest,
    page_size,
    spotlight,
)
from app.ui.seating import Places, Seat, Seating, SelfView, View, places, seating

counts = st.integers(1, 16)
widths = st.integers(320, 4000)
heights = st.integers(240, 2400)
shapes = st.floats(0.5, 3.6)  # a telephone held upright to two screens side by side


def inside(box: Box, width: int, height: int) -> bool:
    across = box.x >= 0 and box.x + box.width <= width
    return across and box.y >= 0 and box.y + box.height <= height


def apart(one: Box, other: Box) -> bool:
    beside = one.x + one.width + GAP <= other.x or other.x + other.width + GAP <= one.x
    return beside or one.y + one.height + GAP <= other.y or other.y + other.height + GAP <= one.y


# One large and a strip --------------------------------------------------------------------------


@given(counts, widths, heights, shapes)
def test_large_and_strip_stand_inside_and_apart(
    count: int, width: int, height: int, shape: float
) -> None:
    found = spotlight(count, width, height, shape=shape)
    assert found is not None
    boxes = [found.large, *found.strip]
    assert all(inside(box, width, height) for box in boxes)
    assert all(apart(one, other) for one, other in combinations(boxes, 2))


@given(counts, widths, heights, shapes)
def test_no_tile_is_of_another_shape(count: int, width: int, height: int, shape: float) -> None:
    found = spotlight(count, width, height, shape=shape)
    assert found is not None
    assert abs(found.large.height - found.large.width / shape) <= 1
    for box in found.strip:
        assert abs(box.height - box.width * 9 / 16) <= 1
        assert box.width >= LEAST
    assert len({(box.width, box.height) for box in found.strip}) <= 1


@given(counts, widths, heights)
def test_the_large_one_is_as_large_as_a_sixth_beside_or_below_leaves_it(
    count: int, width: int, height: int
) -> None:
    found = spotlight(count, width, height)
    assert found is not None
    sixth = max(LEAST, width / 6)
    beside = min(width - sixth - GAP, height * 16 / 9)
    below = min(width, (height - sixth * 9 / 16 - GAP) * 16 / 9)
    assert found.large.width >= int(max(beside, below)) - 1
    assert found.large.width >= max((box.width for box in found.strip), default=0)


@given(counts, widths, heights)
def test_the_strip_holds_everybody_there_is_room_for(count: int, width: int, height: int) -> None:
    found = spotlight(count, width, height)
    assert found is not None
    if len(found.strip) < count and found.strip:
        tile = found.strip[0]
        one_more = len(found.strip) + 1
        long = width if tile.y > found.large.y + found.large.height else height
        side = tile.width if long == width else tile.height
        if {box.x for box in found.strip} == {tile.x}:
            long, side = height, tile.height
        assert one_more * side + len(found.strip) * GAP > long


@given(counts, widths, heights)
def test_large_and_strip_stand_in_the_middle_together(count: int, width: int, height: int) -> None:
    found = spotlight(count, width, height)
    assert found is not None
    boxes = [found.large, *found.strip]
    left = min(box.x for box in boxes)
    right = width - max(box.x + box.width for box in boxes)
    top = min(box.y for box in boxes)
    bottom = height - max(box.y + box.height for box in boxes)
    assert abs(left - right) <= 1
    assert abs(top - bottom) <= 1


def test_a_wide_stage_has_the_strip_beside_and_a_tall_one_below() -> None:
    wide, tall = spotlight(4, 2000, 600), spotlight(4, 900, 1200)
    assert wide is not None
    assert tall is not None
    assert wide.strip[0].x >= wide.large.x + wide.large.width
    assert tall.strip[0].y >= tall.large.y + tall.large.height


def test_where_there_is_hardly_room_the_large_one_stands_alone() -> None:
    found = spotlight(5, 300, 170)
    assert found is not None
    assert found.strip == ()
    assert found.large.width == 300
    assert spotlight(3, 0, 0) is None


# Pages ------------------------------------------------------------------------------------------


@given(st.integers(1, 60), widths, heights)
def test_no_page_holds_more_than_can_be_recognised(count: int, width: int, height: int) -> None:
    size = page_size(count, width, height)
    assert 1 <= size <= MOST
    if size > 1:
        assert grid(size, width, height)[0].width >= LEAST


@given(st.integers(1, 60), widths, heights)
def test_everybody_stands_on_exactly_one_page(count: int, width: int, height: int) -> None:
    everybody = tuple(Seat(bytes([n])) for n in range(count))
    of = Seating(None, everybody)
    first = places(of, width, height)
    seen = [
        seat for page in range(first.pages) for seat in places(of, width, height, page=page).boxes
    ]
    assert seen == list(everybody)


def test_sixteen_have_one_page_on_a_usual_stage_and_twenty_have_two_alike() -> None:
    of = Seating(None, tuple(Seat(bytes([n])) for n in range(16)))
    assert places(of, 1000, 580).pages == 1
    more = Seating(None, tuple(Seat(bytes([n])) for n in range(20)))
    first = places(more, 1000, 580, below=40)
    assert (first.pages, len(first.boxes)) == (2, 10)
    assert all(box.y + box.height <= 540 for box in first.boxes.values())


def test_a_page_that_is_gone_becomes_the_last_one() -> None:
    of = Seating(None, tuple(Seat(bytes([n])) for n in range(20)))
    assert places(of, 1000, 580, page=7).page == 1
    assert places(of, 1000, 580, page=-1).page == 0


def test_the_strip_has_pages_too_and_the_large_one_stands_still_meanwhile() -> None:
    seats = tuple(Seat(bytes([n])) for n in range(20))
    of = Seating(seats[0], seats[1:])
    pages: list[Places] = [places(of, 1000, 580, page=n) for n in range(9)]
    assert pages[0].pages > 1
    assert len({page.boxes[seats[0]] for page in pages}) == 1
    seen = [seat for page in pages[: pages[0].pages] for seat in page.boxes if seat != seats[0]]
    assert seen == list(seats[1:])


# The corner -------------------------------------------------------------------------------------


@given(st.sampled_from(Corner), widths, heights)
def test_a_tile_floats_in_its_corner(corner: Corner, width: int, height: int) -> None:
    box = floating(corner, width, height)
    assert inside(box, width, height)
    assert abs(box.height - box.width * 9 / 16) <= 1
    assert box.width <= max(width / 4, LEAST)
    assert (box.x == INSET) != corner.right
    assert (box.y == INSET) != corner.bottom


@given(st.sampled_from(Corner), widths, heights)
def test_what_is_let_go_in_a_corner_stays_there(corner: Corner, width: int, height: int) -> None:
    box = floating(corner, width, height)
    middle = box.x + box.width / 2, box.y + box.height / 2
    assert nearest(*middle, width, height) is corner


# Who is large -----------------------------------------------------------------------------------

ME = Person(b"m", "Mara", Badge.VERIFIED, Presence.ME, True, True, True)
ADA, BEN = (
    Person(dev, name, Badge.KNOWN, Presence.CONNECTED, False, True, True)
    for dev, name in ((b"a", "Ada"), (b"b", "Ben"))
)
TABLE = (ME, ADA, BEN)
SCREEN = Seat(b"b", screen=True)


def seated(**changes: object) -> Seating:
    usual: dict[str, object] = {
        "view": View.GRID,
        "own": SelfView.GRID,
        "pinned": None,
        "screens": (),
        "speaker": b"a",
    }
    return seating(TABLE, **(usual | changes))  # type: ignore[arg-type]


def test_in_the_grid_all_are_alike_in_order_of_arrival() -> None:
    assert seated() == Seating(None, (Seat(b"m"), Seat(b"a"), Seat(b"b")))


def test_who_speaks_is_large_in_the_view_of_the_speaker() -> None:
    assert seated(view=View.SPEAKER) == Seating(Seat(b"a"), (Seat(b"m"), Seat(b"b")))


@pytest.mark.parametrize("view", list(View))
def test_a_shared_screen_is_large_in_either_view(view: View) -> None:
    assert seated(view=view, screens=(b"b",)).large == SCREEN
    newest = seated(view=view, screens=(b"a", b"b"))
    assert newest.large == SCREEN
    assert newest.rest[0] == Seat(b"a", screen=True)


@pytest.mark.parametrize("view", list(View))
def test_what_is_pinned_is_large_whatever_else_happens(view: View) -> None:
    found = seated(view=view, pinned=Seat(b"b"), screens=(b"b",))
    assert found.large == Seat(b"b")
    assert SCREEN in found.rest


def test_who_was_pinned_and_left_is_large_no_more() -> None:
    assert seated(pinned=Seat(b"x")).large is None
    assert seated(pinned=SCREEN).large is None


def test_oneself_stands_among_the_others_in_a_corner_or_nowhere() -> None:
    assert seated(own=SelfView.CORNER) == Seating(None, (Seat(b"a"), Seat(b"b")), Seat(b"m"))
    assert seated(own=SelfView.HIDDEN) == Seating(None, (Seat(b"a"), Seat(b"b")))


def test_who_is_alone_needs_no_corner_but_may_stay_hidden() -> None:
    for own, there in ((SelfView.CORNER, True), (SelfView.HIDDEN, False)):
        found = seating((ME,), view=View.SPEAKER, own=own, pinned=None, screens=(), speaker=ME.dev)
        assert found == Seating(None, (Seat(b"m"),) if there else ())


def test_the_place_in_the_corner_lies_over_the_others() -> None:
    found = places(seated(own=SelfView.CORNER), 1000, 600, corner=Corner.TOP_LEFT)
    assert found.boxes[Seat(b"m")] == floating(Corner.TOP_LEFT, 1000, 600)
    assert found.boxes[Seat(b"a")] == grid(2, 1000, 600)[0]


def test_a_screen_takes_a_place_of_its_own_shape() -> None:
    of = seated(screens=(b"b",))
    upright = places(of, 1000, 600, shape=0.75).boxes[SCREEN]
    assert abs(upright.height - upright.width / 0.75) <= 1
    assert upright.height >= 590


def test_nobody_has_no_place() -> None:
    nobody = seating((), view=View.GRID, own=SelfView.GRID, pinned=None, screens=(), speaker=b"")
    assert places(nobody, 800, 600) == Places({})
    assert replace(nobody, rest=()) == nobody
