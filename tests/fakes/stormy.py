"""A table at which anything may happen, and what must hold whatever happens."""

import random

from fakes.table import Seat, Table

from app.meeting.view import Presence
from app.meeting.wishes import Leave, Remove, Say
from crypto.roster import Roster

LONG_SYNCED = 3.0  # seconds after a block until who stands elsewhere is no longer heard
HEALED = 5.0  # seconds until all is well again once the network is
FULL = 8

# What each thing that happens does to a meeting; the weights of a random run.
HAPPENINGS = {
    "wait": 6,
    "come": 4,
    "speak": 4,
    "say": 3,
    "go": 1,
    "die": 1,
    "remove": 1,
    "lose_channels": 2,
    "lose_link": 2,
    "part": 2,
    "heal": 2,
    "noise": 2,
    "mutate": 3,
    "replay": 3,
    "knock_on_wood": 1,
    "clock_jumps": 1,
}


class Storm:
    """One meeting, its host first, and every rule of it checked after every event."""

    def __init__(self, seed: int, delay: tuple[float, float] = (0.001, 0.3)) -> None:
        self.seed = seed
        self.table = Table(seed, delay)
        self.rng = self.table.rng
        self.host = self.table.person("P0")
        self.table.opens(self.host, lobby=False)
        self.everybody = [self.host]
        self.removed: dict[bytes, float] = {}
        self.came: dict[bytes, float] = {}

    # -- who is here --------------------------------------------------------------------------

    @property
    def alive(self) -> list[Seat]:
        """Whoever sits at the table and runs."""
        return [s for s in self.everybody if s.meeting and not s.ended and not s.dead]

    @property
    def guests(self) -> list[Seat]:
        return [seat for seat in self.alive if seat is not self.host]

    def roster(self, seat: Seat) -> Roster:
        assert seat.meeting is not None
        return seat.meeting.roster

    # -- what happens -------------------------------------------------------------------------

    def happen(self, what: str) -> None:
        """Let one thing happen, to somebody at random."""
        getattr(self, what)()
        for seat in self.alive:
            if self.rng.random() < 0.3:
                self.table.sends(seat, b"voice")
        self.check()

    def wait(self) -> None:
        for _ in range(self.rng.randrange(1, 8)):
            self.table.run(self.rng.uniform(0.05, 0.8))
            self.check()

    def come(self) -> None:
        if len(self.everybody) - len(self.removed) < FULL:
            seat = self.table.person(f"P{len(self.everybody)}")
            self.everybody.append(seat)
            self.came[seat.dev] = self.table.now
            self.table.knocks(seat, self.host)

    def speak(self) -> None:
        for seat in self.alive:
            self.table.sends(seat, b"picture", 1)

    def say(self) -> None:
        self.table.wish(self.rng.choice(self.alive), Say("a line of chat"))

    def go(self) -> None:
        if self.guests:
            self.table.wish(self.rng.choice(self.guests), Leave())

    def die(self) -> None:
        if self.guests:
            self.table.kill(self.rng.choice(self.guests))

    def remove(self) -> None:
        if self.guests:
            seat = self.rng.choice(self.guests)
            if self.roster(self.host).is_member(seat.dev):
                self.removed[seat.dev] = self.table.now
                self.table.wish(self.host, Remove(seat.dev))

    def lose_channels(self) -> None:
        self.table.lose_channels(*self._two())

    def lose_link(self) -> None:
        self.table.lose_link(*self._two())

    def part(self) -> None:
        one, two = self._two()
        if one is not two and len(self.table.cut) < 2:
            self.table.part(one, two)

    def heal(self) -> None:
        self.table.heal()

    def noise(self) -> None:
        """Somebody inside sends nonsense."""
        seat, channel = self._channel()
        if channel:
            self.table.whisper(seat, channel, self.rng.randbytes(self.rng.randrange(400)))

    def mutate(self) -> None:
        """Somebody inside sends a real message with a few bytes changed, added or cut off."""
        seat, channel = self._channel()
        if channel and self.table.said:
            _, _, message = self.rng.choice(self.table.said)
            self.table.whisper(seat, channel, mutated(message, self.rng))

    def replay(self) -> None:
        """Somebody inside repeats what was said once, on whatever channel."""
        seat, channel = self._channel()
        if channel and self.table.said:
            _, _, message = self.rng.choice(self.table.said)
            self.table.whisper(seat, channel, message)

    def clock_jumps(self) -> None:
        """Somebody's computer slept, or somebody set its clock, forward or back."""
        self.rng.choice(self.alive).clock_off += self.rng.choice([-86_400.0, -20.0, 20.0, 86_400.0])

    def knock_on_wood(self) -> None:
        """Somebody from outside says what was overheard, and nonsense."""
        stranger = self.table.stranger("S")
        channel, _ = self.table.reach_out(stranger, self.rng.choice(self.alive))
        self.table.run(0.02)
        for _ in range(self.rng.randrange(1, 5)):
            message = self.rng.randbytes(60)
            if self.table.said and self.rng.random() < 0.7:
                message = self.rng.choice(self.table.said)[2]
            self.table.whisper(stranger, channel, message)

    def _two(self) -> tuple[Seat, Seat]:
        one = self.rng.choice(self.alive)
        return one, self.rng.choice(self.alive)

    def _channel(self) -> tuple[Seat, int]:
        seat = self.rng.choice(self.alive)
        return seat, self.rng.choice(list(seat.channels) or [0])

    # -- what must hold -----------------------------------------------------------------------

    def check(self) -> None:
        """Check what must hold at every moment."""
        self.check_who_can_open()
        self.check_same_roster()
        self.check_memory()

    def check_who_can_open(self) -> None:
        """Whoever ever held the key of a frame was on its sender's screen when it was sealed."""
        for frame in (*self.table.frames, *self.table.small):
            for seat in self.everybody:
                if frame.key in seat.hoard:
                    assert seat.dev in frame.on_screen, self.about(seat, "a key off screen")
                    out = self.removed.get(seat.dev)
                    assert (
                        out is None
                        or seat.dev == frame.sender
                        or not (frame.sender == self.host.dev and frame.at > out)
                    ), self.about(seat, "read what came after the removal")
                    assert frame.at >= self.came.get(seat.dev, 0.0), self.about(
                        seat, "read the past"
                    )
        self.table.frames.clear()
        self.table.small.clear()

    def check_same_roster(self) -> None:
        """Two who hear each other agree on who is present, but for the moment of a change."""
        now = self.table.now
        for one in self.alive:
            for two in self.alive:
                if one is two or one.sealing not in two.keys or two.sealing not in one.keys:
                    continue
                settled = all(now - self.entered(seat) > LONG_SYNCED for seat in (one, two))
                if settled:
                    assert self.roster(one).eid == self.roster(two).eid, self.about(
                        one, f"hears {two.name}, who sees others"
                    )

    def check_memory(self) -> None:
        """Nothing that others say makes a meeting grow without end."""
        for seat in self.alive:
            assert len(seat.meeting._doors._visitors) < 64
            assert len(seat.meeting._paths._calling) < 64
            assert len(seat.meeting._talk.lines) <= 2000
            if seat.meeting.hosting:
                assert len(seat.meeting.hosting._lobby) <= 64

    def entered(self, seat: Seat) -> float:
        assert seat.meeting is not None
        return seat.meeting._epochs.entered_at

    # -- and in the end -----------------------------------------------------------------------

    def calm_down(self) -> None:
        """Heal the network, put out who is not there any more; then all must be well soon."""
        self.table.heal()
        self.table.run(2.0)
        here = {seat.dev for seat in self.alive}
        for dev in list(self.roster(self.host).members):
            if dev not in here:
                self.table.wish(self.host, Remove(dev))
        self.table.run(0.5)
        end = self.table.now + HEALED
        while not self.all_is_well():
            assert self.table.now < end, self.about(self.host, "did not settle")
            self.table.run(0.1)
            self.check()

    def all_is_well(self) -> bool:
        """Tell whether everybody sees, hears and reads the same."""
        seated = [s for s in self.alive if self.roster(self.host).is_member(s.dev)]
        views = [self.table.view(seat) for seat in seated]
        return (
            len({(view.epoch, view.code) for view in views}) == 1
            and (len(views) == 1 or views[0].code is not None)
            and all(len(view.people) == len(views) for view in views)
            and all(
                person.is_me or person.presence is Presence.CONNECTED
                for view in views
                for person in view.people
            )
        )

    def about(self, seat: Seat, what: str) -> str:
        """Describe how things stand, for whoever must find out why."""
        lines = [f"seed {self.seed}: {seat.name}: {what}"]
        for other in self.everybody:
            state = "dead" if other.dead else other.ended or "outside"
            if other in self.alive:
                view = self.table.view(other)
                code = view.code.digits if view.code else "-"
                people = ", ".join(f"{p.name} {p.presence.value}" for p in view.people)
                state = f"epoch {view.epoch} code {code}: {people}"
            lines.append(f"  {other.name} {other.dev.hex()[:6]}: {state}")
        return "\n".join(lines)


def mutated(message: bytes, rng: random.Random) -> bytes:
    """Return a message with a few bytes changed, added or cut off."""
    data = bytearray(message)
    for _ in range(rng.randrange(1, 4)):
        match rng.randrange(4):
            case 0 if data:
                data[rng.randrange(len(data))] = rng.randrange(256)
            case 1:
                del data[rng.randrange(len(data) + 1) :]
            case 2:
                data += rng.randbytes(rng.randrange(20))
            case 3 if data:
                data[0] = rng.randrange(64)
    return bytes(data)
