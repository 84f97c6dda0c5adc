"""What is said to a meeting point, and by it: who it is, which tags are whose, who asks for whom.

Everything goes over the anonymous channel of crypto.channel. The meeting point speaks first and
proves its key, so nobody in between learns what is asked. After Ready the channel carries what the
two ends send each other, as it is: a channel of their own, inside.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, Final, Self

from crypto import sodium
from crypto.door_keys import DOOR_BYTES, PROOF_BYTES
from crypto.envelope import Message, Sign
from crypto.errors import MalformedError
from crypto.kdf import label
from crypto.wire import SIGNATURE_BYTES, Reader, Writer

MOST_CLAIMS: Final = 8  # tags of one connection: two doors, three days each, and two to spare
TICKET_BYTES: Final = 16


class Reason(IntEnum):
    """Why a meeting point does not do what it was asked for."""

    NOBODY = 1  # nobody holds this tag, or nobody came to the door
    BUSY = 2  # more is asked for than it gives; later it may be well
    FORGED = 3  # the tag was not proven


@dataclass(frozen=True, kw_only=True)
class Here(Message):
    """The first word of a meeting point: who it is, and what to prove a tag with."""

    kind: ClassVar[int] = 64
    point: bytes  # of crypto.door_keys.Challenge
    signature: bytes

    @classmethod
    def create(cls, sign: Sign, point: bytes, exporter: bytes) -> Self:
        """Sign for one channel with the key that stands in invitations and settings."""
        return cls(point=point, signature=sign(_identity(point, exporter)))

    def check(self, key: bytes, exporter: bytes) -> None:
        """Raise ForgedError unless this is the meeting point of a public key, on this channel."""
        sodium.verify(self.signature, _identity(self.point, exporter), key)

    def write(self, writer: Writer) -> None:
        """Point [32], signature [64]."""
        writer.fixed(self.point, sodium.POINT_BYTES).fixed(self.signature, SIGNATURE_BYTES)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Take what `write` wrote; whose it is, `check` tells."""
        return cls(point=reader.fixed(sodium.POINT_BYTES), signature=reader.fixed(SIGNATURE_BYTES))


@dataclass(frozen=True, kw_only=True)
class Claim(Message):
    """Ring here for these tags, and for none that were claimed on this channel before."""

    kind: ClassVar[int] = 65
    claims: tuple[tuple[bytes, bytes], ...]  # tag and proof

    def write(self, writer: Writer) -> None:
        """Count u8, then tag [32] and proof [32] of each."""
        if not 0 < len(self.claims) <= MOST_CLAIMS:
            raise ValueError(f"from 1 to {MOST_CLAIMS} tags are claimed at once")
        writer.uint(len(self.claims), 1)
        for tag, proof in self.claims:
            writer.fixed(tag, DOOR_BYTES).fixed(proof, PROOF_BYTES)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Take what `write` wrote; whose the tags are, Challenge.check tells."""
        count = reader.count(MOST_CLAIMS)
        if not count:
            raise MalformedError("a claim without a tag")
        return cls(
            claims=tuple(
                (reader.fixed(DOOR_BYTES), reader.fixed(PROOF_BYTES)) for _ in range(count)
            )
        )


@dataclass(frozen=True, kw_only=True)
class Claimed(Message):
    """The tags are yours as long as this channel stands."""

    kind: ClassVar[int] = 66

    def write(self, writer: Writer) -> None:
        """Nothing."""

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Take nothing."""
        return cls()


@dataclass(frozen=True, kw_only=True)
class Call(Message):
    """Let me speak with who holds this tag."""

    kind: ClassVar[int] = 67
    tag: bytes

    def write(self, writer: Writer) -> None:
        """Tag [32]."""
        writer.fixed(self.tag, DOOR_BYTES)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Take what `write` wrote."""
        return cls(tag=reader.fixed(DOOR_BYTES))


@dataclass(frozen=True, kw_only=True)
class _WithTicket(Message):
    """What leads an asked person to who asks."""

    ticket: bytes

    def write(self, writer: Writer) -> None:
        """Ticket [16]."""
        writer.fixed(self.ticket, TICKET_BYTES)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Take what `write` wrote."""
        return cls(ticket=reader.fixed(TICKET_BYTES))


@dataclass(frozen=True, kw_only=True)
class Ring(_WithTicket):
    """Somebody asks for one of your tags: come over another channel with this ticket."""

    kind: ClassVar[int] = 68


@dataclass(frozen=True, kw_only=True)
class Come(_WithTicket):
    """I am who was asked for with this ticket."""

    kind: ClassVar[int] = 69


@dataclass(frozen=True, kw_only=True)
class Ready(Message):
    """From now on each of you hears what the other one sends, and nobody else."""

    kind: ClassVar[int] = 70

    def write(self, writer: Writer) -> None:
        """Nothing."""

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Take nothing."""
        return cls()


@dataclass(frozen=True, kw_only=True)
class Refused(Message):
    """What was asked for is not done; the channel is closed after this."""

    kind: ClassVar[int] = 71
    reason: Reason

    def write(self, writer: Writer) -> None:
        """Reason u8."""
        writer.uint(self.reason, 1)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Refuse reasons nobody knows."""
        return cls(reason=reader.choice(Reason))


_BY_KIND: dict[int, type[Message]] = {
    message.kind: message for message in (Here, Claim, Claimed, Call, Ring, Come, Ready, Refused)
}


def parse(data: bytes) -> Message:
    """Take any of these messages apart; MalformedError for everything that is none."""
    message = _BY_KIND.get(data[0]) if data else None
    if message is None:
        raise MalformedError("message is of no known type")
    return message.parse(data)


def _identity(point: bytes, exporter: bytes) -> bytes:
    return label("meeting point", exporter, point)
