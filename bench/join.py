"""How long after "admit" the first picture is there: two people, two processes, one computer.

    python -m bench.join --rounds 10

Everything is real: the knock over the hybrid channel, the signed block, keys sealed to the new
member, ICE, DTLS, the first sealed key frame. Both programs run already, and the host's camera
is on, as in a meeting that somebody joins late.
"""

import argparse
import asyncio
import time
from collections.abc import Mapping
from typing import Any

from app.meeting.wishes import Admit, SetCamera
from app.net.addresses import Address
from bench.cast import Mail, a_cast
from bench.people import Person
from bench.report import add_out_option, finish, percentile, table
from media.video.camera import TestPicture

HOST, GUEST = "host", "guest"
HERE = Address("127.0.0.1", 0)
STEPS = {
    "seat": "a seat in the roster",
    "code": "the code to compare",
    "link": "media link connected",
    "picture": "first picture of the host",
    "picture at the host": "first picture of the newcomer, at the host",
}


class Host:
    """Opens a meeting per round, admits the guest, notes when, and waits for its picture."""

    def __init__(self, mail: Mail, settings: dict[str, Any]) -> None:
        self._mail = mail
        self._rounds: int = settings["rounds"]
        self._moments: list[dict[str, float]] = []

    async def start(self) -> None:
        """Hold all rounds."""
        for _ in range(self._rounds):
            self._moments.append(await self._one_round())

    async def _one_round(self) -> dict[str, float]:
        host = Person(HOST, camera=TestPicture)
        self._mail.send(GUEST, "link", await host.host("A benchmark", lobby=True, listen=HERE))
        host.wish(SetCamera(True))
        view = await host.until(lambda view: view.knocks, "a knock")
        await asyncio.sleep(0.5)  # a person reads the name first
        admitted = time.monotonic()
        host.wish(Admit(view.knocks[0].join_id))
        await host.until(lambda view: len(view.people) == 2, "the guest in the list")
        seen = await host.first_picture(host.dev_of(GUEST))
        self._mail.send(GUEST, "seen")
        await self._mail.take("done", GUEST)
        await host.close()
        return {"admitted": admitted, "picture at the host": seen}

    async def reset(self) -> None:
        """Keep what was noted."""

    async def figures(self) -> dict[str, Any]:
        """Return the moments of each round, on the monotonic clock that both processes share."""
        return {"moments": self._moments}

    async def close(self) -> None:
        """Nothing is open any more."""


class Guest:
    """Knocks once per round and notes when it has a seat, a link, a code and a picture."""

    def __init__(self, mail: Mail, settings: dict[str, Any]) -> None:
        self._mail = mail
        self._rounds: int = settings["rounds"]
        self._moments: list[dict[str, float]] = []

    async def start(self) -> None:
        """Join every round."""
        for _ in range(self._rounds):
            self._moments.append(await self._one_round())

    async def _one_round(self) -> dict[str, float]:
        guest = Person(GUEST, camera=TestPicture)
        await guest.join(await self._mail.take("link", HOST), listen=HERE)
        moments = {"seat": time.monotonic()}
        guest.wish(SetCamera(True))

        async def note(step: str, waiting: Any) -> None:
            moments[step] = await waiting

        await asyncio.gather(
            note("picture", guest.first_picture(guest.dev_of(HOST))),
            note("code", moment_of(guest, lambda view: view.code)),
            note("link", moment_of(guest, lambda view: connected(view, HOST))),
        )
        await self._mail.take("seen", HOST)
        await guest.leave()
        self._mail.send(HOST, "done")
        return moments

    async def reset(self) -> None:
        """Keep what was noted."""

    async def figures(self) -> dict[str, Any]:
        """Return the moments of each round."""
        return {"moments": self._moments}

    async def close(self) -> None:
        """Nothing is open any more."""


async def moment_of(person: Person, holds: Any) -> float:
    """Return when the meeting first looked a certain way."""
    await person.until(holds, "a step of joining")
    return time.monotonic()


def connected(view: Any, name: str) -> bool:
    """Tell whether media can flow between us and somebody."""
    return any(each.name == name and each.presence.value == "connected" for each in view.people)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.join", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--rounds", type=int, default=10)
    add_out_option(parser)
    options = parser.parse_args()
    settings = {"rounds": options.rounds}
    with a_cast() as cast:
        cast.add(GUEST, Guest, settings)
        cast.add(HOST, Host, settings)
        figures = cast.measure(warm_up_s=0.0, seconds=0.1)
    rounds = [
        {**host, **guest}
        for host, guest in zip(figures[HOST]["moments"], figures[GUEST]["moments"], strict=True)
    ]
    times = {step: [(each[step] - each["admitted"]) * 1000 for each in rounds] for step in STEPS}
    raw = {"after_admit_ms": times}
    print(tables(raw))
    finish(f"join, {options.rounds} rounds", raw, options.out)


def tables(raw: Mapping[str, Any]) -> str:
    """Return how long each step took."""
    times = raw["after_admit_ms"]
    headings = ["after admit", "p50, ms", "p95, ms", "longest, ms"]
    rows = [
        [words, *(f"{percentile(times[step], share):.0f}" for share in (0.5, 0.95, 1.0))]
        for step, words in STEPS.items()
    ]
    return table(headings, rows)


if __name__ == "__main__":
    main()
