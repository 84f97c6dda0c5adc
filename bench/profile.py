"""Where the time goes in a call with many people: one participant, thread by thread.

    python -m bench.profile --people 7 --seconds 20        # needs py-spy (pip install py-spy)

The call is that of bench.sixteen. The kernel says how much CPU each thread uses; py-spy looks at
the process from outside RATE times a second and says which function holds the interpreter then.
What a thread uses beyond that are codecs and system calls, which let the interpreter go. "own" is
what a function spends itself, "all" includes what it calls. All figures are cores: CPU seconds
per second; on a computer that is busy with other things, functions seem to take longer.
"""

import argparse
import shutil
import subprocess
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.cast import a_cast
from bench.report import add_out_option, finish, table
from bench.sixteen import MEASURED, WARM_UP_S, add_call

RATE = 250  # samples a second: one in 4 ms, not in step with 10 ms of sound or 33 of a picture
SLACK_S = 3.0  # for py-spy to begin and to end
MENTIONED = 0.0005  # cores; functions below it are not worth a line
PY_SPY = ("py-spy", "record", "--gil", "--format", "raw", "--threads", "--nonblocking")


@dataclass
class Profile:
    """Samples of one thread: by function, alone and with what they call."""

    samples: int = 0
    own: Counter[str] = field(default_factory=Counter)
    all: Counter[str] = field(default_factory=Counter)


def read_stacks(lines: Iterable[str]) -> dict[str, Profile]:
    """Take apart py-spy's folded stacks: `thread;outer;inner count`, by thread name."""
    profiles: defaultdict[str, Profile] = defaultdict(Profile)
    for line in lines:
        stack, _, count = line.rstrip().rpartition(" ")
        thread, *frames = stack.split(";")
        if not frames or not count.isdigit():
            continue
        profile = profiles[_thread_name(thread)]
        profile.samples += int(count)
        profile.own[frames[-1]] += int(count)
        for frame in set(frames):
            profile.all[frame] += int(count)
    return dict(profiles)


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Return CPU, by thread, and the profiles of the measured one."""
    with tempfile.TemporaryDirectory() as folder, a_cast() as cast:
        add_call(cast, options.people, options.width, options.height)
        stacks = Path(folder) / "stacks"
        words = [
            *PY_SPY,
            *([] if options.lines else ["--function"]),
            "--rate",
            str(RATE),
            "--duration",
            str(int(options.seconds)),
        ]
        words += ["--output", str(stacks), "--pid", str(cast.pid(MEASURED))]
        looking: list[subprocess.Popen[bytes]] = []

        def began() -> None:
            looking.append(subprocess.Popen(words, stdout=subprocess.DEVNULL))

        figures = cast.measure(WARM_UP_S, options.seconds + SLACK_S, began)
        looking[0].wait(SLACK_S)
        profiles = read_stacks(stacks.read_text().splitlines())
    measured = figures[MEASURED]
    threads = {name: used / measured["seconds"] for name, used in measured["threads"].items()}
    looks = RATE * int(options.seconds)
    return {"cpu": measured["cpu"], "threads": threads, "looks": looks, "profiles": profiles}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.profile", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--people", type=int, default=7, help="in the call, all in all")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long to look")
    parser.add_argument("--width", type=int, default=640)
    parser.add_argument("--height", type=int, default=360)
    parser.add_argument("--lines", action="store_true", help="name lines, not functions")
    parser.add_argument("--top", type=int, default=12, help="functions named for each thread")
    add_out_option(parser)
    options = parser.parse_args()
    if shutil.which(PY_SPY[0]) is None:
        parser.error("py-spy is not there: pip install py-spy")
    measured = measure(options)
    print(f"{options.people} people: {measured['cpu']:.3f} core, with somebody looking")
    rows = list(_rows(measured, options.top))
    print(table(["thread", "function", "own, cores", "all, cores"], rows))
    raw = {
        name: {"samples": profile.samples, "own": profile.own, "all": profile.all}
        for name, profile in measured["profiles"].items()
    }
    finish("profile", {**measured, "profiles": raw}, options.out)


def _rows(measured: dict[str, Any], top: int) -> Iterator[list[str]]:
    """Give the costliest functions of each thread, the busiest thread first."""
    profiles: dict[str, Profile] = measured["profiles"]
    for thread, cores in sorted(measured["threads"].items(), key=lambda item: -item[1]):
        profile = profiles.get(thread)
        each = 1 / measured["looks"]
        python = profile.samples * each if profile is not None else 0.0
        yield [thread, f"{python:.4f} in Python", "", f"{cores:.4f}"]
        if profile is None:
            continue
        for function, samples in profile.own.most_common(top):
            if samples * each >= MENTIONED:
                both = (samples * each, profile.all[function] * each)
                yield ["", function, *(f"{cost:.4f}" for cost in both)]


def _thread_name(label: str) -> str:
    """Return the name in py-spy's `thread (0x7F..): name`; the loop's thread is the main one."""
    return label.partition(": ")[2] or label


if __name__ == "__main__":
    main()
