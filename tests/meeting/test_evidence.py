"""A leader who shows two participant lists is found out, left, and convicted by a proof."""

import pytest
from fakes.table import Seat, Table, table_of

from app.meeting.effects import KeepProof, StopSealing
from app.meeting.election import HOST_LOST
from app.meeting.view import Presence
from app.meeting.wishes import HandOver, Remove
from crypto.blocks import Evidence
from crypto.errors import ForgedError
from crypto.frames import OpenedFrame
from crypto.handshake import Caller
from crypto.leading import convicted
from crypto.messages import MemberAuth
from crypto.operations import Rekey, SetPolicy
from crypto.policy import Policy, PolicyFlag


def two_blocks(liar: Seat, wall: float) -> tuple[bytes, bytes]:
    """Return two blocks of one epoch, as only a leader can sign them."""
    roster, sign = liar.meeting.roster, liar.meeting._me.sign
    locked = SetPolicy(Policy(PolicyFlag.LOCKED, roster.policy.most_people))
    return tuple(
        roster.propose([operation], int(wall * 1000), sign)[0] for operation in (Rekey(), locked)
    )


def says(table: Table, seat: Seat, to: Seat, message: bytes) -> None:
    table.whisper(seat, seat.meeting._paths[to.dev].channel, message)


def presence(table: Table, seat: Seat, other: Seat) -> Presence:
    return next(p.presence for p in table.view(seat).people if p.dev == other.dev)


def heard(table: Table, speaker: Seat, listener: Seat) -> object:
    """Let somebody send one frame; return what another one makes of it."""
    table.sends(speaker, b"still here")
    return table.opens_frame(listener, table.frames[-1])


def proofs(seat: Seat) -> list[KeepProof]:
    return [order for order in seat.orders if isinstance(order, KeepProof)]


def test_everybody_leaves_a_host_who_shows_two_lists_and_keeps_the_proof():
    table, (ada, ben, cleo, dan) = table_of("Ada", "Ben", "Cleo", "Dan")
    one, two = two_blocks(ada, table.wall())
    says(table, ada, ben, one)
    says(table, ada, cleo, two)
    table.run(3)
    for seat in (ben, cleo, dan):
        assert seat.ended == "equivocation"
        assert any(isinstance(order, StopSealing) for order in seat.orders)
        (proof,) = proofs(seat)
        evidence = Evidence(first=proof.first, second=proof.second)
        assert convicted(proof.voucher, evidence).dev == ada.dev


def test_a_new_host_who_lies_is_convicted_by_what_it_came_in_with():
    table, (ada, ben, cleo, dan) = table_of("Ada", "Ben", "Cleo", "Dan")
    table.kill(ada)
    table.run(HOST_LOST + 3)
    assert table.view(ben).i_am_host
    one, two = two_blocks(ben, table.wall())
    says(table, ben, cleo, one)
    says(table, ben, dan, two)
    table.run(3)
    for seat in (cleo, dan):
        assert seat.ended == "equivocation"
        (proof,) = proofs(seat)
        assert convicted(proof.voucher, Evidence(first=proof.first, second=proof.second)).dev == (
            ben.dev
        )
        genesis = seat.meeting.roster.genesis.encode()
        with pytest.raises(ForgedError):
            convicted(genesis, Evidence(first=proof.first, second=proof.second))


def test_who_led_once_ends_no_meeting_by_lying_later_from_inside():
    table, (ada, ben, cleo, dan) = table_of("Ada", "Ben", "Cleo", "Dan")
    one, two = two_blocks(ada, table.wall())
    table.wish(ada, HandOver(ben.dev))
    table.run(3)
    for block in (one, two):
        says(table, ada, cleo, block)
        table.run(3)
    for seat in (ben, cleo, dan):
        assert not seat.ended
        assert len(proofs(seat)) == 1
        assert presence(table, seat, ada) is Presence.UNVERIFIED
    assert isinstance(heard(table, ben, cleo), OpenedFrame)
    assert not isinstance(heard(table, ben, ada), OpenedFrame)
    assert not isinstance(heard(table, ada, ben), OpenedFrame)


def test_who_led_once_and_was_removed_ends_no_meeting_from_outside():
    table, (ada, ben, cleo, dan) = table_of("Ada", "Ben", "Cleo", "Dan")
    _, lie = two_blocks(ada, table.wall())
    roster, me = ada.meeting.roster, ada.meeting._me
    table.wish(ada, HandOver(ben.dev))
    table.run(3)
    table.wish(ben, Remove(ada.dev))
    table.run(3)
    assert ada.ended == "removed"
    outside = table.stranger("Ada's other computer")
    channel, exporter = table.reach_out(outside, cleo)
    caller = Caller(me.call_secret, exporter, table.rng.randbytes)
    table.carry(outside, channel, caller.hello())
    table.run(0.3)
    caller.read_answer(outside.early[-1].message)
    proof = MemberAuth.create(
        roster.call_id, outside.dev, roster.eid, caller.transcript, me.sign
    ).encode()
    for word in (proof, lie):
        table.carry(outside, channel, word)
        table.run(0.3)
    table.run(3)
    for seat in (ben, cleo, dan):
        assert not seat.ended
        assert len(proofs(seat)) == 1
    assert isinstance(heard(table, ben, cleo), OpenedFrame)


def test_evidence_that_proves_nothing_costs_who_shows_it_the_channel():
    table, (ada, ben, cleo) = table_of("Ada", "Ben", "Cleo")
    one, two = two_blocks(ada, table.wall())
    invented = two[:-64] + cleo.meeting._me.sign(two)
    for first, second in ((one, one), (one, invented), (one, b"no block")):
        channel = cleo.meeting._paths[ben.dev].channel
        says(table, cleo, ben, Evidence(first=first, second=second).encode())
        table.run(0.5)
        assert channel not in cleo.channels
        assert not ben.ended
        assert proofs(ben) == []
        table.run(3)


def test_a_member_who_stays_at_another_list_is_shown_so_after_a_while():
    table, (ada, ben, cleo) = table_of("Ada", "Ben", "Cleo")
    block, _ = two_blocks(ada, table.wall())
    ben.meeting._table.accept(block, ada.dev, table.now)
    ben.meeting._table.out.clear()  # nobody else gets it, and no Sync brings it
    cleo.meeting._table.accept = lambda *_: None
    ada.meeting._table.accept = lambda *_: None
    table.run(14)
    assert not diverged(table, cleo, ben)
    table.run(5)
    assert diverged(table, cleo, ben)
    assert diverged(table, ada, ben)
    assert not diverged(table, cleo, ada)
    told = [notice for notice in table.view(cleo).notices if notice.kind == "diverged"]
    assert [notice.name for notice in told] == ["Ben"]
    del cleo.meeting._table.accept, ada.meeting._table.accept
    table.run(6)
    assert not diverged(table, cleo, ben)


def diverged(table: Table, seat: Seat, of: Seat) -> bool:
    person = next(p for p in table.view(seat).people if p.dev == of.dev)
    return person.presence is Presence.DIVERGED
