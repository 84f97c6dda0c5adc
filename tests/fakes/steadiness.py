"""Whether people kept their call: freezes and missing pictures in what running copies tell.

On a computer that many programs share, a picture may be late or missing because the system gave the
processor to somebody else. The kernel says for how long each thread could have run and did not; a
freeze during which an involved thread waited that long is nobody's fault here, nor are the pictures
that were missing meanwhile.
"""

import contextlib
import itertools
import os
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from fakes.running_copy import Line, RunningCopy

LONGEST_S = 0.5  # what people may see stand still while somebody attacks
LEAST_SHARE = 0.95  # of the pictures a second that people had before
BEFORE = 6  # lines of statistics, one a second, that tell what they had before
EDGES = 2.0  # pictures: a line of statistics may come just before one, or just after
SHORTEST_S = 0.18  # what the statistics count as a freeze at all, at 30 pictures a second
SAMPLE_S = 0.1
MACHINE = 3.0  # a picture passes through so many threads, each of which may wait as long
TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


@dataclass(frozen=True)
class Freeze:
    """A picture that stood still: who saw it, whose picture, when, how long at most."""

    seen_by: str
    of: str
    when: float  # monotonic seconds; the statistics tell it to within a second
    seconds: float


@dataclass(frozen=True)
class Fewer:
    """Pictures that were missing: who saw too few of whom, how many came and should have come."""

    seen_by: str
    of: str
    came: int
    expected: float


class Steadiness:
    """Watches copies that are in a call with each other, from `with` on.

    `of` names whose pictures count, if not everybody's: an attacker may freeze as it likes.
    `others` are the processes of who else is involved.
    """

    def __init__(
        self,
        copies: Sequence[RunningCopy],
        of: Sequence[str] = (),
        others: Sequence[int] = (),
    ) -> None:
        self._copies = copies
        self._of = of
        self._processes = [*(copy.process.pid for copy in copies), *others]
        self._waits: list[tuple[float, dict[str, float]]] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    @contextlib.contextmanager
    def kept(self) -> Iterator[None]:
        """Fail unless pictures moved on while the block ran, and for a moment after it.

        None stands still for longer than LONGEST_S, and a second has LEAST_SHARE of the pictures
        that it had before the block.
        """
        for copy in self._copies:
            copy.wait_until(lambda c=copy: len(c.statistics()) > BEFORE, "a while of call", 30)
        first = {copy: len(copy.statistics()) - 1 for copy in self._copies}
        yield
        found: list[Freeze] = []
        fewer: list[Fewer] = []
        for copy in self._copies:
            last = len(copy.statistics()) + 1
            copy.wait_until(lambda c=copy, n=last: len(c.statistics()) >= n, "one more line", 10)
            lines = copy.statistics()
            found += freezes(copy, lines[first[copy] :])
            fewer += self._too_few(copy, lines[first[copy] - BEFORE :])
        long = [
            freeze
            for freeze in found
            if (not self._of or freeze.of in self._of)
            and freeze.seconds > LONGEST_S + MACHINE * self._machine_held_up(freeze)
        ]
        assert not long, long
        assert not fewer, fewer

    def _too_few(self, copy: RunningCopy, lines: Sequence[Line]) -> Iterator[Fewer]:
        """Yield who was seen in fewer pictures than before; the first lines are of before."""
        before, last = lines[BEFORE], lines[-1]
        seconds = last["t"] - before["t"]
        held_up = MACHINE * self._waited(copy.began + before["t"], copy.began + last["t"])
        for dev, peer in last["peers"].items():
            if dev not in before["peers"] or (self._of and peer["name"] not in self._of):
                continue
            rate = usual_rate(lines[: BEFORE + 1], dev)
            came = peer["video"]["frames"] - before["peers"][dev]["video"]["frames"]
            if came + EDGES < rate * (LEAST_SHARE * seconds - held_up):
                yield Fewer(copy.label, peer["name"], came, round(rate * seconds, 1))

    def _waited(self, start: float, end: float) -> float:
        """Return how long, between two moments, the involved thread waited that waited most."""
        window = [waits for when, waits in self._waits if start - 1.0 < when < end + 1.0]
        if not window:
            return 0.0
        early, late = window[0], window[-1]
        return max((late[name] - early.get(name, 0.0) for name in late), default=0.0)

    def _machine_held_up(self, freeze: Freeze) -> float:
        """Return how long, within a second around that time, an involved thread was held up."""
        window = [
            waits
            for when, waits in self._waits
            if freeze.when - freeze.seconds - 2.0 < when < freeze.when + 1.0
        ]
        return max(
            (
                late[name] - early.get(name, late[name])
                for early, late in zip(window, window[int(1 / SAMPLE_S) :], strict=False)
                for name in late
            ),
            default=0.0,
        )

    def _sample(self) -> None:
        while not self._over.wait(SAMPLE_S):
            waits = {"the hypervisor": _stolen()}
            for process in self._processes:
                waits |= _waits_of(process)
            self._waits.append((time.monotonic(), waits))


def freezes(copy: RunningCopy, lines: Sequence[Line]) -> Iterator[Freeze]:
    """Yield what stood still between the first and the last of these lines of statistics."""
    for before, after in itertools.pairwise(lines):
        for dev, peer in after["peers"].items():
            old, new = before["peers"].get(dev, peer)["video"], peer["video"]
            count = new["freezes"] - old["freezes"]
            seconds = new["freeze_s"] - old["freeze_s"] - SHORTEST_S * max(0, count - 1)
            if new["frames"] == old["frames"]:
                seconds = max(seconds, after["t"] - before["t"])  # it has not ended yet
            if seconds > 0:
                yield Freeze(copy.label, peer["name"], copy.began + after["t"], seconds)


def usual_rate(lines: Sequence[Line], dev: str) -> float:
    """Return the pictures a second of somebody that usually came from line to line: the median."""
    rates = [
        (after["peers"][dev]["video"]["frames"] - before["peers"][dev]["video"]["frames"])
        / (after["t"] - before["t"])
        for before, after in itertools.pairwise(lines)
        if dev in before["peers"] and dev in after["peers"]
    ]
    return statistics.median(rates) if rates else 0.0


def _waits_of(process: int) -> dict[str, float]:
    """Return how long each thread of a process has waited for a processor, in seconds."""
    waits = {}
    for task in Path(f"/proc/{process}/task").glob("*"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            waits[task.name] = int((task / "schedstat").read_text().split()[1]) / 1e9
    return waits


def _stolen() -> float:
    """Return how long the processors were taken away from the whole machine, in seconds each."""
    words = Path("/proc/stat").read_text().split(maxsplit=9)
    return int(words[8]) / TICKS / (os.cpu_count() or 1)
