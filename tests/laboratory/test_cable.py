"""A cable of the laboratory does what it was told, in simulated time."""

import random
from itertools import pairwise

import pytest

from bench.netlab.cable import PROFILES, CableError, Direction, Impairment

FRAME = bytes(1000)


def through(impairment: Impairment, count: int = 4000, every_s: float = 0.001, size: int = 1000):
    """Send `count` frames; return the direction and [(when sent, when it came out, frame)]."""
    direction = Direction(random.Random(1), impairment)
    out = []
    for number in range(count):
        now = number * every_s
        frame = number.to_bytes(4, "big") + bytes(size - 4)
        out += [(now, arrives, data) for arrives, data in direction.admit(frame, now)]
    return direction, out


def test_a_perfect_cable_changes_nothing():
    _, out = through(Impairment(), count=10)
    assert [(sent, frame[:4]) for sent, _, frame in out] == [
        (n * 0.001, n.to_bytes(4, "big")) for n in range(10)
    ]
    assert all(sent == arrives for sent, arrives, _ in out)


def test_delay_is_added_to_every_frame():
    _, out = through(Impairment(delay_ms=80), count=50)
    assert all(arrives - sent == pytest.approx(0.080) for sent, arrives, _ in out)


def test_jitter_spreads_the_delay_and_keeps_the_order():
    _, out = through(Impairment(delay_ms=100, jitter_ms=40), count=400, every_s=0.01)
    delays = [arrives - sent for sent, arrives, _ in out]
    assert min(delays) < 0.075
    assert max(delays) > 0.125
    assert all(first[1] <= second[1] for first, second in pairwise(out))


@pytest.mark.parametrize("burst", [1, 5])
def test_loss_is_the_share_and_burst_the_run_that_was_asked_for(burst: float):
    direction, out = through(Impairment(loss=0.1, burst=burst), count=20_000)
    assert direction.counts.lost / 20_000 == pytest.approx(0.1, abs=0.02)
    arrived = [int.from_bytes(frame[:4], "big") for _, _, frame in out]
    runs = [after - before - 1 for before, after in pairwise(arrived) if after > before + 1]
    assert sum(runs) / len(runs) == pytest.approx(max(burst, 1.11), rel=0.2)


def test_frames_held_back_are_overtaken():
    direction, out = through(Impairment(reorder=0.1, reorder_ms=20))
    assert direction.counts.reordered / 4000 == pytest.approx(0.1, abs=0.02)
    late = sum(arrives - sent > 0.019 for sent, arrives, _ in out)
    assert late == direction.counts.reordered


def test_duplicates_arrive_twice_and_bit_errors_flip_one_bit():
    direction, out = through(Impairment(duplicate=0.1))
    assert len(out) == 4000 + direction.counts.duplicated
    assert direction.counts.duplicated == pytest.approx(400, abs=80)
    direction, out = through(Impairment(corrupt=1.0), count=100)
    flipped = [int.from_bytes(frame[4:], "big").bit_count() for _, _, frame in out]
    assert flipped == [1] * 100


def test_a_narrow_pipe_delivers_its_rate_and_drops_what_its_queue_cannot_hold():
    direction, out = through(Impairment(rate_kbit=500, queue_ms=300), every_s=0.004, count=2000)
    seconds = out[-1][1] - out[0][1]
    assert len(out) * 8 / seconds == pytest.approx(500, rel=0.03)
    assert max(arrives - sent for sent, arrives, _ in out) == pytest.approx(0.3, abs=0.03)
    assert direction.counts.queue_drops == 2000 - len(out)


def test_frames_above_the_mtu_vanish():
    _, small = through(Impairment(mtu=800), count=10, size=700)
    direction, big = through(Impairment(mtu=800), count=10, size=900)
    assert (len(small), len(big), direction.counts.mtu_drops) == (10, 0, 10)


@pytest.mark.parametrize("wrong", [{"loss": 1.5}, {"delay_ms": -1}, {"colour": 3}])
def test_an_impairment_that_cannot_be_is_refused(wrong: dict[str, float]):
    with pytest.raises(CableError):
        Direction(random.Random(1)).impair(wrong)


def test_every_profile_of_a_real_line_lets_most_frames_through():
    for name, profile in PROFILES.items():
        _, out = through(profile, count=500, every_s=0.02)
        assert len(out) > 450, name


def test_what_came_out_is_counted_beside_what_went_in():
    direction, out = through(Impairment(loss=0.1, duplicate=0.05, rate_kbit=4000), count=2000)
    assert direction.counts.bytes_out == sum(len(frame) for _, _, frame in out)
    assert direction.counts.bytes == 2000 * 1000
    perfect, out = through(Impairment(), count=10)
    assert perfect.counts.bytes_out == 10 * 1000
