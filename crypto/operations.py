"""What a block can do to a roster: its operations, and how they are written."""

from dataclasses import dataclass
from enum import IntEnum
from typing import assert_never

from crypto.joining import DEV_BYTES, JOIN_REQUEST_BYTES
from crypto.policy import MOST_PEOPLE, Policy
from crypto.wire import Reader, Writer

MOST_OPERATIONS = 64
SIGNED_LEAVE_BYTES = 256  # more than any signed leave is long
VOTE_BYTES = 255  # more than any vote is long
ORDER_BYTES = 255  # more than any order is long
OPERATION_BYTES = 8192  # more than any operation is long: 30 votes are the longest


class Role(IntEnum):
    """What a member may do, least first; `crypto.rights` says what that is."""

    GUEST = 0
    PARTICIPANT = 1
    PRESENTER = 2
    CO_HOST = 3
    HOST = 4  # exactly one: who leads


class RemoveReason(IntEnum):
    """Why somebody was taken out."""

    BY_HOST = 1  # may not come back in this meeting
    SILENT = 2  # lost; may ask again
    REPLACED = 3  # the same device came back before its old seat was empty


class _Kind(IntEnum):
    ADD = 1
    REMOVE = 2
    LEAVE = 3
    ROLE = 4
    POLICY = 5
    REKEY = 6
    TAKEOVER = 7
    END = 8
    HAND_OVER = 9
    CHAT = 10
    ORDERED = 11


@dataclass(frozen=True)
class Add:
    """A device gets a seat; `request` is its JoinRequest as received."""

    request: bytes
    role: Role = Role.PARTICIPANT  # at most PRESENTER; who leads gets HOST all the same


@dataclass(frozen=True)
class Remove:
    """A device loses its seat."""

    dev: bytes
    reason: RemoveReason = RemoveReason.BY_HOST


@dataclass(frozen=True)
class Leave:
    """A device gives its seat back; `leave` is its SignedLeave as received."""

    leave: bytes


@dataclass(frozen=True)
class SetRole:
    """A member gets another role."""

    dev: bytes
    role: Role


@dataclass(frozen=True)
class SetPolicy:
    """Other rules hold from now on."""

    policy: Policy


@dataclass(frozen=True)
class Rekey:
    """Nobody comes or goes; everybody makes a new key."""


@dataclass(frozen=True)
class Takeover:
    """A majority wants another leader, who signs this block; `votes` are Votes as received."""

    votes: tuple[bytes, ...]


@dataclass(frozen=True)
class End:
    """The meeting is over; nothing comes after."""


@dataclass(frozen=True)
class HandOver:
    """Another member leads from the next block on."""

    dev: bytes


@dataclass(frozen=True)
class SetChat:
    """A member may write, or may not."""

    dev: bytes
    allowed: bool


@dataclass(frozen=True)
class Ordered:
    """The leader carries out what a co-host asks; `order` is the signed Order as received."""

    order: bytes


Operation = (
    Add
    | Remove
    | Leave
    | SetRole
    | SetPolicy
    | Rekey
    | Takeover
    | End
    | HandOver
    | SetChat
    | Ordered
)


def write_operations(writer: Writer, operations: tuple[Operation, ...]) -> None:
    """Append a count u8 and each operation; ValueError if there are too many."""
    if len(operations) > MOST_OPERATIONS:
        raise ValueError("too many operations for one block")
    writer.uint(len(operations), 1)
    for operation in operations:
        write_operation(writer, operation)


def read_operations(reader: Reader) -> tuple[Operation, ...]:
    """Take what `write_operations` wrote; MalformedError for any operation nobody knows."""
    return tuple(read_operation(reader) for _ in range(reader.count(MOST_OPERATIONS)))


def write_operation(writer: Writer, operation: Operation) -> None:
    """Append one operation: kind u8, then its content as a vector."""
    kind, inner = _write(operation)
    writer.uint(kind, 1).vector(inner.body(), OPERATION_BYTES)


def read_operation(reader: Reader) -> Operation:
    """Take what `write_operation` wrote."""
    kind = reader.choice(_Kind)
    inner = Reader(reader.vector(OPERATION_BYTES))
    operation = _read(kind, inner)
    inner.end()
    return operation


def _write(operation: Operation) -> tuple[_Kind, Writer]:
    writer = Writer()
    match operation:
        case Add(request, role):
            return _Kind.ADD, writer.vector(request, JOIN_REQUEST_BYTES).uint(role, 1)
        case Remove(dev, reason):
            return _Kind.REMOVE, writer.fixed(dev, DEV_BYTES).uint(reason, 1)
        case Leave(leave):
            return _Kind.LEAVE, writer.vector(leave, SIGNED_LEAVE_BYTES)
        case SetRole(dev, role):
            return _Kind.ROLE, writer.fixed(dev, DEV_BYTES).uint(role, 1)
        case SetPolicy(policy):
            policy.write(writer)
            return _Kind.POLICY, writer
        case Rekey():
            return _Kind.REKEY, writer
        case Takeover(votes):
            writer.uint(len(votes), 1)
            for vote in votes:
                writer.vector(vote, VOTE_BYTES)
            return _Kind.TAKEOVER, writer
        case End():
            return _Kind.END, writer
        case HandOver(dev):
            return _Kind.HAND_OVER, writer.fixed(dev, DEV_BYTES)
        case SetChat(dev, allowed):
            return _Kind.CHAT, writer.fixed(dev, DEV_BYTES).uint(allowed, 1)
        case Ordered(order):
            return _Kind.ORDERED, writer.vector(order, ORDER_BYTES)
        case _:
            assert_never(operation)


def _read(kind: _Kind, inner: Reader) -> Operation:
    match kind:
        case _Kind.ADD:
            return Add(inner.vector(JOIN_REQUEST_BYTES), inner.choice(Role))
        case _Kind.REMOVE:
            return Remove(inner.fixed(DEV_BYTES), inner.choice(RemoveReason))
        case _Kind.LEAVE:
            return Leave(inner.vector(SIGNED_LEAVE_BYTES))
        case _Kind.ROLE:
            return SetRole(inner.fixed(DEV_BYTES), inner.choice(Role))
        case _Kind.POLICY:
            return SetPolicy(Policy.read(inner))
        case _Kind.REKEY:
            return Rekey()
        case _Kind.TAKEOVER:
            return Takeover(
                tuple(inner.vector(VOTE_BYTES) for _ in range(inner.count(MOST_PEOPLE)))
            )
        case _Kind.END:
            return End()
        case _Kind.HAND_OVER:
            return HandOver(inner.fixed(DEV_BYTES))
        case _Kind.CHAT:
            return SetChat(inner.fixed(DEV_BYTES), inner.flag_bits(1, 1) == 1)
        case _Kind.ORDERED:
            return Ordered(inner.vector(ORDER_BYTES))
        case _:
            assert_never(kind)
