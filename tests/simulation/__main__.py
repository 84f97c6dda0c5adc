"""Plays simulated meetings again: `python -m tests.simulation 17`, or `--all 1000`."""

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from simulation.run import Played, play_all, play_seed


def main() -> int:
    """Print the story of each seed, or count what became of many; 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("seeds", nargs="*", type=int, metavar="SEED", help="print these stories")
    parser.add_argument("--all", type=int, default=0, metavar="N", help="play the seeds below N")
    parser.add_argument("--jobs", type=int, default=0, help="processes; else one per processor")
    parser.add_argument("--real", action="store_true", help="with the real primitives")
    wanted = parser.parse_args()
    failed = False
    for seed in wanted.seeds:
        played = play_seed(seed, real=wanted.real)
        print("\n".join(played.trace))
        print(played.failure or f"-- kept: {played.outcome}")
        failed |= bool(played.failure)
    if wanted.all:
        failed |= not _count(wanted.all, wanted.jobs)
    return int(failed)


def _count(seeds: int, jobs: int) -> bool:
    begun, good = time.monotonic(), True
    ends: Counter[str] = Counter()
    settled: list[float] = []
    elected: list[float] = []
    for played in play_all(range(seeds), jobs):
        if played.outcome is None:
            good = False
            print(f"{played.report()}\n")
            continue
        ends[played.outcome.how or "all was well"] += 1
        settled += _known(played, "settled_after")
        elected += _known(played, "elected_after")
    print(f"{seeds} seeds in {time.monotonic() - begun:.0f} s")
    for how, count in ends.most_common():
        print(f"{count:6} {how}")
    for what, seconds in (("until all was well", settled), ("until somebody led", elected)):
        if seconds:
            seconds.sort()
            middle = seconds[len(seconds) // 2]
            print(f"{what}: {middle:.1f} s in the middle, {seconds[-1]:.1f} s at most")
    return good


def _known(played: Played, what: str) -> list[float]:
    seconds = getattr(played.outcome, what)
    return [] if seconds is None else [seconds]


if __name__ == "__main__":
    sys.exit(main())
