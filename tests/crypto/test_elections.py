"""Takeovers: who may lead, with whose votes, on top of what, and what becomes of the rest."""

from dataclasses import replace
from functools import partial

import pytest
from fakes.logs import elect, forged_takeover, refusal, refused, resigned, vote
from fakes.people import Person, begin, block_of, forged_block, people, seat, step

from crypto.following import catch_up
from crypto.history import REMEMBERED
from crypto.messages import Vote
from crypto.roster import (
    Add,
    End,
    EquivocationError,
    HandOver,
    Leader,
    Policy,
    PolicyFlag,
    Rekey,
    Remove,
    RemoveReason,
    Role,
    Roster,
    SetPolicy,
    SetRole,
    Takeover,
)

HOST, ADA, BOB, CY, EVE = people("Host", "Ada", "Bob", "Cy", "Eve")


def table() -> Roster:
    """Return the roster of a meeting of four."""
    return seat(begin(HOST), HOST, ADA, BOB, CY)


def written(roster: Roster) -> list[bytes]:
    """Return the blocks of a log."""
    return [block.encode() for block in roster.recent]


def names(roster: Roster) -> list[str]:
    return [member.name for member in roster.members.values()]


# Who is elected


def test_a_majority_puts_another_member_in_the_lead():
    before = table()
    after = elect(before, ADA, BOB, CY)
    assert (after.term, after.epoch, after.leader) == (1, before.epoch + 1, ADA.dev)
    assert after.members[ADA.dev].role is Role.HOST
    assert after.members[HOST.dev].role is Role.CO_HOST
    assert before.accept(block_of(after)) == after
    assert after.gone_since(before) == frozenset()


def test_the_new_leader_makes_the_next_blocks_and_the_old_one_none():
    lead = elect(table(), ADA, BOB, CY)
    later = seat(lead, ADA, EVE)
    assert EVE.dev in later.members
    assert later.members[EVE.dev].role is Role.PARTICIPANT
    block = forged_block(lead, HOST, Rekey())
    assert refusal(lambda: lead.accept(block)) == "forged"
    block = forged_block(lead, HOST, Rekey(), leader=HOST.dev)
    assert refusal(lambda: lead.accept(block)) == "unauthorised"
    block = forged_block(lead, HOST, Rekey(), leader=HOST.dev, term=0)
    assert refusal(lambda: lead.accept(block)) == "unauthorised"


def test_the_new_leader_may_put_out_the_old_one_and_let_it_in_again_with_another_key():
    lead = elect(table(), ADA, BOB, CY)
    lead = step(lead, ADA, Remove(HOST.dev, RemoveReason.SILENT))
    assert HOST.dev not in lead.members
    back = Add(HOST.request(lead.call_id, call_key=EVE.call_key).encode())
    assert step(lead, ADA, back).members[HOST.dev].role is Role.PARTICIPANT
    locked = step(lead, ADA, SetPolicy(Policy(PolicyFlag.LOCKED)))
    assert refused(locked, ADA, back) == "locked", "it is a member like any other now"


def test_the_leader_itself_may_stand_again_for_a_later_term():
    after = elect(table(), HOST, BOB, CY, term=5)
    assert (after.term, after.leader) == (5, HOST.dev)
    assert after.members[HOST.dev].role is Role.HOST
    assert [member.role for member in after.members.values()].count(Role.HOST) == 1


def test_elections_may_follow_one_another():
    one = elect(table(), ADA, BOB, CY)
    two = elect(one, BOB, CY, HOST)
    assert (two.term, two.leader) == (2, BOB.dev)
    roles = {member.name: member.role for member in two.members.values()}
    assert roles["Bob"] is Role.HOST
    assert roles["Host"] is roles["Ada"] is Role.CO_HOST


# Which votes count


@pytest.fixture
def here() -> Roster:
    return table()


def with_votes(roster: Roster, *votes: Vote, by: Person = ADA, **changes: object) -> str:
    """Return the code with which a takeover is refused."""
    return refusal(lambda: roster.accept(forged_takeover(roster, by, list(votes), **changes)))


def test_half_of_the_members_is_no_majority_and_who_is_lost_counts(here: Roster):
    two_of_four = [vote(here, ADA, ADA), vote(here, BOB, ADA)]
    assert with_votes(here, *two_of_four) == "votes"
    assert refusal(lambda: here.take_over(two_of_four, 0, ADA.sign)) == "votes"
    assert refusal(lambda: here.take_over([], 0, ADA.sign)) == "votes"
    three = [*two_of_four, vote(here, CY, ADA)]
    assert with_votes(here, *three) == "roster_hash", "nothing else is wrong with it"


def test_two_people_cannot_elect_one_of_them_without_the_other():
    roster = seat(begin(HOST), HOST, ADA)
    assert refusal(lambda: elect(roster, ADA)) == "votes"
    assert elect(roster, ADA, HOST).leader == ADA.dev


def test_nobody_votes_twice(here: Roster):
    ada, bob = vote(here, ADA, ADA), vote(here, BOB, ADA)
    assert with_votes(here, ada, bob, bob) == "votes"
    assert with_votes(here, ada, bob, vote(here, CY, ADA), bob) == "votes"


def test_only_members_vote(here: Roster):
    ada, bob = vote(here, ADA, ADA), vote(here, BOB, ADA)
    assert with_votes(here, ada, bob, vote(here, EVE, ADA)) == "votes"
    as_cy = replace(vote(here, EVE, ADA), dev=CY.dev, raw=b"")
    assert with_votes(here, ada, bob, as_cy.signed(here.call_id, EVE.sign)) == "forged"


def test_who_was_removed_does_not_vote_any_more():
    roster = step(table(), HOST, Remove(CY.dev))
    roster = seat(roster, HOST, EVE)
    votes = [vote(roster, voter, ADA) for voter in (ADA, BOB, CY)]
    block = forged_takeover(roster, ADA, votes)
    assert refusal(lambda: roster.accept(block)) == "votes"


@pytest.mark.parametrize(
    "other",
    [
        {"term": 2},
        {"term": 0},
        {"candidate": BOB.dev},
        {"last_term": 1},
        {"last_epoch": 1},
        {"last_epoch": 3},
        {"last_eid": b"e" * 32},
    ],
    ids="-".join,
)
def test_a_vote_for_another_term_candidate_or_log_does_not_count(
    here: Roster, other: dict[str, object]
):
    ada, bob = vote(here, ADA, ADA), vote(here, BOB, ADA)
    cy = replace(vote(here, CY, ADA), **other).signed(here.call_id, CY.sign)
    assert with_votes(here, ada, bob, cy) == "votes"


def test_votes_of_an_earlier_election_do_not_count_again():
    before = table()
    votes = [vote(before, voter, ADA) for voter in (ADA, BOB, CY)]
    _, led = before.take_over(votes, 0, ADA.sign)
    back = elect(led, HOST, BOB, CY)
    again = forged_takeover(back, ADA, votes, term=3)
    assert refusal(lambda: back.accept(again)) == "votes"


def test_votes_of_another_meeting_do_not_count(here: Roster):
    ada, bob = vote(here, ADA, ADA), vote(here, BOB, ADA)
    foreign = replace(vote(here, CY, ADA), signature=b"", raw=b"").signed(bytes(32), CY.sign)
    assert with_votes(here, ada, bob, foreign) == "forged"


def test_a_vote_must_be_a_vote(here: Roster):
    nonsense = forged_block(here, ADA, Takeover((b"nonsense",)), term=1, leader=ADA.dev)
    assert refusal(lambda: here.accept(nonsense)) == "malformed"


def test_nobody_takes_over_with_the_votes_for_another(here: Roster):
    votes = [vote(here, voter, ADA) for voter in (ADA, BOB, CY)]
    assert with_votes(here, *votes, by=BOB) == "votes"
    stolen = forged_takeover(here, BOB, votes, leader=ADA.dev)
    assert refusal(lambda: here.accept(stolen)) == "forged"


def test_who_is_not_a_member_takes_nothing_over(here: Roster):
    votes = [vote(here, voter, EVE) for voter in (ADA, BOB, CY)]
    assert with_votes(here, *votes, by=EVE) == "not_member"


def test_a_takeover_begins_a_term_and_a_term_begins_with_a_takeover():
    led = elect(table(), ADA, BOB, CY, term=4)
    for term in (3, 4):
        votes = [vote(led, voter, BOB, term) for voter in (BOB, CY, HOST)]
        block = forged_takeover(led, BOB, votes, term=term)
        assert refusal(partial(led.accept, block)) == "unauthorised"
    for term in (3, 5):
        block = forged_block(led, ADA, Rekey(), term=term)
        assert refusal(partial(led.accept, block)) == "unauthorised"


def test_a_takeover_comes_first_in_its_block():
    roster = table()
    votes = tuple(vote(roster, voter, ADA, 1).encode() for voter in (ADA, BOB, CY))
    assert refused(roster, HOST, Rekey(), Takeover(votes)) == "unauthorised"
    twice = forged_block(roster, ADA, Takeover(votes), Takeover(votes), term=1, leader=ADA.dev)
    assert refusal(lambda: roster.accept(twice)) == "unauthorised"


def test_the_new_leader_may_do_more_in_its_first_block():
    roster = table()
    votes = [vote(roster, voter, ADA) for voter in (ADA, BOB, CY)]
    block = forged_takeover(roster, ADA, votes, Remove(EVE.dev))
    assert refusal(lambda: roster.accept(block)) == "not_member"
    block = forged_takeover(roster, ADA, votes, SetRole(BOB.dev, Role.CO_HOST))
    assert refusal(lambda: roster.accept(block)) == "roster_hash", "nothing else is wrong with it"


def test_nobody_takes_over_a_meeting_that_has_ended_or_that_nobody_is_in():
    over = step(table(), HOST, End())
    assert refusal(lambda: elect(over, ADA, BOB, CY)) == "ended"
    empty = Roster.from_genesis(HOST.genesis())
    assert refusal(lambda: elect(empty, HOST)) == "not_member"


def test_a_takeover_keeps_time_and_the_rest_of_the_rules():
    roster = table()
    votes = [vote(roster, voter, ADA) for voter in (ADA, BOB, CY)]
    early = forged_takeover(roster, ADA, votes, time_ms=roster.state.time_ms - 1)
    assert refusal(lambda: roster.accept(early)) == "time"
    again = resigned(roster, block_of(elect(roster, ADA, BOB, CY)), ADA, call_id=bytes(32))
    assert refusal(lambda: roster.accept(again)) == "other_call"
    good = block_of(elect(roster, ADA, BOB, CY))
    wrong_number = resigned(roster, good, ADA, epoch=roster.epoch + 2)
    assert refusal(lambda: roster.accept(wrong_number)) == "fork"


# What a takeover undoes


def fork() -> tuple[Roster, Roster, Roster]:
    """Return a log; what its host added to it while away; what the others did meanwhile."""
    shared = table()
    lonely = seat(step(shared, HOST, Remove(CY.dev)), HOST, EVE)
    return shared, lonely, elect(shared, ADA, BOB, CY)


def test_a_host_that_was_away_follows_the_takeover_and_its_own_blocks_are_undone():
    _, lonely, led = fork()
    assert names(lonely) == ["Host", "Ada", "Bob", "Eve"]
    back = lonely.accept(block_of(led))
    assert back == led
    assert names(back) == ["Host", "Ada", "Bob", "Cy"]
    assert back.removed == frozenset(), "who was put out is in again"
    assert back.gone_since(lonely) == {EVE.dev}
    assert lonely.gone_since(back) == {CY.dev}
    later = step(led, ADA, Rekey())
    assert back.accept(block_of(later)) == later


def test_who_came_in_by_a_block_that_was_undone_sees_that_it_is_out():
    shared, _, led = fork()
    own = EVE.request(shared.call_id)
    hosts = step(shared, HOST, Add(own.encode()))
    founder = Leader.founder(shared.genesis)
    eves = Roster.from_welcome(hosts.welcome(bytes(32)), shared.genesis, own, founder)
    followed = eves.accept(block_of(led))
    assert followed == led
    assert not followed.is_member(EVE.dev)
    assert followed.gone_since(eves) == {EVE.dev}


def test_a_seat_taken_anew_in_the_other_log_is_not_the_seat_of_before():
    shared, lonely, led = fork()
    led = seat(led, ADA, EVE)
    back = lonely.accept(led.recent[-2].encode()).accept(block_of(led))
    assert lonely.members[EVE.dev].joined_epoch == back.members[EVE.dev].joined_epoch
    assert EVE.dev in back.gone_since(lonely)
    assert back.gone_since(shared) == frozenset()


def test_only_a_takeover_undoes_anything():
    shared, lonely, led = fork()
    other = block_of(step(shared, HOST, Rekey()))
    with pytest.raises(EquivocationError):
        lonely.accept(other)
    assert refusal(lambda: led.accept(other)) == "term"
    higher = resigned(shared, other, HOST, term=1)
    assert refusal(lambda: lonely.accept(higher)) == "term"
    assert refusal(lambda: lonely.accept(resigned(shared, other, HOST, epoch=9))) == "term"


def test_a_takeover_undoes_nothing_of_its_own_or_a_later_term():
    shared, _, led = fork()
    rival = elect(shared, BOB, CY, HOST)  # somebody voted twice
    assert refusal(lambda: led.accept(block_of(rival))) == "term"
    highest = elect(shared, CY, BOB, HOST, term=9)
    assert led.accept(block_of(highest)) == highest
    assert refusal(lambda: highest.accept(block_of(rival))) == "term"


def test_a_takeover_of_a_log_that_is_not_mine_waits_for_what_is_missing():
    shared, lonely, led = fork()
    second = elect(seat(led, ADA, EVE), BOB, CY, ADA)
    assert refusal(lambda: lonely.accept(block_of(second))) == "gap"
    assert catch_up(lonely, written(second)) == second
    assert catch_up(shared, reversed(written(second))) == second


def test_a_log_is_followed_back_as_far_as_it_is_remembered():
    shared = lonely = table()
    led = elect(shared, ADA, BOB, CY)
    for _ in range(REMEMBERED):
        lonely = step(lonely, HOST, Rekey())
    assert len(lonely.history.past) == len(lonely.recent) == REMEMBERED
    assert lonely.accept(block_of(led)) == led
    lonely = step(lonely, HOST, Rekey())
    assert refusal(lambda: lonely.accept(block_of(led))) == "stale"


def test_a_log_can_be_followed_back_and_forth_and_remembers_what_it_left():
    shared = table()
    one = elect(step(shared, HOST, Rekey()), ADA, BOB, CY, term=1)
    two = elect(shared, BOB, CY, ADA, term=2)
    three = elect(one, CY, BOB, ADA, term=3)
    roster = one.accept(block_of(two))
    assert roster.history.abandoned == one.recent[-2:]
    assert refusal(lambda: roster.accept(block_of(one))) == "replayed"
    assert refusal(lambda: roster.accept(block_of(three))) == "gap"
    assert catch_up(roster, [block_of(three)]) == three
    assert len(roster.history.past) == len(roster.recent) == roster.epoch


def test_who_lags_or_stands_elsewhere_is_sent_the_takeover_and_all_after_it():
    _, lonely, led = fork()
    later = step(step(step(led, ADA, Rekey()), ADA, Rekey()), ADA, Rekey())
    sent = later.blocks_for(HOST.dev, lonely.eid, lonely.term, lonely.epoch)
    assert catch_up(lonely, sent) == later


# Who has voted


def test_who_has_voted_takes_no_block_of_an_earlier_term():
    shared = table()
    block = block_of(step(shared, HOST, Rekey()))
    assert shared.accept(block, floor=0).epoch == shared.epoch + 1
    assert refusal(lambda: shared.accept(block, floor=1)) == "term"
    led = elect(shared, ADA, BOB, CY, term=2)
    assert refusal(lambda: shared.accept(block_of(led), floor=3)) == "term"
    assert shared.accept(block_of(led), floor=2) == led
    for term in (1, 2):
        votes = [vote(shared, voter, ADA, term) for voter in (ADA, BOB, CY)]
        _, led = shared.take_over(votes, 0, ADA.sign)
        assert shared.accept(block_of(led), floor=term) == led


def test_who_has_voted_takes_earlier_blocks_along_if_a_later_term_stands_on_them():
    shared = table()
    lonely = step(shared, HOST, Rekey())
    again = elect(lonely, HOST, BOB, CY, term=6)
    blocks = [block_of(lonely), block_of(again)]
    assert refusal(lambda: shared.accept(blocks[0], floor=5)) == "term"
    assert refusal(lambda: shared.accept(blocks[1], floor=5)) == "gap"
    assert catch_up(shared, blocks, floor=5) == again
    assert catch_up(shared, blocks, floor=6) == again
    assert catch_up(shared, blocks, floor=7) is shared
    assert catch_up(shared, blocks[:1], floor=5) is shared
    assert catch_up(shared, [b"nonsense", *blocks], floor=5) == again


def test_a_leader_whom_few_followed_finds_the_way_to_the_log_of_the_next_one():
    """Ada was elected, then Bob by others, then Ada again: Bob's term is between hers."""
    shared = table()
    first = elect(shared, ADA, BOB, CY, term=1)
    between = elect(shared, BOB, CY, HOST, term=2)
    second = elect(step(first, ADA, Rekey()), ADA, CY, HOST, term=3)
    blocks = written(second)
    for block in blocks[-3:-1]:
        assert refusal(partial(between.accept, block)) in ("term", "gap")
    assert catch_up(between, blocks[:-1]) is between, "a term that is over undoes nothing"
    assert catch_up(between, blocks) == second
    assert catch_up(between, blocks, floor=4) is between
    same_term = elect(first, ADA, CY, HOST, term=2)  # two have voted twice
    assert catch_up(between, written(same_term)) is between
    sent = second.blocks_for(BOB.dev, between.eid, between.term, between.epoch)
    assert catch_up(between, sent) == second


def test_who_was_there_when_the_logs_parted_decides_which_one_is_followed():
    """With the votes of people whom only she has seated, nobody undoes what others agreed on."""
    crowd = people(*"VWXYZ", seed=2)
    shared = table()
    first = elect(shared, ADA, BOB, CY, term=1)
    between = elect(shared, BOB, CY, HOST, term=2)
    crowded = step(first, ADA, SetPolicy(Policy(most_people=20)))
    crowded = seat(crowded, ADA, *crowd)
    stuffed = elect(crowded, ADA, *crowd, term=3)
    assert stuffed.term == 3, "by the rules of that log she leads"
    blocks = written(stuffed)
    assert catch_up(between, blocks) is between
    agreed = elect(crowded, ADA, *crowd, CY, HOST, term=3)
    assert catch_up(between, written(agreed)) == agreed
    later = elect(stuffed, ADA, *crowd, CY, HOST, term=4)
    assert catch_up(between, written(later)) is between


def test_a_seat_with_another_key_is_not_one_of_those_who_were_there():
    shared = table()
    first = elect(shared, ADA, BOB, CY, term=1)
    between = elect(shared, BOB, CY, HOST, term=2)
    other = people("Cy", seed=5)[0]
    other.identity = CY.identity
    first = step(first, ADA, _silent(CY))
    first = seat(first, ADA, other)
    second = elect(first, ADA, other, HOST, term=3)
    assert catch_up(between, written(second)) is between


def _silent(person: Person) -> Remove:
    return Remove(person.dev, RemoveReason.SILENT)


def test_catching_up_shows_a_lie_that_it_meets():
    shared = table()
    one, two = seat(shared, HOST, EVE), step(shared, HOST, Rekey())
    with pytest.raises(Exception, match="two blocks of one epoch"):
        catch_up(one, [block_of(two)])
    assert refusal(lambda: catch_up(one, [block_of(two)])) == "equivocation"


# Handing over


def test_a_leader_hands_over_and_makes_no_more_blocks():
    before = table()
    after = step(before, HOST, Rekey(), HandOver(BOB.dev))
    assert (after.leader, after.term) == (BOB.dev, before.term)
    assert after.members[BOB.dev].role is Role.HOST
    assert after.members[HOST.dev].role is Role.CO_HOST
    assert before.accept(block_of(after)) == after
    block = forged_block(after, HOST, Rekey(), leader=HOST.dev)
    assert refusal(lambda: after.accept(block)) == "unauthorised"
    assert refusal(lambda: after.propose([Rekey()], 0, HOST.sign)) == "forged"
    gone = step(after, BOB, HOST.leave(after))
    assert names(gone) == ["Ada", "Bob", "Cy"]


def test_a_hand_over_is_the_last_thing_in_its_block():
    roster = table()
    assert refused(roster, HOST, HandOver(BOB.dev), Rekey()) == "unauthorised"
    assert refused(roster, HOST, HandOver(BOB.dev), HOST.leave(roster)) == "unauthorised"
    assert refused(roster, HOST, HandOver(BOB.dev), HandOver(HOST.dev)) == "unauthorised"
    assert refused(roster, HOST, HandOver(BOB.dev), End()) == "unauthorised"


def test_the_lead_goes_to_another_member_and_to_nobody_else():
    roster = table()
    assert refused(roster, HOST, HandOver(EVE.dev)) == "not_member"
    assert refused(roster, HOST, HandOver(HOST.dev)) == "unauthorised"
    for person in (ADA, BOB):
        block = forged_block(roster, person, HandOver(person.dev))
        assert refusal(partial(roster.accept, block)) == "forged"


def test_the_lead_can_be_handed_on_and_back():
    roster = step(table(), HOST, HandOver(BOB.dev))
    roster = step(step(roster, BOB, HandOver(CY.dev)), CY, HandOver(HOST.dev))
    assert roster.leader == HOST.dev
    assert step(roster, HOST, Rekey()).epoch == roster.epoch + 1


def test_an_election_wins_over_a_hand_over_that_few_have_heard_of():
    """No hand-over takes the number of a term: the terms are the elections' alone."""
    shared = table()
    handed = seat(step(shared, HOST, HandOver(CY.dev)), CY, EVE)
    led = elect(shared, ADA, BOB, HOST)
    assert handed.accept(block_of(led)) == led
    assert refusal(lambda: led.accept(handed.recent[-2].encode())) == "term"


def test_who_leads_does_not_leave_before_somebody_else_does():
    led = elect(table(), ADA, BOB, CY)
    assert refused(led, ADA, ADA.leave(led)) == "unauthorised"
    assert refused(led, ADA, Remove(ADA.dev)) == "unauthorised"
    assert refused(led, ADA, SetRole(ADA.dev, Role.GUEST)) == "unauthorised"
