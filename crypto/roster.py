"""The signed, hash-chained log of who is in a meeting: made by its leader, checked by everybody."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self

from crypto import rules
from crypto.blocks import BLOCK_BYTES, Block, Evidence, Genesis
from crypto.envelope import Sign
from crypto.errors import ForgedError, MalformedError
from crypto.history import History, Place
from crypto.joining import JoinRequest, Welcome
from crypto.leading import Leader
from crypto.membership import Member, State
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
from crypto.policy import MOST_PEOPLE, USUAL_PEOPLE, Policy, PolicyFlag
from crypto.refusal import EquivocationError, RosterCode, RosterError
from crypto.votes import Vote
from crypto.welcoming import checked_state
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
    "HandOver",
    "Leader",
    "Leave",
    "Member",
    "Operation",
    "Ordered",
    "Policy",
    "PolicyFlag",
    "Rekey",
    "Remove",
    "RemoveReason",
    "Role",
    "Roster",
    "RosterCode",
    "RosterError",
    "SetChat",
    "SetPolicy",
    "SetRole",
    "Takeover",
]


@dataclass(frozen=True)
class Roster:
    """The log as one member knows it, at its newest block. Immutable: `accept` gives the next one.

    It holds nothing of its owner: two members who accepted the same bytes have equal rosters.
    Whoever was removed sees that its own dev is not in the next roster, and stops.
    """

    genesis: Genesis
    eid: bytes
    state: State
    history: History = field(default=History(), repr=False, compare=False)

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
        state = rules.initial_state(genesis)
        return cls(genesis, genesis.call_id, state, History(leaders=(Leader.founder(genesis),)))

    @classmethod
    def from_welcome(
        cls, welcome: Welcome, genesis: Genesis, request: JoinRequest, leader: Leader
    ) -> Self:
        """Begin in the middle: the roster right after the block that seated this device.

        `genesis` and `leader` are those that the handshake authenticated, `request` this device's
        own. Verifies the genesis, that this device leads, its signature, every member's request,
        that the own request stands in the block, and the roster hash.
        """
        start = cls.from_genesis(genesis)
        state = checked_state(welcome, genesis, leader)
        try:
            block = Block.parse(welcome.block)
        except MalformedError as error:
            raise RosterError("malformed", str(error)) from error
        mine = request.encode()
        if not any(isinstance(add, Add) and add.request == mine for add in block.operations):
            raise RosterError("welcome", "the block does not contain my own request")
        history = start.history.led_by(leader)
        before = replace(start, eid=block.prev, state=state, history=history)
        roster = before.accept(welcome.block)
        member = roster.members.get(request.dev)
        if member is None or member.request.join_id != request.join_id:
            raise RosterError("welcome", "the block does not seat me")
        return roster

    # The next block

    def propose(
        self, operations: Iterable[Operation], now_ms: int, sign: Sign
    ) -> tuple[bytes, Self]:
        """As the leader: return the next block and the roster after it.

        `sign` signs with the leader's CSK. A clock that ran backwards is held at the last
        block's time. RosterError if the rules refuse an operation; "full" also if the block, or
        the Welcome for it, would not fit a message.
        """
        return self._make(self.term, self.leader, tuple(operations), now_ms, sign)

    def take_over(self, votes: Sequence[Vote], now_ms: int, sign: Sign) -> tuple[bytes, Self]:
        """As the candidate of these votes: return the block by which I lead, and what follows it.

        RosterError ("votes") unless a majority of the members voted, all for the same. To be made
        once in a term: two such blocks would prove that I show two rosters.
        """
        if not votes:
            raise RosterError("votes", "nobody voted")
        takeover = Takeover(tuple(vote.encode() for vote in votes))
        return self._make(votes[0].term, votes[0].candidate, (takeover,), now_ms, sign)

    def _make(
        self, term: int, leader: bytes, operations: tuple[Operation, ...], now_ms: int, sign: Sign
    ) -> tuple[bytes, Self]:
        block = Block(
            call_id=self.call_id,
            term=term,
            epoch=self.epoch + 1,
            prev=self.eid,
            time_ms=max(now_ms, self.state.time_ms),
            leader=leader,
            operations=operations,
            roster_hash=bytes(32),
        )
        state = rules.apply(self.state, self.genesis, block)
        data = replace(block, roster_hash=state.roster_hash).signed(self.call_id, sign).encode()
        if len(data) > BLOCK_BYTES:
            raise RosterError("full", "this is too much for one block")
        if any(isinstance(operation, Add) for operation in operations):
            size = len(self.genesis.encode()) + len(self.state.encode()) + len(data) + 64
            if size > MAX_BODY:
                raise RosterError("full", "the meeting no longer fits one welcome")
        return data, self.accept(data)

    # The blocks of others

    def accept(self, data: bytes, floor: int = 0) -> Self:
        """Return the roster after a block, or raise RosterError with the rule it breaks.

        A block stands on the newest one that was accepted; only the takeover of a later term may
        stand on an older one, and undoes those after it. `floor` is the newest term that this
        device has voted in: blocks of earlier ones are refused (code "term").

        EquivocationError, a RosterError, carries the proof that a leader signed two blocks of
        one epoch. The codes "replayed", "stale", "term" and "gap" are no fault of who sent it;
        a block refused with one of the last two may be of use to `following.catch_up` later.
        """
        block = self.read(data)
        if self.history.knows(block):
            raise RosterError("replayed", "block was accepted before")
        self.history.compare(block, self.call_id)
        if block.term < floor:
            raise RosterError("term", "block is of a term before the one I voted in")
        base = self.standing_at(block.prev)
        if base is None:
            oldest = self.history.past[0].state if self.history.past else self.state
            if block.epoch <= oldest.epoch:
                raise RosterError("stale", "block is older than what is remembered")
            raise RosterError("gap", "what this block stands on is missing")
        if base is not self and not (_takes_over(block) and block.term > self.term):
            raise RosterError("term", "only the takeover of a later term undoes anything")
        return base.followed_by(block)

    def read(self, data: bytes) -> Block:
        """Take a block of this meeting apart; RosterError if it is none."""
        try:
            block = Block.parse(data)
        except MalformedError as error:
            raise RosterError("malformed", str(error)) from error
        if block.call_id != self.call_id:
            raise RosterError("other_call", "block is for another meeting")
        return block

    def standing_at(self, eid: bytes) -> Self | None:
        """Return the roster as it was at an eid; None if that is not remembered."""
        if eid == self.eid:
            return self
        back = self.history.back_to(eid)
        if back is None:
            return None
        place, history = back
        return replace(self, eid=place.eid, state=place.state, history=history)

    def followed_by(self, block: Block) -> Self:
        """Return the roster after a block that stands on this very one."""
        try:
            block.verify(self._signer(block.leader), self.call_id)
        except ForgedError as error:
            raise RosterError("forged", "block is not by the leader") from error
        state = rules.apply(self.state, self.genesis, block)
        if state.roster_hash != block.roster_hash:
            raise RosterError("roster_hash", "block gives another roster than it says")
        history = self.history.grown(Place(self.eid, self.state), block)
        after = replace(self, eid=block.eid, state=state, history=history)
        return replace(after, history=history.led_by(after._leader))

    def _signer(self, dev: bytes) -> bytes:
        """Return the CSK of a member, or of the host before anybody is seated."""
        member = self.members.get(dev)
        if member is not None:
            return member.call_key
        if dev == self.genesis.host == self.leader:
            return self.genesis.host_call_key
        raise RosterError("not_member", "block is by somebody without a seat")

    def convict(self, evidence: Evidence) -> Leader:
        """Return the leader that evidence proves to have shown two rosters.

        RosterError ("malformed", "forged") if it proves nothing against anybody who leads or led.
        """
        return self.history.convict(evidence, self.call_id)

    # For others

    def welcome(self, call_secret: bytes) -> Welcome:
        """Return what those need whom the newest block seated; ValueError before any block."""
        if not self.history.past:
            raise ValueError("there is no block yet")
        return Welcome(
            genesis=self.genesis.encode(),
            state=self.history.past[-1].state.encode(),
            block=self.recent[-1].encode(),
            call_secret=call_secret,
        )

    def blocks_for(self, dev: bytes, eid: bytes, term: int, epoch: int) -> tuple[bytes, ...]:
        """Return what a member may lack whose log stands at this eid, oldest first.

        The newest block that both have numbered is among them unless ours contains theirs: two
        of one number prove a lie. Whose log a later term has undone gets all that is remembered.
        Nothing from before it came, whatever it claims: who was in then is not for it.
        """
        member = self.members.get(dev)
        if member is None or eid == self.eid:
            return ()
        blocks = self.history.blocks_for(eid, term, epoch)
        return tuple(block.encode() for block in blocks if block.epoch >= member.joined_epoch)

    @property
    def takeovers(self) -> tuple[bytes, ...]:
        """Return the blocks of `recent` by which a term began, oldest first."""
        return tuple(block.encode() for block in self.recent if _takes_over(block))

    # Who is in

    @property
    def recent(self) -> tuple[Block, ...]:
        """The newest blocks of this log, at most 64, oldest first."""
        return self.history.recent

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
        """How many blocks this log has."""
        return self.state.epoch

    @property
    def term(self) -> int:
        """The number of the election that put the leader, or who handed over to it, in the lead."""
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
        """Return the devices whose seat of an earlier roster, of any log, is no longer theirs."""
        return frozenset(
            dev
            for dev, member in earlier.members.items()
            if dev not in self.members or self.members[dev].seat != member.seat
        )

    @property
    def _leader(self) -> Leader:
        member = self.members.get(self.leader)
        return Leader.successor(member.request) if member else Leader.founder(self.genesis)


def _takes_over(block: Block) -> bool:
    return bool(block.operations) and isinstance(block.operations[0], Takeover)
