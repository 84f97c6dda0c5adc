"""Who leads when the leader is lost: one device's votes, and those it has got."""

from dataclasses import dataclass, replace

from crypto.envelope import Sign
from crypto.messages import Vote
from crypto.roster import Roster
from crypto.votes import is_majority

HOST_LOST = 10.0  # seconds without a channel to the leader until somebody stands
DOUBT = 5.0  # seconds without a channel to the leader until one votes for somebody else
STEP = 2.0  # seconds that each further candidate waits longer, so that the first one gets through
ROUND = 6.0  # seconds for the votes of one term; then another is tried
REPEAT = 2.0  # seconds between two times that the own vote is said
STALE = 5.0  # seconds that a vote is remembered by which the leader shows that it does not know
AGAIN = 10.0  # seconds between two times that a leader stands again because of others' votes
AHEAD = 16  # terms that a vote may skip: nobody uses up all numbers with one vote


@dataclass(frozen=True)
class Sight:
    """What a device knows at one moment: the log, and the members that it has a channel to."""

    roster: Roster
    near: frozenset[bytes]  # without itself


class Election:
    """One vote per term, for a log that is not behind one's own; a strict majority leads.

    Knows no channel and no clock: votes and the time come in, votes to send go out. Votes that
    come in must have been verified with their member's call key.
    """

    def __init__(self, call_id: bytes, dev: bytes, sign: Sign) -> None:
        self._call_id = call_id
        self._dev = dev
        self._sign = sign
        self._own: Vote | None = None
        self._cast_at = self._said_at = 0.0
        self._votes: dict[bytes, Vote] = {}  # by voter: those for the own candidacy
        self._promised = 0  # the newest term in which it voted for somebody else
        self._leader_near = 0.0  # when the leader was last there
        self._leader_doubts = -STALE  # when it last voted although it leads, and does not know
        self._highest = 0  # the highest term that anybody voted in
        self._stood_again = -AGAIN

    @property
    def floor(self) -> int:
        """The newest term in which it voted for another: blocks of lower terms count no more.

        Who stood itself takes them, and gives up: a log that went on wins with no vote of before.
        """
        return self._promised

    @property
    def voted(self) -> int:
        """The newest term in which it voted, and will not vote again."""
        return self._own.term if self._own else 0

    def is_open(self, roster: Roster) -> bool:
        """Tell whether a vote was cast whose outcome is not known: no leader can be sure."""
        own = self._own
        if own is None or own.term <= roster.term:
            return False
        return own.candidate != self._dev or _place_of(own) == _place(roster)

    def is_lost(self, sight: Sight, now: float) -> bool:
        """Tell whether the leader has been out of reach for so long that another may lead."""
        return not self._sees_leader(sight, now) and now - self._leader_near >= HOST_LOST

    def has_majority(self, sight: Sight) -> bool:
        """Tell whether enough members are within reach to agree on anything."""
        return is_majority(1 + len(sight.near), len(sight.roster.members))

    def turned(self, now: float) -> None:
        """Hear that the lead changed hands, or begins: whoever leads has not been missed yet."""
        self._leader_near = now

    def poll(self, sight: Sight, now: float) -> Vote | None:
        """Let time pass; return the own vote when it is time to say it to everybody."""
        if self._sees_leader(sight, now):
            self._leader_near = now
        if self._must_stand(sight, now):
            return self._stand(sight.roster, now)
        if self._own and self.is_open(sight.roster) and now - self._said_at >= REPEAT:
            self._said_at = now
            return self._own
        return None

    def hear(self, vote: Vote, sight: Sight, now: float) -> Vote | None:
        """Take in another member's vote; return the own one if this brings it about."""
        roster = sight.roster
        newest = max(roster.term, self.voted)
        if not roster.term < vote.term <= newest + AHEAD:
            return None
        if vote.dev == roster.leader and _place_of(vote)[:2] < _place(roster)[:2]:
            self._leader_doubts = now
        self._highest = max(self._highest, vote.term)
        if self._own and _same_choice(vote, self._own) and vote.candidate == self._dev:
            self._votes[vote.dev] = vote
            went_on = roster.leader == self._dev and _place_of(self._own) != _place(roster)
            # A block that was made meanwhile is refused by those who voted: they decide anew.
            return self._stand(roster, now) if went_on and self.has_majority(sight) else None
        if roster.leader == self._dev:
            return self._stand_again(sight, now)
        if vote.dev != vote.candidate or vote.term <= self.voted:
            return None
        if self._may_lead(vote, sight, now):
            seconded = replace(vote, dev=self._dev, raw=b"", signature=b"")
            return self._cast(seconded, now)
        return None

    def won(self, roster: Roster) -> tuple[Vote, ...]:
        """Return the votes of a strict majority for this device on this log, or nothing."""
        own = self._own
        if own is None or own.candidate != self._dev or not self.is_open(roster):
            return ()
        if _place_of(own) != _place(roster):
            return ()
        votes = tuple(vote for dev, vote in self._votes.items() if roster.is_member(dev))
        return votes if is_majority(len(votes), len(roster.members)) else ()

    def _sees_leader(self, sight: Sight, now: float) -> bool:
        """Tell whether the leader is there, and knows that it leads.

        Who was handed the lead and missed it may have voted meanwhile: then it cannot follow.
        """
        if sight.roster.leader == self._dev:
            return True
        return sight.roster.leader in sight.near and now - self._leader_doubts >= STALE

    def _must_stand(self, sight: Sight, now: float) -> bool:
        """Tell whether it is this device's turn: the leader is lost, and nobody else was elected.

        A leader that is there stands again only when it hears that others voted meanwhile.
        """
        if self._sees_leader(sight, now) or not self.has_majority(sight):
            return False
        patience = STEP * self._rank(sight)
        if self.is_open(sight.roster) and now - self._cast_at < ROUND + patience:
            return False
        return now - self._leader_near >= HOST_LOST + patience

    def _rank(self, sight: Sight) -> int:
        """Return how many of those within reach come first: by role, then by seat."""
        members = sight.roster.members
        within = [members[dev] for dev in sight.near | {self._dev} if dev in members]
        within.sort(key=lambda seat: (-seat.role, seat.slot))
        return [seat.dev for seat in within].index(self._dev)

    def _may_lead(self, vote: Vote, sight: Sight, now: float) -> bool:
        """Tell whether a candidate may have this device's vote."""
        roster = sight.roster
        theirs, mine = (vote.last_term, vote.last_epoch), (roster.term, roster.epoch)
        if theirs < mine or (theirs == mine and vote.last_eid != roster.eid):
            return False  # whoever is behind, or elsewhere, would undo what was agreed on
        if vote.candidate == roster.leader:
            return True
        missed = not self._sees_leader(sight, now) and now - self._leader_near >= DOUBT
        return missed and roster.is_member(vote.candidate)

    def _stand_again(self, sight: Sight, now: float) -> Vote | None:
        """As the leader: let those decide anew who voted for somebody while it was away."""
        roster, own = sight.roster, self._own
        under_way = (
            own is not None
            and own.term >= self._highest
            and _place_of(own) == _place(roster)
            and now - self._cast_at < ROUND
        )
        if under_way or now - self._stood_again < AGAIN or not self.has_majority(sight):
            return None
        self._stood_again = now
        return self._stand(roster, now)

    def _next_term(self, roster: Roster) -> int:
        newest = max(roster.term, self.voted)
        return min(max(newest, self._highest) + 1, newest + AHEAD)

    def _stand(self, roster: Roster, now: float) -> Vote:
        candidacy = Vote(
            dev=self._dev,
            term=self._next_term(roster),
            candidate=self._dev,
            last_term=roster.term,
            last_epoch=roster.epoch,
            last_eid=roster.eid,
        )
        return self._cast(candidacy, now)

    def _cast(self, vote: Vote, now: float) -> Vote:
        vote = vote.signed(self._call_id, self._sign)
        self._own, self._cast_at, self._said_at = vote, now, now
        if vote.candidate != self._dev:
            self._promised = vote.term
        self._votes = {self._dev: vote} if vote.candidate == self._dev else {}
        return vote


def _place(roster: Roster) -> tuple[int, int, bytes]:
    """Return where a log stands, in the order in which one log is newer than another."""
    return roster.term, roster.epoch, roster.eid


def _place_of(vote: Vote) -> tuple[int, int, bytes]:
    """Return where the log of a vote's candidate stands."""
    return vote.last_term, vote.last_epoch, vote.last_eid


def _same_choice(one: Vote, two: Vote) -> bool:
    """Tell whether two votes count together."""
    return (one.term, one.candidate) == (two.term, two.candidate) and _place_of(one) == _place_of(
        two
    )
