"""A leader that shows two rosters signs its own conviction, whoever leads meanwhile."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from fakes.logs import elect, refusal
from fakes.people import Person, begin, block_of, forged_block, people, seat, step

from crypto.blocks import Block
from crypto.errors import ForgedError, MalformedError
from crypto.leading import Leader, convicted
from crypto.messages import Evidence
from crypto.roster import Add, EquivocationError, HandOver, Rekey, Remove, RemoveReason, Roster

HOST, ADA, BOB, CY, EVE = people("Host", "Ada", "Bob", "Cy", "Eve")


def table() -> Roster:
    return seat(begin(HOST), HOST, ADA, BOB, CY)


def lie(roster: Roster, leader: Person = HOST) -> Evidence:
    """Return two different blocks by which a leader goes on from one roster."""
    one = step(roster, leader, Rekey())
    two = step(roster, leader, Remove(CY.dev, RemoveReason.SILENT))
    return Evidence(first=block_of(one), second=block_of(two))


def evidence_of(act: Callable[[], object]) -> Evidence:
    with pytest.raises(EquivocationError) as caught:
        act()
    return caught.value.evidence


def test_who_sees_both_blocks_holds_the_proof():
    roster = table()
    both = lie(roster)
    proof = evidence_of(lambda: roster.accept(both.first).accept(both.second))
    assert proof == both
    assert roster.convict(proof) == Leader.founder(roster.genesis)
    assert Evidence.parse(proof.encode()) == proof


def test_who_hears_of_it_from_another_is_as_sure():
    roster = table()
    both = lie(roster)
    turned = Evidence(first=both.second, second=both.first)
    for proof in (both, turned):
        assert roster.convict(proof).dev == HOST.dev


def test_a_lie_comes_out_although_somebody_else_leads_by_now():
    shared = table()
    both = lie(shared)
    lonely = shared.accept(both.first)
    after_election = lonely.accept(block_of(elect(shared, ADA, BOB, CY)))
    assert evidence_of(lambda: after_election.accept(both.second)) == both
    after_hand_over = step(lonely, HOST, HandOver(BOB.dev))
    assert evidence_of(lambda: after_hand_over.accept(both.second)) == both
    assert after_hand_over.convict(both).dev == HOST.dev


def test_a_leader_who_came_later_is_convicted_by_the_key_of_its_request():
    led = elect(table(), ADA, BOB, CY)
    both = lie(led, ADA)
    proof = evidence_of(lambda: led.accept(both.first).accept(both.second))
    culprit = led.convict(proof)
    assert culprit.dev == ADA.dev
    assert culprit.voucher == led.members[ADA.dev].request.encode()
    gone = step(led, ADA, HandOver(BOB.dev))
    gone = step(gone, BOB, Remove(ADA.dev, RemoveReason.SILENT))
    assert gone.convict(proof) == culprit


def test_who_led_with_two_keys_is_convicted_by_the_right_one():
    one, *others = people("Host", "Ada", "Bob", "Cy")
    again = people("Host", seed=7)[0]
    again.identity = one.identity  # the same device with another call key
    ada, bob, cy = others
    roster = elect(seat(begin(one), one, *others), ada, bob, cy)
    roster = step(roster, ada, Remove(one.dev, RemoveReason.SILENT))
    roster = step(roster, ada, Add(again.request(roster.call_id).encode()))
    roster = step(roster, ada, HandOver(one.dev))
    both = Evidence(
        first=block_of(step(roster, again, Rekey())),
        second=block_of(step(roster, again, Remove(cy.dev))),
    )
    assert [leader.dev for leader in roster.history.leaders] == [one.dev, ada.dev, one.dev]
    assert roster.convict(both).call_key == again.call_key


def test_two_takeovers_of_one_candidate_convict_it():
    shared = table()
    one, two = elect(shared, ADA, BOB, CY), elect(shared, ADA, BOB, HOST)
    proof = evidence_of(lambda: one.accept(block_of(two)))
    assert one.convict(proof).dev == ADA.dev


@pytest.mark.parametrize("what", ["one epoch", "another term", "another leader", "one block"])
def test_blocks_that_do_not_contradict_each_other_prove_nothing(what: str):
    shared = table()
    first = step(shared, HOST, Rekey())
    match what:
        case "one epoch":
            second = step(first, HOST, Rekey())
        case "another term":
            second = elect(shared, HOST, ADA, BOB)
        case "another leader":
            second = elect(shared, ADA, BOB, CY)
        case _:
            second = first
    evidence = Evidence(first=block_of(first), second=block_of(second))
    for roster in (shared, first, second):
        assert refusal(partial(roster.convict, evidence)) == "forged"


def test_nobody_is_convicted_by_what_they_did_not_sign():
    roster = table()
    real = block_of(step(roster, HOST, Rekey()))
    for second in (
        forged_block(roster, EVE, Rekey(), Rekey()),
        forged_block(begin(HOST), HOST, Rekey(), epoch=roster.epoch + 1),
    ):
        assert refusal(partial(roster.convict, Evidence(first=real, second=second))) == "forged"
    forged = forged_block(roster, EVE, Rekey(), Rekey())
    known = roster.accept(real)
    assert refusal(lambda: known.accept(forged)) == "forged"


def test_who_never_led_is_not_convicted():
    roster = table()
    blocks = [forged_block(roster, ADA, Rekey(), leader=ADA.dev, time_ms=time) for time in (1, 2)]
    evidence = Evidence(first=blocks[0], second=blocks[1])
    evidence.check(ADA.call_key, roster.call_id)
    assert refusal(lambda: roster.convict(evidence)) == "forged"


def test_what_is_no_block_is_no_evidence():
    roster = table()
    real = block_of(step(roster, HOST, Rekey()))
    for first, second in ((b"", b""), (real, b"nonsense"), (b"nonsense", real)):
        evidence = Evidence(first=first, second=second)
        assert refusal(partial(roster.convict, evidence)) == "malformed"


def framed(victim: Person) -> tuple[bytes, Evidence]:
    """Return what Eve makes up to convict somebody: her own blocks, and a key in their name."""
    genesis = replace(victim.genesis(), host_call_key=EVE.call_key, raw=b"", signature=b"")
    genesis = genesis.signed(genesis.call_id, EVE.identity.sign)
    voucher = genesis.encode()
    if victim is not HOST:
        request = victim.request(genesis.call_id, call_key=EVE.call_key)
        request = replace(request, raw=b"", signature=b"")
        voucher = request.signed(genesis.call_id, EVE.identity.sign).encode()
    block = Block.parse(forged_block(table(), EVE, Rekey(), leader=victim.dev))
    first, second = (
        replace(block, call_id=genesis.call_id, time_ms=time, raw=b"", signature=b"")
        .signed(genesis.call_id, EVE.sign)
        .encode()
        for time in (1, 2)
    )
    return voucher, Evidence(first=first, second=second)


def test_somebody_who_was_not_there_can_check_the_proof():
    roster = table()
    founder = lie(roster)
    led = elect(roster, ADA, BOB, CY)
    successor = lie(led, ADA)
    for evidence in (founder, successor):
        culprit = led.convict(evidence)
        assert convicted(culprit.voucher, evidence) == culprit
    with pytest.raises(ForgedError):
        convicted(led.convict(founder).voucher, successor)
    with pytest.raises(ForgedError):
        convicted(EVE.request(roster.call_id).encode(), founder)
    with pytest.raises(ForgedError):
        convicted(ADA.request(bytes(32)).encode(), successor)
    with pytest.raises(MalformedError):
        convicted(b"nonsense", founder)
    for voucher, evidence in framed(HOST), framed(ADA):
        with pytest.raises(ForgedError):
            convicted(voucher, evidence)
    same_key = EVE.request(roster.call_id, call_key=HOST.call_key).encode()
    with pytest.raises(ForgedError, match="somebody else"):
        convicted(same_key, founder)
