"""One meeting in whatever weather its seed brings, with every promise checked on the way."""

import random
from collections.abc import Callable, Mapping
from itertools import combinations

from fakes.seat import Seat
from fakes.table import Table
from simulation.log_rules import LogRules
from simulation.promises import BrokenPromiseError, Promises
from simulation.setting import FINE, Hostile, Setting
from simulation.trace import Trace

from app.meeting.view import Presence
from app.meeting.wishes import Admit, Deny, Remove, Say
from crypto.roster import Roster

HEALED = 5.0  # seconds until all is well again once the network is
LEFT_BEHIND = 12.0  # seconds until those know who lost their seat behind a cut cable
CROWD = 6  # from here on the clock is looked at no more often than a meeting needs
OFTEN, SELDOM = 0.1, 0.25  # seconds between two looks
LAST_WORDS = "Can you all hear me?"

Happening = Callable[["Storm"], str]
"""Does something to a meeting; returns what it did, empty if there was nothing to do it to."""


class Storm:
    """A meeting: its host first, and everybody who ever came."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.rng = random.Random(f"storm {setting.seed}")
        self.trace, self.promises, self.log = Trace(), Promises(), LogRules()
        self.table = Table(
            setting.seed,
            setting.delay,
            loss=setting.loss,
            tick=OFTEN if setting.people < CROWD else SELDOM,
            watches=(self.trace, self.promises, self.log),
        )
        self.host = self.table.person("P0")
        self.host.honest = setting.hostile is not Hostile.HOST
        self.everybody = [self.host]
        self.removed: set[bytes] = set()
        self.liar: Seat | None = None
        self.settled_after = 0.0  # seconds from a healed network until all was well

    # -- who is here --------------------------------------------------------------------------

    @property
    def alive(self) -> list[Seat]:
        """Whoever sits at the table and runs."""
        return [seat for seat in self.everybody if seat.sits]

    @property
    def guests(self) -> list[Seat]:
        """The same without the host."""
        return [seat for seat in self.alive if seat is not self.host]

    @property
    def honest(self) -> list[Seat]:
        """Whoever sits there and does not lie."""
        return [seat for seat in self.alive if seat.honest]

    def roster(self, seat: Seat) -> Roster:
        """Return the list as a device knows it."""
        assert seat.meeting is not None
        return seat.meeting.roster

    def newcomer(self) -> Seat:
        """Return a device that was never here."""
        seat = self.table.person(f"P{len(self.everybody)}")
        self.everybody.append(seat)
        if self.liar is None and self.setting.hostile is Hostile.MEMBER:
            self.liar, seat.honest = seat, False
        return seat

    # -- what happens -------------------------------------------------------------------------

    def gather(self) -> None:
        """Open the meeting and let everybody come."""
        self.trace.note(str(self.setting))
        self.table.opens(self.host, lobby=self.setting.lobby)
        for _ in range(self.setting.people - 1):
            self.table.knocks(self.newcomer(), self.host)
            self.table.run(self.rng.uniform(0.0, 0.2))
        for _ in range(4):
            self.answer_knocks(kindly=True)
            self.pass_time(0.8)

    def happen(self, happenings: Mapping[Happening, int]) -> None:
        """Let one thing happen, then a moment pass."""
        what = self.rng.choices(list(happenings), list(happenings.values()))[0]
        if done := what(self):
            self.trace.note(f"-- {done}")
        if self.host.sits and self.rng.random() < 0.5:
            self.answer_knocks(kindly=self.rng.random() < 0.9)
        for seat in self.alive:
            if self.rng.random() < 0.3:
                self.table.streams(seat, b"voice")
        self.pass_time(self.rng.choice((0.0, 0.05, 0.3, 0.6, 1.0, 2.5)))

    def pass_time(self, seconds: float) -> None:
        """Let time pass, and check what is promised."""
        self.table.run(seconds)
        self.promises.check()

    def answer_knocks(self, kindly: bool) -> None:
        """Let in, or turn away, whoever waits."""
        for knock in self.table.view(self.host).knocks if self.host.sits else ():
            answer = Admit(knock.join_id) if kindly else Deny(knock.join_id)
            self.table.wish(self.host, answer)

    # -- and in the end -----------------------------------------------------------------------

    def calm_down(self) -> None:
        """Heal the network and put out who is not there: then all must be well soon."""
        self.trace.note("-- everything is mended")
        begun = self.table.now
        self.table.delay, self.table.loss = FINE
        self.table.poses.clear()
        self.table.heal()
        if not self.host.honest:
            self.pass_time(HEALED)
            self.check_lies_came_out()
            return
        while not self.all_is_well():
            if self.alarmed():
                return  # a member who lies about its keys can stop a meeting
            if self.table.now > begun + HEALED:
                raise self.unsettled(f"not all was well after {HEALED} s")
            self.answer_knocks(kindly=True)
            self.put_out_the_absent()
            self.pass_time(0.1)
        self.settled_after = self.table.now - begun
        self.trace.note(f"-- all is well after {self.settled_after:.1f} s")
        self.check_words_arrive()
        while any(not self.is_in(seat) for seat in self.alive):
            if self.table.now > begun + LEFT_BEHIND:
                raise self.unsettled("somebody does not notice to be out")
            self.pass_time(0.5)

    def is_in(self, seat: Seat) -> bool:
        """Tell whether the host has somebody on the list."""
        return self.roster(self.host).is_member(seat.dev)

    def put_out_the_absent(self) -> None:
        """Let the host remove whoever is on the list and not there any more."""
        here = {seat.dev for seat in self.alive}
        for dev in list(self.roster(self.host).members):
            if dev not in here:
                self.table.wish(self.host, Remove(dev))

    def alarmed(self) -> bool:
        """Tell whether somebody honest was told that the meeting is broken."""
        return any(self.table.view(seat).alarm for seat in self.honest)

    def all_is_well(self) -> bool:
        """Tell whether everybody sees, hears and reads the same."""
        seats = [seat for seat in self.alive if self.is_in(seat)]
        views = [self.table.view(seat) for seat in seats]
        devs = {seat.dev for seat in seats}
        return (
            not any(self.is_coming(seat) for seat in self.everybody)
            and len({(view.epoch, view.code) for view in views}) == 1
            and (len(views) == 1 or views[0].code is not None)
            and all({person.dev for person in view.people} == devs for view in views)
            and all(
                person.is_me or person.presence is Presence.CONNECTED
                for view in views
                for person in view.people
            )
            and all(one.sealing in two.keys for one in seats for two in seats if one is not two)
        )

    def is_coming(self, seat: Seat) -> bool:
        """Tell whether somebody stands at the door."""
        return seat.meeting is None and not seat.dead and not seat.ended

    def check_words_arrive(self) -> None:
        """Whatever anybody says now is read by everybody."""
        seats = [seat for seat in self.alive if self.is_in(seat)]
        speaker = self.rng.choice(seats)
        self.table.wish(speaker, Say(LAST_WORDS))
        self.pass_time(1.0)
        for seat in seats:
            if not any(line.text == LAST_WORDS for line in self.table.view(seat).chat):
                raise self.unsettled(f"{seat.name} does not read what {speaker.name} writes")

    def check_lies_came_out(self) -> None:
        """Who was shown two lists has stopped; who still talks to each other sees one list."""
        for one, two in combinations(self.honest, 2):
            here, there = self.roster(one), self.roster(two)
            together = two.dev in here.members and one.dev in there.members
            if together and here.epoch == there.epoch and here.eid != there.eid:
                raise self.unsettled(f"{one.name} and {two.name} do not notice that the host lies")

    def unsettled(self, what: str) -> BrokenPromiseError:
        """Return an error that says how things stand for everybody."""
        lines = [f"at {self.table.now - 100:.3f} {what}"]
        for seat in self.everybody:
            state = "dead" if seat.dead else seat.ended or "outside"
            if seat.sits:
                view = self.table.view(seat)
                code = view.code.digits if view.code else "-"
                people = ", ".join(f"{p.name} {p.presence.value}" for p in view.people)
                state = f"epoch {view.epoch} code {code} {view.alarm}: {people}"
            lines.append(f"  {seat.name} {state}")
        return BrokenPromiseError("\n".join(lines))
