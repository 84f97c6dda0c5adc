"""Whether the window stays as it was: memory, threads, widgets after each of a hundred meetings.

    python -m bench.visits --meetings 100

Conclave's own window and engine in one process, without a screen. Again and again a meeting is
begun with camera and microphone on (a test picture, a tone), entered, left when pictures have come,
and the first screen is there again: then it is noted what the process holds. Caches, pools and
allocators fill until SETTLED of the meetings are over; from there on what the C library has given
out (the median of all slopes between two meetings) is to grow by less than MEGABYTES in a hundred
meetings, threads, files and widgets not at all. What the process holds altogether (RSS) has holes,
too: few with one arena, as here; with many, as by default (--arenas 0), each thread takes from
another one, and holes come and go by some ten megabytes. Linux only.
"""

import argparse
import contextlib
import ctypes
import gc
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication

from app.attendance import LET_GO_AFTER
from app.desktop import Desktop
from app.intents import Enter, GoHome, StartMeeting
from app.meeting.wishes import Leave, SetCamera, SetMicrophone
from app.net.addresses import Address
from app.options import HostOptions, Participation, ProfileChoice
from app.profile import PASSPHRASE_VARIABLE, Profile
from app.screens import Farewell, Home, InMeeting, Preview, Screen
from app.settings import DEFAULTS
from app.settings_file import Loaded
from app.ui.application import make_application, run_window
from app.ui.bridge import Bridge
from bench.report import add_out_option, finish, median, table

SETTLED = 0.4  # of the meetings
MEGABYTES = 5.0  # by which memory may grow in a hundred meetings
COUNTED = ("threads", "files", "widgets")
PICTURES_MS = 400  # milliseconds in a meeting: pictures of the own camera come and are painted
REST_MS = round(LET_GO_AFTER * 1000) + 300  # on the first screen, until what is over has gone
FAST = (1, 8192)  # argon2id: the passphrase is not what is measured
NAME = "Ada"
MALLOC_FIELDS = [
    "arena",
    "ordblks",
    "smblks",
    "hblks",
    "hblkhd",
    "usmblks",
    "fsmblks",
    "uordblks",
    "fordblks",
    "keepcost",
]
ARENAS = "MALLOC_ARENA_MAX"


class Visitor(QObject):
    """Goes from meeting to meeting as a person would, and notes what is held in between."""

    def __init__(self, desktop: Desktop, meetings: int) -> None:
        super().__init__()
        self._desktop, self._meetings = desktop, meetings
        self._shown: type[Screen] | None = None
        self.samples: list[dict[str, float]] = []
        self.pictures: list[int] = []

    def show_screen(self, screen: Screen) -> None:
        """Go on from here; what changes on one and the same screen changes nothing."""
        kind, before = type(screen), self._shown
        if kind is before:
            return
        self._shown = kind
        submit = self._desktop.submit
        match screen:
            case Home() if before is None:
                self._next()
            case Home() if before is Farewell:
                QTimer.singleShot(REST_MS, self._next)
            case Preview():
                submit(SetCamera(True))
                submit(SetMicrophone(True))
                submit(Enter(NAME))
            case InMeeting():
                QTimer.singleShot(PICTURES_MS, self._leave)
            case Farewell():
                submit(GoHome())

    def _leave(self) -> None:
        tiles = [w for w in QApplication.allWidgets() if w.objectName().startswith("tile_")]
        self.pictures.append(sum(getattr(tile, "pictures", 0) for tile in tiles))
        self._desktop.submit(Leave())

    def _next(self) -> None:
        self.samples.append(held())
        number = len(self.samples) - 1  # the first is of before all meetings
        if number % 10 == 0:
            print(f"{number}: {self.samples[-1]}", flush=True)
        if number == self._meetings:
            QApplication.exit()
        elif number:  # the first is begun by the command line
            self._desktop.submit(StartMeeting("Tea", NAME, visible=False, lobby=False))


class _MallocInfo(ctypes.Structure):
    """glibc's struct mallinfo2: what the C library has given out, apart from holes."""

    _fields_ = tuple((name, ctypes.c_size_t) for name in MALLOC_FIELDS)


def held() -> dict[str, float]:
    """Return what this process holds now."""
    info = _MallocInfo()
    with contextlib.suppress(AttributeError):  # another C library than glibc
        made = ctypes.CDLL(None).mallinfo2
        made.restype = _MallocInfo
        info = made()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {
        "mb": round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 2),
        "given_mb": round((info.uordblks + info.hblkhd) / 1e6, 2),
        "threads": len(os.listdir("/proc/self/task")),
        "python_threads": threading.active_count(),
        "files": len(os.listdir("/proc/self/fd")),
        "widgets": len(QApplication.allWidgets()),
        "objects": len(gc.get_objects()) + gc.get_freeze_count(),
    }


def play(meetings: int, folder: Path) -> dict[str, Any]:
    """Go through so many meetings; return what was held after each."""
    passphrase = os.environ[PASSPHRASE_VARIABLE] = "only for this benchmark"
    Profile.open(folder, passphrase=passphrase, limits=FAST).close()
    part = Participation(
        ProfileChoice(folder),
        name=NAME,
        camera="test",
        microphone="test",
        speaker="none",
        listen=Address("127.0.0.1", 0),
    )
    make_application([])
    bridge = Bridge()
    desktop = Desktop(HostOptions(part), Loaded(DEFAULTS), bridge)
    visitor = Visitor(desktop, meetings)
    bridge.shown.connect(visitor.show_screen)
    began = time.perf_counter()
    try:
        run_window(
            bridge,
            desktop.submit,
            desktop.pictures,
            DEFAULTS,
            screens=desktop.screens,
            begin=desktop.start,
        )
    finally:
        desktop.stop()
    seconds = round(time.perf_counter() - began, 1)
    return {"samples": visitor.samples, "pictures": visitor.pictures, "seconds": seconds}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.visits", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--meetings", type=int, default=100, help="how many are visited")
    parser.add_argument("--arenas", type=int, default=1, help="of memory, at most; 0: as it comes")
    add_out_option(parser)
    options = parser.parse_args()
    if options.arenas and ARENAS not in os.environ:  # read once, when a process starts
        os.environ[ARENAS] = str(options.arenas)
        os.execv(sys.executable, [sys.executable, "-m", "bench.visits", *sys.argv[1:]])
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {"QT_QPA_PLATFORM": "offscreen", "HOME": home, "XDG_RUNTIME_DIR": home}
        raw = play(options.meetings, Path(home) / "profile")
    print("\n" + tables(raw | {"arenas": options.arenas}))
    finish("visits", raw | {"arenas": options.arenas}, options.out)


def growth(values: Sequence[float]) -> float:
    """Return by how much a value grows in a hundred meetings (Theil-Sen: peaks count little)."""
    pairs = combinations(enumerate(values), 2)
    slopes = [(late - early) / (at - before) for (before, early), (at, late) in pairs]
    return statistics.median(slopes) * 100 if slopes else float("nan")


def settled(samples: Sequence[Mapping[str, float]], name: str) -> list[float]:
    """Return the values from when pools and caches have their size."""
    return [one[name] for one in samples[round(len(samples) * SETTLED) :]]


def is_more(values: Sequence[float]) -> bool:
    """Tell whether the last quarter of the values ever has more than the first quarter."""
    quarter = max(1, len(values) // 4)
    return max(values[-quarter:]) > max(values[:quarter])


def tables(raw: Mapping[str, Any]) -> str:
    """Return what was held before, in the middle and at the end, and whether it grows."""
    samples = raw["samples"]
    names = {"mb": "memory (RSS), MB", "given_mb": "given out by the C library, MB"}
    names |= {"threads": "threads", "files": "sockets and files"}
    names |= {"widgets": "widgets", "objects": "Python's objects"}
    rows = []
    for name, words in names.items():
        values = settled(samples, name)
        figures = [samples[0][name], samples[1][name], values[0], values[-1]]
        rows.append([words, *(f"{figure:.0f}" for figure in figures), f"{growth(values):+.1f}"])
    headings = [
        "held on the first screen",
        "before",
        "after 1",
        f"after {len(samples) - len(values)}",
    ]
    headings += [f"after {len(samples) - 1}", "growth in 100"]
    return f"{table(headings, rows)}\n\n{verdict(raw)}"


def verdict(raw: Mapping[str, Any]) -> str:
    """Say whether what the window holds stays as it was."""
    samples = raw["samples"]
    memory = growth(settled(samples, "given_mb"))
    grown = [name for name in COUNTED if is_more(settled(samples, name))]
    met = "met" if memory < MEGABYTES and not grown else "missed"
    told = f"The bar: memory grows by less than {MEGABYTES:.0f} MB in a hundred meetings; threads, "
    told += f"sockets and files and widgets not at all. It is {met}: {memory:+.1f} MB"
    told += f", and more {', '.join(grown)}" if grown else ""
    painted = median([float(number) for number in raw["pictures"]])
    return f"{told}. In each meeting {painted:.0f} pictures of the own camera came (median)."


if __name__ == "__main__":
    main()
