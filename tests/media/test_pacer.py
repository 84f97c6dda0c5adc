"""Packets leave the urgent ones first, and no faster than a path's queue can take."""

import asyncio

import pytest
from fakes.media_links import until

from media.path.pacer import (
    FILLING,
    LEAST_BURST,
    MAX_WAITING,
    PACE,
    PARITY,
    PICTURE,
    REPETITION,
    STEP,
    Pacer,
    PaceTimer,
)
from media.path.rtp_packet import CAMERA


class Wire:
    """What a pacer sends, 1000 bytes each."""

    def __init__(self, kbps):
        self.sent = []
        self.pacer = Pacer(self._leave, kbps)

    def _leave(self, packet):
        self.sent.append(packet[1])
        return 1000

    def push(self, rank, name, now=0.0):
        return self.pacer.push(rank, (CAMERA, name, 0, False, b""), 1000, now)


def test_what_fits_the_burst_leaves_without_waiting():
    wire = Wire(2500)
    for number in range(12):
        wire.push(PICTURE, number, 1.0 + number * 0.02)
    assert wire.sent == list(range(12))
    assert wire.pacer.backlog == 0.0


def test_a_large_frame_leaves_at_the_pace():
    wire = Wire(400)
    for number in range(30):
        wire.push(PICTURE, number, 1.0)
    at_once = len(wire.sent)
    assert at_once == LEAST_BURST / 1000
    assert wire.pacer.backlog == pytest.approx(27_000 / (PACE * 400 * 125))
    now = 1.0
    while wire.pacer.release(now):
        now += STEP
    assert wire.sent == list(range(30))
    assert now - 1.0 == pytest.approx(27_000 / (PACE * 400 * 125), rel=0.1)


def test_repetitions_come_before_pictures_and_those_before_parity_and_filling():
    wire = Wire(400)
    for number in range(4):
        wire.push(PICTURE, number)
    for rank, name in ((FILLING, "f"), (PARITY, "r"), (PICTURE, "p"), (REPETITION, "n")):
        wire.push(rank, name)
    assert "n" not in wire.sent
    now = 0.0
    while wire.pacer.release(now):
        now += STEP
    assert wire.sent[-5:] == ["n", 3, "p", "r", "f"]


def test_sound_does_not_wait_but_the_rest_waits_longer_for_it():
    wire, talkative = Wire(400), Wire(400)
    for one in (wire, talkative):
        for number in range(10):
            one.push(PICTURE, number)
    talkative.pacer.pass_by(5000, 0.0)
    for one in (wire, talkative):
        one.pacer.release(0.02)
    assert len(talkative.sent) < len(wire.sent)


def test_no_flood_of_sound_stops_the_rest_for_long():
    wire = Wire(400)
    wire.pacer.pass_by(10**9, 0.0)
    wire.push(PICTURE, 1, 0.0)
    wire.pacer.release(0.15)
    assert wire.sent == [1]


def test_what_finds_no_room_is_counted_and_what_is_forgotten_does_not_leave():
    wire = Wire(100)
    taken = [wire.push(PICTURE, number) for number in range(MAX_WAITING + 10)]
    assert not taken[-1]
    assert wire.pacer.dropped == 10 - LEAST_BURST / 1000
    wire.pacer.forget()
    assert not wire.pacer.release(10.0)
    assert wire.pacer.backlog == 0.0


def test_after_a_pause_no_more_than_a_burst_leaves_at_once():
    wire = Wire(400)
    wire.push(PICTURE, 0, 0.0)
    for number in range(30):
        wire.push(PICTURE, number, 100.0)
    assert len(wire.sent) <= 1 + LEAST_BURST / 1000 + 1


def test_one_timer_serves_all_and_none_runs_while_nothing_waits():
    class Waiting:
        def __init__(self, steps):
            self.left = steps

        def release(self, now):
            self.left -= 1
            return self.left > 0

    async def scenario():
        loop = asyncio.get_running_loop()
        timer = PaceTimer(loop, loop.time)
        one, two, gone = Waiting(3), Waiting(5), Waiting(100)
        for paced in (one, two, gone):
            timer.wake(paced)
        timer.leave_out(gone)
        await until(lambda: not two.left)
        assert (one.left, two.left, gone.left) == (0, 0, 100)
        assert timer._timer is None

    asyncio.run(scenario())
