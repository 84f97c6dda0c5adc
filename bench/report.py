"""What every benchmark says beside its figures: on what, when, and with what command."""

import argparse
import datetime
import importlib.metadata
import json
import math
import os
import platform
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.noise import Ticks

_NUMBERS = re.compile(r"\[[-\d.,\s]+\]")  # stand on one line
LIBRARIES = ("aiortc", "av", "PyNaCl", "cryptography", "numpy")


class Record:
    """Where the raw figures go, if anywhere, and how busy the computer was when this began."""

    def __init__(self, path: str = "") -> None:
        self.path = Path(path) if path else None
        self.load = os.getloadavg()[0]
        self.ticks = Ticks.now()


def add_out_option(parser: argparse.ArgumentParser) -> None:
    """Let a benchmark write its raw figures; the time to its end counts from now on."""
    parser.add_argument(
        "--out", type=Record, default=Record(), metavar="FILE", help="write the raw figures as JSON"
    )


def circumstances(began: Record) -> dict[str, Any]:
    """Return date, command, machine, versions and how busy the machine was from the beginning."""
    now, cores = Ticks.now(), os.cpu_count() or 1
    return {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "command": shlex.join(["python", "-m", _module(), *sys.argv[1:]]),
        "commit": _commit(),
        "machine": f"{cores} x {_processor()}, {platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "libraries": {name: importlib.metadata.version(name) for name in LIBRARIES},
        "niceness": os.nice(0),
        "real_time": _is_real_time(),
        "load": {"beginning": round(began.load, 2), "end": round(os.getloadavg()[0], 2)},
        "busy_cores": round(began.ticks.busy_until(now) * cores, 2),
        "stolen": round(began.ticks.stolen_until(now), 4),
    }


def said(about: Mapping[str, Any]) -> str:
    """Return in one sentence under what circumstances figures came about."""
    told = f"{about['date'][:16]}, commit {about['commit']}, {about['machine']}, "
    told += f"Python {about['python']}"
    if "stolen" in about:
        load = about["load"]
        told += f", load {load['beginning']} at the beginning and {load['end']} at the end, "
        told += f"{about['busy_cores']} cores busy and {about['stolen']:.1%} of their time stolen"
        told += " on average"
    return told


def finish(title: str, raw: dict[str, Any], out: Record) -> None:
    """Say under what circumstances the table came about, and write the raw figures."""
    about = circumstances(out)
    print(f"\n{title}: {said(about)}")
    if out.path:
        out.path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"about": about, **raw}, indent=1)
        out.path.write_text(_NUMBERS.sub(lambda found: " ".join(found[0].split()), text) + "\n")
        print(f"raw figures: {out.path}")


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown with columns of equal width."""
    widths = [max(len(row[n]) for row in [headings, *rows]) for n in range(len(headings))]

    def line(cells: Sequence[str]) -> str:
        first, *others = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        return "| " + " | ".join([first, *others]) + " |"

    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([line(headings), rule, *(line(row) for row in rows)])


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that this share of all values does not exceed (nearest rank)."""
    if not values:
        return float("nan")
    return sorted(values)[max(0, math.ceil(len(values) * share) - 1)]


def median(values: Sequence[float]) -> float:
    """Return the middle value; NaN without values."""
    return percentile(values, 0.5)


def _is_real_time() -> bool:
    """Whether this runs before everything else on the computer (chrt), not only more politely."""
    if not hasattr(os, "sched_getscheduler"):
        return False
    return os.sched_getscheduler(0) in (os.SCHED_FIFO, os.SCHED_RR)


def _module() -> str:
    main = sys.modules["__main__"]
    return main.__spec__.name if main.__spec__ else Path(sys.argv[0]).stem


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _commit() -> str:
    words = ["git", "describe", "--always", "--dirty"]
    here = Path(__file__).parent
    done = subprocess.run(words, cwd=here, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"
