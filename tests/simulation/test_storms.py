"""Meetings in bad weather: whoever hears is seen, whoever is out is out, and calm returns."""

import pytest
from fakes.stormy import HAPPENINGS, Storm

STEPS = 40


@pytest.mark.parametrize("seed", range(60))
def test_whatever_happens_only_those_on_screen_can_read_and_calm_returns_seed(seed: int):
    storm = Storm(seed)
    for _ in range(1 + seed % 7):
        storm.come()
        storm.wait()
    names, weights = list(HAPPENINGS), list(HAPPENINGS.values())
    for _ in range(STEPS):
        storm.happen(storm.rng.choices(names, weights)[0])
    storm.calm_down()
