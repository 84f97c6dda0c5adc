"""The rules by which a block changes a roster: pure, the same for whoever makes or receives it."""

from dataclasses import replace
from typing import assert_never

from crypto import rights
from crypto.blocks import Block, Genesis
from crypto.errors import ForgedError, MalformedError
from crypto.exchange import SignedLeave
from crypto.joining import JoinRequest, used_join_id
from crypto.membership import HISTORY_BYTES, SLOT_REST, USED_BYTES, Member, State
from crypto.operations import (
    Add,
    End,
    HandOver,
    Leave,
    Operation,
    Ordered,
    Rekey,
    Remove,
    RemoveReason,
    Role,
    SetChat,
    SetPolicy,
    SetRole,
    Takeover,
)
from crypto.policy import Policy
from crypto.refusal import RosterError
from crypto.requests import Order
from crypto.rights import Right
from crypto.votes import Vote, check_votes


def initial_state(genesis: Genesis) -> State:
    """Return the state before the first block: the host leads, nobody has a seat yet."""
    return State(
        epoch=0,
        term=0,
        time_ms=genesis.created_ms,
        leader=genesis.host,
        ended=False,
        policy=genesis.policy,
        members=(),
        freed=(),
        removed=frozenset(),
        used=frozenset(),
    )


def apply(state: State, genesis: Genesis, block: Block) -> State:
    """Return the state after a block that stands on `state`; RosterError if a rule refuses it.

    The block's signature, its `prev` and its roster hash are for the caller to check.
    """
    if state.ended:
        raise RosterError("ended", "the meeting is over")
    if block.epoch != state.epoch + 1:
        raise RosterError("fork", "a block does not have the next number")
    if block.time_ms < state.time_ms:
        raise RosterError("time", "a block is older than the one before")
    if not block.operations:
        raise RosterError("empty", "a block does nothing")
    operations = block.operations
    if isinstance(operations[0], Takeover):
        state = _take_over(state, genesis, block, operations[0])
        operations = operations[1:]
    if block.term != state.term:
        raise RosterError("unauthorised", "a term begins with a takeover")
    freed = tuple((slot, since) for slot, since in state.freed if block.epoch - since < SLOT_REST)
    state = replace(state, epoch=block.epoch, time_ms=block.time_ms, freed=freed)
    for operation in operations:
        if state.ended:
            raise RosterError("ended", "something follows the end")
        if state.leader != block.leader:
            raise RosterError("unauthorised", "a block is by somebody who does not lead")
        state = _apply_one(state, genesis, operation)
    if state.member(state.leader) is None:
        raise RosterError("unauthorised", "the first block must seat its leader")
    return state


def checked_request(data: bytes, call_id: bytes) -> JoinRequest:
    """Return a join request that is good for this meeting; RosterError otherwise."""
    try:
        request = JoinRequest.parse(data)
        request.check(call_id)
    except MalformedError as error:
        raise RosterError("malformed", str(error)) from error
    except ForgedError as error:
        raise RosterError("forged", str(error)) from error
    return request


def _apply_one(state: State, genesis: Genesis, operation: Operation) -> State:
    match operation:
        case Add(request, role):
            return _add(state, genesis, request, role)
        case Leave(leave):
            return _leave(state, genesis, leave)
        case SetRole(dev, role):
            return _set_role(state, dev, role)
        case HandOver(dev):
            return _led_by(state, _seated(state, dev))
        case Remove() | SetPolicy() | SetChat():
            return _rule(state, operation, Role.HOST)
        case Ordered(order):
            return _obey(state, genesis, order)
        case Rekey():
            return state
        case End():
            return replace(state, ended=True)
        case Takeover():
            raise RosterError("unauthorised", "a takeover comes first or not at all")
        case _:
            assert_never(operation)


# Who comes and goes


def _add(state: State, genesis: Genesis, data: bytes, role: Role) -> State:
    request = checked_request(data, genesis.call_id)
    dev = request.dev
    opens = dev == state.leader and state.member(dev) is None  # by the first block only
    if opens and request.call_key != genesis.host_call_key:
        raise RosterError("forged", "the host's call key is not the one of the genesis")
    if role not in rights.NEWCOMERS:
        raise RosterError("unauthorised", "nobody comes in with such a role")
    if dev in state.removed:
        raise RosterError("removed", "the device was removed from this meeting")
    if any(dev == member.dev or request.call_key == member.call_key for member in state.members):
        raise RosterError("duplicate", "device or call key has a seat already")
    used = used_join_id(genesis.call_id, request.join_id)
    if used in state.used:
        raise RosterError("join_id_used", "a join request was used again")
    if state.policy.locked and not opens:
        raise RosterError("locked", "nobody is let in")
    slot = state.free_slot(state.epoch)
    if slot is None or len(state.members) >= state.policy.most_people:
        raise RosterError("full", "there is no seat left")
    if state.history_bytes + USED_BYTES > HISTORY_BYTES:
        raise RosterError("full", "too many joins for one meeting")
    member = Member(dev, slot, Role.HOST if opens else role, state.epoch, request)
    return replace(
        state,
        members=tuple(sorted((*state.members, member), key=lambda member: member.slot)),
        used=state.used | {used},
    )


def _leave(state: State, genesis: Genesis, data: bytes) -> State:
    try:
        leave = SignedLeave.parse(data)
    except MalformedError as error:
        raise RosterError("malformed", str(error)) from error
    member = _seated(state, leave.dev)
    try:
        leave.verify(member.call_key, genesis.call_id)
    except ForgedError as error:
        raise RosterError("forged", "a leave is not by who leaves") from error
    if leave.join_id != member.request.join_id:
        raise RosterError("unauthorised", "a leave is for an earlier seat")
    return _without(state, member)


def _without(state: State, member: Member) -> State:
    if member.dev == state.leader:
        raise RosterError("unauthorised", "who leads hands over before leaving")
    freed = tuple(sorted((*state.freed, (member.slot, state.epoch))))
    members = tuple(other for other in state.members if other.dev != member.dev)
    return replace(state, members=members, freed=freed)


def _seated(state: State, dev: bytes) -> Member:
    member = state.member(dev)
    if member is None:
        raise RosterError("not_member", "the device has no seat")
    return member


# Who leads


def _take_over(state: State, genesis: Genesis, block: Block, takeover: Takeover) -> State:
    candidate = _seated(state, block.leader)
    if block.term <= state.term:
        raise RosterError("unauthorised", "a takeover begins a term")
    wanted = Vote(
        dev=candidate.dev,
        term=block.term,
        candidate=candidate.dev,
        last_term=state.term,
        last_epoch=state.epoch,
        last_eid=block.prev,
    )
    check_votes(takeover.votes, wanted, state, genesis.call_id)
    state = replace(state, term=block.term)
    return state if candidate.dev == state.leader else _led_by(state, candidate)


def _led_by(state: State, member: Member) -> State:
    """Put another member in the lead; who led keeps the seat, as a co-host."""
    if member.dev == state.leader:
        raise RosterError("unauthorised", "this device leads already")
    old = _seated(state, state.leader)
    state = state.changed(replace(old, role=Role.CO_HOST))
    state = state.changed(replace(member, role=Role.HOST))
    return replace(state, leader=member.dev)


def _set_role(state: State, dev: bytes, role: Role) -> State:
    member = _seated(state, dev)
    if dev == state.leader or role is Role.HOST:
        raise RosterError("unauthorised", "the lead changes hands by a hand-over only")
    return state.changed(replace(member, role=role))


# What a host does, and co-hosts may ask for


def _rule(state: State, operation: Remove | SetPolicy | SetChat, by: Role) -> State:
    match operation:
        case Remove(dev, reason):
            return _remove(state, dev, reason, by)
        case SetPolicy(policy):
            return _set_policy(state, policy, by)
        case SetChat(dev, allowed):
            member = _seated(state, dev)
            _permit(rights.may_to(by, Right.SET_CHAT, member.role))
            return state.changed(replace(member, chat_allowed=allowed))
        case _:
            assert_never(operation)


def _remove(state: State, dev: bytes, reason: RemoveReason, by: Role) -> State:
    member = _seated(state, dev)
    _permit(rights.may_to(by, Right.REMOVE, member.role))
    state = _without(state, member)
    if reason is RemoveReason.BY_HOST:
        state = replace(state, removed=state.removed | {dev})
    return state


def _set_policy(state: State, policy: Policy, by: Role) -> State:
    _permit(rights.may_change(by, state.policy, policy))
    return replace(state, policy=policy)


def _obey(state: State, genesis: Genesis, data: bytes) -> State:
    try:
        order = Order.parse(data)
    except MalformedError as error:
        raise RosterError("malformed", str(error)) from error
    member = _seated(state, order.dev)
    try:
        order.verify(member.call_key, genesis.call_id)
    except ForgedError as error:
        raise RosterError("forged", "an order is not by who gives it") from error
    _permit(member.role >= Role.CO_HOST)
    if order.number <= member.last_order:
        raise RosterError("order_used", "an order was used again")
    if isinstance(order.operation, Remove):
        _permit(order.operation.reason is RemoveReason.BY_HOST)
    state = state.changed(replace(member, last_order=order.number))
    return _rule(state, order.operation, member.role)


def _permit(allowed: bool) -> None:
    if not allowed:
        raise RosterError("unauthorised", "the role is too low for this")
