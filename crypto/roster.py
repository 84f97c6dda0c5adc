"""The signed, hash-chained log of who is in a meeting: made by its leader, checked by everybody."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self

from crypto import rules
from crypto.blocks import BLOCK_BYTES, Block, Evidence, Genesis
from crypto.envelope import Sign
from crypto.errors import CryptoError, ForgedError, MalformedError
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

REMEMBERED = 64  # blocks and the rosters they stood on: to answer who lags, to follow a takeover


@dataclass(frozen=True)
class Place:
    """A point of the log that blocks can stand on."""

    eid: bytes
    state: State


@dataclass(frozen=True)
class Roster:
    """The log as one member knows it, at its newest block. Immutable: `accept` gives the next one.

    It holds nothing of its owner: two members who accepted the same bytes have equal rosters.
    Whoever was removed sees that its own dev is not in the next roster, and stops.
    """

    genesis: Genesis
    eid: bytes
    state: State
    past: tuple[Place, ...] = field(default=(), repr=False, compare=False)
    """What each block of `recent` stood on, oldest first."""
    recent: tuple[Block, ...] = field(default=(), repr=False, compare=False)
    """The newest blocks of this log, oldest first."""
    abandoned: tuple[Block, ...] = field(default=(), repr=False, compare=False)
    """Blocks that were accepted and that a takeover undid: they may still convict a leader."""
    leaders: tuple[Leader, ...] = field(default=(), repr=False, compare=False)
    """Everybody known to have led, in any log that was followed."""

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
        return cls(genesis, genesis.call_id, state, leaders=(Leader.founder(genesis),))

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
        before = replace(start, eid=block.prev, state=state)
        before = replace(before, leaders=_with(before.leaders, before._leader))
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

    def accept(self, data: bytes, floor: int = 0) -> Self:
        """Return the roster after a block, or raise RosterError with the rule it breaks.

        A block stands on the newest one that was accepted; only the takeover of a later term may
        stand on an older one, and undoes those after it. `floor` is the newest term that this
        device has voted in: blocks of earlier ones are refused (code "term").

        EquivocationError, a RosterError, carries the proof that a leader signed two blocks of
        one epoch. The codes "replayed", "stale", "term" and "gap" are no fault of who sent it.
        """
        try:
            block = Block.parse(data)
        except MalformedError as error:
            raise RosterError("malformed", str(error)) from error
        if block.call_id != self.call_id:
            raise RosterError("other_call", "block is for another meeting")
        self._compare_with_known(block)
        if block.term < floor:
            raise RosterError("term", "block is of a term before the one I voted in")
        kept = self._base_of(block)
        base = self if kept == len(self.past) else self._back_to(kept)
        signer = base._signer(block.leader)
        try:
            block.verify(signer, self.call_id)
        except ForgedError as error:
            raise RosterError("forged", "block is not by the leader") from error
        state = rules.apply(base.state, self.genesis, block)
        if state.roster_hash != block.roster_hash:
            raise RosterError("roster_hash", "block gives another roster than it says")
        after = replace(
            base,
            eid=block.eid,
            state=state,
            past=(*base.past, Place(base.eid, base.state))[-REMEMBERED:],
            recent=(*base.recent, block)[-REMEMBERED:],
        )
        return replace(after, leaders=_with(after.leaders, after._leader))

    def catch_up(self, blocks: Iterable[bytes], floor: int = 0) -> Self:
        """Return the newest roster that several blocks lead to; this one if to none.

        For who was away and has voted meanwhile: blocks below `floor` are taken if a later one
        among them reaches it. Blocks that do not fit are passed over; EquivocationError is raised.
        """
        roster = self
        for _, data in sorted((_number(data), data) for data in blocks):
            try:
                roster = roster.accept(data)
            except EquivocationError:
                raise
            except RosterError:
                continue
        return roster if roster.term >= floor else self

    def _compare_with_known(self, block: Block) -> None:
        """Raise RosterError if this block, or another of its place, was accepted before."""
        known = [old for old in (*self.recent, *self.abandoned) if old.place == block.place]
        for old in known:
            if old.eid == block.eid:
                raise RosterError("replayed", "block was accepted before")
        for old in known:
            evidence = Evidence(first=old.encode(), second=block.encode())
            try:
                self.convict(evidence)
            except RosterError as error:
                raise RosterError("forged", "block is not by who it says") from error
            raise EquivocationError(evidence)

    def _base_of(self, block: Block) -> int:
        """Return how many remembered blocks stay below this one; RosterError if it fits nowhere."""
        if block.operations and isinstance(block.operations[0], Takeover):
            if block.term <= self.term:
                raise RosterError("stale", "the takeover is of a term that has begun")
            for kept, eid in enumerate([*(place.eid for place in self.past), self.eid]):
                if eid == block.prev:
                    return kept
            raise RosterError("gap", "the takeover stands on blocks that are missing")
        if block.term > self.term:
            raise RosterError("gap", "the takeover that begins this term is missing")
        if block.term < self.term or block.epoch <= self.epoch:
            raise RosterError("stale", "block is of a term that is over, or older than remembered")
        if block.epoch > self.epoch + 1:
            raise RosterError("gap", "blocks are missing in between")
        if block.prev != self.eid:
            raise RosterError("fork", "block does not stand on what was accepted")
        if block.leader != self.leader:
            raise RosterError("unauthorised", "block is by somebody who does not lead")
        return len(self.past)

    def _back_to(self, kept: int) -> Self:
        """Return the roster as it was after so many of the remembered blocks."""
        place = self.past[kept]
        return replace(
            self,
            eid=place.eid,
            state=place.state,
            past=self.past[:kept],
            recent=self.recent[:kept],
            abandoned=(*self.abandoned, *self.recent[kept:])[-REMEMBERED:],
        )

    def _signer(self, dev: bytes) -> bytes:
        """Return the CSK of a member, or of the host before anybody is seated."""
        member = self.members.get(dev)
        if member is not None:
            return member.call_key
        if dev == self.genesis.host == self.leader:
            return self.genesis.host_call_key
        raise RosterError("not_member", "block is by somebody without a seat")

    # Lies

    def convict(self, evidence: Evidence) -> Leader:
        """Return the leader that evidence proves to have shown two rosters.

        RosterError ("malformed", "forged") if it proves nothing against anybody who leads or led.
        """
        try:
            accused = evidence.accused
            suspects = [leader for leader in self.leaders if leader.dev == accused]
        except MalformedError as error:
            raise RosterError("malformed", str(error)) from error
        for leader in suspects:
            try:
                evidence.check(leader.call_key, self.call_id)
            except MalformedError as error:
                raise RosterError("malformed", str(error)) from error
            except ForgedError:
                continue
            return leader
        raise RosterError("forged", "evidence proves nothing against anybody who led")

    # For others

    def welcome(self, call_secret: bytes) -> Welcome:
        """Return what those need whom the newest block seated; ValueError before any block."""
        if not self.past:
            raise ValueError("there is no block yet")
        return Welcome(
            genesis=self.genesis.encode(),
            state=self.past[-1].state.encode(),
            block=self.recent[-1].encode(),
            call_secret=call_secret,
        )

    def blocks_for(self, dev: bytes, term: int, epoch: int) -> tuple[bytes, ...]:
        """Return what a member may lack whose log stands at this term and epoch, oldest first.

        The newest block that both have numbered is among them: two of one number prove a lie.
        Whose log a takeover undid gets all that is of a later term. Nothing from before it came,
        whatever it claims: who was in then is not for it.
        """
        member = self.members.get(dev)
        if member is None:
            return ()
        shared = min(epoch, self.epoch)
        return tuple(
            block.encode()
            for block in self.recent
            if block.epoch >= member.joined_epoch and (block.epoch >= shared or block.term > term)
        )

    # Who is in

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


def _with(leaders: tuple[Leader, ...], leader: Leader) -> tuple[Leader, ...]:
    return leaders if leader in leaders else (*leaders, leader)[-REMEMBERED:]


def _number(data: bytes) -> tuple[int, int]:
    try:
        block = Block.parse(data)
    except CryptoError:
        return 0, 0
    return block.term, block.epoch
