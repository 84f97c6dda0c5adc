"""Comparing clocks with a peer, and noticing its silence; in simulated time."""

import pytest

from media.path.heartbeat import Heartbeat, media_time
from media.path.rtcp import HeartbeatReport


class Time:
    def __init__(self):
        self.now = 1000.0

    def clock(self, ahead=0.0):
        return lambda: self.now + ahead


def exchange(time, one, two, there, back):
    report = one.outgoing()
    time.now += there
    two.incoming(report)
    answer = two.outgoing()
    time.now += back
    one.incoming(answer)


def test_offset_and_round_trip_are_found():
    time = Time()
    one, two = Heartbeat(time.clock()), Heartbeat(time.clock(5000.0))
    exchange(time, one, two, 0.010, 0.010)
    assert one.round_trip == pytest.approx(0.020, abs=1e-5)
    assert one.offset == pytest.approx(5000.0, abs=1e-5)
    captured = time.now
    media_ts = media_time(captured + 5000.0, 90_000)
    time.now += 0.050
    assert one.captured(media_ts, 90_000) == pytest.approx(captured, abs=1e-4)


def test_of_many_exchanges_the_fastest_decides_the_offset():
    time = Time()
    one, two = Heartbeat(time.clock()), Heartbeat(time.clock(7.0))
    for there, back in ((0.3, 0.01), (0.011, 0.01), (0.01, 0.2)):
        exchange(time, one, two, there, back)
        time.now += 1.0
    assert one.offset == pytest.approx(7.0, abs=0.001)


def test_time_before_the_wrap_is_understood_after_it():
    time = Time()
    time.now = 2**32 / 90_000 - 0.01
    one, two = Heartbeat(time.clock()), Heartbeat(time.clock())
    exchange(time, one, two, 0.001, 0.001)
    captured = time.now
    media_ts = media_time(captured, 90_000)
    time.now += 0.1
    assert one.captured(media_ts, 90_000) == pytest.approx(captured, abs=1e-4)


def test_before_the_first_exchange_nothing_is_claimed():
    one = Heartbeat(Time().clock())
    assert one.offset is None
    assert one.round_trip is None
    assert one.captured(0, 90_000) is None


def test_the_first_heartbeat_is_answered_at_once_but_never_endlessly():
    time = Time()
    one, two = Heartbeat(time.clock()), Heartbeat(time.clock())
    time.now += 1.0
    first = one.outgoing()
    assert two.incoming(first)
    answer = two.outgoing()
    assert not one.incoming(answer)  # one knows now, two will with the next
    assert not two.incoming(HeartbeatReport(first.sent + 1, 0, 0))


def test_invented_echoes_and_absurd_numbers_are_ignored():
    time = Time()
    one = Heartbeat(time.clock())
    one.outgoing()
    huge = 2**64 - 1
    for report in (
        HeartbeatReport(huge, huge, huge),
        HeartbeatReport(0, 1, 0),
        HeartbeatReport(5, 1_000_000_000, huge),
        HeartbeatReport(5, 1_000_000_000, 0),
    ):
        one.incoming(report)
    assert one.round_trip is None or one.round_trip < 0.001
    assert one.outgoing().held >= 0


def test_silence_is_weak_after_three_seconds_and_lost_after_five():
    time = Time()
    one = Heartbeat(time.clock())
    states = []
    for _ in range(12):
        time.now += 0.5
        states.append(one.liveness)
    assert states == ["connected"] * 5 + ["weak"] * 4 + ["lost"] * 3
    one.heard()
    assert one.liveness == "connected"
