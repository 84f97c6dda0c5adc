"""Repair over simulated paths: how much comes, how late, at what cost. The seed is in each call."""

import pytest

from bench.lossy_path import LossyCall, Path


def played(round_trip=0.010, loss=0.0, burst=1.0, seconds=20.0, seed=1, **other):
    return LossyCall(Path(round_trip, loss, burst, **other), seconds, seed).run()


def test_a_path_that_loses_nothing_costs_nothing():
    outcome = played(round_trip=0.25)
    assert outcome.complete == 1.0
    assert outcome.overhead == 0.0
    assert outcome.asked == 0.0


@pytest.mark.parametrize("seed", [1, 2])
def test_near_peers_hardly_notice_ten_percent_of_loss(seed):
    outcome = played(loss=0.1, seed=seed)
    assert outcome.complete >= 0.999
    assert outcome.delay_p95 < 0.060
    assert outcome.sound_lost < 0.002
    assert outcome.overhead < 0.25
    assert outcome.freezes == 0


def test_near_peers_keep_their_picture_at_twenty_percent():
    outcome = played(loss=0.2)
    assert outcome.complete >= 0.99
    assert outcome.delay_p95 < 0.100
    assert outcome.sound_lost < 0.01
    assert outcome.overhead <= 0.45
    assert outcome.freezes == 0


def test_far_peers_keep_a_fluent_picture_by_parity():
    outcome = played(round_trip=0.25, loss=0.05)
    assert outcome.shown >= 0.9
    assert outcome.delay_p95 < 0.060
    assert outcome.by_parity > outcome.by_repetition
    assert outcome.freezes <= 1
    assert outcome.overhead <= 0.5


@pytest.mark.parametrize("round_trip", [0.005, 0.040, 0.120, 0.250])
def test_sound_survives_bursts(round_trip):
    outcome = played(round_trip, loss=0.1, burst=5.0, seconds=30.0)
    assert outcome.sound_lost < (0.005 if round_trip < 0.1 else 0.02)
    assert outcome.freezes <= 10
    assert outcome.overhead <= 0.5


@pytest.mark.parametrize("seed", [1, 2])
def test_far_pictures_go_on_after_bursts_without_a_key_frame(seed):
    outcome = played(0.12, loss=0.1, burst=4.0, seconds=30.0, seed=seed)
    assert outcome.key_frames == 0
    assert outcome.longest < 0.3
    assert outcome.frozen < 1.5


@pytest.mark.parametrize(
    "disorder",
    [{"round_trip": 0.1, "early": 0.02}, {"round_trip": 0.04, "jitter": 0.06}],
    ids=["early", "jitter"],
)
def test_packets_out_of_order_raise_no_storm_of_requests(disorder):
    outcome = played(**disorder)
    assert outcome.asked < 0.02
    assert outcome.overhead < 0.03
    assert outcome.complete == 1.0
