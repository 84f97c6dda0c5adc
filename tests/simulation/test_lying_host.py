"""A host that shows two halves of a meeting two different lists: everybody honest stops."""

import itertools

import pytest
from fakes.table import Seat, Table

from app.meeting.view import Presence
from crypto.operations import Operation, Rekey, Remove, RemoveReason
from crypto.roster import Roster

NAMES = ["Mallory", "Ann", "Bob", "Cat", "Dan"]


class Liar:
    """A host at a table of five who can sign whatever suits."""

    def __init__(self, seed: int) -> None:
        self.table = Table(seed, delay=(0.001, 0.1))
        self.host, *self.others = [self.table.person(name) for name in NAMES]
        self.table.opens(self.host, lobby=False)
        for seat in self.others:
            self.table.knocks(seat, self.host)
        everybody = (self.host, *self.others)
        self.table.until(lambda: all(self.is_settled(seat) for seat in everybody), 12)
        self.halves = self.others[:2], self.others[2:]
        assert self.host.meeting
        self.meeting = self.host.meeting
        self.sign = self.meeting._me.sign

    def is_settled(self, seat: Seat) -> bool:
        if seat.meeting is None:
            return False
        view = self.table.view(seat)
        return (
            len(view.people) == len(NAMES)
            and view.code is not None
            and all(p.is_me or p.presence is Presence.CONNECTED for p in view.people)
        )

    def block(self, roster: Roster, *operations: Operation) -> tuple[bytes, Roster]:
        now_ms = roster.state.time_ms + self.table.rng.randrange(1, 1000)
        return roster.propose(operations, now_ms, self.sign)

    def shows(self, block: bytes, *whom: Seat) -> None:
        for channel, (other, _) in list(self.host.channels.items()):
            if other in whom:
                self.table.whisper(self.host, channel, block)

    def two_lists(self) -> None:
        """Show each half a list on which somebody of the other half is missing."""
        roster = self.meeting.roster
        for half, gone in zip(self.halves, (self.others[3], self.others[1]), strict=True):
            self.shows(self.block(roster, Remove(gone.dev, RemoveReason.BY_HOST))[0], *half)

    def two_epochs(self, blocks: int = 1) -> None:
        """Show each half another series of blocks that change nobody's list."""
        for half in self.halves:
            roster = self.meeting.roster
            for _ in range(blocks):
                block, roster = self.block(roster, Rekey())
                self.shows(block, *half)

    def part_the_halves(self) -> None:
        for one, two in itertools.product(*self.halves):
            self.table.part(one, two)

    def keeps_quiet(self) -> None:
        """Let the host's own program pass nothing on that would give the lie away."""
        self.meeting.step = lambda event, now: []  # type: ignore[method-assign]

    def all_stopped(self) -> bool:
        return all(seat.ended == "equivocation" for seat in self.others)


@pytest.mark.parametrize("seed", range(4))
def test_two_lists_shown_to_two_halves_stop_everybody_seed(seed: int):
    liar = Liar(seed)
    liar.keeps_quiet()
    liar.two_epochs()
    liar.table.until(liar.all_stopped, 3)
    for seat in liar.others:
        assert liar.table.sends(seat, b"still there?") is None


def test_who_is_struck_off_one_list_only_leaves_and_all_others_stop():
    liar = Liar(1)
    liar.keeps_quiet()
    liar.two_lists()
    liar.table.run(3)
    reasons = {seat.name: seat.ended for seat in liar.others}
    assert set(reasons.values()) <= {"equivocation", "removed"}
    assert "equivocation" in reasons.values()


@pytest.mark.parametrize("blocks", [1, 3])
def test_a_lie_told_while_the_halves_cannot_reach_each_other_comes_out_when_they_can(blocks: int):
    liar = Liar(2)
    liar.keeps_quiet()
    liar.part_the_halves()
    liar.table.run(20)  # long enough for every channel between them to be given up
    liar.two_epochs(blocks)
    liar.table.run(3)
    assert not any(seat.ended for seat in liar.others)
    for one, two in itertools.product(*liar.halves):
        assert one.sealing not in two.keys, "the halves do not hear each other meanwhile"
        assert two.sealing not in one.keys
    liar.table.heal()
    liar.table.until(liar.all_stopped, 5)


def test_a_lie_with_one_half_an_epoch_ahead_comes_out_as_well():
    liar = Liar(3)
    liar.keeps_quiet()
    liar.part_the_halves()
    liar.table.run(20)
    roster = liar.meeting.roster
    first, _ = liar.block(roster, Rekey())
    second, ahead = liar.block(roster, Rekey())
    third, _ = liar.block(ahead, Rekey())
    liar.shows(first, *liar.halves[0])
    liar.shows(second, *liar.halves[1])
    liar.shows(third, *liar.halves[1])
    liar.table.run(2)
    liar.table.heal()
    liar.table.until(liar.all_stopped, 5)


def test_no_frame_of_either_half_can_be_opened_by_the_other_while_the_lie_lasts():
    liar = Liar(5)
    liar.keeps_quiet()
    liar.part_the_halves()
    liar.table.run(20)
    for seat in liar.others:
        liar.table.sends(seat, b"before")
    liar.two_lists()
    liar.table.run(3)
    liar.table.frames.clear()
    for seat in liar.others:
        liar.table.sends(seat, b"after")
    for frame in liar.table.frames:
        for seat in liar.others:
            assert frame.key not in seat.hoard or seat.dev in frame.on_screen


def test_a_block_signed_by_another_member_stops_nobody():
    liar = Liar(6)
    ann, bob = liar.others[0], liar.others[1]
    roster = ann.meeting.roster
    block, _ = roster.propose([Rekey()], roster.state.time_ms + 5, liar.sign)
    forged = block[:-64] + ann.meeting._me.sign(b"anything")
    for channel, (other, _) in list(ann.channels.items()):
        if other is bob:
            liar.table.whisper(ann, channel, forged)
    liar.table.run(3)
    assert not any(seat.ended for seat in liar.others)
    liar.table.until(lambda: all(liar.is_settled(seat) for seat in liar.others))
