"""Runs many seeds in several processes, and says of each that fails how to see it again."""

import os
import traceback
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from multiprocessing import get_context

from fakes.quick_crypto import quick_crypto
from simulation.calm import Outcome
from simulation.play import play
from simulation.setting import Setting
from simulation.storm import Storm

CHUNK = 10  # seeds that a process takes at a time
SHOWN = 40  # lines of a trace that fit a report


@dataclass(frozen=True)
class Played:
    """What became of a seed."""

    setting: Setting
    outcome: Outcome | None  # None: something that was promised did not hold
    failure: str
    trace: tuple[str, ...]

    def report(self) -> str:
        """Return what failed, the end of the story, and how to read all of it."""
        story = "\n".join(self.trace[-SHOWN:])
        return (
            f"{self.setting}\n{self.failure}\n{story}\n\nthe whole story: {command(self.setting)}"
        )


def command(setting: Setting) -> str:
    """Return the command that plays a seed again."""
    return f".venv/bin/python -m tests.simulation {setting.seed}"


def play_seed(seed: int, *, real: bool = False) -> Played:
    """Play what a seed stands for, with stand-ins for the slow primitives unless `real`."""
    with nullcontext() if real else quick_crypto():
        return _play(Storm(Setting.drawn(seed)))


def play_all(seeds: Iterable[int], jobs: int = 0) -> Iterator[Played]:
    """Play many seeds, each in one of `jobs` processes (0: as many as there are processors)."""
    jobs = jobs or os.cpu_count() or 1
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(play_seed, seeds, chunksize=CHUNK)


def _play(storm: Storm) -> Played:
    outcome, failure = None, ""
    try:
        outcome = play(storm)
    except AssertionError as error:
        failure = str(error)
    except Exception:  # noqa: BLE001 - whatever a meeting raises is a finding, and told with its seed
        failure = traceback.format_exc()
    return Played(storm.setting, outcome, failure, tuple(storm.trace.lines))
