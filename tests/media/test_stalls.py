"""Computers that stand still for a moment: nothing of it is taken for loss or for a full path."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.lossy_path import Computers, LossyCall, Path, freezes
from bench.simulation.stalls import STEADY, TICK, Stalling, Stalls
from media.path.rtp_packet import CAMERA, MORE, START, RtpPacket
from media.path.rtp_receiver import DEADLINE, RtpReceiver
from media.sealing import frame_flags

OFTEN = Stalling(0.02, 0.030, 0.300)
COMPUTERS = [
    pytest.param(Computers(sender=OFTEN), id="sender"),
    pytest.param(Computers(receiver=OFTEN), id="receiver"),
    pytest.param(Computers(OFTEN, OFTEN, speaker=True), id="both"),
]


@pytest.mark.parametrize("computers", COMPUTERS)
def test_stalls_cost_no_picture_no_rate_and_no_key_frame(computers):
    outcome = LossyCall(Path(0.02), 30.0, computers=computers).run()
    assert outcome.complete == outcome.shown == 1.0
    assert outcome.key_frames == 0
    assert outcome.lowest_kbps > 3000
    assert outcome.asked == outcome.overhead == 0.0
    assert outcome.longest < OFTEN.longest + 0.05


def test_what_is_lost_is_repaired_as_well_by_a_computer_that_stands_still():
    outcome = LossyCall(Path(0.02, 0.05), 60.0, computers=Computers(receiver=OFTEN)).run()
    assert outcome.complete > 0.999
    assert outcome.key_frames == 0


def packet(sequence, place, of=2):
    head = (START if place == 0 else 0) | min(MORE, of - 1 - place)
    payload = bytes((head, frame_flags(key=False, layer=0), 2, 3))
    return RtpPacket(CAMERA.ssrc, sequence, 0, place == of - 1, payload)


def with_one_missing():
    receiver = RtpReceiver(CAMERA)
    receiver.receive(packet(10, 0), 0.000)
    receiver.receive(packet(12, 0, of=1), 0.001)
    assert receiver.due < 0.01
    return receiver


def test_what_could_not_be_asked_for_in_time_is_asked_for_all_the_same():
    receiver = with_one_missing()
    woke = 0.001 + 2 * DEADLINE
    asked, freed = receiver.ask(woke, 0.02)
    assert not freed
    asked += receiver.ask(receiver.due, 0.02)[0]
    assert asked == [11]
    assert receiver.counters["given_up"] == 0


def test_an_answer_that_waited_to_be_read_is_not_taken_for_a_slow_one():
    receiver = with_one_missing()
    asked_at = receiver.due
    assert receiver.ask(asked_at, 0.02)[0] == [11]
    receiver.receive(packet(11, 1), asked_at + 0.200, repeated=True)
    assert receiver._answers.wait(0.02) < 0.1


def test_what_never_comes_is_given_up_where_nothing_stands_still():
    receiver = with_one_missing()
    now = 0.0
    while math.isfinite(receiver.due):
        now = receiver.due
        receiver.ask(now, 0.02)
    assert now == pytest.approx(DEADLINE, abs=0.03)
    assert receiver.counters["given_up"] == 1


def test_a_stall_long_ago_says_nothing_of_what_is_missing_now():
    receiver = with_one_missing()
    receiver.ask(receiver.due, 0.02)
    receiver.receive(packet(11, 1), 0.03, repeated=True)
    receiver.receive(packet(14, 0, of=1), 60.0)
    assert 60.0 < receiver.due < 60.02
    assert receiver.ask(60.01, 0.02)[0] == [13]


@given(st.integers(0, 1000), st.floats(0.0, 1.0), st.lists(st.floats(0, 0.2), max_size=60))
def test_a_stall_ends_and_time_goes_on(seed, share, steps):
    stalls, now = Stalls(Stalling(share), random.Random(seed)), 0.0
    for step in steps:
        now += step
        later = stalls.until(now)
        assert now <= later <= now + 0.300 + TICK


def test_a_steady_computer_never_stalls():
    stalls = Stalls(STEADY, random.Random(1))
    assert all(stalls.until(at / 100) == at / 100 for at in range(1000))


def test_a_freeze_is_counted_as_the_standard_says():
    even = [number / 30 for number in range(60)]
    assert freezes(even) == []
    assert freezes([*even, even[-1] + 0.19]) == [pytest.approx(0.19)]
    assert freezes([*even, even[-1] + 0.17]) == []
    slow = [number / 5 for number in range(60)]
    assert freezes([*slow, slow[-1] + 0.3]) == []
