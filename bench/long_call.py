"""Whether a long call stays as it was: memory, threads, sockets, tasks, latency over time.

    python -m bench.long_call --minutes 60

Several people (bench.mesh) call each other in real time; each notes every few seconds what its
process holds, in a file: what is noted must not look like a leak. What a process begins with is
left out: SETTLED of the time. Then its memory (RSS; the slope of a line by least squares) is to
grow by less than MEGABYTES_AN_HOUR, and threads, sockets and files, tasks not at all.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from bench.cast import Mail, a_cast
from bench.contenders.conclave_mesh import Participant
from bench.report import add_out_option, finish, median, table

EVERY_S = 5.0
WARM_UP_S = 6.0
SETTLED = 0.25  # of the samples; buffers and pools fill until then
MEGABYTES_AN_HOUR = 5.0
COUNTED = ("threads", "sockets", "tasks")


class Watched(Participant):
    """A participant who notes every few seconds what its process holds and how the call is."""

    def __init__(self, mail: Mail, settings: dict[str, Any]) -> None:
        super().__init__(mail, settings)
        self._notes = tempfile.TemporaryFile("w+", encoding="ascii")  # noqa: SIM115 - to the end
        self._watching: asyncio.Task[None] | None = None

    async def reset(self) -> None:
        """Begin to note."""
        await super().reset()
        self._watching = asyncio.create_task(self._watch())

    async def figures(self) -> dict[str, Any]:
        """Return the samples beside what a participant tells."""
        self._notes.seek(0)
        samples = [json.loads(line) for line in self._notes]
        return {**await super().figures(), "samples": samples}

    async def close(self) -> None:
        """Hang up."""
        if self._watching is not None:
            self._watching.cancel()
        self._notes.close()
        await super().close()

    async def _watch(self) -> None:
        began = time.monotonic()
        while True:
            await asyncio.sleep(EVERY_S)
            sample = {"at": time.monotonic() - began, **holdings(), **self._look()}
            print(json.dumps(sample), file=self._notes)

    def _look(self) -> dict[str, float]:
        """Return latency, pictures a second and freezes since the last look."""
        received = [viewer.received for viewer in self.viewers.values()]
        ages = [age * 1000 for each in received for age in each.ages]
        look = {
            "latency_ms": median(ages),
            "fps": sum(each.pictures for each in received) / len(received) / EVERY_S,
            "freezes": float(sum(each.freezes for each in received)),
        }
        for each in received:
            each.reset()
        return look


def holdings() -> dict[str, float]:
    """Return what this process holds: resident megabytes, threads, sockets and files, tasks."""
    with open("/proc/self/statm", encoding="ascii") as file:
        pages = int(file.read().split()[1])
    return {
        "megabytes": pages * os.sysconf("SC_PAGE_SIZE") / 1e6,
        "threads": threading.active_count(),
        "sockets": len(os.listdir("/proc/self/fd")),
        "tasks": len(asyncio.all_tasks()),
    }


def judge(samples: Sequence[dict[str, float]]) -> dict[str, Any]:
    """Return first, last and growth of each kind of figure, and whether all stayed flat."""
    settled = samples[int(len(samples) * SETTLED) :]
    tenth = max(1, len(settled) // 10)
    ends = {
        kind: [median([one[kind] for one in part]) for part in (settled[:tenth], settled[-tenth:])]
        for kind in settled[0]
        if kind != "at"
    }
    hours = [one["at"] / 3600 for one in settled]
    grows = statistics.linear_regression(hours, [one["megabytes"] for one in settled]).slope
    flat = grows < MEGABYTES_AN_HOUR and all(ends[kind][1] <= ends[kind][0] for kind in COUNTED)
    return {"ends": ends, "megabytes_an_hour": grows, "flat": flat}


def main() -> None:
    if not sys.platform.startswith("linux"):
        sys.exit("what a process holds is read from /proc: Linux only")
    parser = argparse.ArgumentParser(prog="python -m bench.long_call", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--minutes", type=float, default=60.0, help="length of the call")
    parser.add_argument("--people", type=int, default=2)
    parser.add_argument("--width", type=int, default=640)
    parser.add_argument("--height", type=int, default=360)
    add_out_option(parser)
    options = parser.parse_args()
    names = [f"person {number + 1}" for number in range(options.people)]
    settings = {"width": options.width, "height": options.height, "names": names}
    with a_cast() as cast:
        for name in names:
            cast.add(name, Watched, settings)
        figures = cast.measure(WARM_UP_S, 60 * options.minutes)
    raw = {"minutes": options.minutes, "processes": figures}
    print(tables(raw))
    finish("long call", raw, options.out)


def tables(raw: Mapping[str, Any]) -> str:
    """Return what each process held, after the first quarter and at the end, and how it grew."""
    judged = {name: judge(one["samples"]) for name, one in raw["processes"].items()}
    kinds = list(next(iter(judged.values()))["ends"])
    rows = [
        [
            name,
            *(f"{ends[0]:.1f} / {ends[1]:.1f}" for ends in one["ends"].values()),
            f"{one['megabytes_an_hour']:+.1f}",
            "yes" if one["flat"] else "no",
        ]
        for name, one in judged.items()
    ]
    told = table(["who", *kinds, "RSS grows, MB an hour", "flat"], rows)
    return (
        f"{told}\n\nAfter the first {SETTLED:.0%} / at the end; growth by least squares since then."
    )


if __name__ == "__main__":
    main()
