"""Records what a real call's rate estimator is told on a bad network, for tests to tell it again.

    python -m bench.path_record --cases rate500,loss20 --seconds 15 --out tests/media/traces

One camera at 640x360 between two network namespaces, sound left out; the cable of the receiver is
bad. Prints what was found; with --out, one file per case. Needs Linux and root.
"""

import argparse
import asyncio
import json
import multiprocessing.resource_tracker
from pathlib import Path
from typing import Any

from bench.cases import CASES, Case
from bench.cast import Mail, a_cast
from bench.conclave_media import ClipCamera, Party
from bench.contenders.conclave_mesh import Participant
from bench.netlab import NetLab, one_lan, why_not
from bench.report import table
from media.path.congestion import PathReport

SIDES = "h1", "h2"
SIZE = 640, 360


class Recorded:
    """Reports as rows of a file: times from the first one on, in seconds."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self._began: tuple[float, float] | None = None

    def note(self, report: PathReport, now: float) -> None:
        """Keep a report."""
        if not report.arrived:
            return
        if self._began is None:
            self._began = report.arrived[0][0], report.arrived[0][1]
        here, there = self._began
        cluster = set(report.cluster)
        self.rows.append(
            {
                "now": round(now - here, 4),
                "arrived": [
                    [round(sent - here, 4), round(came - there, 5), octets]
                    for sent, came, octets in report.arrived
                ],
                "cluster": [place for place, told in enumerate(report.arrived) if told in cluster],
                "expected": report.expected,
                "came": report.came,
                "octets": report.octets,
                "sent_kbps": round(report.sent_kbps, 1),
            }
        )


class RecordingSender:
    """Sends a camera to one receiver and keeps what it hears about the path."""

    def __init__(self, mail: Mail, settings: dict[str, Any]) -> None:
        slots = {name: number for number, name in enumerate(settings["names"])}
        self._party = Party(mail, slots)
        self._recorded = Recorded()
        self._targets: list[float] = []
        self._sampling: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Connect and switch the camera on."""
        connecting = asyncio.ensure_future(self._party.connect("receiver", True))
        await asyncio.sleep(0)  # the link is made, and waits for letters
        self._party.links["receiver"].sending.on_path_report = self._recorded.note
        await connecting
        self._party.call.set_camera(ClipCamera(*SIZE))
        self._sampling = asyncio.create_task(self._sample())

    async def reset(self) -> None:
        """Everything is kept from the beginning."""

    async def figures(self) -> dict[str, Any]:
        """Return the rows, and the target of each second."""
        link = self._party.links["receiver"]
        return {
            "rows": self._recorded.rows,
            "targets": self._targets,
            "decreases": link.sending.estimator.decreases,
        }

    async def close(self) -> None:
        """Hang up."""
        if self._sampling:
            self._sampling.cancel()
        await self._party.call.close()

    async def _sample(self) -> None:
        link = self._party.links["receiver"]
        while True:
            await asyncio.sleep(1.0)
            self._targets.append(round(link.sending.estimator.target_kbps))


def record(case: Case, seconds: float) -> dict[str, Any]:
    """Return what a call on one network told."""
    settings = {"names": ["sender", "receiver"], "width": SIZE[0], "height": SIZE[1]}
    settings |= {"senders": ["sender"], "sound": False, "tiles": {"sender": SIZE}}
    with NetLab(one_lan(SIDES, ipv6=False), seed=1) as lab, a_cast() as cast:
        lab.impair("h2", **vars(case.cable))
        with lab.inside("h2"):
            cast.add("receiver", Participant, settings)
        with lab.inside("h1"):
            cast.add("sender", RecordingSender, settings)
        told: dict[str, Any] = cast.measure(0.0, seconds)["sender"]
        return told


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.path_record", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--cases", default="rate500,rate1000,jitter,loss20,reorder,clean")
    parser.add_argument("--seconds", type=float, default=15.0, help="length of each call")
    parser.add_argument("--out", type=Path, help="folder for the recordings")
    options = parser.parse_args()
    if reason := why_not():
        raise SystemExit(f"bench.path_record: {reason}")
    multiprocessing.resource_tracker.ensure_running()  # outside of every namespace
    lines = []
    for name in options.cases.split(","):
        told = record(CASES[name], options.seconds)
        lines.append([name, str(told["decreases"]), " ".join(map(str, told["targets"]))])
        if options.out:
            path = options.out / f"{name}.json"
            rows = ",\n".join(json.dumps(row, separators=(",", ":")) for row in told["rows"])
            path.write_text(f"[\n{rows}\n]\n", encoding="utf-8")
    print(table(["case", "decreases", "target in kbit/s, each second"], lines))


if __name__ == "__main__":
    main()
