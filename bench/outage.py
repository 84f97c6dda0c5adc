"""How soon a call of two goes on after the network was away: a table, repeated, in a laboratory.

    python -m bench.outage --repeats 3
    python -m bench.outage --cases "cable out 3 s" "another address of the host"

Two people in two network namespaces (IPv4 alone: an address that goes takes the path along), in a
real meeting with everything that belongs to it, both cameras on. Told is the time from the repair
until the first picture that was taken after it was decoded; of both people the one who waited
longer. Needs root on Linux.
"""

import argparse
import contextlib
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from bench.call_of_two import (
    CABLE,
    HOSTS,
    ROUTERS,
    WIFI,
    Outcome,
    Scene,
    with_two_devices,
    with_two_routers,
)
from bench.netlab import NetLab, why_not
from bench.report import add_out_option, finish, median, table

HOST, GUEST = HOSTS
ROAMING_S = 0.8  # between two access points, until the second one answers
FAR_MS = 40.0  # one way: the second one is far away, or busy
BESIDE_S = 6.0  # Wi-Fi goes on beside a cable that was just plugged in
NO_WAY_S = 3.0  # between two routers

Case = Callable[[Scene], Outcome]


def cable_out(seconds: float) -> Case:
    """Return a case: the guest's cable is out for so long."""

    def play(scene: Scene) -> Outcome:
        began = time.monotonic()
        scene.lab.unplug(GUEST)
        time.sleep(seconds)
        repaired = time.monotonic()
        scene.lab.plug(GUEST)
        return scene.outcome(began, repaired)

    return play


def another_address(host: str) -> Case:
    """Return a case: a computer gets another address, and the old one is gone."""

    def play(scene: Scene) -> Outcome:
        changed = time.monotonic()
        scene.lab.readdress(host, scene.new_address())
        return scene.outcome(changed, changed)

    return play


def roaming(scene: Scene) -> Outcome:
    """The guest goes to another access point: no network for a moment, then a slower one."""
    began = time.monotonic()
    scene.lab.unplug(GUEST)
    scene.lab.impair(GUEST, delay_ms=FAR_MS)
    time.sleep(ROAMING_S)
    repaired = time.monotonic()
    scene.lab.plug(GUEST)
    return scene.outcome(began, repaired)


def from_wifi_to_cable(scene: Scene) -> Outcome:
    """The guest plugs a cable in; a moment later the computer lets go of Wi-Fi."""
    scene.ip(GUEST, f"addr add {scene.new_address()} dev {CABLE}")
    time.sleep(BESIDE_S)
    return gone(scene, WIFI)


def from_cable_to_wifi(scene: Scene) -> Outcome:
    """The guest carries the computer away: the cable is out, and then Wi-Fi comes up."""
    return gone(scene, WIFI, comes=CABLE)


def gone(scene: Scene, device: str, comes: str = "") -> Outcome:
    """Take a device of the guest's off the network; `comes` is another one that then gets on."""
    began = time.monotonic()
    scene.lab.unplug(f"{GUEST}.{device}")
    scene.ip(GUEST, f"addr flush dev {device}")
    scene.ip(GUEST, f"link set {device} down")
    if comes:
        scene.ip(GUEST, f"addr add {scene.new_address()} dev {comes}")
    return scene.outcome(began, began)


def another_router(scene: Scene) -> Outcome:
    """The router between two networks dies, and another one takes its place."""
    began = time.monotonic()
    scene.lab.unplug(ROUTERS[0])
    time.sleep(NO_WAY_S)
    repaired = time.monotonic()
    for host in HOSTS:
        net = scene.lab.address(host).rpartition(".")[0]
        scene.ip(host, f"route replace default via {net}.102")
    return scene.outcome(began, repaired)


def asleep(number: int, seconds: float) -> Case:
    """Return a case: one person's program is stopped for so long."""

    def play(scene: Scene) -> Outcome:
        process = scene.people[number].process
        began = time.monotonic()
        process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        woke = time.monotonic()
        process.send_signal(signal.SIGCONT)
        return scene.outcome(began, woke)

    return play


CASES: dict[str, tuple[float, Case]] = {
    "cable out 3 s": (1.0, cable_out(3.0)),
    "cable out 10 s": (0.4, cable_out(10.0)),
    "cable out 30 s": (3.0, cable_out(30.0)),
    "cable out 60 s": (5.0, cable_out(60.0)),
    "cable out 120 s": (5.0, cable_out(120.0)),
    "another address of the guest": (5.0, another_address(GUEST)),
    "another address of the host": (5.0, another_address(HOST)),
    "from Wi-Fi to cable, both for 6 s": (5.0, from_wifi_to_cable),
    "from cable to Wi-Fi": (5.0, from_cable_to_wifi),
    "another access point, 0.8 s between": (1.0, roaming),
    "another router after 3 s": (5.0, another_router),
    "the guest asleep for 8 s": (1.0, asleep(1, 8.0)),
    "the guest asleep for 45 s": (5.0, asleep(1, 45.0)),
    "the host asleep for 45 s": (5.0, asleep(0, 45.0)),
}
"""What is tried, and within how many seconds the call should go on."""


@contextlib.contextmanager
def a_scene(case: Case) -> Iterator[Scene]:
    """Give two people in a laboratory of their own."""
    topology = with_two_routers() if case is another_router else with_two_devices()
    with NetLab(topology) as lab, Scene(lab) as scene:
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
    found: dict[str, list[dict[str, Any]]] = {case: [] for case in options.cases}
    for case in options.cases:
        for _ in range(options.repeats):
            play = CASES[case][1]
            with a_scene(play) as scene:
                scene.settle()
                found[case].append(asdict(play(scene)))
                print(f"{case}: {found[case][-1]}", file=sys.stderr)
    raw = {"outcomes": found}
    print(tables(raw))
    finish(f"outages, {options.repeats} times each", raw, options.out)


def tables(raw: Mapping[str, Any]) -> str:
    """Return how long each interruption kept pictures away, and what was seen afterwards."""
    rows = []
    for case, outcomes in raw["outcomes"].items():
        waits = [one["waited"] for one in outcomes]
        oldest = [max(one[kind] for one in outcomes) for kind in ("oldest", "oldest_sound")]
        told = sum(one["told"] for one in outcomes)
        row = [case, f"{CASES[case][0]:g}", f"{median(waits):.2f}", f"{max(waits):.2f}"]
        row += [*(f"{age:.2f}" for age in oldest), f"{told} of {len(outcomes)}"]
        rows.append(row)
    headings = ["seconds until the next picture", "goal", "median", "longest"]
    headings += ["oldest picture then, s", "oldest sound", "the screen said so"]
    return table(headings, rows)


if __name__ == "__main__":
    main()
