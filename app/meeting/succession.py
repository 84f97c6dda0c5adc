"""Carries votes between the members, and puts whoever has a majority in the lead."""

from app.meeting.assembly import Assembly
from app.meeting.election import Sight
from app.meeting.member import Member
from crypto.messages import Vote
from crypto.roster import RosterError

PASS_ON_PAUSE = 1.0  # seconds: who votes all the time makes nobody else talk as much


class Succession:
    """The election as it goes over channels; the rules are those of `Election`."""

    def __init__(self, table: Assembly) -> None:
        self._table = table
        self._pass_on_at = float("-inf")  # when the leader may be told of the next vote
        self._frozen = False  # nobody can come or go: the host is lost, and no majority is here

    @property
    def sight(self) -> Sight:
        """The log, and who can be talked to right now."""
        near = (member.dev for member in self._table.paths if member.channel is not None)
        return Sight(self._table.roster, frozenset(near))

    def poll(self, now: float) -> None:
        """Let time pass: stand when the leader is lost, say the own vote again."""
        sight, election = self.sight, self._table.election
        self._say(election.poll(sight, now))
        frozen = election.is_lost(sight, now) and not election.has_majority(sight)
        if frozen and not self._frozen:
            self._table.notices.add("frozen")
        self._frozen = frozen
        self._lead_if_elected(now)

    def hear(self, member: Member, vote: Vote, now: float) -> None:
        """Take in a vote, the member's own or one that it passes on; ForgedError for a bad one."""
        table = self._table
        voter = table.roster.members.get(vote.dev)
        if voter is None or vote.dev == table.me.dev:
            return
        vote.verify(voter.call_key, table.roster.call_id)
        self._say(table.election.hear(vote, self.sight, now))
        ahead = vote.dev == member.dev and vote.term > table.roster.term
        if ahead and now >= self._pass_on_at:
            # Who leads must hear of it, so that all decide anew; the voter may not reach it.
            self._pass_on_at = now + PASS_ON_PAUSE
            table.paths.send(table.roster.leader, vote.encode())
        self._lead_if_elected(now)

    def _say(self, vote: Vote | None) -> None:
        if vote is not None:
            self._table.paths.send_all(vote.encode())

    def _lead_if_elected(self, now: float) -> None:
        table = self._table
        votes = table.election.won(table.roster)
        if not votes:
            return
        try:
            _, roster = table.roster.take_over(votes, int(table.wall() * 1000), table.me.sign)
        except RosterError:
            return  # the log is at its end: so large a block cannot be written
        table.turn(roster, table.me.dev, now)
