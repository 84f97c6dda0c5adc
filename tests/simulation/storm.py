"""One meeting in whatever weather its seed brings, with every promise checked on the way."""

import random
from collections.abc import Callable, Mapping

from fakes.seat import Seat
from fakes.table import Table, Watch
from simulation.log_rules import LogRules
from simulation.promises import BrokenPromiseError, Promises
from simulation.setting import Hostile, Setting
from simulation.trace import Trace

from app.meeting.wishes import Admit, Deny
from crypto.invite import Invite
from crypto.roster import Roster

CROWD = 6  # from here on the clock is looked at no more often than a meeting needs
OFTEN, SELDOM = 0.1, 0.25  # seconds between two looks
PAUSES = (0.0, 0.05, 0.3, 0.6, 1.0, 2.5)  # seconds between two things that happen

Happening = Callable[["Storm"], str]
"""Does something to a meeting; returns what it did, empty if there was nothing to do it to."""


class Ambush(Watch):
    """What a liar has planned for the moment at which the list changes for it."""

    def __init__(self) -> None:
        self.plans: list[Callable[[], None]] = []

    def turned(self, seat: Seat, before: Roster | None, after: Roster) -> None:
        """Carry out what was planned, now: later it would be too late."""
        if not seat.honest:
            plans, self.plans = self.plans, []
            for plan in plans:
                self.table.later(plan)


class Storm:
    """A meeting: who opened it first, and everybody who ever came."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.rng = random.Random(f"storm {setting.seed}")
        self.trace, self.promises, self.log = Trace(), Promises(), LogRules()
        self.ambush = Ambush()
        self.table = Table(
            setting.seed,
            setting.delay,
            loss=setting.loss,
            tick=OFTEN if setting.people < CROWD else SELDOM,
            watches=(self.trace, self.promises, self.log, self.ambush),
        )
        self.opener = self.table.person("P0")
        self.opener.honest = setting.hostile is not Hostile.HOST
        self.everybody = [self.opener]
        self.removed: set[bytes] = set()  # devices that somebody asked to be removed
        self.liar: Seat | None = None if self.opener.honest else self.opener
        self.misled = not self.opener.honest  # a liar leads, or did

    # -- who is here --------------------------------------------------------------------------

    @property
    def alive(self) -> list[Seat]:
        """Whoever sits at the table and runs."""
        return [seat for seat in self.everybody if seat.sits]

    @property
    def honest(self) -> list[Seat]:
        """Whoever sits there and does not lie."""
        return [seat for seat in self.alive if seat.honest]

    @property
    def leader(self) -> Seat | None:
        """Whoever leads, by the newest log that anybody has who leads."""
        leading = [seat for seat in self.alive if self.roster(seat).leader == seat.dev]
        return max(leading, key=self.place, default=None)

    def roster(self, seat: Seat) -> Roster:
        """Return the list as a device knows it."""
        assert seat.meeting is not None
        return seat.meeting.roster

    def place(self, seat: Seat) -> tuple[int, int]:
        """Return how new a device's log is."""
        roster = self.roster(seat)
        return roster.term, roster.epoch

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
        self.table.opens(self.opener, lobby=self.setting.lobby)
        for _ in range(self.setting.people - 1):
            self.table.knocks(self.newcomer(), self.opener)
            self.table.run(self.rng.uniform(0.0, 0.2))
        for _ in range(4):
            self.answer_knocks()
            self.pass_time(0.8)

    def happen(self, happenings: Mapping[Happening, int]) -> None:
        """Let one thing happen, then a moment pass."""
        what = self.rng.choices(list(happenings), list(happenings.values()))[0]
        if done := what(self):
            self.trace.note(f"-- {done}")
        if self.rng.random() < 0.5:
            self.answer_knocks(kindly=self.rng.random() < 0.9)
        for seat in self.alive:
            if self.rng.random() < 0.3:
                self.table.streams(seat, b"voice")
        self.pass_time(self.rng.choice(PAUSES))

    def comes(self, seat: Seat, again: bool = False) -> str:
        """Let somebody knock at the door of whoever leads; return what happens."""
        leader = self.leader
        if leader is None or not (link := self.table.view(leader).invitation):
            return ""
        if again:
            self.table.starts_anew(seat)
        self.table.knocks(seat, leader, Invite.parse(link).secret)
        return f"{seat.name} comes to {leader.name}" + (" again" if again else "")

    def answer_knocks(self, kindly: bool = True) -> None:
        """Let in, or turn away, whoever waits for somebody who leads or helps to."""
        for seat in self.alive:
            for knock in self.table.view(seat).knocks:
                self.table.wish(seat, Admit(knock.join_id) if kindly else Deny(knock.join_id))

    def pass_time(self, seconds: float) -> None:
        """Let time pass, and check what is promised."""
        self.table.run(seconds)
        self.promises.check()
        self.misled = self.misled or any(
            not seat.honest and self.roster(seat).leader == seat.dev for seat in self.alive
        )
        if not self.misled:
            for seat in self.everybody:
                if seat.ended == "removed" and seat.dev not in self.removed:
                    raise self.broken(f"{seat.name} was removed, and nobody wanted that")

    def broken(self, what: str) -> BrokenPromiseError:
        """Return an error that says how things stand for everybody."""
        lines = [f"at {self.table.now - 100:.3f} {what}"]
        for seat in self.everybody:
            state = "dead" if seat.dead else seat.ended or "outside"
            if seat.sits:
                view = self.table.view(seat)
                code = view.code.digits if view.code else "-"
                people = ", ".join(f"{p.name} {p.presence.value}" for p in view.people)
                says = "frozen" if view.frozen else "electing" if view.electing else view.alarm
                state = f"{self.place(seat)} code {code} {says}: {people}"
            lines.append(f"  {seat.name} {state}")
        return BrokenPromiseError("\n".join(lines))
