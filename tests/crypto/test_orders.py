"""Roles, and what a co-host may have the leader do: it stands in the log who asked."""

from dataclasses import replace

import pytest
from fakes.logs import elect, order, refused
from fakes.people import Person, begin, people, seat, step

from crypto.messages import Order
from crypto.operations import ORDER_BYTES
from crypto.requests import Orderable
from crypto.roster import (
    Add,
    HandOver,
    Ordered,
    Policy,
    PolicyFlag,
    Remove,
    RemoveReason,
    Role,
    Roster,
    SetChat,
    SetPolicy,
    SetRole,
)

HOST, ADA, BOB, CY, EVE = people("Host", "Ada", "Bob", "Cy", "Eve")
ROLES = (Role.GUEST, Role.PARTICIPANT, Role.PRESENTER, Role.CO_HOST)
MUCH = Policy(PolicyFlag.LOBBY | PolicyFlag.VISIBLE)


def table(role: Role = Role.CO_HOST) -> Roster:
    """Return a meeting of five in which Ada has a role, and Bob is co-host."""
    roster = seat(begin(HOST, MUCH), HOST, ADA, BOB, CY, EVE)
    return step(roster, HOST, SetRole(ADA.dev, role), SetRole(BOB.dev, Role.CO_HOST))


def raised(roster: Roster, person: Person, flag: PolicyFlag) -> Ordered:
    """Return an order by which one rule of the meeting turns round."""
    policy = replace(roster.policy, flags=roster.policy.flags ^ flag)
    return order(roster, person, 9, SetPolicy(policy))


# Roles


@pytest.mark.parametrize("role", [Role.GUEST, Role.PARTICIPANT, Role.PRESENTER])
def test_people_come_in_as_what_they_were_invited_for(role: Role):
    roster = begin(HOST)
    roster = step(roster, HOST, Add(ADA.request(roster.call_id).encode(), role))
    assert roster.members[ADA.dev].role is role


@pytest.mark.parametrize("role", [Role.CO_HOST, Role.HOST])
def test_nobody_comes_in_with_power(role: Role):
    roster = begin(HOST)
    request = ADA.request(roster.call_id).encode()
    assert refused(roster, HOST, Add(request, role)) == "unauthorised"


@pytest.mark.parametrize("role", ROLES)
def test_the_host_gives_every_role_but_its_own(role: Role):
    roster = step(table(), HOST, SetRole(CY.dev, role))
    assert roster.members[CY.dev].role is role
    assert refused(roster, HOST, SetRole(CY.dev, Role.HOST)) == "unauthorised"
    assert refused(roster, HOST, SetRole(HOST.dev, role)) == "unauthorised"


def test_who_loses_the_role_of_a_co_host_orders_nothing_any_more():
    roster = step(table(), HOST, SetRole(ADA.dev, Role.PRESENTER))
    assert refused(roster, HOST, order(roster, ADA, 1, Remove(CY.dev))) == "unauthorised"


# What the host does itself


def test_the_host_switches_chat_for_one_person_off_and_on():
    off = step(table(), HOST, SetChat(CY.dev, False))
    assert [m.name for m in off.members.values() if not m.chat_allowed] == ["Cy"]
    assert step(off, HOST, SetChat(CY.dev, True)).members[CY.dev].chat_allowed
    assert refused(off, HOST, SetChat(HOST.dev, False)) == "unauthorised"
    gone = step(off, HOST, Remove(CY.dev, RemoveReason.SILENT))
    assert refused(gone, HOST, SetChat(CY.dev, True)) == "not_member"


def test_whose_chat_is_off_is_part_of_what_all_agree_on():
    roster = table()
    off = step(roster, HOST, SetChat(CY.dev, False))
    assert off.state.roster_hash != step(roster, HOST, SetChat(CY.dev, True)).state.roster_hash
    assert type(off.state).parse(off.state.encode()) == off.state


# What a co-host orders


@pytest.mark.parametrize("target", [Role.GUEST, Role.PARTICIPANT, Role.PRESENTER])
def test_a_co_host_has_lower_roles_removed_and_their_chat_switched(target: Role):
    roster = step(table(), HOST, SetRole(CY.dev, target))
    chat = step(roster, HOST, order(roster, ADA, 1, SetChat(CY.dev, False)))
    assert not chat.members[CY.dev].chat_allowed
    assert chat.members[ADA.dev].last_order == 1
    gone = step(roster, HOST, order(roster, ADA, 1, Remove(CY.dev)))
    assert CY.dev in gone.removed
    assert not gone.is_member(CY.dev)


@pytest.mark.parametrize("target", [HOST, BOB, ADA], ids=["host", "co-host", "itself"])
def test_a_co_host_never_acts_on_the_host_or_a_co_host(target: Person):
    roster = table()
    for operation in (Remove(target.dev), SetChat(target.dev, False)):
        assert refused(roster, HOST, order(roster, ADA, 1, operation)) == "unauthorised"


@pytest.mark.parametrize("flag", PolicyFlag, ids=lambda flag: str(flag.name))
def test_a_co_host_changes_lobby_lock_and_chat_and_no_other_rule(flag: PolicyFlag):
    roster = table()
    if flag in PolicyFlag.LOBBY | PolicyFlag.LOCKED | PolicyFlag.CHAT_OFF:
        changed = step(roster, HOST, raised(roster, ADA, flag))
        assert changed.policy.flags == roster.policy.flags ^ flag
    else:
        assert refused(roster, HOST, raised(roster, ADA, flag)) == "unauthorised"


def test_a_co_host_does_not_make_the_meeting_larger():
    roster = table()
    larger = order(roster, ADA, 1, SetPolicy(replace(roster.policy, most_people=9)))
    assert refused(roster, HOST, larger) == "unauthorised"


@pytest.mark.parametrize("reason", [RemoveReason.SILENT, RemoveReason.REPLACED])
def test_a_co_host_removes_by_will_and_for_no_other_reason(reason: RemoveReason):
    roster = table()
    assert refused(roster, HOST, order(roster, ADA, 1, Remove(CY.dev, reason))) == "unauthorised"


@pytest.mark.parametrize("role", [Role.GUEST, Role.PARTICIPANT, Role.PRESENTER])
@pytest.mark.parametrize("wish", ["remove", "chat", "policy", "nothing"])
def test_lower_roles_order_nothing(role: Role, wish: str):
    roster = step(table(role), HOST, SetRole(CY.dev, Role.GUEST))
    operations: dict[str, Orderable] = {
        "remove": Remove(CY.dev),
        "chat": SetChat(CY.dev, False),
        "policy": SetPolicy(Policy(roster.policy.flags | PolicyFlag.LOCKED)),
        "nothing": SetPolicy(roster.policy),
    }
    assert refused(roster, HOST, order(roster, ADA, 1, operations[wish])) == "unauthorised"


def test_an_order_counts_once_and_no_older_one_after_it():
    first = roster = table()
    off, on = (order(roster, ADA, n, SetChat(CY.dev, n % 2 == 0)) for n in (7, 8))
    roster = step(roster, HOST, off)
    assert refused(roster, HOST, off) == "order_used"
    roster = step(roster, HOST, on)
    for old in (off, on, order(roster, ADA, 1, SetChat(CY.dev, False))):
        assert refused(roster, HOST, old) == "order_used"
    assert refused(first, HOST, off, off) == "order_used"
    assert refused(first, HOST, order(first, ADA, 0, SetChat(CY.dev, False))) == "order_used"


def test_the_orders_of_two_co_hosts_are_numbered_apart():
    roster = table()
    roster = step(roster, HOST, order(roster, ADA, 5, SetChat(CY.dev, False)))
    roster = step(roster, HOST, order(roster, BOB, 1, SetChat(CY.dev, True)))
    assert roster.members[CY.dev].chat_allowed


def test_nobody_makes_up_the_order_of_another():
    roster = table()
    wish = Order(dev=ADA.dev, number=1, operation=Remove(CY.dev))
    for signer, call in ((HOST, roster.call_id), (EVE, roster.call_id), (ADA, bytes(32))):
        forged = Ordered(wish.signed(call, signer.sign).encode())
        assert refused(roster, HOST, forged) == "forged"
    signed = wish.signed(roster.call_id, ADA.sign)
    other = replace(signed, operation=Remove(EVE.dev))
    assert refused(roster, HOST, Ordered(other.encode())) == "forged"
    assert refused(roster, HOST, Ordered(b"nonsense")) == "malformed"
    assert refused(roster, HOST, Ordered(bytes(ORDER_BYTES))) == "malformed"


def test_who_is_not_in_orders_nothing():
    roster = table()
    wish = order(roster, ADA, 1, Remove(CY.dev))
    roster = step(roster, HOST, Remove(ADA.dev, RemoveReason.SILENT))
    assert refused(roster, HOST, wish) == "not_member"
    roster = seat(roster, HOST, ADA)
    assert refused(roster, HOST, wish) == "unauthorised", "who comes back is no co-host"


def test_a_role_is_not_for_a_co_host_to_give():
    roster = table()
    wish = Order(dev=ADA.dev, number=1, operation=SetRole(CY.dev, Role.PRESENTER))  # type: ignore[arg-type]
    forged = Ordered(wish.signed(roster.call_id, ADA.sign).encode())
    assert refused(roster, HOST, forged) == "malformed"


def test_orders_are_carried_out_by_whoever_leads():
    roster = step(table(), HOST, HandOver(BOB.dev))
    later = step(roster, BOB, order(roster, ADA, 1, Remove(CY.dev)))
    assert CY.dev in later.removed
    led = elect(table(), CY, ADA, EVE)
    assert (
        not step(led, CY, order(led, ADA, 1, SetChat(EVE.dev, False))).members[EVE.dev].chat_allowed
    )
    assert refused(led, CY, order(led, ADA, 1, Remove(HOST.dev))) == "unauthorised"


def test_who_orders_is_judged_at_the_moment_of_the_block():
    roster = table()
    demote, wish = SetRole(ADA.dev, Role.GUEST), order(roster, ADA, 1, Remove(CY.dev))
    assert refused(roster, HOST, demote, wish) == "unauthorised"
    assert CY.dev in step(roster, HOST, wish, demote).removed
