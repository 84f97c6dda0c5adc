"""A copy of Conclave on a computer whose clock is wrong, and is set while it runs.

    python -m fakes.wrong_clock FILE ARGUMENTS..

Runs `conclave ARGUMENTS`; FILE says by how many seconds the clock is ahead, and may change.
"""

import contextlib
import sys
import time
from collections.abc import Callable
from pathlib import Path

from app.__main__ import main


def wrong_by(file: Path, clock: Callable[[], float]) -> Callable[[], float]:
    """Return a clock that is ahead of another by what a file says."""
    ahead = [0.0]

    def now() -> float:
        with contextlib.suppress(ValueError):  # it is being written
            ahead[0] = float(file.read_text())
        return clock() + ahead[0]

    return now


if __name__ == "__main__":
    time.time = wrong_by(Path(sys.argv[1]), time.time)
    sys.exit(main(sys.argv[2:]))
