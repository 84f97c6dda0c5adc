"""The rules by which a block changes a roster: pure, the same for whoever makes or receives it."""

from dataclasses import replace
from typing import Literal, assert_never

from crypto.blocks import Evidence, Genesis
from crypto.errors import CryptoError, ForgedError, MalformedError
from crypto.exchange import SignedLeave
from crypto.joining import JoinRequest, used_join_id
from crypto.membership import HISTORY_BYTES, SLOT_REST, USED_BYTES, Member, State
from crypto.operations import (
    Add,
    End,
    Leave,
    Operation,
    Rekey,
    Remove,
    RemoveReason,
    Role,
    SetPolicy,
    SetRole,
)

RosterCode = Literal[
    "malformed",  # not a block, or an operation in it is not what it says
    "forged",  # a signature does not fit
    "other_call",  # for another meeting
    "term",  # by somebody who does not lead this term
    "replayed",  # accepted before: nothing to do
    "stale",  # older than what is remembered
    "gap",  # ahead of me: blocks between are missing
    "fork",  # next in number, but not on top of what I accepted
    "equivocation",  # the leader signed another block of this epoch: see EquivocationError
    "ended",  # the meeting is over
    "time",  # the leader's clock ran backwards
    "empty",  # does nothing
    "unauthorised",  # not for this signer to do
    "not_member",  # about somebody who has no seat
    "duplicate",  # the device or call key has a seat already
    "join_id_used",  # an old request again
    "removed",  # the device was removed from this meeting
    "locked",  # nobody is let in
    "full",  # no seat, no slot, or no room to remember one more join
    "roster_hash",  # same operations, another result
    "welcome",  # a welcome does not contain what it must
]


class RosterError(CryptoError):
    """A block or welcome was refused; `code` says why in one word."""

    def __init__(self, code: RosterCode, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code: RosterCode = code


class EquivocationError(RosterError):
    """The leader signed two different blocks of one epoch; `evidence` proves it."""

    def __init__(self, evidence: Evidence) -> None:
        super().__init__("equivocation", "the leader signed two blocks of one epoch")
        self.evidence = evidence


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


def apply(state: State, genesis: Genesis, operations: tuple[Operation, ...], time_ms: int) -> State:
    """Return the state after a block with these operations; RosterError if refused."""
    if state.ended:
        raise RosterError("ended", "the meeting is over")
    if time_ms < state.time_ms:
        raise RosterError("time", "a block is older than the one before")
    if not operations:
        raise RosterError("empty", "a block does nothing")
    epoch = state.epoch + 1
    freed = tuple((slot, since) for slot, since in state.freed if epoch - since < SLOT_REST)
    state = replace(state, epoch=epoch, time_ms=time_ms, freed=freed)
    for operation in operations:
        if state.ended:
            raise RosterError("ended", "something follows the end")
        state = _apply_one(state, genesis, operation)
    if state.member(state.leader) is None:
        raise RosterError("unauthorised", "the first block must seat its leader")
    return state


def _apply_one(state: State, genesis: Genesis, operation: Operation) -> State:
    match operation:
        case Add(request):
            return _add(state, genesis, request)
        case Remove(dev, reason):
            state = _without(state, dev)
            if reason is RemoveReason.BY_HOST:
                state = replace(state, removed=state.removed | {dev})
            return state
        case Leave(leave):
            return _leave(state, genesis, leave)
        case SetRole(dev, role):
            return _set_role(state, dev, role)
        case SetPolicy(policy):
            return replace(state, policy=policy)
        case Rekey():
            return state
        case End():
            return replace(state, ended=True)
        case _:
            assert_never(operation)


def _add(state: State, genesis: Genesis, data: bytes) -> State:
    request = checked_request(data, genesis.call_id)
    dev = request.dev
    is_host = dev == genesis.host
    if is_host and request.call_key != genesis.host_call_key:
        raise RosterError("forged", "the host's call key is not the one of the genesis")
    if dev in state.removed:
        raise RosterError("removed", "the device was removed from this meeting")
    if any(dev == member.dev or request.call_key == member.call_key for member in state.members):
        raise RosterError("duplicate", "device or call key has a seat already")
    used = used_join_id(genesis.call_id, request.join_id)
    if used in state.used:
        raise RosterError("join_id_used", "a join request was used again")
    if state.policy.locked and not is_host:
        raise RosterError("locked", "nobody is let in")
    slot = state.free_slot(state.epoch)
    if slot is None or len(state.members) >= state.policy.most_people:
        raise RosterError("full", "there is no seat left")
    if state.history_bytes + USED_BYTES > HISTORY_BYTES:
        raise RosterError("full", "too many joins for one meeting")
    role = Role.HOST if is_host else Role.MEMBER
    members = (*state.members, Member(dev, slot, role, state.epoch, request))
    return replace(
        state,
        members=tuple(sorted(members, key=lambda member: member.slot)),
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
    return _without(state, leave.dev)


def _set_role(state: State, dev: bytes, role: Role) -> State:
    _seated(state, dev)
    if dev == state.leader or role is Role.HOST:
        raise RosterError("unauthorised", "the lead cannot change hands yet")
    members = tuple(
        replace(member, role=role) if member.dev == dev else member for member in state.members
    )
    return replace(state, members=members)


def _without(state: State, dev: bytes) -> State:
    member = _seated(state, dev)
    if dev == state.leader:
        raise RosterError("unauthorised", "the leader cannot leave, only end the meeting")
    freed = tuple(sorted((*state.freed, (member.slot, state.epoch))))
    members = tuple(other for other in state.members if other.dev != dev)
    return replace(state, members=members, freed=freed)


def _seated(state: State, dev: bytes) -> Member:
    member = state.member(dev)
    if member is None:
        raise RosterError("not_member", "the device has no seat")
    return member


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
