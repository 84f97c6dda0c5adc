"""The rules of voting and standing, one by one, for a single device."""

from dataclasses import dataclass, field, replace

import pytest
from fakes.people import Person, begin, people, seat, step

from app.meeting.election import (
    AGAIN,
    AHEAD,
    DOUBT,
    HOST_LOST,
    REPEAT,
    ROUND,
    STEP,
    Election,
    Sight,
)
from crypto.messages import Vote
from crypto.operations import Rekey, Role, SetRole
from crypto.roster import Roster

ADA, BEN, CLEO, DAN, EVE = PEOPLE = people("Ada", "Ben", "Cleo", "Dan", "Eve")
TABLE = seat(begin(ADA), ADA, BEN, CLEO, DAN, EVE)  # Ada leads; seats are in this order
LATER = step(TABLE, ADA, Rekey())
ASIDE = step(TABLE, ADA, SetRole(EVE.dev, Role.PRESENTER))  # as late as LATER, and another log
LONG_AGO = 1000.0  # seconds since anybody saw Ada, unless a test says otherwise


@dataclass
class Booth:
    """One device in an election, and what it sees."""

    person: Person
    roster: Roster = TABLE
    near: set[bytes] = field(default_factory=lambda: {one.dev for one in PEOPLE[1:]})
    now: float = LONG_AGO

    def __post_init__(self) -> None:
        self.election = Election(TABLE.call_id, self.person.dev, self.person.sign)

    @property
    def sight(self) -> Sight:
        return Sight(self.roster, frozenset(self.near - {self.person.dev}))

    def hears(self, vote: Vote) -> Vote | None:
        return self.election.hear(vote, self.sight, self.now)

    def waits(self, seconds: float) -> list[Vote]:
        """Let time pass in steps of a tenth of a second; return what is said meanwhile."""
        said = []
        for _ in range(round(seconds * 10)):
            self.now += 0.1
            said += [self.election.poll(self.sight, self.now)]
        return [vote for vote in said if vote]

    def saw_the_leader(self) -> "Booth":
        """Let the leader be near until this moment."""
        self.near.add(ADA.dev)
        self.election.poll(self.sight, self.now)
        self.near.discard(ADA.dev)
        return self


def candidacy(candidate: Person, term: int, roster: Roster = TABLE) -> Vote:
    return vote_of(candidate, candidate, term, roster)


def vote_of(voter: Person, candidate: Person, term: int, roster: Roster = TABLE) -> Vote:
    return Vote(
        dev=voter.dev,
        term=term,
        candidate=candidate.dev,
        last_term=roster.term,
        last_epoch=roster.epoch,
        last_eid=roster.eid,
    ).signed(TABLE.call_id, voter.sign)


# -- voting ---------------------------------------------------------------------------------------


def test_a_candidate_gets_a_signed_vote_that_says_what_the_candidacy_says():
    vote = Booth(CLEO).hears(candidacy(BEN, 1))
    vote.verify(CLEO.call_key, TABLE.call_id)
    assert replace(vote, raw=b"", signature=b"") == replace(
        candidacy(BEN, 1), dev=CLEO.dev, raw=b"", signature=b""
    )


def test_one_vote_in_a_term_and_none_in_an_earlier_one():
    booth = Booth(CLEO)
    assert booth.hears(candidacy(BEN, 3))
    for candidate, term in ((DAN, 3), (BEN, 3), (DAN, 2), (DAN, 0)):
        assert booth.hears(candidacy(candidate, term)) is None
    assert booth.hears(candidacy(DAN, 4))
    assert booth.election.floor == 4


def test_who_stood_takes_blocks_of_earlier_terms_and_gives_up_but_keeps_its_promises():
    booth = standing()
    assert (booth.election.floor, booth.election.is_open(TABLE)) == (0, True)
    booth.roster = LATER  # a block of the term before, by a leader who is back
    booth.near.add(ADA.dev)
    assert not booth.election.is_open(LATER)
    assert booth.waits(REPEAT + 0.1) == [], "a vote that is worth nothing is not said again"
    booth.near.discard(ADA.dev)
    booth.waits(DOUBT + 0.1)
    assert booth.hears(candidacy(DAN, 1, LATER)) is None, "it has voted in this term"
    assert booth.hears(candidacy(DAN, 2, LATER))
    booth.waits(ROUND + 10 * STEP)
    assert booth.election.voted > booth.election.floor == 2


def test_no_vote_for_a_term_that_has_begun():
    table = TABLE.take_over([vote_of(one, BEN, 5) for one in (BEN, CLEO, DAN)], 0, BEN.sign)[1]
    booth = Booth(CLEO, roster=table, near={DAN.dev, EVE.dev})
    assert booth.hears(candidacy(DAN, 5, table)) is None
    assert booth.hears(candidacy(DAN, 6, table))


def test_nobody_uses_up_the_terms_with_one_vote():
    booth = Booth(CLEO)
    assert booth.hears(candidacy(BEN, AHEAD + 1)) is None
    assert booth.hears(candidacy(BEN, AHEAD))
    assert booth.hears(candidacy(BEN, 2 * AHEAD))


def test_nobody_is_voted_for_while_the_leader_is_there_or_was_a_moment_ago():
    booth = Booth(CLEO).saw_the_leader()
    booth.near.add(ADA.dev)
    assert booth.hears(candidacy(BEN, 1)) is None
    booth.near.discard(ADA.dev)
    booth.now += DOUBT - 0.1
    assert booth.hears(candidacy(BEN, 1)) is None
    booth.now += 0.2
    assert booth.hears(candidacy(BEN, 1))


def test_the_present_leader_gets_a_vote_at_any_time():
    booth = Booth(CLEO).saw_the_leader()
    booth.near.add(ADA.dev)
    assert booth.hears(candidacy(ADA, 1)).candidate == ADA.dev


@pytest.mark.parametrize(
    ("mine", "theirs", "votes"),
    [
        (TABLE, TABLE, True),
        (TABLE, LATER, True),
        (LATER, TABLE, False),
        (LATER, LATER, True),
        (LATER, ASIDE, False),
    ],
)
def test_only_a_log_that_is_not_behind_or_elsewhere_is_voted_for(
    mine: Roster, theirs: Roster, votes: bool
):
    assert bool(Booth(CLEO, roster=mine).hears(candidacy(BEN, 1, theirs))) is votes
    assert bool(Booth(CLEO, roster=mine).hears(candidacy(ADA, 1, theirs))) is votes


def test_a_log_of_a_later_term_is_newer_than_a_longer_one():
    votes = [vote_of(one, BEN, 1) for one in (BEN, CLEO, DAN)]
    led_by_ben = TABLE.take_over(votes, 0, BEN.sign)[1]
    much_later = step(LATER, ADA, Rekey())
    assert led_by_ben.epoch < much_later.epoch
    assert Booth(EVE, roster=much_later).hears(candidacy(BEN, 2, led_by_ben))
    assert Booth(EVE, roster=led_by_ben).hears(candidacy(CLEO, 2, much_later)) is None


def test_who_has_no_seat_is_not_voted_for():
    (stranger,) = people("Mallory")
    assert Booth(CLEO).hears(candidacy(stranger, 1)) is None


def test_a_vote_of_somebody_else_for_a_candidate_brings_no_vote():
    assert Booth(CLEO).hears(vote_of(DAN, BEN, 1)) is None


# -- standing -------------------------------------------------------------------------------------


def test_the_first_within_reach_stands_after_ten_seconds():
    booth = Booth(BEN).saw_the_leader()
    assert booth.waits(HOST_LOST - 0.2) == []
    (vote,) = booth.waits(0.4)
    assert (vote.dev, vote.candidate, vote.term) == (BEN.dev, BEN.dev, 1)
    assert (vote.last_term, vote.last_epoch, vote.last_eid) == (0, TABLE.epoch, TABLE.eid)


@pytest.mark.parametrize(("person", "rank"), [(CLEO, 1), (DAN, 2), (EVE, 3)])
def test_each_further_one_waits_two_seconds_longer(person: Person, rank: int):
    booth = Booth(person).saw_the_leader()
    assert booth.waits(HOST_LOST + rank * STEP - 0.2) == []
    assert len(booth.waits(0.4)) == 1


def test_a_higher_role_stands_first():
    table = step(TABLE, ADA, SetRole(DAN.dev, Role.CO_HOST))
    booth = Booth(DAN, roster=table).saw_the_leader()
    booth.waits(HOST_LOST - 0.2)
    assert len(booth.waits(0.4)) == 1
    booth = Booth(BEN, roster=table).saw_the_leader()
    assert booth.waits(HOST_LOST + STEP - 0.2) == []


def test_who_is_out_of_reach_is_not_waited_for():
    booth = Booth(DAN, near={CLEO.dev, EVE.dev}).saw_the_leader()
    booth.waits(HOST_LOST + STEP - 0.2)
    assert len(booth.waits(0.4)) == 1


def test_nobody_stands_without_a_majority_within_reach():
    booth = Booth(BEN, near={CLEO.dev}).saw_the_leader()
    assert booth.waits(100) == []
    assert booth.election.is_lost(booth.sight, booth.now)
    assert not booth.election.has_majority(booth.sight)
    booth.near.add(DAN.dev)
    assert len(booth.waits(0.2)) == 1


def test_a_vote_is_said_again_every_two_seconds_and_another_term_tried_after_six():
    booth = Booth(BEN).saw_the_leader()
    terms = [vote.term for vote in booth.waits(HOST_LOST + ROUND - 0.2)]
    assert terms == [1] * (1 + int((ROUND - 0.2) / REPEAT))
    assert booth.waits(0.4)[-1].term == 2


def test_who_voted_gives_the_candidate_time():
    booth = Booth(CLEO).saw_the_leader()
    booth.waits(HOST_LOST)
    booth.hears(candidacy(BEN, 1))
    assert {vote.candidate for vote in booth.waits(ROUND + STEP - 0.2)} == {BEN.dev}
    assert booth.waits(0.4)[-1].candidate == CLEO.dev


def test_the_next_candidacy_is_above_every_vote_that_was_heard():
    booth = Booth(BEN).saw_the_leader()
    booth.hears(candidacy(DAN, 7))
    (vote, *_) = booth.waits(HOST_LOST + 0.2)
    assert vote.term == 8


def test_a_leader_that_is_seen_again_is_not_lost():
    booth = Booth(BEN).saw_the_leader()
    booth.waits(HOST_LOST - 1)
    booth.saw_the_leader()
    assert booth.waits(HOST_LOST - 0.2) == []


def test_a_new_leader_has_not_been_missed_yet():
    booth = Booth(BEN)
    assert booth.election.is_lost(booth.sight, booth.now)
    booth.election.turned(booth.now)
    assert booth.waits(HOST_LOST - 0.2) == []


def test_a_leader_whose_votes_show_that_it_does_not_know_is_lost():
    booth = Booth(BEN, roster=LATER)
    booth.near.add(ADA.dev)
    for _ in range(round((HOST_LOST + 2 * REPEAT) / REPEAT)):
        booth.hears(vote_of(ADA, DAN, 1, TABLE))  # Ada leads, by a block that she has not seen
        said = booth.waits(REPEAT)
    assert [vote.candidate for vote in said] == [BEN.dev]
    assert said[0].last_eid == LATER.eid


def test_a_leader_that_votes_for_its_newest_log_is_not_lost():
    booth = Booth(BEN)
    booth.near.add(ADA.dev)
    for _ in range(10):
        booth.hears(vote_of(ADA, ADA, 1))
        assert not [vote for vote in booth.waits(REPEAT) if vote.candidate == BEN.dev]


# -- winning --------------------------------------------------------------------------------------


def standing(person: Person = BEN) -> Booth:
    booth = Booth(person).saw_the_leader()
    booth.waits(HOST_LOST + 0.2)
    assert booth.election.voted == 1
    return booth


def test_more_than_half_of_all_seats_elect_and_the_lost_one_counts():
    booth = standing()
    booth.hears(vote_of(CLEO, BEN, 1))
    assert booth.election.won(TABLE) == ()
    booth.hears(vote_of(CLEO, BEN, 1))
    assert booth.election.won(TABLE) == ()
    booth.hears(vote_of(DAN, BEN, 1))
    votes = booth.election.won(TABLE)
    assert {vote.dev for vote in votes} == {BEN.dev, CLEO.dev, DAN.dev}
    roster = TABLE.take_over(votes, 0, BEN.sign)[1]
    assert (roster.leader, roster.term) == (BEN.dev, 1)
    assert booth.election.won(roster) == ()


def test_votes_for_another_term_another_log_or_another_candidate_do_not_count():
    booth = standing()
    for vote in (
        vote_of(CLEO, BEN, 2),
        vote_of(DAN, BEN, 1, LATER),
        vote_of(EVE, CLEO, 1),
        vote_of(CLEO, ADA, 1),
    ):
        booth.hears(vote)
    assert booth.election.won(TABLE) == ()


def test_votes_for_a_log_that_went_on_are_of_no_use():
    booth = standing()
    for voter in (CLEO, DAN, EVE):
        booth.hears(vote_of(voter, BEN, 1))
    assert booth.election.won(TABLE)
    assert booth.election.won(LATER) == ()


# -- the leader -----------------------------------------------------------------------------------


def test_a_leader_stands_again_when_somebody_voted_meanwhile():
    booth = Booth(ADA)
    vote = booth.hears(vote_of(CLEO, BEN, 3))
    assert (vote.candidate, vote.term) == (ADA.dev, 4)
    for voter in (CLEO, DAN):
        booth.hears(vote_of(voter, ADA, 4))
    roster = TABLE.take_over(booth.election.won(TABLE), 0, ADA.sign)[1]
    assert (roster.leader, roster.term) == (ADA.dev, 4)


def test_a_leader_stands_again_once_in_ten_seconds_at_most():
    booth = Booth(ADA)
    assert booth.hears(candidacy(DAN, 1)).term == 2
    for term in range(3, 12):
        booth.now += AGAIN / 10
        assert booth.hears(candidacy(DAN, term)) is None
    booth.now += AGAIN / 10
    assert booth.hears(candidacy(DAN, 12)).term == 13


def test_a_leader_whose_log_went_on_before_the_votes_came_stands_for_the_newer_one():
    booth = Booth(ADA)
    assert booth.hears(vote_of(CLEO, BEN, 3)).term == 4
    booth.roster = LATER  # a block that those who voted refuse
    again = booth.hears(vote_of(CLEO, ADA, 4))
    assert (again.term, again.last_eid) == (5, LATER.eid)
    assert booth.hears(vote_of(DAN, ADA, 4)) is None
    for voter in (CLEO, DAN):
        booth.hears(vote_of(voter, ADA, 5, LATER))
    assert len(booth.election.won(LATER)) == 3


def test_a_leader_that_nobody_hears_does_not_stand():
    booth = Booth(ADA, near={CLEO.dev})
    assert booth.hears(vote_of(CLEO, BEN, 1)) is None
    assert booth.waits(100) == []


def test_a_leader_whom_nobody_voted_against_does_nothing():
    booth = Booth(ADA)
    assert booth.waits(100) == []
    assert not booth.election.is_lost(booth.sight, booth.now)
