"""How long to wait for packets: a pure estimator against simulated arrivals."""

import random
from itertools import pairwise

import pytest

from media.sound.jitter import FALL, LONGEST, SHORTEST, WINDOW, JitterMeter
from media.sound.samples import RATE

PACKET = 0.02


def waits(late, seconds=20.0, *, drift=0.0, seed=1):
    """Return the target after each packet; `late(chance, sent)` is what it takes longer."""
    chance, meter, found = random.Random(seed), JitterMeter(), []
    for n in range(round(seconds / PACKET)):
        sent = n * PACKET
        meter.note(round(sent * RATE), 100 + sent * (1 + drift) + late(chance, sent))
        found.append(meter.target)
    return found


def test_on_a_perfect_network_the_wait_is_the_shortest():
    assert waits(lambda chance, sent: 0.0)[-1] == pytest.approx(SHORTEST)


@pytest.mark.parametrize("spread", [0.01, 0.03, 0.06])
def test_even_jitter_is_waited_for_as_a_whole(spread):
    found = waits(lambda chance, sent: chance.uniform(0, spread))
    assert found[-1] == pytest.approx(spread + SHORTEST, abs=0.003)


def test_the_wait_rises_within_a_third_of_a_second_and_falls_slowly_when_the_window_is_over():
    found = waits(lambda chance, sent: 0.06 if 5 <= sent < 7 and chance.random() < 0.5 else 0.0, 25)
    at = [round(sent / PACKET) for sent in (5.33, 7 + WINDOW - 1, 7 + WINDOW + 7)]
    assert found[at[0]] == found[at[1]] == pytest.approx(0.06 + SHORTEST)
    assert found[at[2]] == pytest.approx(SHORTEST)
    steps = [before - after for before, after in pairwise(found[at[1] : at[2]])]
    assert max(steps) <= FALL * 8 * PACKET + 1e-9


def test_one_late_packet_in_ten_seconds_is_not_worth_waiting_for():
    found = waits(lambda chance, sent: 0.15 if round(sent / PACKET) % 500 == 250 else 0.0)
    assert max(found[10:]) == pytest.approx(SHORTEST)


def test_repetitions_of_many_lost_packets_are_worth_waiting_for():
    found = waits(lambda chance, sent: 0.03 if chance.random() < 0.05 else 0.0)
    assert found[-1] == pytest.approx(0.03 + SHORTEST)


def test_nobody_waits_longer_than_people_can_talk_with():
    longest = max(waits(lambda chance, sent: chance.uniform(0, 0.5)))
    assert LONGEST - 0.01 < longest <= LONGEST


def test_when_a_long_queue_is_gone_nobody_waits_for_it_any_more():
    found = waits(lambda chance, sent: 0.3 if sent < 10 else 0.0)
    assert found[-1] == pytest.approx(SHORTEST)
    assert found[round(12 / PACKET)] < SHORTEST + 0.01


@pytest.mark.parametrize("drift", [-0.1, -200e-6, 200e-6, 0.1])
def test_a_clock_that_runs_differently_is_not_jitter(drift):
    assert waits(lambda chance, sent: 0.0, 40.0, drift=drift)[-1] < SHORTEST + 0.012


def test_a_new_clock_begins_afresh():
    meter = JitterMeter()
    assert all(meter.note(n * 960, n * PACKET) for n in range(100))
    assert not meter.note(50_000_000, 2.0)
    assert meter.delay(50_000_000, 2.01) == pytest.approx(0.01)


def test_a_single_leap_of_the_base_is_no_drift():
    meter = JitterMeter()
    for n in range(500):
        sent = n * PACKET
        meter.note(round(sent * RATE), 100 + sent - (0.4 if n > 60 else 0.0))
        if n > 70:
            delay = meter.delay(round(sent * RATE), 100 + sent)
            assert delay == pytest.approx(0.4, abs=0.001)
