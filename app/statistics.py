"""The statistics of a running meeting, one JSON object a second: a public interface.

`t` seconds since the program started; `epoch` and `code` (digits, or null) of the meeting;
`members` their names in order of arrival; `cpu` cores used by this process; `rss_mb` its memory;
`computer` whether it keeps up; `encoded` each size of the own picture; `peers` by the first 8 hex
digits of a device: `name`, `state`, `badge` and what media measures.
"""

import json
import os
import sys
import time
from typing import Any, TextIO

from app.meeting.view import MeetingView
from media.stats import CallStats, PeerStats, as_json


class Statistics:
    """Writes lines to a file or to standard output; `began` is the monotonic start time."""

    def __init__(self, path: str, began: float) -> None:
        """Open the file; "-" means standard output. Raises OSError."""
        self._file: TextIO = sys.stdout if path == "-" else _opened(path)
        self._began = began
        self._cpu = _cpu_seconds()
        self._at = time.monotonic()

    def write(self, view: MeetingView, call: CallStats) -> None:
        """Write one line."""
        now, cpu = time.monotonic(), _cpu_seconds()
        passed = max(now - self._at, 0.001)
        line = {
            "t": round(now - self._began, 3),
            "epoch": view.epoch,
            "code": view.code.digits if view.code else None,
            "members": [person.name for person in view.people],
            "cpu": round((cpu - self._cpu) / passed, 3),
            "rss_mb": round(_resident_mb(), 1),
            "computer": as_json(call.computer),
            "encoded": [as_json(size) for size in call.encoded],
            "peers": {
                person.dev.hex()[:8]: _peer(
                    person.name,
                    person.presence.value,
                    person.badge.value,
                    call.peers.get(person.dev, PeerStats()),
                )
                for person in view.people
                if not person.is_me
            },
        }
        self._at, self._cpu = now, cpu
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        if self._file is not sys.stdout:
            self._file.close()


def _opened(path: str) -> TextIO:
    return open(path, "w", encoding="utf-8")


def _peer(name: str, state: str, badge: str, stats: PeerStats) -> dict[str, Any]:
    return {"name": name, "state": state, "badge": badge, **stats.as_json()}


def _cpu_seconds() -> float:
    times = os.times()
    return times.user + times.system


def _resident_mb() -> float:
    """Return the memory that this process holds now; where the system does not say, its peak."""
    if sys.platform != "linux":
        return _peak_mb()
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            pages = int(file.read().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    except (OSError, ValueError, IndexError):
        return _peak_mb()


def _peak_mb() -> float:
    if sys.platform == "win32":
        return 0.0  # Windows tells it through no module of the standard library
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10
