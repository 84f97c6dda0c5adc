"""A long day in short: people come and go, the host changes, cables are pulled, all the time.

    python -m bench.soak --minutes 10

Residents stay the whole time, each on a computer (a network namespace) of their own; visitors join,
look around and leave again, or are removed. Meanwhile the host hands over, or is lost and another
one is elected; and one resident after the other loses the network for a moment. Everybody's
pictures bear a mark: who they are, and when they were taken. Watched is that nobody ever sees a
picture that is not theirs to see, and that what a resident's process holds is at the end what it
was: memory (RSS, the slope by least squares after the first quarter), threads, sockets and files,
tasks. Beside it an hour of simulated time is played with the same events in the same numbers
(bench.soak_hour). Needs root on Linux.
"""

import argparse
import contextlib
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from bench.long_call import COUNTED, judge
from bench.netlab import NetLab, one_lan, why_not
from bench.report import add_out_option, finish, table

ROOT = Path(__file__).resolve().parent.parent
ONE_ARENA = {"MALLOC_ARENA_MAX": "1"}  # of memory: what is held is then nearly what is used
PATIENCE_S = 60.0  # for the meeting to be whole again, on a busy computer
SEAT_S = 200.0  # for who could not say goodbye to lose the seat
OUT_S = (0.5, 4.0)  # seconds that a cable is out, from and to
LOST_HOSTS = 0.3  # of the changes of the host are losses, the others are handed over
REMOVED = 0.1  # of the visitors are put out
RESTS = 4  # samples of what is held, a second apart: what was left is closed by then
STAYS_S = 1.0  # a visitor, after having seen somebody


@dataclass(frozen=True)
class Plan:
    """How much happens in how many seconds."""

    seconds: float
    visits: int
    hosts: int
    losses: int
    residents: int = 3
    visitors: int = 2
    seed: int = 1


class Member:
    """A bench.soak_member in one host of a laboratory, and what it said."""

    def __init__(self, lab: NetLab, host: str) -> None:
        self.host = host
        self._process = lab.popen(
            host,
            [sys.executable, "-m", "bench.soak_member"],
            cwd=ROOT,
            env=os.environ | ONE_ARENA,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.latest: dict[str, Any] = {}
        self.samples: list[dict[str, float]] = []
        self.errors: list[str] = []
        self._threads = [
            threading.Thread(target=read, daemon=True) for read in (self._read, self._complain)
        ]
        for thread in self._threads:
            thread.start()

    def tell(self, *words: object) -> None:
        """Give an order."""
        assert self._process.stdin is not None
        self._process.stdin.write(" ".join(map(str, words)) + "\n")
        self._process.stdin.flush()

    def until(
        self, holds: Callable[[dict[str, Any]], object], what: str, within: float = PATIENCE_S
    ) -> dict[str, Any]:
        """Wait until things stand in a certain way; TimeoutError."""
        deadline = time.monotonic() + within
        while not (self.latest and holds(self.latest)):
            if time.monotonic() > deadline or self._process.poll() is not None:
                told = "".join(self.errors[-20:])
                raise TimeoutError(f"{self.host}: {what}: {self.latest}\n{told}")
            time.sleep(0.05)
        return self.latest

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        for thread in self._threads:
            thread.join()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said = json.loads(line)
            if holds := said.pop("holds", None):
                self.samples.append({"at": said["at"], **holds})
            self.latest = said

    def _complain(self) -> None:
        assert self._process.stderr is not None
        self.errors.extend(self._process.stderr)


@dataclass
class Day:
    """The meeting, everybody in it, and what has happened so far."""

    lab: NetLab
    plan: Plan
    residents: list[Member] = field(default_factory=list)
    visitors: list[Member] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.plan.seed)
        self._number = self.plan.residents
        self._lock = threading.Lock()
        self._door = threading.Condition()
        self._inside = 0  # visitors
        self._closed = False  # to visitors: who leaves while no host is there keeps the seat
        self._ends = 0.0
        self._problems: list[BaseException] = []

    # ---- who is there

    def __enter__(self) -> Self:
        plan = self.plan
        for number in range(plan.residents + plan.visitors):
            member = Member(self.lab, f"h{number + 1}")
            (self.residents if number < plan.residents else self.visitors).append(member)
        first, *others = self.residents
        first.tell("host", 0)
        link = first.until(lambda state: state.get("link"), "a link")["link"]
        for number, member in enumerate(others, 1):
            member.tell("join", number, link)
            self.whole(range(number + 1))
        return self

    def __exit__(self, *_: object) -> None:
        for member in (*self.residents, *self.visitors):
            member.close()

    def whole(self, numbers: Sequence[int] = ()) -> None:
        """Wait until the residents see each other, under one host."""
        wanted = set(numbers or range(self.plan.residents))

        def sees_all(state: dict[str, Any]) -> bool:
            people = state.get("people", {})
            others = wanted - {state["number"]}
            return all(people.get(str(one)) == "connected" for one in others)

        for number in wanted:
            self.residents[number].until(sees_all, "all the residents")

        def led_by_one() -> bool:
            leaders = {self.residents[number].latest["leader"] for number in wanted}
            return len(leaders) == 1 and leaders <= wanted

        self.residents[0].until(lambda _: led_by_one(), "one host")

    def _nobody_else(self) -> None:
        """Wait until only residents have a seat; one that was lost is kept for two minutes."""
        people = {str(number) for number in range(self.plan.residents)}
        for member in self.residents:
            member.until(
                lambda state: {*state["people"], str(state["number"])} == people,
                "no visitors",
                SEAT_S,
            )

    @property
    def leader(self) -> Member:
        """The resident who leads."""
        return self.residents[int(self.residents[0].latest["leader"])]

    # ---- what happens

    def play(self) -> None:
        """Let everything happen, spread over the time; raises what went wrong."""
        began = time.monotonic()
        self._ends = began + self.plan.seconds
        threads = [threading.Thread(target=self._guarded, args=(self._disturb,))]
        threads += [
            threading.Thread(target=self._guarded, args=(self._visit, number))
            for number in range(self.plan.visitors)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self._problems:
            raise self._problems[0]
        while time.monotonic() < self._ends:
            time.sleep(0.1)

    def _guarded(self, part: Callable[..., None], *about: object) -> None:
        try:
            part(*about)
        except (TimeoutError, OSError, ValueError, KeyError, TypeError) as problem:
            self._problems.append(problem)

    def _disturb(self) -> None:
        """Change hosts and pull cables, in an order of their own."""
        plan = self.plan
        things = [self._another_host] * plan.hosts + [self._no_network] * plan.losses
        self.rng.shuffle(things)
        began = time.monotonic()
        for done, thing in enumerate(things):
            self._wait_until(began + plan.seconds * done / max(1, len(things)))
            if self._problems:
                return
            thing()
            self.whole()

    def _no_network(self) -> None:
        member = self.rng.choice(self.residents)
        self.lab.unplug(member.host)
        time.sleep(self.rng.uniform(*OUT_S))
        self.lab.plug(member.host)
        self.done["losses"] += 1

    def _another_host(self) -> None:
        before = self.leader
        others = [member for member in self.residents if member is not before]
        if self.plan.residents > 2 and self.rng.random() < LOST_HOSTS:
            with self._without_visitors():
                self.lab.unplug(before.host)
                for member in others:
                    member.until(
                        lambda state: state["leader"] not in (None, before.latest["number"]),
                        "an elected host",
                    )
                self.lab.plug(before.host)
                self.whole()
            self.done["hosts lost"] += 1
        else:
            heir = self.rng.choice(others)
            before.tell("lead", heir.latest["number"])
            for member in self.residents:
                member.until(lambda state: state["leader"] == heir.latest["number"], "the heir")
            self.done["hosts handed over"] += 1

    def _visit(self, place: int) -> None:
        """Come and go, as often as it is this visitor's part."""
        plan, member = self.plan, self.visitors[place]
        rng = random.Random(plan.seed * 100 + place)
        began, part = time.monotonic(), len(range(place, plan.visits, plan.visitors))
        for done in range(part):
            self._wait_until(began + plan.seconds * done / part)
            while not self._problems and not self._let_in(member, rng):
                time.sleep(0.5)

    def _let_in(self, member: Member, rng: random.Random) -> bool:
        with self._door:
            if self._closed:
                return False
            self._inside += 1
        try:
            return self._visited(member, rng)
        finally:
            with self._door:
                self._inside -= 1
                self._door.notify_all()

    @contextlib.contextmanager
    def _without_visitors(self) -> Iterator[None]:
        """Let nobody in, and wait until all who came have gone: a majority is then there."""
        with self._door:
            self._closed = True
            if not self._door.wait_for(lambda: self._inside == 0, 2 * PATIENCE_S):
                raise TimeoutError("the visitors do not go")
        self._nobody_else()
        try:
            yield
        finally:
            with self._door:
                self._closed = False

    def _visited(self, member: Member, rng: random.Random) -> bool:
        """Let somebody come and go; return whether they came in."""
        with self._lock:
            number, self._number = self._number, self._number + 1
        link = self.leader.latest.get("link")
        if not link:
            return False
        member.tell("join", number, link)
        state = member.until(
            lambda state: state["failed"] or state["number"] == number, "an answer at the door"
        )
        if state["failed"]:
            self.refused[state["failed"]] += 1
            return False
        with contextlib.suppress(TimeoutError):
            member.until(lambda s: s.get("over") or s.get("seen"), "a picture", 20.0)
        self.done["visits with a picture"] += bool(member.latest.get("seen"))
        time.sleep(STAYS_S)
        if rng.random() < REMOVED:
            self.leader.tell("remove", number)
            with contextlib.suppress(TimeoutError):
                member.until(lambda state: state.get("over") == "removed", "being put out", 10.0)
                self.done["removed"] += 1
                time.sleep(STAYS_S)
        member.tell("leave")
        member.until(lambda state: state["number"] is None, "having left")
        self.done["visits"] += 1
        return True

    def _wait_until(self, when: float) -> None:
        while not self._problems and time.monotonic() < when:
            time.sleep(min(0.2, max(0.0, when - time.monotonic())))

    # ---- what became of it

    def rest(self) -> None:
        """Wait until nothing is under way any more, and it is noted what everybody holds."""
        enough = [len(member.samples) + RESTS for member in self.residents]
        for member, samples in zip(self.residents, enough, strict=True):
            member.until(lambda _, m=member, n=samples: len(m.samples) > n, "rest")

    def result(self) -> dict[str, Any]:
        """Wait until all visitors have gone; return what was seen, and what is held then."""
        self.whole()
        self._nobody_else()
        self.rest()
        everybody = [*self.residents, *self.visitors]
        wrong: Counter[str] = Counter()
        for member in self.residents:
            wrong += Counter(member.latest["wrong_now"])
        for member in everybody:
            wrong += Counter(member.latest["wrong"])
        seen = sum(member.latest["all_seen"] for member in everybody)
        seen += sum(sum(member.latest["seen"].values()) for member in self.residents)
        said = [line for member in everybody for line in member.errors]
        return {
            "done": dict(self.done),
            "refused": dict(self.refused),
            "wrong": dict(wrong),
            "pictures": seen,
            "duplicates": sum(member.latest["duplicates"] for member in self.residents),
            "errors": sum(line.startswith("Traceback") for line in said),
            "complaints": sorted(Counter(line.rstrip() for line in said).items()),
            "held": {f"resident {n}": m.samples for n, m in enumerate(self.residents, 1)},
        }


@contextlib.contextmanager
def a_day(plan: Plan) -> Iterator[Day]:
    """Give a meeting of residents in a laboratory of their own."""
    with NetLab(one_lan(plan.residents + plan.visitors)) as lab, Day(lab, plan) as day:
        yield day


def main() -> None:
    """Play a day and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--visits", type=int, default=200)
    parser.add_argument("--hosts", type=int, default=20)
    parser.add_argument("--losses", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    add_out_option(parser)
    options = parser.parse_args()
    if reason := why_not():
        parser.error(reason)
    plan = Plan(
        60 * options.minutes, options.visits, options.hosts, options.losses, seed=options.seed
    )
    began = time.monotonic()
    with a_day(plan) as day:
        day.play()
        raw = {"seconds": round(time.monotonic() - began), **day.result()}
    print(tables(raw))
    finish("soak", raw, options.out)


def tables(raw: Mapping[str, Any]) -> str:
    """Return what happened, what was seen, and what each resident held at the end."""
    done = ", ".join(f"{what} {count}" for what, count in sorted(raw["done"].items()))
    wrong = ", ".join(f"{what} {count}" for what, count in raw["wrong"].items()) or "none"
    happened = (
        f"In {raw['seconds']} s: {done}. Pictures that were looked at: {raw['pictures']}; of these "
        f"not to be seen by who saw them: {wrong}."
    )
    judged = {who: judge(samples) for who, samples in raw["held"].items()}
    rows = []
    for who, one in judged.items():
        ends = [f"{one['ends'][kind][0]:.1f} / {one['ends'][kind][1]:.1f}" for kind in KINDS]
        rows.append([who, *ends, f"{one['megabytes_an_hour']:+.1f}"])
    told = table(["who", *KINDS, "RSS grows, MB an hour"], rows)
    last = [samples[-1] for samples in raw["held"].values()]
    rest = ", ".join(f"{kind} {max(one[kind] for one in last):.0f}" for kind in COUNTED)
    return (
        f"{happened}\n\n{told}\n\nAfter the first quarter / at the end, while people came and went."
        f" When all visitors had gone, nobody held more than: {rest}."
    )


KINDS = ("megabytes", *COUNTED)


if __name__ == "__main__":
    main()
