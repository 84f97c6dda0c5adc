"""Whole meetings of 2 to 30 people, each from its seed: every promise is kept in each of them."""

from simulation.run import play_all

SEEDS = 60  # `python -m tests.simulation --all 1000` plays a thousand; a number alone replays one


def test_every_promise_is_kept_in_every_simulated_meeting():
    broken = [played.report() for played in play_all(range(SEEDS), 0) if played.failure]
    assert not broken, "\n\n".join(broken)
