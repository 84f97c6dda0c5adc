"""An uplink that several paths share is found, and divided by what people look at."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.simulation.call import CallFlow
from bench.simulation.path import Bottleneck, World
from media.path.shares import FORGET, LEAST_KBPS, PathState, Uplink, demand_kbps, divide
from media.path.wants import Want
from media.sealing import CAMERA, SCREEN

LOOK = 0.05


def sharing(world, flows, demands):
    """Let an uplink watch the flows and divide; return it."""
    uplink = Uplink()

    def look():
        states = {
            number: PathState(flow.estimator.queue, flow.estimator.received_kbps)
            for number, flow in enumerate(flows)
        }
        uplink.note(states, world.now)
        shares = uplink.shares(dict(enumerate(demands)))
        for number, flow in enumerate(flows):
            flow.share = shares.get(number, float("inf"))
        world.after(LOOK, look)

    world.after(LOOK, look)
    return uplink


def test_who_is_looked_at_large_gets_most_of_a_shared_uplink_and_all_get_something():
    world = World(5)
    path = Bottleneck(world, kbps=2000)
    demands = [2300.0, 400.0, 400.0, 400.0]
    flows = [CallFlow(world, path, Bottleneck(world), most=demand) for demand in demands]
    uplink = sharing(world, flows, demands)
    world.run(50)
    large, *small = [flow.kbps(25, 50) for flow in flows]
    assert uplink.group == {0, 1, 2, 3}
    assert uplink.bears_kbps == pytest.approx(2000, rel=0.2)
    assert large > 3 * max(small)
    assert min(small) > LEAST_KBPS
    assert large + sum(small) > 0.75 * 2000
    assert path.queue_p95(25) < 0.2


def test_paths_with_narrow_places_of_their_own_are_left_alone():
    world = World(5)
    rates = [700, 1500, 100_000]
    flows = [CallFlow(world, Bottleneck(world, kbps=kbps), Bottleneck(world)) for kbps in rates]
    uplink = sharing(world, flows, [2300.0] * 3)
    world.run(40)
    assert uplink.bears_kbps is None
    for flow, kbps in zip(flows, rates, strict=True):
        assert flow.kbps(20, 40) > 0.8 * min(kbps, 2300)


def test_an_uplink_that_is_no_longer_full_is_forgotten():
    uplink = Uplink()
    for step in range(60):
        uplink.note({"a": PathState(0.1, 300.0), "b": PathState(0.1, 200.0)}, step * LOOK)
    assert uplink.bears_kbps == 500.0
    assert set(uplink.shares({"a": 900.0, "b": 900.0, "c": 900.0})) == {"a", "b"}
    for step in range(int((FORGET + 4) / LOOK)):
        uplink.note({"a": PathState(0.0, 300.0), "b": PathState(0.0, 200.0)}, 3 + step * LOOK)
    assert uplink.bears_kbps is None
    assert uplink.shares({"a": 900.0, "b": 900.0}) == {}


def test_who_leaves_is_no_longer_counted():
    uplink = Uplink()
    full = PathState(0.1, 300.0)
    for step in range(60):
        uplink.note({"a": full, "b": full}, step * LOOK)
    uplink.note({"a": full}, 4.0)
    assert uplink.group == frozenset()
    assert uplink._pairs == {}


@given(st.floats(0, 10_000), st.dictionaries(st.integers(), st.floats(100, 4000), min_size=1))
def test_shares_are_what_there_is_and_nobody_gets_more_than_can_be_used(kbps, demands):
    shares = divide(kbps, demands)
    assert shares.keys() == demands.keys()
    for key, share in shares.items():
        assert LEAST_KBPS <= share <= demands[key] + 1e-6
    if kbps >= LEAST_KBPS * len(demands):
        assert sum(shares.values()) <= kbps + 1e-6
    by_demand = sorted(demands, key=demands.__getitem__)
    assert all(shares[one] <= shares[two] + 1e-6 for one, two in itertools.pairwise(by_demand))


def test_what_is_not_needed_goes_to_who_needs_it():
    assert divide(2000, {"large": 4000.0, "small": 300.0})["large"] > 1800
    assert divide(5000, {"large": 2000.0, "small": 300.0}) == {"large": 2000.0, "small": 300.0}


def test_a_larger_tile_is_worth_more():
    sizes = [demand_kbps({CAMERA: Want(lines, 30)}) for lines in (0, 90, 180, 360, 720, 1080)]
    assert sizes == sorted(sizes)
    assert sizes[0] == demand_kbps({}) == LEAST_KBPS
    both = {CAMERA: Want(180, 30), SCREEN: Want(720, 15)}
    assert demand_kbps(both) > demand_kbps({CAMERA: Want(360, 30)})
