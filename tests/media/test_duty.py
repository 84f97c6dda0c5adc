"""The share of its time that a thread works."""

import pytest

from media.duty import Duty


def work(duty: Duty, took: float, period: float, seconds: float, start: float = 0.0) -> float:
    now = start
    while now < start + seconds:
        now += period
        duty.note(now - took, now)
    return now


def test_a_thread_that_works_a_quarter_of_its_time_says_so():
    duty = Duty()
    work(duty, 0.008, 0.032, 5.0)
    assert duty.share == pytest.approx(0.25, abs=0.02)


def test_a_thread_that_never_waits_is_at_one_and_no_more():
    duty = Duty()
    work(duty, 0.05, 0.05, 5.0)
    assert 0.97 < duty.share <= 1.0


def test_a_hiccup_is_soon_forgotten():
    duty = Duty()
    now = work(duty, 0.003, 0.033, 3.0)
    duty.note(now, now + 0.2)
    assert duty.share < 0.5
    work(duty, 0.003, 0.033, 1.0, now + 0.2)
    assert duty.share < 0.2


def test_before_the_second_piece_nothing_is_known():
    duty = Duty()
    duty.note(1.0, 1.5)
    assert duty.share == 0.0
    duty.note(1.5, 1.5)
    assert duty.share == 0.0
