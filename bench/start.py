"""From the start of the process to a window that can be used, and what the home screen costs.

    python -m bench.start --rounds 10 --idle 10

The program itself, started as people start it, on an X server of its own and with a profile of its
own that exists already. The window can be used when its title no longer says that it opens: then
the home screen stands in it. Needs Xvfb and xdotool.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.desktop import desktop
from bench.processes import tree_cpu_seconds
from bench.programs import running
from bench.report import add_out_option, finish, median, percentile, table

MOST_START_S = 1.5  # from the start to a usable window, warm
MOST_IDLE = 0.02  # of a core: "near zero"
PATIENCE_S = 60.0
SETTLE_S = 5.0  # until the home screen has looked around first, before its idling is counted
LOOK_EVERY_S = 0.04  # each look is a process: more often they would take what is measured
USABLE = "^Conclave$"  # the title says "Opening – Conclave" before
TITLES = {"window_s": "Conclave$", "usable_s": USABLE}


class StartError(RuntimeError):
    """The program did not come up, or what looks at its window is missing."""


def found(pattern: str, env: Mapping[str, str]) -> str:
    """Return the number of the visible window whose title is like this; empty without one."""
    words = ["xdotool", "search", "--onlyvisible", "--name", pattern]
    try:
        done = subprocess.run(
            words, env=dict(env), capture_output=True, text=True, check=False, timeout=PATIENCE_S
        )
    except OSError as error:
        raise StartError("xdotool is not installed") from error
    return done.stdout.strip()


def watch(
    process: subprocess.Popen[Any], env: Mapping[str, str], titles: Mapping[str, str] = TITLES
) -> dict[str, float]:
    """Look at a program that was just started; return when its window came and was usable."""
    began = time.perf_counter()
    figures: dict[str, float] = {}
    for name, pattern in titles.items():
        while not found(pattern, env):
            if process.poll() is not None:
                raise StartError(f"the program ended with {process.returncode}")
            if time.perf_counter() - began > PATIENCE_S:
                raise StartError("the window did not come")
            time.sleep(LOOK_EVERY_S)
        figures[name] = round(time.perf_counter() - began, 3)
    figures["start_cpu_s"] = tree_cpu_seconds(process.pid)
    return figures


def start(words: Sequence[str], env: Mapping[str, str], idle: float = 0.0) -> dict[str, float]:
    """Start a program once; return what is to be seen of it, and what it idles."""
    with running(*words, env=env) as process:
        figures = watch(process, env)
        if idle:
            time.sleep(SETTLE_S)
            before, at = tree_cpu_seconds(process.pid), time.perf_counter()
            time.sleep(idle)
            spent = tree_cpu_seconds(process.pid) - before
            figures["idle_cpu"] = round(spent / (time.perf_counter() - at), 5)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.start", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--rounds", type=int, default=10, help="how often it is started, warm")
    parser.add_argument("--idle", type=float, default=10.0, help="seconds of idling, once")
    add_out_option(parser)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, desktop() as env:
        env |= {"HOME": folder, "XDG_RUNTIME_DIR": folder, "PYTHONDONTWRITEBYTECODE": ""}
        env |= {"CONCLAVE_PASSPHRASE": "only for this benchmark"}
        os.chmod(folder, 0o700)
        words = [sys.executable, "-m", "app", "--profile", str(Path(folder) / "profile")]
        start(words, env)  # makes the profile, and warms everything up
        rounds = []
        for number in range(options.rounds):
            rounds.append(one := start(words, env, options.idle if number == 0 else 0.0))
            print(f"{number + 1}: usable after {one['usable_s']:.2f} s", flush=True)
    raw = {"rounds": rounds, "idle_seconds": options.idle}
    print("\n" + tables(raw))
    finish("start", raw, options.out)


def tables(raw: Mapping[str, Any]) -> str:
    """Return when the window came and could be used, and what the home screen costs."""
    rounds = raw["rounds"]
    rows = []
    for name, words in (
        ("window_s", "a window is there"),
        ("usable_s", "the home screen can be used"),
        ("start_cpu_s", "CPU seconds until then"),
    ):
        values = [one[name] for one in rounds]
        rows.append(
            [words, *(f"{figure:.2f}" for figure in (median(values), percentile(values, 0.95)))]
        )
    idles = [one["idle_cpu"] for one in rounds if "idle_cpu" in one]
    usable = median([one["usable_s"] for one in rounds])
    met = "met" if usable < MOST_START_S else "missed"
    told = f"The bar for the start, {MOST_START_S} s at the median, is {met}."
    if idles:
        met = "met" if idles[0] <= MOST_IDLE else "missed"
        told += f" The home screen takes {idles[0]:.4f} core while nothing happens"
        told += f" ({raw['idle_seconds']:.0f} s); the bar, {MOST_IDLE} core, is {met}."
    return f"{table(['after the start', 'p50, s', 'p95, s'], rows)}\n\n{told}"


if __name__ == "__main__":
    main()
