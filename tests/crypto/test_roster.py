import random
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from fakes.logs import refusal
from fakes.logs import refused as refused_by
from fakes.people import Person, begin, block_of, forged_block, people, seat, step
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto import rules
from crypto.errors import ForgedError, MalformedError
from crypto.exchange import SignedLeave
from crypto.history import REMEMBERED
from crypto.membership import HISTORY_BYTES, SLOT_REST, SLOTS, USED_BYTES, State
from crypto.messages import JoinRequest
from crypto.roster import (
    Add,
    Block,
    End,
    EquivocationError,
    Leader,
    Leave,
    Operation,
    Policy,
    PolicyFlag,
    Rekey,
    Remove,
    RemoveReason,
    Role,
    Roster,
    RosterError,
    SetPolicy,
    SetRole,
)

HOST, ADA, BOB, CY, EVE = people("Host", "Ada", "Bob", "Cy", "Eve")
SECRET = b"s" * 32
CROWD = Policy(most_people=30)


def refused(roster: Roster, *operations: Operation) -> str:
    """Return the code with which an honest host, and then every member, refuses operations."""
    return refused_by(roster, HOST, *operations)


def request(roster: Roster, person: Person, **changes: object) -> bytes:
    return person.request(roster.call_id, **changes).encode()


# How it begins


def test_a_meeting_begins_with_its_host_alone():
    roster = begin(HOST)
    host = roster.members[HOST.dev]
    assert (roster.epoch, roster.term, roster.leader) == (1, 0, HOST.dev)
    assert (host.slot, host.role, host.joined_epoch, host.name) == (0, Role.HOST, 1, "Host")
    assert list(roster.members) == [HOST.dev]


def test_a_genesis_not_signed_by_the_device_it_names_is_refused():
    stolen = replace(EVE.genesis(), host_key=HOST.identity.public).encode()
    assert refusal(lambda: Roster.from_genesis(stolen)) == "forged"
    assert refusal(lambda: Roster.from_genesis(b"\x30" + stolen[1:-1])) == "malformed"


def test_no_bit_of_a_genesis_can_be_changed():
    whole = HOST.genesis().encode()
    for place in range(len(whole)):
        broken = bytearray(whole)
        broken[place] ^= 1 << place % 8
        assert refusal(partial(Roster.from_genesis, bytes(broken))) in ("forged", "malformed")


def test_two_meetings_of_one_host_never_have_the_same_name():
    assert HOST.genesis().call_id != HOST.genesis().call_id


def test_the_first_block_must_seat_the_host():
    empty = Roster.from_genesis(HOST.genesis())
    assert refused(empty, Add(request(empty, ADA))) == "unauthorised"
    assert refused(empty, Rekey()) == "unauthorised"


def test_the_host_is_seated_with_the_call_key_of_the_genesis_only():
    empty = Roster.from_genesis(HOST.genesis())
    other = request(empty, HOST, call_key=EVE.call_key)
    assert refused(empty, Add(other)) == "forged"


# Who may write


def test_nobody_but_the_leader_can_write_a_block():
    roster = seat(begin(HOST), HOST, ADA)
    block = forged_block(roster, ADA, Remove(HOST.dev))
    assert refusal(lambda: roster.accept(block)) == "forged"
    block = forged_block(roster, ADA, Rekey(), leader=ADA.dev)
    assert refusal(lambda: roster.accept(block)) == "unauthorised"
    for changes in ({"leader": ADA.dev}, {"term": 1}):
        written = Block.parse(forged_block(roster, ADA, Rekey(), **changes))
        assert (
            refusal(partial(rules.apply, roster.state, roster.genesis, written)) == "unauthorised"
        )


def test_a_block_of_another_meeting_is_refused():
    one, two = begin(HOST), begin(HOST)
    assert refusal(lambda: one.accept(block_of(step(two, HOST, Rekey())))) == "other_call"


def test_a_block_is_accepted_once():
    roster = begin(HOST)
    later = seat(roster, HOST, ADA)
    assert roster.accept(block_of(later)) == later
    assert refusal(lambda: later.accept(block_of(later))) == "replayed"
    assert refusal(lambda: later.accept(block_of(roster))) == "replayed"


def test_a_block_that_is_older_than_memory_is_stale():
    roster = first = begin(HOST)
    for _ in range(REMEMBERED):
        roster = step(roster, HOST, Rekey())
    assert refusal(lambda: roster.accept(block_of(first))) == "stale"
    assert len(roster.recent) == REMEMBERED


def test_blocks_out_of_order_wait_for_the_ones_between():
    roster = begin(HOST)
    one = seat(roster, HOST, ADA)
    two = seat(one, HOST, BOB)
    assert refusal(lambda: roster.accept(block_of(two))) == "gap"
    assert roster.accept(block_of(one)).accept(block_of(two)) == two
    caught_up = roster
    for block in two.blocks_for(HOST.dev, roster.eid, 0, roster.epoch):
        caught_up = caught_up.accept(block)
    assert caught_up == two


def test_who_lags_is_sent_the_blocks_it_lacks_and_none_from_before_it_came():
    roster = seat(begin(HOST), HOST, ADA)
    came = seat(step(roster, HOST, Remove(ADA.dev)), HOST, BOB)
    later = step(step(came, HOST, Rekey()), HOST, Rekey())
    missed = tuple(block.encode() for block in later.recent[-2:])
    assert later.blocks_for(BOB.dev, came.eid, 0, came.epoch) == missed
    assert later.blocks_for(BOB.dev, later.eid, 0, later.epoch) == ()
    since_it_came = (came.recent[-1].encode(), *missed)
    assert later.blocks_for(BOB.dev, bytes(32), 0, 0) == since_it_came
    assert later.blocks_for(BOB.dev, roster.eid, 0, roster.epoch) == since_it_came
    assert len(later.blocks_for(HOST.dev, bytes(32), 0, 0)) == 6
    assert later.blocks_for(ADA.dev, roster.eid, 0, 0) == ()
    assert later.blocks_for(EVE.dev, roster.eid, 0, 0) == ()


def test_who_stands_elsewhere_is_sent_the_block_of_the_same_number_that_proves_a_lie():
    roster = seat(begin(HOST), HOST, ADA)
    one = step(step(roster, HOST, Rekey()), HOST, Rekey())
    two = step(step(roster, HOST, Remove(ADA.dev)), HOST, Rekey())
    assert one.blocks_for(HOST.dev, two.eid, 0, two.epoch) == (block_of(one),)
    assert one.blocks_for(HOST.dev, bytes(32), 0, 99) == (block_of(one),)


def test_two_blocks_of_one_epoch_convict_the_leader():
    roster = begin(HOST)
    one, two = seat(roster, HOST, ADA), seat(roster, HOST, BOB)
    with pytest.raises(EquivocationError) as caught:
        one.accept(block_of(two))
    assert caught.value.code == "equivocation"
    caught.value.evidence.check(HOST.call_key, roster.call_id)
    with pytest.raises(ForgedError):
        caught.value.evidence.check(ADA.call_key, roster.call_id)


def test_the_same_block_signed_again_convicts_nobody():
    roster = seat(begin(HOST), HOST, ADA)
    again = replace(roster.recent[-1], raw=b"").signed(roster.call_id, HOST.sign)
    assert refusal(lambda: roster.accept(again.encode())) == "replayed"


def test_a_block_fits_only_with_the_next_number_on_top_of_what_was_accepted():
    roster = begin(HOST)
    one, two = seat(roster, HOST, ADA), seat(roster, HOST, BOB)
    assert refusal(lambda: one.accept(block_of(seat(two, HOST, CY)))) == "gap"
    numbered_wrong = forged_block(one, HOST, Rekey(), epoch=one.epoch + 2)
    assert refusal(lambda: one.accept(numbered_wrong)) == "fork"


def test_no_bit_of_a_block_can_be_changed():
    roster = begin(HOST)
    whole = block_of(step(roster, HOST, Add(request(roster, ADA)), Rekey()))
    for place in [*range(200), *range(200, len(whole), 7)]:
        broken = bytearray(whole)
        broken[place] ^= 1 << place % 8
        code = refusal(partial(roster.accept, bytes(broken)))
        assert code in ("malformed", "forged", "other_call", "stale", "gap", "not_member")


@given(st.binary(max_size=300))
def test_random_bytes_are_no_block(data: bytes):
    roster = begin(HOST)
    assert refusal(lambda: roster.accept(data)) == "malformed"
    assert refusal(lambda: roster.accept(b"\x31\x01" + data)) == "malformed"


def test_a_block_that_promises_another_roster_is_refused():
    roster = begin(HOST)
    assert refusal(lambda: roster.accept(forged_block(roster, HOST, Rekey()))) == "roster_hash"


def test_time_in_the_log_never_runs_backwards():
    roster = begin(HOST)
    block = forged_block(roster, HOST, Rekey(), time_ms=roster.state.time_ms - 1)
    assert refusal(lambda: roster.accept(block)) == "time"
    _, later = roster.propose([Rekey()], 5, HOST.sign)  # the host's clock was set back
    assert later.state.time_ms == roster.state.time_ms


def test_a_block_that_does_nothing_is_refused():
    assert refused(begin(HOST)) == "empty"


def test_a_log_proposed_by_somebody_else_is_refused_before_it_is_sent():
    roster = seat(begin(HOST), HOST, ADA)
    assert refusal(lambda: roster.propose([Rekey()], 10**13, ADA.sign)) == "forged"


# Who gets in


def test_newcomers_get_the_lowest_free_slots_and_the_role_of_a_participant():
    roster = seat(begin(HOST), HOST, ADA, BOB)
    assert [member.slot for member in roster.members.values()] == [0, 1, 2]
    assert roster.members[BOB.dev].role is Role.PARTICIPANT
    assert roster.member_by_slot(2) == roster.members[BOB.dev]
    assert roster.member_by_slot(3) is None
    assert roster.members[ADA.dev].addresses == ADA.request(roster.call_id).addresses


def test_nobody_sits_twice():
    roster = seat(begin(HOST), HOST, ADA)
    assert refused(roster, Add(request(roster, ADA))) == "duplicate"
    assert refused(roster, *[Add(request(roster, BOB)) for _ in range(2)]) == "duplicate"
    assert refused(roster, Add(request(roster, ADA, call_key=BOB.call_key))) == "duplicate"


def test_nobody_takes_the_call_key_of_another():
    roster = seat(begin(HOST), HOST, ADA)
    assert refused(roster, Add(request(roster, EVE, call_key=ADA.call_key))) == "duplicate"


def test_a_request_is_good_for_one_seat():
    roster = begin(HOST)
    old = request(roster, ADA)
    roster = step(roster, HOST, Add(old))
    roster = step(roster, HOST, ADA.leave(roster))
    assert refused(roster, Add(old)) == "join_id_used"
    assert ADA.dev in seat(roster, HOST, ADA).members


def test_a_join_id_is_used_once_even_by_different_devices():
    roster = begin(HOST)
    roster = step(roster, HOST, Add(request(roster, ADA, join_id=b"j" * 16)))
    assert refused(roster, Add(request(roster, BOB, join_id=b"j" * 16))) == "join_id_used"


def test_a_forged_or_foreign_request_seats_nobody():
    roster, other = begin(HOST), begin(EVE)
    good = ADA.request(roster.call_id)
    assert refused(roster, Add(replace(good, name="Bob", raw=b"").encode())) == "forged"
    assert refused(roster, Add(request(other, ADA))) == "forged"
    assert refused(roster, Add(b"nonsense")) == "malformed"


def test_a_removed_device_cannot_come_back():
    roster = seat(begin(HOST), HOST, ADA, BOB)
    roster = step(roster, HOST, Remove(ADA.dev))
    assert ADA.dev not in roster.members
    assert roster.removed == {ADA.dev}
    assert refused(roster, Add(request(roster, ADA))) == "removed"
    fresh_call_key = request(roster, ADA, call_key=EVE.call_key)
    assert refused(roster, Add(fresh_call_key)) == "removed"


@pytest.mark.parametrize("reason", [RemoveReason.SILENT, RemoveReason.REPLACED])
def test_a_device_that_was_lost_may_come_back(reason: RemoveReason):
    roster = seat(begin(HOST), HOST, ADA)
    roster = step(roster, HOST, Remove(ADA.dev, reason))
    assert ADA.dev in seat(roster, HOST, ADA).members


def test_a_device_that_is_back_before_it_was_missed_changes_its_seat_in_one_block():
    roster = seat(begin(HOST), HOST, ADA, BOB)
    replaced = [Remove(ADA.dev, RemoveReason.REPLACED), Add(request(roster, ADA))]
    later = step(roster, HOST, *replaced)
    assert later.members[ADA.dev].slot != roster.members[ADA.dev].slot
    assert later.gone_since(roster) == {ADA.dev}


def test_a_slot_stays_empty_for_eight_epochs():
    roster = seat(begin(HOST), HOST, ADA, BOB)
    slot = roster.members[ADA.dev].slot
    roster = step(roster, HOST, Remove(ADA.dev, RemoveReason.SILENT))
    left = roster.epoch
    while roster.epoch + 1 < left + SLOT_REST:
        assert seat(roster, HOST, CY).members[CY.dev].slot == 3
        roster = step(roster, HOST, Rekey())
    assert [empty for empty, _ in roster.state.freed] == [slot]
    assert seat(roster, HOST, CY).members[CY.dev].slot == slot
    assert step(roster, HOST, Rekey()).state.freed == (), "that it was empty is remembered no more"


def test_even_constant_coming_and_going_never_reuses_a_slot_too_soon():
    roster = begin(HOST, CROWD)
    last_used: dict[int, int] = {}
    for _ in range(2 * SLOTS):
        roster = seat(roster, HOST, ADA)
        slot = roster.members[ADA.dev].slot
        assert roster.epoch - last_used.get(slot, -SLOT_REST) >= SLOT_REST
        roster = step(roster, HOST, Remove(ADA.dev, RemoveReason.SILENT))
        last_used[slot] = roster.epoch
        assert len(roster.state.freed) <= SLOT_REST


def test_a_full_meeting_seats_nobody():
    roster = seat(begin(HOST, Policy(most_people=2)), HOST, ADA)
    assert refused(roster, Add(request(roster, BOB))) == "full"


def test_a_locked_meeting_seats_nobody_until_it_is_unlocked():
    roster = begin(HOST)
    roster = step(roster, HOST, SetPolicy(Policy(PolicyFlag.LOBBY | PolicyFlag.LOCKED)))
    assert roster.policy.locked
    assert refused(roster, Add(request(roster, ADA))) == "locked"
    assert ADA.dev in step(roster, HOST, SetPolicy(Policy()), Add(request(roster, ADA))).members


def test_the_memory_of_a_meeting_is_bounded():
    roster = begin(HOST)
    used = frozenset(
        number.to_bytes(USED_BYTES, "big") for number in range(HISTORY_BYTES // USED_BYTES)
    )
    long = replace(roster, state=replace(roster.state, used=used))
    assert refused(long, Add(request(roster, ADA))) == "full"
    one_less = replace(roster.state, used=frozenset(sorted(used)[1:]))
    last = replace(roster, state=one_less)
    last = seat(last, HOST, ADA)
    assert last.state.history_bytes == HISTORY_BYTES
    assert State.parse(long.state.encode()) == long.state


# Who goes


def test_who_leaves_says_so_themselves():
    roster = seat(begin(HOST), HOST, ADA, BOB)
    later = step(roster, HOST, ADA.leave(roster))
    assert later.gone_since(roster) == {ADA.dev}
    assert ADA.dev not in later.removed


def test_nobody_is_made_to_leave_by_another():
    roster = seat(begin(HOST), HOST, ADA, BOB)
    join_id = roster.members[ADA.dev].request.join_id
    forged = SignedLeave(dev=ADA.dev, join_id=join_id).signed(roster.call_id, HOST.sign)
    assert refused(roster, Leave(forged.encode())) == "forged"
    assert refused(roster, Leave(b"nonsense")) == "malformed"


def test_an_old_farewell_does_not_end_a_new_seat():
    roster = seat(begin(HOST), HOST, ADA)
    farewell = ADA.leave(roster)
    roster = seat(step(roster, HOST, farewell), HOST, ADA)
    assert refused(roster, farewell) == "unauthorised"


def test_who_has_no_seat_cannot_lose_it():
    roster = begin(HOST)
    assert refused(roster, Remove(ADA.dev)) == "not_member"
    assert refused(roster, SetRole(ADA.dev, Role.PRESENTER)) == "not_member"
    leave = SignedLeave(dev=ADA.dev, join_id=bytes(16)).signed(roster.call_id, ADA.sign)
    assert refused(roster, Leave(leave.encode())) == "not_member"


def test_who_leads_neither_goes_nor_changes_its_role():
    roster = seat(begin(HOST), HOST, ADA)
    assert refused(roster, Remove(HOST.dev)) == "unauthorised"
    assert refused(roster, HOST.leave(roster)) == "unauthorised"
    again = Add(request(roster, HOST))
    assert refused(roster, Remove(HOST.dev, RemoveReason.REPLACED), again) == "unauthorised"
    assert refused(roster, HOST.leave(roster), again) == "unauthorised"
    assert refused(roster, SetRole(ADA.dev, Role.HOST)) == "unauthorised"
    assert refused(roster, SetRole(HOST.dev, Role.PARTICIPANT)) == "unauthorised"


def test_a_member_can_be_given_another_role():
    roster = seat(begin(HOST), HOST, ADA)
    assert step(roster, HOST, SetRole(ADA.dev, Role.PRESENTER)).members[ADA.dev].role is (
        Role.PRESENTER
    )


def test_nothing_comes_after_the_end():
    roster = seat(begin(HOST), HOST, ADA)
    assert refused(roster, End(), Rekey()) == "ended"
    over = step(roster, HOST, Remove(ADA.dev), End())
    assert over.ended
    assert refused(over, Rekey()) == "ended"


# How it is written


@pytest.mark.parametrize(
    "change",
    [
        lambda state: replace(state, members=tuple(reversed(state.members))),
        lambda state: replace(state, freed=((64, 1),)),
        lambda state: replace(state, freed=((5, 1), (4, 1))),
        lambda state: replace(state, freed=((5, 1), (5, 2))),
    ],
)
def test_slots_are_written_in_order_and_exist(change: Callable[[State], State]):
    state = seat(begin(HOST), HOST, ADA).state
    assert State.parse(state.encode()) == state
    with pytest.raises(MalformedError):
        State.parse(change(state).encode())


@pytest.mark.parametrize(("name", "size"), [("removed", 16), ("used", 8)])
def test_what_is_remembered_is_written_in_order_and_once(name: str, size: int):
    low, high = b"l" * size, b"m" * size
    state = replace(begin(HOST).state, **{name: frozenset([low, high])})
    written = state.encode()
    assert State.parse(written) == state
    for wrong in (high + low, low + low):
        with pytest.raises(MalformedError):
            State.parse(written.replace(low + high, wrong))


# All together


@settings(max_examples=25)
@given(st.integers(0, 2**32))
def test_honest_replicas_agree_whatever_happens(seed: int):
    rng = random.Random(seed)
    crowd = people("Host", *"ABCDEF", seed=seed)
    host, guests = crowd[0], crowd[1:]
    roster = begin(host, Policy(most_people=5))
    replicas = {host.dev: roster}
    for _ in range(25):
        operations: list[Operation] = []
        requests: dict[bytes, JoinRequest] = {}
        for guest in rng.sample(guests, rng.randint(1, 3)):
            if roster.is_member(guest.dev):
                reason = rng.choice(list(RemoveReason))
                goes = rng.choice([guest.leave(roster), Remove(guest.dev, reason), Rekey()])
                operations.append(goes)
            else:
                requests[guest.dev] = guest.request(roster.call_id)
                operations.append(Add(requests[guest.dev].encode()))
        try:
            block, roster = roster.propose(operations, rng.randint(0, 2**50), host.sign)
        except RosterError as error:
            assert error.code in ("full", "removed")  # noqa: PT017 - the rest of a random run
            continue
        replicas = {
            dev: replica.accept(block) if dev != host.dev else roster
            for dev, replica in replicas.items()
        }
        for dev in set(replicas) - set(roster.members):
            del replicas[dev]
        for dev, own in requests.items():
            if dev in roster.members:
                replicas[dev] = Roster.from_welcome(
                    roster.welcome(SECRET), roster.genesis, own, Leader.founder(roster.genesis)
                )
        assert set(replicas) == set(roster.members)
        for replica in replicas.values():
            assert replica == roster
            assert replica.state.encode() == roster.state.encode()


def test_the_name_of_an_epoch_commits_to_the_whole_history():
    roster = begin(HOST)
    one = step(seat(roster, HOST, ADA), HOST, Rekey())
    two = step(step(roster, HOST, Rekey()), HOST, Rekey())
    assert len({one.eid, two.eid, roster.eid, roster.call_id}) == 4
    assert Block.parse(block_of(one)).eid == one.eid
