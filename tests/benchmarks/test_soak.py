"""A long day's watcher sees what must not be seen, and the page tells what was held."""

import time

import numpy as np
import pytest

from bench.marked_picture import (
    EDGE_S,
    HEIGHT,
    MARKS,
    WIDTH,
    Watcher,
    read_mark,
    write_mark,
)
from bench.soak import tables
from bench.soak_member import STAYING, mark_of
from media.video.picture import Picture
from media.video.scene import Scene


def picture(mark: int, taken: float) -> Picture:
    """Return a picture as it comes out of a decoder."""
    made = Scene(WIDTH, HEIGHT).picture(0.0, taken)
    write_mark(made[:HEIGHT], mark)
    grey = np.repeat(made[:HEIGHT, :, None], 4, axis=2)
    return Picture(WIDTH, HEIGHT, 4 * WIDTH, grey.tobytes(), taken)


@pytest.mark.parametrize("mark", [0, 1, 37, 128, 255])
def test_the_mark_of_a_picture_is_read_again(mark: int):
    assert read_mark(picture(mark, 100.0)) == mark


def test_a_picture_without_a_mark_has_none():
    assert read_mark(Picture(WIDTH, HEIGHT, 4 * WIDTH, bytes(4 * WIDTH * HEIGHT), 0.0)) is None


def test_who_sees_their_own_people_while_they_are_there_sees_nothing_wrong():
    now = time.monotonic()
    watcher = Watcher(came=now - 10)
    watcher.look(picture(7, now - 1), 7)
    watcher.out(7, now)
    watcher.look(picture(7, now), 7)  # it was on its way
    assert (watcher.seen, watcher.wrong, watcher.unreadable) == ({7: 2}, {}, 0)


def test_what_must_not_be_seen_is_noticed():
    now = time.monotonic()
    watcher = Watcher(came=now - 10)
    watcher.look(picture(8, now), 7)
    watcher.look(picture(7, now - 10 - 2 * EDGE_S), 7)
    watcher.out(7, now - 5)
    watcher.look(picture(7, now - 5 + 2 * EDGE_S), 7)
    assert watcher.wrong == {"another's": 1, "past": 1, "afterwards": 1}


def test_a_mark_that_another_has_now_is_seen_again():
    now = time.monotonic()
    watcher = Watcher(came=now - 10)
    watcher.comes(7)
    watcher.out(7, now - 5)
    watcher.comes(7)
    watcher.look(picture(7, now), 7)
    assert not watcher.wrong


def test_of_those_who_are_there_at_once_each_has_a_mark_of_their_own():
    staying = {mark_of(number) for number in range(STAYING)}
    assert len(staying) == STAYING
    for first in range(STAYING, 3 * MARKS):
        visitors = {mark_of(number) for number in range(first, first + 20)}
        assert len(visitors) == 20
        assert not visitors & staying
        assert max(visitors) < MARKS


def test_the_page_tells_what_happened_and_what_is_held():
    samples = [
        {"at": 2.0 * n, "megabytes": 100.0, "threads": 5, "sockets": 9, "tasks": 7}
        for n in range(40)
    ]
    raw = {
        "seconds": 80,
        "done": {"visits": 4},
        "wrong": {},
        "pictures": 900,
        "held": {"resident 1": samples},
    }
    told = tables(raw)
    assert "visits 4" in told
    assert "by who saw them: none" in told
    assert "| resident 1 | 100.0 / 100.0 | 5.0 / 5.0 | 9.0 / 9.0 | 7.0 / 7.0 | +0.0" in told
