"""Meetings in bad weather: whoever hears is seen, whoever is out is out, and calm returns."""

import pytest
from fakes.stormy import HAPPENINGS, Storm
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from app.meeting.view import Presence

STEPS = 40


def storm_of(seed: int, steps: int) -> Storm:
    """Return a meeting of up to eight after so many random events."""
    storm = Storm(seed)
    for _ in range(1 + seed % 7):
        storm.come()
        storm.wait()
    names, weights = list(HAPPENINGS), list(HAPPENINGS.values())
    for _ in range(steps):
        storm.happen(storm.rng.choices(names, weights)[0])
    return storm


@pytest.mark.parametrize("seed", range(20))
def test_whatever_happens_only_those_on_screen_can_read_and_calm_returns_seed(seed: int):
    storm_of(seed, STEPS).calm_down()


@pytest.mark.parametrize("seed", range(50, 56))
def test_without_its_host_a_meeting_goes_on_under_another_or_says_that_it_is_frozen_seed(seed: int):
    storm = storm_of(seed, 10)
    storm.calm_down()
    storm.table.kill(storm.host)
    for _ in range(10):
        for name in ("speak", "say", "lose_channels", "wait"):
            storm.happen(name)
    storm.table.run(30)
    guests = {seat.dev for seat in storm.guests}
    for seat in storm.guests:
        view = storm.table.view(seat)
        present = {person.dev for person in view.people}
        (leader,) = (person.dev for person in view.people if person.is_host)
        assert guests <= present
        if len(guests) > 1:  # with the lost host three or more: a majority is left
            assert leader in guests
            assert not view.frozen
        else:
            assert view.frozen
        assert all(
            person.presence is Presence.CONNECTED
            for person in view.people
            if person.dev in guests and not person.is_me
        )


class Weather(RuleBasedStateMachine):
    """The same, with events chosen so that a failure shrinks to the shortest story."""

    def __init__(self) -> None:
        super().__init__()
        self.storm: Storm

    @initialize(seed=st.integers(0, 10_000), people=st.integers(1, 7))
    def meet(self, seed: int, people: int) -> None:
        self.storm = Storm(seed)
        for _ in range(people):
            self.storm.come()
        self.storm.table.run(2)

    @rule(what=st.sampled_from(sorted(HAPPENINGS)))
    def anything(self, what: str) -> None:
        self.storm.happen(what)

    @precondition(lambda self: len(self.storm.guests) > 1)
    @rule()
    def calm(self) -> None:
        self.storm.calm_down()


TestWeather = Weather.TestCase
TestWeather.settings = settings(
    max_examples=12,
    stateful_step_count=15,
    deadline=None,
    print_blob=True,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
