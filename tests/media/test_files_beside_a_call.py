"""A call with a file beside it, in simulated time: sound waits for nothing, pictures stay."""

import pytest

from bench.simulation.call import CallFlow
from bench.simulation.files import FileFlow
from bench.simulation.path import Bottleneck, World
from media.path.bulk_pace import LEAST_SHARE, MOST_KBPS
from media.path.queue_watch import SUSPECT

SOUND_KBPS = 60.0  # of sound with its headers, for calls without pictures


def call(most: float = 2300.0, **path: float) -> CallFlow:
    world = World(3)
    return CallFlow(world, Bottleneck(world, **path), Bottleneck(world, delay=0.01), most=most)


def late(flow: CallFlow, since: float, until: float) -> float:
    """Return how late sound and pictures came, 95 % of them at most."""
    delays = sorted(delay for at, delay in flow.delays if since <= at < until)
    return delays[int(0.95 * len(delays))]


@pytest.mark.parametrize(("kbps", "pictures"), [(600, 2300), (1500, 2300), (3000, 800), (8000, 0)])
def test_sound_waits_no_longer_while_a_file_passes(kbps: float, pictures: float):
    flow = call(most=pictures, kbps=kbps)
    file = FileFlow(flow, start=20, end=50)
    flow.world.run(50)
    assert late(flow, 22, 50) < late(flow, 5, 20) + 2 * SUSPECT
    assert file.kbps(25, 50) > 0.8 * LEAST_SHARE * kbps


@pytest.mark.parametrize(("kbps", "pictures"), [(1500, 600), (3000, 800), (6000, 2300)])
def test_pictures_stay_as_they_are_where_there_is_room_for_both(kbps: float, pictures: float):
    flow = call(most=pictures, kbps=kbps)
    file = FileFlow(flow, start=20, end=60)
    flow.world.run(60)
    assert flow.kbps(25, 60) > 0.85 * flow.kbps(10, 20)
    assert flow.estimator.decreases == 0
    assert file.kbps(25, 60) > 0.4 * (kbps - flow.kbps(10, 20))


def test_where_pictures_could_use_all_of_it_they_keep_most_of_it():
    flow = call(kbps=1500)
    file = FileFlow(flow, start=20, end=60)
    flow.world.run(60)
    assert flow.kbps(25, 60) > 0.7 * flow.kbps(10, 20)
    assert file.kbps(25, 60) > 0.8 * LEAST_SHARE * 1500


def test_on_a_fast_path_a_file_is_not_held_back_by_what_pictures_would_need():
    flow = call(most=800, delay=0.001)
    file = FileFlow(flow, start=10, end=40)
    flow.world.run(40)
    assert file.kbps(20, 40) > 0.8 * MOST_KBPS
    assert late(flow, 20, 40) < late(flow, 5, 10) + SUSPECT


def test_when_the_file_is_through_everything_is_as_before():
    flow = call(kbps=1500)
    FileFlow(flow, start=20, end=40)
    flow.world.run(60)
    assert flow.kbps(48, 60) > 0.9 * flow.kbps(10, 20)


def test_loss_at_random_stops_neither():
    flow = call(most=800, loss=0.05)
    file = FileFlow(flow, start=10, end=40)
    flow.world.run(40)
    assert flow.kbps(15, 40) > 0.85 * flow.kbps(5, 10)
    assert file.kbps(20, 40) > 1000
