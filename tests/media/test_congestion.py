"""The rate that a path bears, in simulated time: queues, loss, jitter, clocks, sharing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.simulation.call import CallFlow
from bench.simulation.download import TcpFlow
from bench.simulation.path import Bottleneck, World, jain
from media.path.congestion import MAX_KBPS, MIN_KBPS, START_KBPS, Estimator, PathReport


def call(seed=1, **path):
    """A call on its own over a bottleneck."""
    world = World(seed)
    back = Bottleneck(world, delay=path.get("delay", 0.010))
    return CallFlow(world, Bottleneck(world, **path), back)


def test_on_a_lan_the_limit_is_known_within_a_second():
    flow = call(delay=0.0005)
    flow.world.run(1.0)
    assert flow.estimator.target_kbps > 2000
    flow.world.run(10)
    assert flow.estimator.target_kbps > 0.95 * MAX_KBPS
    assert flow.estimator.decreases == 0


@pytest.mark.parametrize("kbps", [300, 500, 1000, 2000])
def test_a_narrow_path_is_used_within_seconds_and_its_queue_stays_short(kbps):
    flow = call(kbps=kbps)
    flow.world.run(30)
    assert flow.kbps(2, 6) > 0.8 * kbps
    assert flow.kbps(5, 30) > 0.8 * kbps
    assert flow.forward.queue_p95(2) < 0.2


def test_a_long_way_makes_no_difference():
    flow = call(kbps=1000, delay=0.1)
    flow.world.run(30)
    assert flow.kbps(5, 30) > 0.8 * 1000
    assert flow.forward.queue_p95(5) < 0.2


def test_a_short_queue_that_overflows_is_noticed_by_what_it_loses():
    flow = call(kbps=1000, queue_s=0.03)
    flow.world.run(30)
    assert flow.kbps(5, 30) > 0.75 * 1000
    assert flow.estimator.target_kbps < 1300


def test_a_path_that_throws_away_what_is_too_much_is_told_from_one_that_loses_at_random():
    flow = call(kbps=1000, queue_s=0.05, policed=True)
    flow.world.run(40)
    assert flow.estimator.decreases > 0
    assert flow.estimator.loss < 0.3
    assert flow.kbps(10, 40) > 0.6 * 1000
    at_random = call(loss=0.3)
    at_random.world.run(40)
    assert at_random.estimator.decreases == 0


@pytest.mark.parametrize("how", [{"loss": 0.2}, {"loss": 0.1, "burst": 5}])
def test_loss_without_a_queue_is_no_reason_to_send_less(how):
    flow = call(**how)
    flow.world.run(30)
    targets = [kbps for at, kbps in flow.targets if at > 8]
    assert sum(targets) / len(targets) > 2 * START_KBPS


def test_ten_seconds_of_thirty_percent_loss_are_over_when_they_are_over():
    flow = call(kbps=3000, delay=0.02)
    flow.world.run(10)
    flow.forward.loss = 0.3
    flow.world.run(10)
    flow.forward.loss = 0.0
    flow.world.run(10)
    assert flow.kbps(23, 30) > 0.9 * flow.kbps(5, 10)
    assert flow.kbps(10, 20) > 0.55 * flow.kbps(5, 10)


@pytest.mark.parametrize("how", [{"delay": 0.05, "jitter": 0.03}, {"reordered": 0.02}])
def test_jitter_and_packets_out_of_order_are_no_congestion(how):
    flow = call(**how)
    flow.world.run(20)
    assert flow.estimator.decreases == 0
    assert flow.estimator.target_kbps > 0.9 * MAX_KBPS


def test_a_narrow_path_with_jitter_is_still_used():
    flow = call(kbps=1000, delay=0.05, jitter=0.03)
    flow.world.run(30)
    assert flow.kbps(5, 30) > 0.8 * 1000
    assert flow.forward.queue_p95(5) < 0.2


@pytest.mark.parametrize("drift", [-2e-4, 2e-4])
def test_clocks_that_drift_apart_change_nothing(drift):
    flow = call(kbps=1000)
    flow.drift = drift
    flow.world.run(60)
    assert flow.kbps(20, 60) > 0.8 * 1000
    assert flow.forward.queue_p95(20) < 0.2


def test_a_receiver_that_is_busy_at_times_is_no_congestion():
    flow = call()
    world = flow.world

    def stall():
        flow.stalled_until = world.now + world.random.uniform(0.05, 0.5)
        world.after(world.random.uniform(0.3, 2.0), stall)

    world.at(3.0, stall)
    world.run(30)
    assert flow.estimator.decreases == 0
    assert flow.estimator.target_kbps > 0.9 * MAX_KBPS


def test_a_receiver_that_is_busy_all_the_time_is_still_sent_what_its_path_bears():
    flow = call(kbps=1000)
    world = flow.world

    def stall():
        flow.stalled_until = world.now + world.random.uniform(0.1, 0.3)
        world.at(flow.stalled_until + world.random.uniform(0.0, 0.1), stall)

    world.at(3.0, stall)
    world.run(30)
    assert flow.kbps(5, 30) > 0.7 * 1000
    assert flow.forward.queue_p95(5) < 0.2


def test_reports_that_come_late_or_are_lost_lower_the_rate_only_while_they_are_away():
    flow = call()
    flow.world.run(10)
    flow.deaf_until = 12.0
    flow.world.run(1.9)
    assert flow.estimator.allowed(flow.world.now) < 0.7 * flow.estimator.target_kbps
    flow.world.run(0.3)
    flow.back.loss = 1.0
    flow.world.run(2.0)
    flow.back.loss = 0.0
    flow.world.run(0.3)
    assert flow.estimator.decreases == 0
    assert flow.estimator.allowed(flow.world.now) > 0.9 * MAX_KBPS


def test_silence_after_nothing_was_sent_means_nothing():
    estimator = call().estimator
    estimator.report(PathReport([(0.0, 5.0, 100)], [], 1, 1, 100, 10.0), 0.1)
    assert estimator.allowed(60.0, None) == START_KBPS
    assert estimator.allowed(60.0, 59.5) == START_KBPS
    assert estimator.allowed(60.0, 55.0) < START_KBPS / 8


def test_a_path_that_gets_worse_is_noticed_at_once_and_one_that_gets_better_soon():
    flow = call(kbps=2000)
    flow.world.at(10, lambda: setattr(flow.forward, "kbps", 500.0))
    flow.world.at(25, lambda: setattr(flow.forward, "kbps", 2000.0))
    flow.world.run(45)
    assert flow.forward.queue_p95(15) < 0.2
    assert flow.kbps(13, 25) > 0.75 * 500
    assert flow.kbps(33, 45) > 0.75 * 2000


def test_a_path_that_hardly_carries_sound_for_a_while_is_soon_used_again():
    flow = call(kbps=2000)
    flow.world.at(10, lambda: setattr(flow.forward, "kbps", 60.0))
    flow.world.at(20, lambda: setattr(flow.forward, "kbps", 2000.0))
    flow.world.run(35)
    assert flow.kbps(27, 35) > 0.7 * 2000


def test_a_still_picture_does_not_raise_the_rate():
    flow = call(kbps=1_000)
    flow.world.run(10)
    flow.used = 0.2
    known = flow.estimator.target_kbps
    flow.world.run(20)
    assert flow.estimator.target_kbps <= 1.1 * known


@pytest.mark.parametrize(("kbps", "later"), [(500, 15), (1000, 0), (2000, 15)])
def test_two_calls_on_one_path_get_the_same(kbps, later):
    world = World(3)
    path, back = Bottleneck(world, kbps=kbps), Bottleneck(world)
    flows = [CallFlow(world, path, back), CallFlow(world, path, back, start=later)]
    world.run(70)
    rates = [flow.kbps(35, 70) for flow in flows]
    assert jain(rates) >= 0.95
    assert sum(rates) > 0.8 * kbps
    assert path.queue_p95(35) < 0.2


@pytest.mark.parametrize("cubic", [False, True])
def test_a_download_leaves_a_usable_share_and_what_it_leaves_behind_is_taken_again(cubic):
    world = World(3)
    path, back = Bottleneck(world, kbps=2000, delay=0.02), Bottleneck(world, delay=0.02)
    flow = CallFlow(world, path, back)
    download = TcpFlow(world, path, back, start=10, end=50, cubic=cubic)
    world.run(70)
    assert flow.kbps(20, 50) > 0.2 * 2000
    assert download.kbps(20, 50) > 0.2 * 2000
    assert flow.kbps(62, 70) > 0.75 * 2000
    assert path.queue_p95(62) < 0.2


@pytest.mark.parametrize("kbps", [300, 1000])
def test_when_a_download_ends_the_queue_is_emptied(kbps):
    world = World(2)
    path, back = Bottleneck(world, kbps=kbps, queue_s=0.5), Bottleneck(world)
    flow = CallFlow(world, path, back)
    TcpFlow(world, path, back, start=5, end=30)
    world.run(30)
    assert flow.estimator.contests > 0
    world.run(30)
    assert not flow.estimator.in_contest
    assert path.queue_p95(45) < 0.2


def test_a_peer_whose_clock_is_set_is_not_taken_for_a_queue():
    flow = call(kbps=2000)
    flow.world.run(10)
    note = flow.arrivals.note
    flow.arrivals.note = lambda number, octets, at: note(number, octets, at + 500.0)
    flow.world.run(10)
    assert flow.kbps(11, 20) > 0.75 * 2000


ANY = st.floats(-1e7, 1e7)
PACKETS = st.lists(st.tuples(ANY, ANY, st.integers(0, 10**6)), max_size=6)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            PACKETS, PACKETS, st.integers(0, 2**40), st.integers(0, 2**40), st.floats(0, 1e9)
        ),
        max_size=30,
    )
)
def test_whatever_a_peer_reports_the_rate_stays_within_its_bounds(reports):
    estimator = Estimator()
    for number, (arrived, cluster, expected, came, sent) in enumerate(reports):
        now = number * 0.05
        target = estimator.report(PathReport(arrived, cluster, expected, came, came, sent), now)
        assert MIN_KBPS <= target <= MAX_KBPS
        assert 0.0 <= estimator.loss <= 1.0
        assert 0 <= estimator.take_cluster(now) <= 30_000
