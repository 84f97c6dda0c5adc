"""How somebody who was away finds the way to the newest log, from blocks in any order."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

from crypto.blocks import Block
from crypto.membership import State
from crypto.operations import Takeover
from crypto.refusal import EquivocationError, RosterError
from crypto.roster import Roster
from crypto.votes import check_quorum


def catch_up(roster: Roster, blocks: Iterable[bytes], floor: int = 0) -> Roster:
    """Return the newest roster that several blocks lead to; `roster` itself if to none.

    Blocks that `Roster.accept` refuses one by one, because they are of a term that is over, are
    taken along if a takeover of a later term stands on them. `floor` is for the last one to
    reach. Blocks that do not fit are passed over; EquivocationError is raised.
    """
    branches: dict[bytes, _Branch] = {}
    known = {block.eid for block in roster.recent}
    given = [*_readable(roster, blocks), *roster.history.abandoned]
    for block in sorted(given, key=lambda block: (block.epoch, block.term)):
        if block.eid in known:
            continue
        branch = branches.get(block.prev) or _Branch.at(roster, block.prev)
        if branch is None:
            continue
        try:
            branches[block.eid] = branch.grown(block)
        except EquivocationError:
            raise
        except RosterError:
            continue
    reached = [branch.roster for branch in branches.values() if branch.wins]
    return max(
        (after for after in reached if after.term >= floor),
        key=lambda after: (after.term, after.epoch),
        default=roster,
    )


@dataclass(frozen=True)
class _Branch:
    """A log that grows from mine, or from an older block of mine."""

    roster: Roster
    my_term: int
    left: State | None  # the roster at which it leaves my log; None if it goes on from the end
    wins: bool  # whether it counts more than what I have

    @classmethod
    def at(cls, mine: Roster, eid: bytes) -> Self | None:
        """Begin to leave my log at a block that I remember, if I do."""
        base = mine.standing_at(eid)
        if base is None:
            return None
        goes_on = base is mine
        return cls(base, mine.term, None if goes_on else base.state, wins=goes_on)

    def grown(self, block: Block) -> Self:
        """Return the branch with one more block; RosterError if it does not fit.

        Those who were there when my log was left decide whether I follow: until a later term
        than mine is reached, each takeover needs a majority of them, too. Otherwise somebody with
        a few votes could seat any number of others, and undo with theirs what all had agreed on.
        """
        self.roster.history.compare(block, self.roster.call_id)
        after = replace(self, roster=self.roster.followed_by(block))
        first = block.operations[0]
        if self.wins or self.left is None or not isinstance(first, Takeover):
            return after
        check_quorum(first.votes, self.roster.state, self.left)
        return replace(after, wins=block.term > self.my_term)


def _readable(roster: Roster, blocks: Iterable[bytes]) -> list[Block]:
    readable = []
    for data in blocks:
        try:
            readable.append(roster.read(data))
        except RosterError:
            continue
    return readable
