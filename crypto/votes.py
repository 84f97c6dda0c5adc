"""How members agree on another leader: the vote, and when votes put somebody in the lead."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from crypto.envelope import SignedMessage
from crypto.errors import ForgedError, MalformedError
from crypto.joining import DEV_BYTES, EID_BYTES
from crypto.membership import State
from crypto.refusal import RosterError
from crypto.wire import Reader, Writer


@dataclass(frozen=True, kw_only=True)
class Vote(SignedMessage):
    """In this term I follow that candidate, whose log ends there; signed by the voter's CSK.

    A candidate's vote for itself is its candidacy.
    """

    kind: ClassVar[int] = 38
    dev: bytes  # of the voter
    term: int  # u32
    candidate: bytes  # dev
    last_term: int  # u32, of the candidate's newest block
    last_epoch: int  # u64
    last_eid: bytes

    def write(self, writer: Writer) -> None:
        """Fields in the order of their declaration."""
        writer.fixed(self.dev, DEV_BYTES).uint(self.term, 4).fixed(self.candidate, DEV_BYTES)
        writer.uint(self.last_term, 4).uint(self.last_epoch, 8).fixed(self.last_eid, EID_BYTES)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Take what `write` wrote."""
        return cls(
            dev=reader.fixed(DEV_BYTES),
            term=reader.uint(4),
            candidate=reader.fixed(DEV_BYTES),
            last_term=reader.uint(4),
            last_epoch=reader.uint(8),
            last_eid=reader.fixed(EID_BYTES),
        )


def is_majority(votes: int, members: int) -> bool:
    """Tell whether so many of so many members are more than half: whoever is lost counts."""
    return votes * 2 > members


def check_votes(votes: Iterable[bytes], wanted: Vote, state: State, call_id: bytes) -> None:
    """Raise RosterError unless more than half of the members of a roster voted as `wanted`.

    `wanted` is the candidacy: what every vote must say, but for the voter.
    """
    voters: set[bytes] = set()
    for data in votes:
        try:
            vote = Vote.parse(data)
        except MalformedError as error:
            raise RosterError("malformed", str(error)) from error
        if replace(vote, dev=wanted.dev, raw=b"", signature=b"") != wanted:
            raise RosterError("votes", "a vote is for somebody or something else")
        voter = state.member(vote.dev)
        if voter is None:
            raise RosterError("votes", "a vote is by somebody without a seat")
        if vote.dev in voters:
            raise RosterError("votes", "somebody votes twice")
        try:
            vote.verify(voter.call_key, call_id)
        except ForgedError as error:
            raise RosterError("forged", "a vote is not by who votes") from error
        voters.add(vote.dev)
    if not is_majority(len(voters), len(state.members)):
        raise RosterError("votes", "a majority does not want this")


def check_quorum(votes: Iterable[bytes], voted: State, other: State) -> None:
    """Raise RosterError unless more than half of the members of another roster voted, too.

    `voted` is the roster for which the votes were found good; a seat counts if its CSK did not
    change between the two.
    """
    keys = {member.dev: member.call_key for member in voted.members}
    voters = {Vote.parse(data).dev for data in votes}
    same = [member for member in other.members if keys.get(member.dev) == member.call_key]
    if not is_majority(sum(member.dev in voters for member in same), len(other.members)):
        raise RosterError("votes", "too few of those who were there before want this")
