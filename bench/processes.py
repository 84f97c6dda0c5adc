"""The CPU that a program has used together with every program that it has started (Linux)."""

import os
from collections import defaultdict
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PARENT, _USER, _CHILDREN_SYSTEM = 1, 11, 14  # fields of /proc/PID/stat after the name


def tree_cpu_seconds(root: int) -> float:
    """Return user and system seconds of a process and all its descendants, ended ones too."""
    children: defaultdict[int, list[int]] = defaultdict(list)
    used: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended: its parent has its time
        pid = int(folder.name)
        children[int(fields[_PARENT])].append(pid)
        used[pid] = sum(map(int, fields[_USER : _CHILDREN_SYSTEM + 1]))
    total, waiting = 0, [root]
    while waiting:
        pid = waiting.pop()
        total += used.get(pid, 0)
        waiting += children[pid]
    return total / _TICKS
