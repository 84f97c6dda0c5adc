"""An hour of one meeting: people come and go, hosts change, cables are out; every promise is kept.

Nobody lies, the weather is Wi-Fi. What a resident's meeting holds is weighed as it goes on: all
objects that can be reached from it, so that a list that nobody empties is found, however small.
"""

import gc
import random
import sys
import types
from collections import Counter
from dataclasses import dataclass

from fakes.seat import Seat
from simulation.setting import Hostile, Setting
from simulation.storm import Storm

from app.meeting.machine import Meeting
from app.meeting.view import Presence
from app.meeting.wishes import HandOver, Leave, Remove

RESIDENTS = 5
OUT = (0.5, 12.0)  # seconds that a cable is out
STAY = (1.0, 20.0)  # seconds that a visitor stays
REMOVED = 0.1  # of the visitors are put out
LOST = 0.3  # of the hosts that change are lost, the others hand over
HOST_OUT = 40.0  # seconds: until another one is elected and everybody follows
WHOLE = 30.0  # seconds until everybody who stays sees everybody again
WEIGHED = 20  # times
LEFT_OUT = (type, types.ModuleType, types.FunctionType, types.MethodType, types.BuiltinMethodType)


@dataclass(frozen=True)
class Day:
    """How much happens in how many simulated seconds."""

    seconds: float = 3600.0
    visits: int = 200
    hosts: int = 20
    losses: int = 100
    seed: int = 1


class Hour:
    """A meeting of residents, and what happens to them."""

    def __init__(self, day: Day) -> None:
        self.day = day
        self.rng = random.Random(day.seed)
        self.storm = Storm(
            Setting(
                seed=day.seed,
                people=RESIDENTS,
                weather=0,
                hostile=Hostile.NOBODY,
                lobby=False,
                restless=False,
                steps=0,
            )
        )
        self.done: Counter[str] = Counter()
        self.weights: list[dict[str, float]] = []
        self._going: list[tuple[float, Seat]] = []  # visitors, and when they go

    @property
    def residents(self) -> list[Seat]:
        """Those who stay the whole hour."""
        return self.storm.everybody[:RESIDENTS]

    def play(self) -> None:
        """Let the hour pass; BrokenPromiseError if anything promised does not hold."""
        day, storm = self.day, self.storm
        storm.gather()
        things = [self._somebody_comes] * day.visits
        things += [self._another_host] * day.hosts + [self._cable_out] * day.losses
        self.rng.shuffle(things)
        began = storm.table.now
        for count, thing in enumerate(things):
            self._pass_until(began + day.seconds * count / len(things))
            thing()
            if count * WEIGHED // len(things) < (count + 1) * WEIGHED // len(things):
                self._weigh(began)
        self._pass_until(max(began + day.seconds, storm.table.now + max(STAY)))
        while self._going:
            self._somebody_goes(self._going.pop()[1])
        self._whole()
        self._weigh(began)

    # -- what happens -------------------------------------------------------------------------

    def _somebody_comes(self) -> None:
        seat = self.storm.newcomer()
        while not self.storm.comes(seat):
            self._pass(0.5)
        self._pass(2.0)
        if seat.meeting is None:  # the cable of whoever leads was out
            seat.dead = True
            self.done["refused"] += 1
            return
        self.done["visits"] += 1
        self._going.append((self.storm.table.now + self.rng.uniform(*STAY), seat))

    def _somebody_goes(self, seat: Seat) -> None:
        leader = self.storm.leader
        if leader is not None and self.rng.random() < REMOVED:
            self.storm.removed.add(seat.dev)
            self.storm.table.wish(leader, Remove(seat.dev))
            self.done["removed"] += 1
        else:
            self.storm.table.wish(seat, Leave())
        self._pass(0.5)

    def _another_host(self) -> None:
        self._whole()
        before = self.storm.leader
        assert before is not None
        heir = self.rng.choice([seat for seat in self.residents if seat is not before])
        if self.rng.random() < LOST:
            self._out(before, HOST_OUT)
            self.done["hosts lost"] += 1
        else:
            self.storm.table.wish(before, HandOver(heir.dev))
            self.done["hosts handed over"] += 1
        self._whole()
        if self.storm.leader is before:
            raise self.storm.broken("the host is still the same")

    def _cable_out(self) -> None:
        self._out(self.rng.choice(self.residents), self.rng.uniform(*OUT))
        self.done["losses"] += 1

    def _out(self, seat: Seat, seconds: float) -> None:
        for other in self.storm.alive:
            if other is not seat:
                self.storm.table.part(seat, other)
        self._pass(seconds)
        self.storm.table.heal()
        self._pass(1.0)

    # -- time ---------------------------------------------------------------------------------

    def _pass(self, seconds: float) -> None:
        """Let time pass; everybody who is seated shows pictures, and visitors go in their time."""
        end = self.storm.table.now + seconds
        while self.storm.table.now < end:
            self.storm.pass_time(min(1.0, end - self.storm.table.now))
            for seat in self.storm.alive:
                self.storm.table.streams(seat, b"picture", 1)

    def _pass_until(self, when: float) -> None:
        while self.storm.table.now < when:
            self._pass(min(1.0, when - self.storm.table.now))
            due = [each for each in self._going if each[0] <= self.storm.table.now]
            for each in due:
                self._going.remove(each)
                self._somebody_goes(each[1])

    def _whole(self) -> None:
        """Wait until all residents see each other."""
        end = self.storm.table.now + WHOLE
        while not self._is_whole():
            if self.storm.table.now > end:
                raise self.storm.broken(f"not everybody was back after {WHOLE} s")
            self._pass(0.5)

    def _is_whole(self) -> bool:
        residents = {seat.dev for seat in self.residents}
        for seat in self.residents:
            if not seat.sits:
                raise self.storm.broken(f"{seat.name} lost the seat")
            people = {person.dev: person for person in self.storm.table.view(seat).people}
            seen = {
                dev
                for dev, person in people.items()
                if person.presence in (Presence.ME, Presence.CONNECTED)
            }
            if not residents <= seen:
                return False
        return self.storm.leader is not None

    def _weigh(self, began: float) -> None:
        meetings = [seat.meeting for seat in self.residents]
        found = [weight(meeting) for meeting in meetings if meeting is not None]
        self.weights.append(
            {
                "at": round(self.storm.table.now - began, 1),
                "kilobytes": round(max(octets for octets, _ in found) / 1000, 1),
                "objects": float(max(count for _, count in found)),
            }
        )


def weight(meeting: Meeting) -> tuple[int, int]:
    """Return the octets and the number of all objects that can be reached from a meeting."""
    octets, seen, waiting = 0, {id(meeting)}, [meeting]
    while waiting:
        thing = waiting.pop()
        octets += sys.getsizeof(thing)
        for other in gc.get_referents(thing):
            if id(other) not in seen and not isinstance(other, LEFT_OUT):
                seen.add(id(other))
                waiting.append(other)
    return octets, len(seen)
