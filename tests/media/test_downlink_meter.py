"""How much was lost, how much of it came back and by what, over the last seconds."""

from collections import Counter
from dataclasses import dataclass, field

import pytest

from media.path.downlink_meter import WINDOW, DownlinkMeter
from media.path.rtp_packet import CAMERA, MICROPHONE, RtpPacket
from media.path.rtp_receiver import RtpReceiver


@dataclass
class Stream:
    packets: int = 0
    lost: int = 0
    counters: Counter[str] = field(default_factory=Counter)

    def go_on(self, came: int, missed: int = 0, repaired: int = 0, reordered: int = 0) -> None:
        self.packets += came + repaired
        self.lost += missed - repaired - reordered
        self.counters.update(missed=missed, repaired=repaired, reordered=reordered)


def test_loss_is_told_before_and_after_repair():
    meter, stream = DownlinkMeter(), Stream()
    meter.note([stream], 0.0)
    stream.go_on(90, missed=10, repaired=8)
    meter.note([stream], 1.0)
    stats = meter.stats(1.5)
    assert stats.loss == pytest.approx(0.10)
    assert stats.loss_after == pytest.approx(0.02)
    assert (stats.by_repetition, stats.by_fec, stats.by_redundancy) == (8, 0, 0)
    assert stats.jitter_ms == 1.5


def test_what_merely_was_overtaken_is_not_lost():
    meter, stream = DownlinkMeter(), Stream()
    meter.note([stream], 0.0)
    stream.go_on(100, missed=5, reordered=5)
    meter.note([stream], 1.0)
    assert meter.stats(0.0).loss == 0.0


def test_what_was_long_ago_does_not_count_in_shares_and_still_in_totals():
    meter, stream = DownlinkMeter(), Stream()
    meter.note([stream], 0.0)
    stream.go_on(50, missed=50, repaired=50)
    now = 0.0
    while now < 2 * WINDOW:
        now += 0.05
        stream.go_on(5)
        meter.note([stream], now)
    assert meter.stats(0.0).loss == 0.0
    assert meter.stats(0.0).by_repetition == 50


def test_all_streams_count_together():
    meter, sound, picture = DownlinkMeter(), Stream(), Stream()
    meter.note([sound, picture], 0.0)
    sound.go_on(50)
    picture.go_on(30, missed=20)
    meter.note([sound, picture], 1.0)
    assert meter.stats(0.0).loss == pytest.approx(0.2)


def test_before_anything_came_nothing_is_lost():
    meter = DownlinkMeter()
    assert meter.stats(0.0).loss == 0.0
    meter.note([], 0.0)
    assert meter.stats(0.0).loss_after == 0.0


def test_real_receivers_are_understood():
    meter, receiver = DownlinkMeter(), RtpReceiver(MICROPHONE)
    other = RtpReceiver(CAMERA)
    meter.note([receiver, other], 0.0)
    for number in range(100):
        if number % 10 != 5:
            receiver.receive(RtpPacket(1, number, number * 960, True, b"\x00sealed"), number / 50)
    meter.note([receiver, other], 2.0)
    assert meter.stats(0.0).loss == pytest.approx(0.1)
    assert meter.stats(0.0).loss_after == pytest.approx(0.1)
