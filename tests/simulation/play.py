"""Plays the meeting that a seed stands for, from the first knock to the end."""

from collections.abc import Mapping

from simulation.calm import Outcome, calm_down
from simulation.happenings import ORDINARY, RESTLESS
from simulation.host_lies import HOST_LIES
from simulation.lies import LIES
from simulation.setting import Hostile
from simulation.storm import Happening, Storm

LIES_OF: dict[Hostile, Mapping[Happening, int]] = {
    Hostile.NOBODY: {},
    Hostile.MEMBER: LIES,
    Hostile.HOST: LIES | HOST_LIES,
}


def play(storm: Storm) -> Outcome:
    """Play a meeting; whatever goes wrong raises, BrokenPromiseError among it."""
    setting = storm.setting
    happenings = dict(RESTLESS if setting.restless else ORDINARY)
    happenings.update(LIES_OF[setting.hostile])
    storm.gather()
    for _ in range(setting.steps):
        storm.happen(happenings)
    return calm_down(storm)
