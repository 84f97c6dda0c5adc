"""Threads that decode for all, and show pictures when their time has come."""

import threading
import time

from media.video.decode_pool import DecodePool


class Job:
    """Counts how often it works; `first` is done by the first turn."""

    weight = 0

    def __init__(self, first, turns=1):
        self.left = turns
        self._first = first

    @property
    def waiting(self):
        return self.left > 0

    def work(self):
        self.left -= 1
        first, self._first = self._first, lambda: None
        first()


def test_pictures_are_shown_when_their_time_has_come_whatever_order_they_were_told_in():
    pool, shown, done = DecodePool(1), [], threading.Event()
    begin = time.monotonic()

    def later(name, after):
        def show():
            shown.append((name, time.monotonic() >= begin + after))
            if len(shown) == 3:
                done.set()

        pool.later(begin + after, show)

    def tell():
        later("second", 0.04)
        later("third", 0.08)
        later("first", 0.02)

    pool.schedule(Job(tell))
    assert done.wait(5.0)
    assert shown == [("first", True), ("second", True), ("third", True)]
    pool.close()


def test_decoding_goes_on_while_pictures_wait():
    pool, worked = DecodePool(1), threading.Event()
    pool.schedule(Job(lambda: pool.later(time.monotonic() + 60, lambda: None)))
    pool.schedule(Job(worked.set))
    assert worked.wait(5.0)
    pool.close()


def test_a_closed_pool_shows_nothing_more_and_its_threads_end():
    pool, shown, told = DecodePool(1), [], threading.Event()

    def tell():
        pool.later(time.monotonic() + 0.05, lambda: shown.append(1))
        told.set()

    pool.schedule(Job(tell))
    assert told.wait(5.0)
    pool.close()
    pool.later(0.0, lambda: shown.append(2))
    end = time.monotonic() + 5
    while pool.alive and time.monotonic() < end:
        time.sleep(0.005)
    assert not pool.alive
    assert shown == []


def test_who_keeps_the_time_hears_of_an_earlier_moment():
    pool, kept, done = DecodePool(2), threading.Event(), threading.Event()
    heard = []

    def busy():
        assert kept.wait(5.0)
        pool.later(time.monotonic(), done.set)
        heard.append(done.wait(5.0))  # not by this thread, which is at work

    pool.schedule(Job(busy))
    pool.schedule(Job(lambda: pool.later(time.monotonic() + 60, lambda: None)))
    end = time.monotonic() + 5
    while not pool._keeps_time and time.monotonic() < end:
        time.sleep(0.001)
    kept.set()
    assert done.wait(10.0)
    while not heard and time.monotonic() < end + 5:
        time.sleep(0.001)
    assert heard == [True]
    pool.close()
