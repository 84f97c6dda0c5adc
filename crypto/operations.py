"""What a block can do to a roster: its operations, and how they are written."""

from dataclasses import dataclass
from enum import IntEnum
from typing import assert_never

from crypto.errors import MalformedError
from crypto.joining import DEV_BYTES, JOIN_REQUEST_BYTES
from crypto.policy import Policy
from crypto.wire import Reader, Writer

MOST_OPERATIONS = 64
SIGNED_LEAVE_BYTES = 256  # more than any signed leave is long
OPERATION_BYTES = 4096  # more than any operation is long


class Role(IntEnum):
    """What a member may do; today only the host may do more than be there."""

    MEMBER = 0
    MODERATOR = 1  # no power yet
    HOST = 2


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
    TAKEOVER = 7  # reserved: hand-over of the lead
    END = 8


@dataclass(frozen=True)
class Add:
    """A device gets a seat; `request` is its JoinRequest as received."""

    request: bytes


@dataclass(frozen=True)
class Remove:
    """A device loses its seat by the leader's will."""

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
class End:
    """The meeting is over; nothing comes after."""


Operation = Add | Remove | Leave | SetRole | SetPolicy | Rekey | End


def write_operations(writer: Writer, operations: tuple[Operation, ...]) -> None:
    """Append count u8, then kind u8 and a vector for each; ValueError if there are too many."""
    if len(operations) > MOST_OPERATIONS:
        raise ValueError("too many operations for one block")
    writer.uint(len(operations), 1)
    for operation in operations:
        kind, inner = _write(operation)
        writer.uint(kind, 1).vector(inner.body(), OPERATION_BYTES)


def read_operations(reader: Reader) -> tuple[Operation, ...]:
    """Take what `write_operations` wrote; MalformedError for any operation nobody knows."""
    return tuple(_read(reader) for _ in range(reader.count(MOST_OPERATIONS)))


def _write(operation: Operation) -> tuple[_Kind, Writer]:
    writer = Writer()
    match operation:
        case Add(request):
            return _Kind.ADD, writer.vector(request, JOIN_REQUEST_BYTES)
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
        case End():
            return _Kind.END, writer
        case _:
            assert_never(operation)


def _read(reader: Reader) -> Operation:
    kind = reader.choice(_Kind)
    inner = Reader(reader.vector(OPERATION_BYTES))
    operation = _read_inner(kind, inner)
    inner.end()
    return operation


def _read_inner(kind: _Kind, inner: Reader) -> Operation:
    match kind:
        case _Kind.ADD:
            return Add(inner.vector(JOIN_REQUEST_BYTES))
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
            raise MalformedError("the lead cannot change hands yet")
        case _Kind.END:
            return End()
        case _:
            assert_never(kind)
