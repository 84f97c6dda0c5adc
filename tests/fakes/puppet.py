"""A member of a real meeting who does what a test says, also what no honest program would do.

    python -m fakes.puppet NAME --host TITLE | --join LINK
        [--trick TRICK] [--seed HEX] [--shun NAME]

Takes orders as lines on standard input: `lie`, `remove NAME`, `say TEXT`, `lobby on|off`,
`lock on|off`, `hand up|down`, `mute NAME`, `unmute NAME` (asks), `role NAME ROLE`,
`camera on|off`, `invite LABEL [SECONDS]`, `revoke LABEL`, `password [TEXT]`, `allow`,
`admit NAME`, `leave`; and as
a traitor `betray KIND VICTIM`, `flood KIND VICTIM`, `come back`, `come as NAME LINK`,
`conceal VICTIM`, `reveal`. Tells how things stand as a line of JSON several times a second.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

from fakes.attacks.betrayals import betray, come_as, come_back, conceal, flood, reveal
from fakes.tricks import Trickster

from app.meeting.view import Role
from app.meeting.wishes import (
    Admit,
    AllowPasswords,
    AskToUnmute,
    Mute,
    NewInvitation,
    RaiseHand,
    Remove,
    Revoke,
    Say,
    SetCamera,
    SetLobby,
    SetLocked,
    SetPassword,
    SetRole,
    Wish,
)
from app.visit import VisitError
from bench.netlab import NetLab
from bench.people import Person
from media.video.camera import TestPicture

ROOT = Path(__file__).parent.parent.parent
EVERY_S = 0.25


class Puppet:
    """The test's end of the strings: starts the program in a host of a laboratory."""

    def __init__(self, lab: NetLab, host: str, folder: Path, name: str, *words: str) -> None:
        self.name = name
        self._told = folder / f"{name}.jsonl"
        self._errors = folder / f"{name}.stderr"
        with open(self._told, "wb") as stdout, open(self._errors, "wb") as stderr:
            self._process = lab.popen(
                host,
                [sys.executable, "-m", "fakes.puppet", name, *words],
                cwd=ROOT / "tests",
                env={"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"},
                stdin=subprocess.PIPE,
                stdout=stdout,
                stderr=stderr,
                text=True,
            )

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._process.pid

    def tell(self, order: str) -> None:
        """Give an order."""
        assert self._process.stdin
        self._process.stdin.write(order + "\n")
        self._process.stdin.flush()

    def latest(self) -> dict[str, Any]:
        """Return how things stand; empty before the first line."""
        complete = self._told.read_text().rpartition("\n")[0]
        state: dict[str, Any] = json.loads(complete.splitlines()[-1]) if complete else {}
        return state

    def wait_for(
        self, fits: Callable[[dict[str, Any]], object], what: str, within: float = 20.0
    ) -> dict[str, Any]:
        """Wait until things stand in a certain way."""
        deadline = time.monotonic() + within
        while not ((state := self.latest()) and fits(state)):
            if time.monotonic() > deadline or self._process.poll() is not None:
                errors = self._errors.read_text()[-3000:]
                raise AssertionError(
                    f"{self.name}: {what}: not within {within} s\n{state}\n{errors}"
                )
            time.sleep(0.05)
        return state

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()


async def main(options: argparse.Namespace) -> None:
    """Hold or join the meeting and take orders until told to leave."""
    sealer = Trickster(options.trick)
    seed = bytes.fromhex(options.seed)
    person = Person(options.name, seed=seed, sealer=sealer, camera=TestPicture)
    state: dict[str, Any] = {"link": "", "reason": "", "done": {}}
    if options.host is not None:
        state["link"] = await person.host(options.host)
    else:
        try:
            await person.join(options.join)
        except VisitError as error:
            say({**state, "reason": error.reason})
            return
    if options.shun:
        conceal(person, options.shun)
    person.wish(SetCamera(True))
    orders = asyncio.create_task(take_orders(person, sealer, state["done"]))
    while not orders.done():
        say({**state, **standing(person, sealer)})
        await asyncio.sleep(EVERY_S)
    await person.leave()


async def take_orders(person: Person, sealer: Trickster, done: dict[str, Any]) -> None:
    """Carry out orders until there are no more; note in `done` what came of a betrayal."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := (await reader.readline()).decode().strip():
        order, _, about = line.partition(" ")
        match order:
            case "lie":
                sealer.begun = True
            case "leave":
                return
            case "betray":
                kind, _, victim = about.partition(" ")
                done[kind] = await betray(person, kind, victim)
            case "flood":
                kind, _, victim = about.rpartition(" ")
                done[kind] = await flood(person, kind, victim)
            case "conceal":
                conceal(person, about)
            case "reveal":
                reveal(person)
            case "come":
                how, *rest = about.split()
                coming = come_as(person, *rest) if how == "as" else come_back(person)
                done[f"come {how}"] = await coming
            case _:
                for wish in wishes_for(person, order, about):
                    person.wish(wish)


def wishes_for(person: Person, order: str, about: str) -> Iterator[Wish]:
    """Yield what a person wishes for by an order."""
    first, *rest = about.split() or [""]
    match order:
        case "remove":
            yield Remove(person.dev_of(about))
        case "say":
            yield Say(about)
        case "lobby":
            yield SetLobby(about == "on")
        case "lock":
            yield SetLocked(about == "on")
        case "hand":
            yield RaiseHand(about == "up")
        case "role":
            yield SetRole(person.dev_of(first), Role[rest[0]])
        case "invite":
            lifetime = float(rest[0]) if rest else 3600.0
            yield NewInvitation(first, lifetime=lifetime)
        case "revoke":
            yield from (Revoke(i.number) for i in person.view.invitations if i.label == about)
        case "password":
            yield SetPassword(about)
        case "allow":
            yield AllowPasswords()
        case "camera":
            yield SetCamera(about == "on")
        case "mute":
            yield Mute(person.dev_of(about))
        case "unmute":
            yield AskToUnmute(person.dev_of(about))
        case "admit":
            yield from (Admit(k.join_id) for k in person.view.knocks if k.name == about)


def standing(person: Person, sealer: Trickster) -> dict[str, Any]:
    """Return how things stand for this person."""
    view = person.view
    stats = person.call.stats().peers
    return {
        "over": person.over,
        "epoch": view.epoch,
        "code": view.code.digits if view.code else "",
        "lies": sealer.lies,
        "chat": [line.text for line in view.chat],
        "alarm": view.alarm,
        "open": [view.chat_open, view.locked, view.lobby],
        "frozen": view.frozen,
        "seats": len(view.people),
        "knocks": {
            each.name: {"second_device": each.second_device, "link": each.invitation}
            for each in view.knocks
        },
        "links": {each.label: each.link for each in view.invitations},
        "used": {each.label: each.used for each in view.invitations},
        "has_password": view.has_password,
        "password_blocked": view.password_blocked,
        "people": {
            each.name: {
                "presence": each.presence.value,
                "role": each.role.name,
                "microphone": each.microphone_on,
                "hand": each.hand_since > 0,
                "refusals": person.refusals(each.dev),
                "pictures": stats[each.dev].video.frames if each.dev in stats else 0,
            }
            for each in view.people
        },
    }


def say(state: dict[str, Any]) -> None:
    """Tell the test."""
    print(json.dumps(state), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("--host", metavar="TITLE")
    parser.add_argument("--join", metavar="LINK")
    parser.add_argument("--trick", default="honest")
    parser.add_argument("--seed", default="", help="of the identity; drawn where it is not given")
    parser.add_argument("--shun", default="", help="whom to conceal everything from at once")
    asyncio.run(main(parser.parse_args()))
