"""What one member asks of another: to fall silent, to decide who comes in, to know each other."""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import ClassVar, Self

from crypto.envelope import Message, SignedMessage
from crypto.errors import MalformedError
from crypto.joining import DEV_BYTES, JOIN_ID_BYTES, KEY_BYTES, NAME_BYTES, SECRET_BYTES
from crypto.operations import Remove, SetChat, SetPolicy, read_operation, write_operation
from crypto.wire import Reader, Writer

MOST_WAITING = 64  # people in a lobby

Orderable = Remove | SetPolicy | SetChat
"""What a co-host can have the leader do."""


class Favour(IntEnum):
    """What a host or co-host asks a member's program for. None of them switches anything on."""

    MUTE = 1
    STOP_SHARING = 2
    LOWER_HAND = 3
    ASK_TO_UNMUTE = 4  # the program asks its person, and does nothing by itself


@dataclass(frozen=True, kw_only=True)
class Ask(Message):
    """Do this for me: the asked program does it and shows who asked. The channel proves who."""

    kind: ClassVar[int] = 39
    what: Favour

    def write(self, writer: Writer) -> None:
        """What u8."""
        writer.uint(self.what, 1)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Refuse favours nobody knows."""
        return cls(what=reader.choice(Favour))


@dataclass(frozen=True, kw_only=True)
class Order(SignedMessage):
    """A co-host has the leader do something; signed by its CSK, so that all see who asked."""

    kind: ClassVar[int] = 40
    dev: bytes  # of the co-host
    number: int  # u32, rises with every order of this seat
    operation: Orderable

    def write(self, writer: Writer) -> None:
        """Fields in the order of their declaration."""
        writer.fixed(self.dev, DEV_BYTES).uint(self.number, 4)
        write_operation(writer, self.operation)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Refuse operations that nobody but the leader has."""
        dev, number = reader.fixed(DEV_BYTES), reader.uint(4)
        operation = read_operation(reader)
        if not isinstance(operation, Orderable):
            raise MalformedError("only the leader can do this")
        return cls(dev=dev, number=number, operation=operation)


@dataclass(frozen=True, kw_only=True)
class ContactHalf(Message):
    """My half of the secret by which the two of us can call each other without a link."""

    kind: ClassVar[int] = 41
    half: bytes = field(repr=False)

    def write(self, writer: Writer) -> None:
        """Half 32."""
        writer.fixed(self.half, SECRET_BYTES)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Take what `write` wrote."""
        return cls(half=reader.fixed(SECRET_BYTES))


@dataclass(frozen=True)
class Visitor:
    """Somebody who waits in the lobby, as a co-host hears of it."""

    join_id: bytes
    device_key: bytes  # D: whether it is known, each co-host's own pins tell
    name: str  # as claimed


@dataclass(frozen=True, kw_only=True)
class LobbyNews(Message):
    """Who waits now: the leader tells the co-hosts."""

    kind: ClassVar[int] = 42
    visitors: tuple[Visitor, ...]  # at most 64

    def write(self, writer: Writer) -> None:
        """Count u8, then join id 16, D 32 and name of each."""
        if len(self.visitors) > MOST_WAITING:
            raise ValueError("nobody holds so large a lobby")
        writer.uint(len(self.visitors), 1)
        for visitor in self.visitors:
            writer.fixed(visitor.join_id, JOIN_ID_BYTES).fixed(visitor.device_key, KEY_BYTES)
            writer.line(visitor.name, NAME_BYTES)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Take what `write` wrote."""
        return cls(
            visitors=tuple(
                Visitor(
                    reader.fixed(JOIN_ID_BYTES), reader.fixed(KEY_BYTES), reader.line(NAME_BYTES)
                )
                for _ in range(reader.count(MOST_WAITING))
            )
        )


@dataclass(frozen=True, kw_only=True)
class Verdict(Message):
    """A co-host says who of those who wait may come in: the leader acts on it."""

    kind: ClassVar[int] = 43
    join_id: bytes
    admit: bool

    def write(self, writer: Writer) -> None:
        """Join id 16, admit u8."""
        writer.fixed(self.join_id, JOIN_ID_BYTES).uint(self.admit, 1)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Take what `write` wrote."""
        return cls(join_id=reader.fixed(JOIN_ID_BYTES), admit=reader.flag_bits(1, 1) == 1)
