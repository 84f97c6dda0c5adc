"""Elections, orders and refusals in the log of a meeting, for tests of its rules."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from fakes.people import Person, forged_block, step

from crypto.blocks import Block
from crypto.messages import Order, Vote
from crypto.operations import Operation, Ordered, Takeover
from crypto.requests import Orderable
from crypto.roster import Roster, RosterError


def refusal(act: Callable[[], object]) -> str:
    """Return the code of the RosterError that an act raises."""
    with pytest.raises(RosterError) as caught:
        act()
    return caught.value.code


def refused(roster: Roster, leader: Person, *operations: Operation) -> str:
    """Return the code with which an honest leader, and then every member, refuses operations."""
    code = refusal(lambda: step(roster, leader, *operations))
    assert refusal(lambda: roster.accept(forged_block(roster, leader, *operations))) == code
    return code


def order(roster: Roster, person: Person, number: int, operation: Orderable) -> Ordered:
    """Return what a co-host asks for, as the leader puts it into a block."""
    wish = Order(dev=person.dev, number=number, operation=operation)
    return Ordered(wish.signed(roster.call_id, person.sign).encode())


def vote(roster: Roster, voter: Person, candidate: Person, term: int | None = None) -> Vote:
    """Return a vote for a candidate whose log is `roster`, by default for the next term."""
    wish = Vote(
        dev=voter.dev,
        term=roster.term + 1 if term is None else term,
        candidate=candidate.dev,
        last_term=roster.term,
        last_epoch=roster.epoch,
        last_eid=roster.eid,
    )
    return wish.signed(roster.call_id, voter.sign)


def elect(roster: Roster, candidate: Person, *others: Person, term: int | None = None) -> Roster:
    """Return the roster after a candidate took over with its own vote and those of others."""
    votes = [vote(roster, voter, candidate, term) for voter in (candidate, *others)]
    return roster.take_over(votes, roster.state.time_ms + 1000, candidate.sign)[1]


def forged_takeover(
    roster: Roster, candidate: Person, votes: list[Vote], *after: Operation, **changes: object
) -> bytes:
    """Return a well-signed takeover of the next term that keeps none of the rules."""
    takeover = Takeover(tuple(one.encode() for one in votes))
    fields = {"term": roster.term + 1, "leader": candidate.dev} | changes
    return forged_block(roster, candidate, takeover, *after, **fields)


def resigned(roster: Roster, data: bytes, signer: Person, **changes: object) -> bytes:
    """Return a block with other fields, signed anew."""
    block = replace(Block.parse(data), raw=b"", signature=b"", **changes)
    return block.signed(roster.call_id, signer.sign).encode()
