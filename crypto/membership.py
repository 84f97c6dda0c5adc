"""Who is in and what is remembered of who was: the state that every block's roster hash covers."""

from dataclasses import dataclass, replace
from typing import Self

from crypto.errors import MalformedError
from crypto.joining import DEV_BYTES, JOIN_REQUEST_BYTES, JoinRequest
from crypto.kdf import labelled_hash
from crypto.operations import Role
from crypto.policy import MOST_PEOPLE, Policy
from crypto.wire import Address, Reader, Writer

SLOTS = 64  # six bits of a KID
SLOT_REST = 8  # epochs a slot stays empty: no frame of its old owner can be taken for the new one's
USED_BYTES = 8  # of a hash of a join id
HISTORY_BYTES = 12_288  # for join ids and removed devices: 1536 joins; leaves room in a Welcome


@dataclass(frozen=True)
class Member:
    """One device with a seat."""

    dev: bytes
    slot: int  # 0 to 63
    role: Role
    joined_epoch: int
    request: JoinRequest
    chat_allowed: bool = True
    last_order: int = 0  # the number of its newest order: u32, 0 before the first

    @property
    def seat(self) -> tuple[int, int, bytes]:
        """What tells this seat from every other one of this device: slot, epoch, join id."""
        return self.slot, self.joined_epoch, self.request.join_id

    @property
    def name(self) -> str:
        """The name it claims."""
        return self.request.name

    @property
    def device_key(self) -> bytes:
        """Its identity key D."""
        return self.request.device_key

    @property
    def call_key(self) -> bytes:
        """Its CSK: verifies all it says in this meeting."""
        return self.request.call_key

    @property
    def kem_public(self) -> bytes:
        """The key its first boxes are sealed to."""
        return self.request.kem_public

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Where it listens."""
        return self.request.addresses


@dataclass(frozen=True)
class State:
    """A roster without its place in the log."""

    epoch: int
    term: int
    time_ms: int
    leader: bytes  # dev
    ended: bool
    policy: Policy
    members: tuple[Member, ...]  # in order of slots
    freed: tuple[tuple[int, int], ...]  # (slot, epoch in which it fell empty), in order of slots
    removed: frozenset[bytes]  # devices that may not come back
    used: frozenset[bytes]  # hashes of all join ids so far

    @property
    def history_bytes(self) -> int:
        """How much of HISTORY_BYTES is taken."""
        return len(self.used) * USED_BYTES + len(self.removed) * DEV_BYTES

    @property
    def roster_hash(self) -> bytes:
        """32 bytes that differ whenever anything here differs."""
        return labelled_hash("roster", self.encode())

    def member(self, dev: bytes) -> Member | None:
        """Return the member of that device, if it has a seat."""
        return next((member for member in self.members if member.dev == dev), None)

    def changed(self, member: Member) -> Self:
        """Return this state with another entry for somebody who has a seat."""
        members = tuple(member if old.dev == member.dev else old for old in self.members)
        return replace(self, members=members)

    def free_slot(self, epoch: int) -> int | None:
        """Return the lowest slot that is empty and has been for 8 epochs, if any."""
        taken = {member.slot for member in self.members}
        taken.update(slot for slot, freed in self.freed if epoch - freed < SLOT_REST)
        return next((slot for slot in range(SLOTS) if slot not in taken), None)

    def encode(self) -> bytes:
        """Return the one encoding of this state: sets in order, members by slot."""
        writer = Writer()
        writer.uint(self.epoch, 8).uint(self.term, 4).uint(self.time_ms, 8)
        writer.fixed(self.leader, DEV_BYTES).uint(self.ended, 1)
        self.policy.write(writer)
        writer.uint(len(self.members), 1)
        for member in self.members:
            writer.uint(member.slot, 1).uint(member.role, 1).uint(member.joined_epoch, 8)
            writer.uint(member.chat_allowed, 1).uint(member.last_order, 4)
            writer.vector(member.request.encode(), JOIN_REQUEST_BYTES)
        writer.uint(len(self.freed), 1)
        for slot, epoch in self.freed:
            writer.uint(slot, 1).uint(epoch, 8)
        writer.uint(len(self.removed), 2)
        for dev in sorted(self.removed):
            writer.fixed(dev, DEV_BYTES)
        writer.uint(len(self.used), 2)
        for used in sorted(self.used):
            writer.fixed(used, USED_BYTES)
        return writer.body()

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Take a state apart; MalformedError unless it is the one encoding of what it says."""
        reader = Reader(data)
        epoch, term, time_ms = reader.uint(8), reader.uint(4), reader.uint(8)
        leader, ended = reader.fixed(DEV_BYTES), reader.flag_bits(1, 1) == 1
        policy = Policy.read(reader)
        members = tuple(_read_member(reader) for _ in range(reader.count(MOST_PEOPLE)))
        freed = tuple((reader.uint(1), reader.uint(8)) for _ in range(reader.count(SLOTS)))
        removed = [
            reader.fixed(DEV_BYTES) for _ in range(reader.count(HISTORY_BYTES // DEV_BYTES, 2))
        ]
        used = [
            reader.fixed(USED_BYTES) for _ in range(reader.count(HISTORY_BYTES // USED_BYTES, 2))
        ]
        reader.end()
        slots = [member.slot for member in members]
        for ordered in (slots, [slot for slot, _ in freed]):
            if ordered != sorted(set(ordered)) or any(slot >= SLOTS for slot in ordered):
                raise MalformedError("slots are not in order")
        if removed != sorted(set(removed)) or used != sorted(set(used)):
            raise MalformedError("history is not in order")
        return cls(
            epoch=epoch,
            term=term,
            time_ms=time_ms,
            leader=leader,
            ended=ended,
            policy=policy,
            members=members,
            freed=freed,
            removed=frozenset(removed),
            used=frozenset(used),
        )


def _read_member(reader: Reader) -> Member:
    slot, role, joined_epoch = reader.uint(1), reader.choice(Role), reader.uint(8)
    chat_allowed, last_order = reader.flag_bits(1, 1) == 1, reader.uint(4)
    request = JoinRequest.parse(reader.vector(JOIN_REQUEST_BYTES))
    return Member(request.dev, slot, role, joined_epoch, request, chat_allowed, last_order)
