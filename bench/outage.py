"""How soon a call of two goes on after the network was away: a table, repeated, in a laboratory.

    python -m bench.outage --repeats 3
    python -m bench.outage --cases "cable out 3 s" "another address"

Two people in two network namespaces (IPv4 alone: an address that goes takes the path along), in a
real meeting with everything that belongs to it, both cameras on. Told is the time from the repair
until the first picture that was taken after it was decoded; of both people the one who waited
longer. Needs root on Linux.
"""

import argparse
import contextlib
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Self

from bench.netlab import NetLab, one_lan, why_not
from bench.report import add_out_option, finish, median, table

ROOT = Path(__file__).resolve().parent.parent
SETTLED_S = 4.0  # of pictures before each outage
GIVE_UP_S = 60.0
HOSTS = ("h1", "h2")


class Onlooker:
    """A bench.onlooker in one host of a laboratory, and what it said so far."""

    def __init__(self, lab: NetLab, host: str, *words: str) -> None:
        command = [sys.executable, "-m", "bench.onlooker", *words]
        self.process = lab.popen(host, command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self.said: list[dict[str, Any]] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def until(self, holds: Callable[[dict[str, Any]], object], within: float) -> dict[str, Any]:
        """Return the first thing said that fits; TimeoutError."""
        deadline = time.monotonic() + within
        looked = 0
        while time.monotonic() < deadline:
            while looked < len(self.said):
                looked += 1
                if holds(self.said[looked - 1]):
                    return self.said[looked - 1]
            time.sleep(0.01)
        raise TimeoutError(f"the last said is {self.said[-1:]}")

    def picture_after(self, moment: float) -> float:
        """Return when the first picture came that was taken after a moment."""

        def fits(said: dict[str, Any]) -> bool:
            return said.get("picture", 0.0) > moment and (said["taken"] or 0.0) > moment

        line = self.until(fits, GIVE_UP_S)
        return float(line["picture"])

    def states(self, since: float) -> list[str]:
        """Return how the link stood from a moment on."""
        return [said["state"] for said in self.said if "state" in said and said["at"] > since]

    def close(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()
        self._reader.join()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(json.loads(line))


class Scene:
    """Two people who see each other."""

    def __init__(self, lab: NetLab) -> None:
        self.lab = lab
        self.addresses = 50
        self.people: list[Onlooker] = []

    def __enter__(self) -> Self:
        host = Onlooker(self.lab, HOSTS[0], "host")
        self.people.append(host)
        link = host.until(lambda said: "link" in said, GIVE_UP_S)["link"]
        self.people.append(Onlooker(self.lab, HOSTS[1], "join", link))
        return self

    def __exit__(self, *_: object) -> None:
        for person in self.people:
            person.close()

    def settle(self) -> None:
        """Let both see pictures for a while."""
        for person in self.people:
            person.picture_after(time.monotonic())
        time.sleep(SETTLED_S)

    def waited(self, repaired: float) -> float:
        """Return how long after the repair the later of the two saw a new picture."""
        return max(person.picture_after(repaired) for person in self.people) - repaired


def cable_out(seconds: float) -> Callable[[Scene], float]:
    """Return a case: the guest's cable is out for so long."""

    def play(scene: Scene) -> float:
        scene.lab.unplug(HOSTS[1])
        time.sleep(seconds)
        repaired = time.monotonic()
        scene.lab.plug(HOSTS[1])
        return scene.waited(repaired)

    return play


def another_address(host: str) -> Callable[[Scene], float]:
    """Return a case: a computer gets another address, and the old one is gone."""

    def play(scene: Scene) -> float:
        scene.addresses += 1
        changed = time.monotonic()
        scene.lab.readdress(host, f"10.77.0.{scene.addresses}/24")
        return scene.waited(changed)

    return play


def asleep(number: int, seconds: float) -> Callable[[Scene], float]:
    """Return a case: one person's program is stopped for so long."""

    def play(scene: Scene) -> float:
        process = scene.people[number].process
        process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        woke = time.monotonic()
        process.send_signal(signal.SIGCONT)
        return scene.waited(woke)

    return play


CASES: dict[str, tuple[float, Callable[[Scene], float]]] = {
    "cable out 3 s": (1.0, cable_out(3.0)),
    "cable out 10 s": (0.4, cable_out(10.0)),
    "cable out 30 s": (3.0, cable_out(30.0)),
    "cable out 60 s": (5.0, cable_out(60.0)),
    "another address of the guest": (5.0, another_address(HOSTS[1])),
    "another address of the host": (5.0, another_address(HOSTS[0])),
    "the guest asleep for 8 s": (1.0, asleep(1, 8.0)),
    "the guest asleep for 45 s": (5.0, asleep(1, 45.0)),
    "the host asleep for 45 s": (5.0, asleep(0, 45.0)),
}
"""What is tried, and within how many seconds the call should go on."""


@contextlib.contextmanager
def a_scene() -> Iterator[Scene]:
    """Give two people in a laboratory of their own."""
    with NetLab(one_lan(2, ipv6=False)) as lab, Scene(lab) as scene:
        yield scene


def main() -> None:
    """Play every case and print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.outage", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES), metavar="CASE")
    add_out_option(parser)
    options = parser.parse_args()
    if reason := why_not():
        parser.error(reason)
    found: dict[str, list[float]] = {case: [] for case in options.cases}
    for case in options.cases:
        for _ in range(options.repeats):
            with a_scene() as scene:
                scene.settle()
                found[case].append(CASES[case][1](scene))
                print(f"{case}: {found[case][-1]:.2f} s", file=sys.stderr)
    raw = {"seconds": found}
    print(tables(raw))
    finish(f"outages, {options.repeats} times each", raw, options.out)


def tables(raw: Mapping[str, Any]) -> str:
    """Return how long each interruption kept pictures away."""
    rows = [
        [case, f"{CASES[case][0]:g}", f"{median(waits):.2f}", f"{max(waits):.2f}"]
        for case, waits in raw["seconds"].items()
    ]
    return table(["seconds until the next picture", "goal", "median", "longest"], rows)


if __name__ == "__main__":
    main()
