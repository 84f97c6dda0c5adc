"""Which thread of a process uses how much CPU (Linux: /proc; elsewhere nothing is told)."""

import threading
from collections import defaultdict
from pathlib import Path

NANOSECONDS = 1_000_000_000
LIBRARIES = "of libraries"  # threads that Python did not start


def cpu_by_thread() -> dict[str, float]:
    """Return CPU seconds since the start of the process, by thread name; alike names are added."""
    names = {thread.native_id: thread.name for thread in threading.enumerate()}
    used: defaultdict[str, float] = defaultdict(float)
    for task in Path("/proc/self/task").glob("*"):
        try:
            running = int((task / "schedstat").read_text().split()[0])
        except (OSError, IndexError, ValueError):
            continue  # it has just ended, or this kernel does not count
        used[names.get(int(task.name), LIBRARIES)] += running / NANOSECONDS
    return dict(used)


def difference(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    """Return what each thread used between two readings, in seconds; ended ones are left out."""
    return {name: used - before.get(name, 0.0) for name, used in sorted(after.items())}
