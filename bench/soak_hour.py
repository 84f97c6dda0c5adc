"""An hour of simulated time: people come and go, hosts change, cables are out, all promises kept.

    python -m bench.soak_hour

The meetings of five who stay are the real ones, their network and clocks are simulated
(tests/simulation/hour.py), so that the hour is over in two minutes. At every step it is checked
that nobody holds a key to what is not theirs to see. What grows is weighed: all objects that can be
reached from the meeting of whoever holds most. Who left is remembered for a while, 64 of them, and
each entrance as long as the meeting lasts.
"""

import argparse
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.report import add_out_option, finish, table

TESTS = Path(__file__).resolve().parent.parent / "tests"
AT = (0.25, 0.5, 0.75, 1.0)  # of the hour


def main() -> None:
    """Play the hour and print what was held when."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak_hour", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--seed", type=int, default=1)
    add_out_option(parser)
    options = parser.parse_args()
    sys.path.insert(0, str(TESTS))
    from fakes.quick_crypto import quick_crypto
    from simulation.hour import Day, Hour

    day = Day(seed=options.seed)
    began = time.monotonic()
    with quick_crypto():  # what is slow and does not grow
        hour = Hour(day)
        hour.play()
    raw = {
        "day": asdict(day),
        "real_seconds": round(time.monotonic() - began, 1),
        "done": dict(hour.done),
        "weights": hour.weights,
    }
    print(tables(raw))
    finish("an hour", raw, options.out)


def tables(raw: Mapping[str, Any]) -> str:
    """Return what happened, and what the meeting of a resident weighed as it went on."""
    done = ", ".join(f"{what} {count}" for what, count in sorted(raw["done"].items()))
    weights = raw["weights"]
    rows = []
    for part in AT:
        one = weights[max(0, round(part * len(weights)) - 1)]
        minutes, objects = f"{one['at'] / 60:.0f}", f"{one['objects']:.0f}"
        rows.append([minutes, objects, f"{one['kilobytes']:.0f}"])
    told = table(["minutes", "objects of a meeting", "kilobytes"], rows)
    return f"In {raw['day']['seconds'] / 60:.0f} simulated minutes: {done}.\n\n{told}"


if __name__ == "__main__":
    main()
