"""A computer sleeps, moves to another access point or to a cable: what comes then is of then.

Pictures bear the time at which they were taken, and so does the sound: a tone that climbs.
"""

from collections.abc import Iterator

import pytest

from bench import netlab
from bench.call_of_two import Outcome, Scene, with_two_devices
from bench.outage import asleep, from_wifi_to_cable, roaming
from media.freshness import OLDEST

pytestmark = [pytest.mark.netlab, pytest.mark.slow]

ASLEEP_S = 8.0
LATE_S = 1.0  # on a busy computer, from the decision to the ear


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    if reason := netlab.why_not():
        pytest.skip(reason)
    with netlab.NetLab(with_two_devices()) as lab, Scene(lab) as scene:
        yield scene


def is_of_then(outcome: Outcome) -> bool:
    return max(outcome.oldest, outcome.oldest_sound) < OLDEST + LATE_S


def test_who_slept_sees_and_hears_nothing_of_before(scene: Scene):
    scene.settle()
    outcome = asleep(1, ASLEEP_S)(scene)
    assert is_of_then(outcome), outcome
    assert outcome.told


def test_who_goes_to_another_access_point_stays_in_the_call(scene: Scene):
    scene.settle()
    outcome = roaming(scene)  # fails where pictures or sound do not come back
    assert is_of_then(outcome), outcome


def test_who_goes_from_wifi_to_a_cable_stays_in_the_call(scene: Scene):
    scene.settle()
    outcome = from_wifi_to_cable(scene)
    assert is_of_then(outcome), outcome
