"""Plays the meeting that a seed stands for, from the first knock to the end."""

from collections.abc import Mapping

from simulation.calm import Outcome, calm_down
from simulation.happenings import ORDINARY
from simulation.host_lies import HOST_LIES
from simulation.lies import LIES
from simulation.setting import Hostile
from simulation.storm import Happening, Storm

HAPPENINGS: dict[Hostile, Mapping[Happening, int]] = {
    Hostile.NOBODY: ORDINARY,
    Hostile.MEMBER: ORDINARY | LIES,
    Hostile.HOST: ORDINARY | LIES | HOST_LIES,
}


def play(storm: Storm) -> Outcome:
    """Play a meeting; whatever goes wrong raises, BrokenPromiseError among it."""
    storm.gather()
    happenings = HAPPENINGS[storm.setting.hostile]
    for _ in range(storm.setting.steps):
        storm.happen(happenings)
    return calm_down(storm)
