"""Which size and which layers each peer gets: nobody beyond what the path bears, nobody flaps."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.video.layers import (
    CAMERA_LADDER,
    CHOKED,
    LAYER_SHARES,
    LONGEST_PAUSE,
    MIN_KBPS,
    RISE_PAUSE,
    Demand,
    Layers,
    Share,
    fit,
    ladder_for,
    size_for,
)

HD = (1280, 720)
SMALL, MIDDLE, LARGE = 0, 1, 2


def divided(**demands: Demand):
    return Layers(CAMERA_LADDER).divide(demands, 0.0)


def test_each_gets_the_size_of_its_tile_and_no_other_size_is_encoded():
    division = divided(
        thumb=Demand(180, 30, 2500), tile=Demand(300, 30, 2500), none=Demand(0, 30, 2500)
    )
    assert division.shares == {"thumb": Share(SMALL, 3), "tile": Share(MIDDLE, 3)}
    assert set(division.rates) == {SMALL, MIDDLE}


@pytest.mark.parametrize(
    ("kbps", "size"), [(2500, LARGE), (1100, LARGE), (900, MIDDLE), (250, SMALL), (70, SMALL)]
)
def test_less_rate_means_a_smaller_picture(kbps, size):
    division = divided(a=Demand(720, 30, kbps))
    assert division.shares["a"] == Share(size, 3)
    assert division.rates[size] <= kbps


def test_one_slow_path_costs_nobody_else_a_good_picture():
    fast = {str(number): Demand(360, 30, 900.0) for number in range(6)}
    division = divided(slow=Demand(360, 30, 560.0), **fast)
    assert division.rates == {MIDDLE: int(900 * 0.92)}
    assert division.shares["slow"] == Share(MIDDLE, 2)
    slower = divided(slow=Demand(360, 30, 300.0), **fast)
    assert slower.shares["slow"] == Share(SMALL, 3)
    assert slower.rates[MIDDLE] == division.rates[MIDDLE]


def test_who_speaks_by_signs_loses_size_before_a_single_picture():
    fast = {str(number): Demand(360, 30, 900.0) for number in range(6)}
    fluent = Layers(CAMERA_LADDER)
    fluent.fluent = True
    division = fluent.divide({"slow": Demand(360, 30, 560.0)} | fast, 0.0)
    assert division.shares["slow"] == Share(SMALL, 3)
    assert all(division.shares[name] == Share(MIDDLE, 3) for name in fast)


def test_of_two_the_slower_path_counts_as_much_as_the_other():
    division = divided(a=Demand(360, 30, 900.0), b=Demand(360, 30, 700.0))
    assert division.shares == {"a": Share(MIDDLE, 3), "b": Share(MIDDLE, 3)}
    assert division.rates == {MIDDLE: int(700 * 0.92)}


def test_few_pictures_a_second_take_few_layers():
    division = divided(a=Demand(360, 5, 900.0), b=Demand(360, 15, 900.0), c=Demand(360, 0, 900.0))
    still = {"c": Share(SMALL, 0)}
    assert division.shares == {"a": Share(MIDDLE, 1), "b": Share(MIDDLE, 2)} | still


def test_a_size_is_kept_while_the_rate_wavers():
    layers = Layers(CAMERA_LADDER)
    sizes = []
    for now, kbps in enumerate((1000, 1050, 1200, 1050, 720, 1100, 650, 1000, 1050)):
        sizes.append(layers.divide({"a": Demand(720, 30, kbps)}, 10.0 * now).shares["a"].size)
    assert sizes == [MIDDLE, MIDDLE, LARGE, LARGE, LARGE, LARGE, MIDDLE, MIDDLE, MIDDLE]


def test_who_falls_again_and_again_waits_longer_each_time():
    layers = Layers(CAMERA_LADDER)
    rises, size = [], None
    for tenth in range(1200):
        now = tenth / 10
        kbps = 500.0 if size == LARGE and now - rises[-1] > 1.0 else 1500.0
        before = size
        size = layers.divide({"a": Demand(720, 30, kbps)}, now).shares["a"].size
        if size == LARGE != before:
            rises.append(now)
    waits = [after - before for before, after in pairwise(rises)]
    assert waits[0] == pytest.approx(RISE_PAUSE + 1.1, abs=0.3)
    assert waits[-1] > 4 * waits[0]
    assert max(waits) < LONGEST_PAUSE + 2


def test_a_queue_that_does_not_empty_or_endless_key_frames_lead_to_the_smaller_size():
    for trouble in (
        Demand(720, 30, 2500.0, backlog=CHOKED + 0.01),
        Demand(720, 30, 2500.0, troubled=True),
    ):
        layers = Layers(CAMERA_LADDER)
        fine = Demand(720, 30, 2500.0)
        assert layers.divide({"a": fine}, 0.0).shares["a"].size == LARGE
        assert layers.divide({"a": trouble}, 1.0).shares["a"].size == MIDDLE
        assert layers.divide({"a": fine}, 1.5).shares["a"].size == MIDDLE
        assert layers.divide({"a": fine}, 1.1 + RISE_PAUSE).shares["a"].size == LARGE


def test_a_smaller_tile_is_no_fall():
    layers = Layers(CAMERA_LADDER)
    for now, lines, size in [(0.0, 720, LARGE), (0.1, 180, SMALL), (0.2, 720, LARGE)]:
        assert layers.divide({"a": Demand(lines, 30, 2500.0)}, now).shares["a"].size == size


def test_who_bore_less_for_a_while_gets_all_layers_again():
    layers = Layers(CAMERA_LADDER)
    fast = {str(number): Demand(360, 30, 900.0) for number in range(6)}
    assert layers.divide(fast | {"a": Demand(360, 30, 560.0)}, 0.0).shares["a"].layers == 2
    assert layers.divide(fast | {"a": Demand(360, 30, 640.0)}, 9.0).shares["a"].layers == 2
    assert layers.divide(fast | {"a": Demand(360, 30, 890.0)}, 18.0).shares["a"].layers == 3
    alone = layers.divide({"a": Demand(360, 30, 450.0)}, 27.0)
    assert alone.shares["a"] == Share(MIDDLE, 3)


demand = st.builds(
    Demand,
    st.integers(0, 1200),
    st.integers(0, 30),
    st.floats(0, 3000),
    st.floats(0, 1),
    st.booleans(),
)


@given(st.lists(st.dictionaries(st.integers(0, 7), demand, max_size=8), max_size=6))
def test_nobody_gets_more_than_the_path_bears_and_nothing_is_encoded_in_vain(turns):
    layers = Layers(CAMERA_LADDER)
    for now, demands in enumerate(turns):
        division = layers.divide(demands, float(now))
        assert set(division.shares) == {p for p, d in demands.items() if d.lines}
        assert set(division.rates) == {share.size for share in division.shares.values()}
        for peer, share in division.shares.items():
            rung = CAMERA_LADDER[share.size]
            rate = division.rates[share.size]
            assert MIN_KBPS <= rate <= rung.max_kbps
            assert share.size <= size_for(demands[peer].lines, CAMERA_LADDER)
            least = share.size == 0 and share.layers <= 1
            sent = LAYER_SHARES[share.layers - 1] * rate
            assert least or sent <= demands[peer].budget_kbps
            assert (share.layers == 0) == (demands[peer].fps == 0)


@given(st.integers(0, 2**32), st.floats(100, 2400))
def test_nobody_flaps_when_budgets_waver_by_a_tenth(seed, kbps):
    rng = random.Random(seed)
    layers = Layers(CAMERA_LADDER)
    sizes = []
    for tenth in range(600):
        demands = {peer: Demand(720, 30, kbps * rng.uniform(0.9, 1.1)) for peer in range(5)}
        sizes.append(layers.divide(demands, tenth / 10).shares[0].size)
    assert sum(a != b for a, b in pairwise(sizes)) <= 1


def test_a_ladder_ends_with_what_the_camera_has():
    assert [rung.lines for rung in ladder_for(HD, 720, CAMERA_LADDER)] == [180, 360, 720]
    assert [rung.lines for rung in ladder_for(HD, 360, CAMERA_LADDER)] == [180, 360]
    assert [rung.lines for rung in ladder_for((640, 480), 720, CAMERA_LADDER)] == [180, 360, 480]
    assert [rung.lines for rung in ladder_for((640, 380), 720, CAMERA_LADDER)] == [180, 360]
    assert [rung.lines for rung in ladder_for((160, 120), 720, CAMERA_LADDER)] == [120]
    top = ladder_for((640, 480), 720, CAMERA_LADDER)[-1]
    assert top.max_kbps < CAMERA_LADDER[-1].max_kbps / 2


@given(st.tuples(st.integers(16, 4000), st.integers(16, 4000)), st.sampled_from([180, 360, 720]))
def test_every_size_can_be_encoded(source, lines):
    for rung in ladder_for(source, lines, CAMERA_LADDER):
        width, height = fit(source, rung.lines)
        assert width % 2 == height % 2 == 0
        assert 16 <= height <= max(16, rung.lines + 1)
        assert 16 <= width <= max(16, source[0] + 1)
