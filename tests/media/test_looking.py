"""What is asked of each peer follows how large it is shown."""

import pytest

from media.path.wants import Want
from media.video.looking import (
    CROWD,
    CROWD_FPS,
    DEFAULT_LINES,
    FULL_FPS,
    GRID_FPS,
    SMALLER_AFTER,
    Looking,
)


def placed(**tiles: tuple[int, int]) -> Looking[str]:
    looking: Looking[str] = Looking()
    for name, (width, height) in tiles.items():
        looking.add(name)
        looking.place(name, width, height, True)
    return looking


@pytest.mark.parametrize(
    ("height", "lines"),
    [
        (90, 180),
        (180, 180),
        (195, 180),
        (200, 360),
        (390, 360),
        (720, 720),
        (800, 1088),
        (2160, 1088),
    ],
)
def test_the_lines_of_a_tile_are_rounded_up_to_a_size(height, lines):
    looking = placed(a=(height * 16 // 9, height))
    assert looking.asks("a", 0.0) == Want(lines, FULL_FPS)
    assert looking.asks("a", 0.0) is None


@pytest.mark.parametrize(("small", "fps"), [(CROWD - 1, FULL_FPS), (CROWD, CROWD_FPS)])
def test_in_a_crowd_every_second_picture_of_the_small_is_enough(small: int, fps: int):
    looking = placed(large=(640, 360), **{f"small{n}": (160, 90) for n in range(small)})
    assert looking.asks("large", 0.0) == Want(360, FULL_FPS)
    assert looking.asks("small1", 0.0) == Want(180, fps)


def test_in_a_crowd_who_is_looked_at_is_seen_in_full_however_small():
    looking = placed(**{f"small{n}": (160, 90) for n in range(CROWD + 1)})
    looking.near = frozenset({"small1"})
    assert looking.asks("small1", 0.0) == Want(180, FULL_FPS)
    assert looking.asks("small2", 0.0) == Want(180, CROWD_FPS)


def test_who_is_gone_counts_neither_in_a_crowd_nor_as_the_largest():
    looking = placed(a=(640, 360), **{f"gone{n}": (1280, 720) for n in range(CROWD)})
    looking.place("not here yet", 1280, 720, True)
    looking.far_fps = 5
    assert looking.asks("a", 0.0) == Want(360, 5)
    for n in range(CROWD):
        looking.rest(f"gone{n}")
    assert looking.asks("a", 0.0) == Want(360, FULL_FPS)


def test_who_comes_back_has_the_tile_there_was_and_who_was_forgotten_a_new_one():
    looking = placed(a=(320, 180), b=(320, 180))
    looking.rest("a")
    looking.rest("b")
    looking.forget("b")
    for name in "ab":
        looking.add(name)
    assert [looking.placed(name) for name in "ab"] == [(320, 180, True), (0, 0, True)]


def test_who_says_nothing_of_a_tile_gets_a_picture_and_who_hides_it_none():
    looking: Looking[str] = Looking()
    looking.add("a")
    looking.add("screen", visible=False)
    assert looking.asks("a", 0.0) == Want(DEFAULT_LINES, FULL_FPS)
    assert looking.asks("screen", 0.0) == Want(0, 0)
    looking.place("a", 320, 180, True)
    assert looking.asks("a", 0.0) == Want(180, FULL_FPS)
    looking.place("a", 0, 0, False)
    assert looking.asks("a", 0.0) == Want(0, 0)
    looking.place("a", 0, 0, True)
    assert looking.asks("a", 0.0) == Want(180, FULL_FPS)


def test_a_larger_picture_is_asked_for_at_once_a_smaller_one_when_it_stays_so():
    looking = placed(a=(1280, 720))
    assert looking.asks("a", 0.0) == Want(720, FULL_FPS)
    looking.place("a", 320, 180, True)
    assert looking.asks("a", 1.0) is None
    looking.place("a", 1280, 720, True)
    assert looking.asks("a", 1.0 + SMALLER_AFTER) is None
    looking.place("a", 640, 360, True)
    assert looking.asks("a", 2.0) is None
    assert looking.asks("a", 2.0 + SMALLER_AFTER) == Want(360, FULL_FPS)
    looking.place("a", 1280, 720, True)
    assert looking.asks("a", 2.1 + SMALLER_AFTER) == Want(720, FULL_FPS)


def test_of_those_who_are_not_looked_at_fewer_pictures_are_asked_for_when_there_is_no_time():
    looking = placed(a=(1280, 720), b=(320, 180), c=(320, 180))
    looking.far_fps = 5
    assert [looking.asks(name, 0.0).fps for name in "abc"] == [FULL_FPS, 5, 5]
    looking.near = frozenset({"b"})
    assert [looking.asks(name, 0.0) for name in "abc"] == [Want(720, 5), Want(180, FULL_FPS), None]


def test_in_a_grid_of_equals_nobody_is_looked_at_above_others():
    looking = placed(a=(320, 180), b=(320, 180), c=(320, 180))
    looking.far_fps = 5
    assert {looking.asks(name, 0.0).fps for name in "abc"} == {GRID_FPS}
    looking.far_fps = 0  # nobody stands still
    assert {looking.asks(name, 0.0) for name in "abc"} == {None}
