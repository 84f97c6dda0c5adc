"""The signed, hash-chained log of who is in a meeting: made by its leader, checked by everybody."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self

from crypto import rules
from crypto.blocks import Block, Evidence, Genesis
from crypto.envelope import Sign
from crypto.errors import ForgedError, MalformedError
from crypto.joining import JoinRequest, Welcome, used_join_id
from crypto.membership import Member, State
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
from crypto.policy import MOST_PEOPLE, USUAL_PEOPLE, Policy, PolicyFlag
from crypto.rules import EquivocationError, RosterCode, RosterError
from crypto.wire import MAX_BODY

__all__ = [
    "MOST_PEOPLE",
    "USUAL_PEOPLE",
    "Add",
    "Block",
    "End",
    "EquivocationError",
    "Evidence",
    "Genesis",
    "Leave",
    "Member",
    "Operation",
    "Policy",
    "PolicyFlag",
    "Rekey",
    "Remove",
    "RemoveReason",
    "Role",
    "Roster",
    "RosterCode",
    "RosterError",
    "SetPolicy",
    "SetRole",
]

REMEMBERED = 64  # blocks kept as bytes: to answer who lags, and to prove that a leader lied


@dataclass(frozen=True)
class Roster:
    """The log as one member knows it, at its newest block. Immutable: `accept` gives the next one.

    It holds nothing of its owner: two members who accepted the same bytes have equal rosters.
    Whoever was removed sees that its own dev is not in the next roster, and stops.
    """

    genesis: Genesis
    eid: bytes
    state: State
    before: State | None = field(default=None, repr=False, compare=False)
    recent: tuple[Block, ...] = field(default=(), repr=False, compare=False)

    @classmethod
    def from_genesis(cls, genesis: Genesis | bytes) -> Self:
        """Begin a log: epoch 0, nobody seated. RosterError unless the host signed it."""
        try:
            if isinstance(genesis, bytes):
                genesis = Genesis.parse(genesis)
            genesis.check()
        except MalformedError as error:
            raise RosterError("malformed", str(error)) from error
        except ForgedError as error:
            raise RosterError("forged", str(error)) from error
        return cls(genesis, genesis.call_id, rules.initial_state(genesis))

    @classmethod
    def from_welcome(cls, welcome: Welcome, genesis: Genesis, request: JoinRequest) -> Self:
        """Begin in the middle: the roster right after the block that seated this device.

        `genesis` is the one that the handshake authenticated, `request` this device's own.
        Verifies the genesis, that authority never moved, the leader's signature, every member's
        request, that the own request stands in the block, and the roster hash.
        """
        if welcome.genesis != genesis.encode():
            raise RosterError("welcome", "welcome is for another meeting")
        if welcome.chain:
            raise RosterError("welcome", "the lead cannot change hands yet")
        start = cls.from_genesis(genesis)
        try:
            state = State.parse(welcome.state)
            block = Block.parse(welcome.block)
        except MalformedError as error:
            raise RosterError("malformed", str(error)) from error
        _check_state(state, genesis)
        if Add(request.encode()) not in block.operations:
            raise RosterError("welcome", "the block does not contain my own request")
        roster = replace(start, eid=block.prev, state=state).accept(welcome.block)
        member = roster.members.get(request.dev)
        if member is None or member.request.join_id != request.join_id:
            raise RosterError("welcome", "the block does not seat me")
        return roster

    def propose(
        self, operations: Iterable[Operation], now_ms: int, sign: Sign
    ) -> tuple[bytes, Self]:
        """As the leader: return the next block and the roster after it.

        `sign` signs with the leader's CSK. A clock that ran backwards is held at the last
        block's time. RosterError if the rules refuse an operation; "full" also if the Welcome
        for this block would not fit a message.
        """
        operations = tuple(operations)
        now_ms = max(now_ms, self.state.time_ms)
        state = rules.apply(self.state, self.genesis, operations, now_ms)
        block = Block(
            call_id=self.call_id,
            term=state.term,
            epoch=state.epoch,
            prev=self.eid,
            time_ms=now_ms,
            leader=state.leader,
            operations=operations,
            roster_hash=state.roster_hash,
        ).signed(self.call_id, sign)
        data = block.encode()
        if any(isinstance(operation, Add) for operation in operations):
            size = len(self.genesis.encode()) + len(self.state.encode()) + len(data) + 64
            if size > MAX_BODY:
                raise RosterError("full", "the meeting no longer fits one welcome")
        return data, self.accept(data)

    def accept(self, data: bytes) -> Self:
        """Return the roster after a block, or raise RosterError with the rule it breaks.

        EquivocationError, a RosterError, carries the proof that the leader signed two blocks of
        one epoch. Code "replayed" means: known, nothing to do.
        """
        block = self._authentic(data)
        known = next((old for old in self.recent if old.epoch == block.epoch), None)
        if known is not None and known.eid != block.eid:
            raise EquivocationError(Evidence(known.encode(), data))
        if known is not None:
            raise RosterError("replayed", "block was accepted before")
        if block.epoch <= self.epoch:
            raise RosterError("stale", "block is older than what is remembered")
        if block.epoch > self.epoch + 1:
            raise RosterError("gap", "blocks are missing in between")
        if block.prev != self.eid:
            raise RosterError("fork", "block does not stand on what was accepted")
        state = rules.apply(self.state, self.genesis, block.operations, block.time_ms)
        if state.roster_hash != block.roster_hash:
            raise RosterError("roster_hash", "block gives another roster than it says")
        return replace(
            self,
            eid=block.eid,
            state=state,
            before=self.state,
            recent=(*self.recent, block)[-REMEMBERED:],
        )

    def welcome(self, call_secret: bytes) -> Welcome:
        """Return what those need whom the newest block seated; ValueError before any block."""
        if self.before is None:
            raise ValueError("there is no block yet")
        return Welcome(
            genesis=self.genesis.encode(),
            state=self.before.encode(),
            block=self.recent[-1].encode(),
            call_secret=call_secret,
        )

    def blocks_for(self, dev: bytes, epoch: int) -> tuple[bytes, ...]:
        """Return what a member lacks whose log stands at `epoch`, oldest first, as far as known.

        Nothing from before it came, whatever epoch it claims: who was in then is not for it.
        """
        member = self.members.get(dev)
        if member is None:
            return ()
        after = max(epoch, member.joined_epoch)
        return tuple(block.encode() for block in self.recent if block.epoch > after)

    @property
    def call_id(self) -> bytes:
        """The name of this meeting."""
        return self.genesis.call_id

    @property
    def title(self) -> str:
        """The title the host gave."""
        return self.genesis.title

    @property
    def epoch(self) -> int:
        """How many blocks were accepted."""
        return self.state.epoch

    @property
    def term(self) -> int:
        """How often the lead changed hands: never yet."""
        return self.state.term

    @property
    def leader(self) -> bytes:
        """The dev of who signs blocks."""
        return self.state.leader

    @property
    def policy(self) -> Policy:
        """The rules that hold now."""
        return self.state.policy

    @property
    def ended(self) -> bool:
        """Tell whether the meeting is over."""
        return self.state.ended

    @property
    def removed(self) -> frozenset[bytes]:
        """The devices that may not come back."""
        return self.state.removed

    @cached_property
    def members(self) -> Mapping[bytes, Member]:
        """Who is in, by dev, in order of slots."""
        return {member.dev: member for member in self.state.members}

    def is_member(self, dev: bytes) -> bool:
        """Tell whether a device has a seat."""
        return dev in self.members

    def member_by_slot(self, slot: int) -> Member | None:
        """Return who has a slot, if anybody."""
        return next((member for member in self.state.members if member.slot == slot), None)

    def gone_since(self, earlier: "Roster") -> frozenset[bytes]:
        """Return the devices whose seat of an earlier roster is no longer theirs."""
        return frozenset(
            dev
            for dev, member in earlier.members.items()
            if dev not in self.members or self.members[dev].joined_epoch != member.joined_epoch
        )

    def _authentic(self, data: bytes) -> Block:
        try:
            block = Block.parse(data)
        except MalformedError as error:
            raise RosterError("malformed", str(error)) from error
        if block.call_id != self.call_id:
            raise RosterError("other_call", "block is for another meeting")
        if block.term != self.term or block.leader != self.leader:
            raise RosterError("term", "block is by somebody who does not lead")
        try:
            block.verify(self.genesis.host_call_key, self.call_id)
        except ForgedError as error:
            raise RosterError("forged", "block is not by the leader") from error
        return block


def _check_state(state: State, genesis: Genesis) -> None:
    """Raise RosterError unless a welcome's state is one that this meeting can have come to."""
    if (state.leader, state.term, state.ended) != (genesis.host, 0, False):
        raise RosterError("welcome", "state has another leader, or is over")
    if state.epoch and state.member(genesis.host) is None:
        raise RosterError("welcome", "state does not seat its leader")
    devs = {member.dev for member in state.members}
    call_keys = {member.call_key for member in state.members}
    if not len(devs) == len(call_keys) == len(state.members) or state.removed & devs:
        raise RosterError("welcome", "state seats somebody twice or who was removed")
    for member in state.members:
        rules.checked_request(member.request.encode(), genesis.call_id)
        is_host = member.dev == genesis.host
        if is_host and member.call_key != genesis.host_call_key:
            raise RosterError("welcome", "state gives the host another call key")
        if (member.role is Role.HOST) != is_host or not 0 < member.joined_epoch <= state.epoch:
            raise RosterError("welcome", "state has a role or epoch that cannot be")
        if used_join_id(genesis.call_id, member.request.join_id) not in state.used:
            raise RosterError("welcome", "state forgets a join")
