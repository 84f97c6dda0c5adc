"""What waits for a decoder: a slow computer leaves some out, and never what others build on."""

import random
import threading
import time

import pytest
from fakes.vp8_frames import Numbered as Encoder
from hypothesis import given, settings
from hypothesis import strategies as st

from media.video.decode_pool import DecodePool
from media.video.decode_queue import LATE, LONGEST_REST, MAX_QUEUED, REST, DecodeQueue, Waiting
from media.video.vp8 import Continuity


def waiting(frame, came: float) -> Waiting:
    return Waiting(frame, 0, None, came)


def test_a_computer_that_keeps_up_decodes_everything_in_order():
    queue, encoder = DecodeQueue(), Encoder(0)
    for number in range(40):
        frame = encoder.frame(number == 0)
        assert queue.push(waiting(frame, number / 30))
        assert queue.pop(number / 30 + 0.01).frame == frame
    assert queue.pop(2.0) is None
    assert queue.no_time == 0


def test_frames_that_a_repair_lets_go_at_once_are_all_decoded():
    queue, encoder = DecodeQueue(), Encoder(0)
    frames = [encoder.frame(number == 0) for number in range(8)]
    for frame in frames:
        queue.push(waiting(frame, 5.0))
    decoded = [queue.pop(5.0 + 0.005 * number) for number in range(8)]
    assert [each.frame for each in decoded] == frames


def played(cost: float, seconds: float, seed: int = 0):
    """Push 30 frames a second, decode one each `cost` seconds; key frames when asked for.

    Returns what was decoded (with its lateness), the queue, and how many key frames were made.
    """
    rng = random.Random(seed)
    queue, encoder, oracle = DecodeQueue(), Encoder(0), Continuity()
    decoded, keys, free, asked_at = [], 0, 0.0, -1.0
    for number in range(int(seconds * 30)):
        now = number / 30
        while free < now and len(queue):
            at = max(free, now - 1 / 30)
            found = queue.pop(at)
            if found is not None:
                assert oracle.admit(found.frame)
                decoded.append((found.frame, at - found.came))
                free = at + cost * rng.uniform(0.8, 1.2)
        key = number == 0
        if queue.starving and not queue.is_resting(now) and now - asked_at >= 0.5:
            asked_at, key = now, True
        keys += key
        queue.push(waiting(encoder.frame(key), now))
    return decoded, queue, keys


@pytest.mark.parametrize(("slow", "fewest"), [(0.5, 29.9), (1.5, 14), (2.0, 7.4), (3.0, 7.4)])
def test_a_computer_that_is_too_slow_shows_fewer_pictures_and_none_late(slow, fewest):
    decoded, queue, keys = played(slow / 30, 20.0)
    assert len(decoded) / 20 >= fewest
    assert max(late for _, late in decoded) <= LATE[0]
    assert keys == 1
    assert (queue.no_time > 0) == (slow > 1)


def test_a_hopelessly_slow_computer_rests_and_asks_for_few_key_frames():
    decoded, queue, keys = played(0.4, 60.0)
    assert len(decoded) >= 10
    assert keys <= 60 / LONGEST_REST + 6
    assert queue.no_time > 1000


def test_who_wakes_up_late_goes_on_with_the_newest_key_frame():
    queue, encoder = DecodeQueue(), Encoder(0)
    for number in range(16):
        queue.push(waiting(encoder.frame(number in (0, 9)), number / 30))
    found = queue.pop(0.75)
    assert (found.frame.key, found.came) == (True, 0.3)
    assert queue.no_time == 9
    other = DecodeQueue()
    for number in range(16):
        other.push(waiting(encoder.frame(number == 0), number / 30))
    assert other.pop(3.0) is None
    assert other.starving
    assert other.is_resting(3.0 + REST / 2)
    assert not other.push(waiting(encoder.frame(True), 3.1))
    assert other.push(waiting(encoder.frame(True), 3.1 + REST))


def test_no_more_than_so_many_frames_wait():
    queue, encoder = DecodeQueue(), Encoder(0)
    for number in range(200):
        queue.push(waiting(encoder.frame(number == 0), 0.0))
        assert len(queue) <= MAX_QUEUED


step = st.tuples(st.booleans(), st.booleans(), st.integers(0, 3), st.floats(0.0, 0.3))


@given(st.lists(step, max_size=120))
@settings(max_examples=200)
def test_whatever_is_lost_or_left_out_all_that_is_decoded_can_be(steps):
    queue, encoder, oracle = DecodeQueue(), Encoder(0), Continuity()
    now = 0.0
    for lost, key, pops, passed in steps:
        now += passed
        frame = encoder.frame(key)
        if not lost:
            queue.push(waiting(frame, now))
        for _ in range(pops):
            found = queue.pop(now)
            assert found is None or oracle.admit(found.frame)


class Job:
    """Is decoded once; notes when."""

    def __init__(self, name: str, weight: int, done: list[str]) -> None:
        self.name, self.weight, self.waiting = name, weight, True
        self._done = done
        self.may = threading.Event()
        self.begun = threading.Event()

    def work(self) -> None:
        self.begun.set()
        self.may.wait(5.0)
        self.waiting = False
        self._done.append(self.name)


def test_what_is_shown_large_is_decoded_first_and_nobody_waits_for_ever():
    done: list[str] = []
    pool = DecodePool(threads=1)
    busy = Job("busy", 0, done)
    small = [Job(f"small {number}", 1, done) for number in range(3)]
    large = [Job(f"large {number}", 9, done) for number in range(4)]
    pool.schedule(busy)
    assert busy.begun.wait(5.0)
    for job in (*small, *large):
        pool.schedule(job)
    for job in (*small, *large, busy):
        job.may.set()
    while len(done) < 8:
        time.sleep(0.001)
    pool.close()
    order = [name.split()[0] for name in done[1:]]
    assert order[:2] == ["large", "large"]
    assert "small" in order[:4]
    assert [name for name in done if name.startswith("large")] == [job.name for job in large]
