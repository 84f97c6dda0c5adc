"""Plays the meeting that a seed stands for, from the first knock to the end."""

from dataclasses import dataclass

from fakes.quick_crypto import quick_crypto
from simulation.calm import Outcome, calm_down
from simulation.happenings import ORDINARY
from simulation.setting import Setting
from simulation.storm import Storm


@dataclass(frozen=True)
class Played:
    """What became of a seed."""

    setting: Setting
    outcome: Outcome | None  # None: something was promised and not kept
    failure: str
    trace: tuple[str, ...]


def play(setting: Setting) -> tuple[Storm, Outcome]:
    """Play a meeting; whatever goes wrong raises, BrokenPromiseError among it."""
    storm = Storm(setting)
    storm.gather()
    for _ in range(setting.steps):
        storm.happen(ORDINARY)
    return storm, calm_down(storm)
