"""How busy the computer was, and how much of its time the machine below it gave to others (Linux).

A virtual computer that is not given its processors for a moment cannot tell that from slow
programs: a call measured meanwhile is late for no fault of its own.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

STOLEN_AT_MOST = 0.03  # of all processors' time while a call counts; else it is made again
REPEATED_AT_MOST = 2  # times; then the least disturbed one counts
LOOK_S = 3.0

_IDLE, _WAITING, _STOLEN = 3, 4, 7  # figures of /proc/stat (proc(5)): idle, iowait, steal
_OWN = 8  # figures; those behind are counted in the first two already


@dataclass(frozen=True)
class Ticks:
    """What all processors did since the computer started, in ticks of the kernel."""

    total: int
    idle: int
    stolen: int

    @classmethod
    def now(cls, path: Path = Path("/proc/stat")) -> Self:
        """Read the kernel's count; where there is none, nothing is counted."""
        try:
            line = path.read_text(encoding="ascii").partition("\n")[0]
        except OSError:
            return cls(0, 0, 0)
        figures = [int(word) for word in line.split()[1 : 1 + _OWN]]
        return cls(sum(figures), figures[_IDLE] + figures[_WAITING], figures[_STOLEN])

    def stolen_until(self, later: "Ticks") -> float:
        """Return the share of all processors' time that was stolen; NaN where it is not known."""
        return _share(later.stolen - self.stolen, later.total - self.total)

    def busy_until(self, later: "Ticks") -> float:
        """Return the share of all processors' time in which they worked for this computer."""
        total = later.total - self.total
        return _share(total - (later.idle - self.idle) - (later.stolen - self.stolen), total)


def wait_for_quiet(at_most: float, sleep: Callable[[float], None] = time.sleep) -> None:
    """Wait until little is stolen during LOOK_S, no longer than so many seconds."""
    for _ in range(int(at_most / LOOK_S)):
        before = Ticks.now()
        sleep(LOOK_S)
        if not before.stolen_until(Ticks.now()) > STOLEN_AT_MOST:
            break


def undisturbed(
    make_call: Callable[[], dict[str, Any]], repeats: int = REPEATED_AT_MOST
) -> tuple[dict[str, Any], list[Any]]:
    """Call until little time was stolen, a few times at most; return the best, and the others.

    A call tells as "stolen" what it lost. What it was like plays no part in the choice.
    """
    runs: list[dict[str, Any]] = []
    for _ in range(1 + repeats):
        runs.append(make_call())
        if not runs[-1]["stolen"] > STOLEN_AT_MOST:  # where it is not known, the call counts
            break
    best = min(runs, key=lambda run: run["stolen"]) if len(runs) > 1 else runs[0]
    return best, [run for run in runs if run is not best]


def _share(part: int, whole: int) -> float:
    return part / whole if whole > 0 else math.nan
