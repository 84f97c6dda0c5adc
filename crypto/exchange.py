"""What members say to each other: keys, the code to read aloud, media links, farewells."""

from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from typing import ClassVar, Self

from crypto import hpke
from crypto.envelope import Message, SignedMessage
from crypto.errors import ForgedError, MalformedError
from crypto.joining import DEV_BYTES, EID_BYTES, JOIN_ID_BYTES, SECRET_BYTES
from crypto.kdf import label, labelled_hash
from crypto.wire import MAX_BODY, Reader, Writer

HASH_BYTES = 32
NONCE_BYTES = 32  # of the code people read aloud
SEALED_BYTES = hpke.OVERHEAD + SECRET_BYTES
PAYLOAD_BYTES = 8192  # of a Signal


@dataclass(frozen=True, kw_only=True)
class Ack(SignedMessage):
    """I accepted this block, and this is my key for it: signed by the sender's CSK."""

    kind: ClassVar[int] = 32
    eid: bytes
    dev: bytes
    generation: int  # u32, rises with every key of this device
    commitment: bytes  # to the sender secret: `secret_commitment`
    next_kem: bytes  # X-Wing key for boxes of the next epoch
    sas_commitment: bytes  # to the nonce: `nonce_commitment`

    def write(self, writer: Writer) -> None:
        """Fields in the order of their declaration."""
        writer.fixed(self.eid, EID_BYTES).fixed(self.dev, DEV_BYTES).uint(self.generation, 4)
        writer.fixed(self.commitment, HASH_BYTES).fixed(self.next_kem, hpke.PUBLIC_BYTES)
        writer.fixed(self.sas_commitment, HASH_BYTES)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Take what `write` wrote."""
        return cls(
            eid=reader.fixed(EID_BYTES),
            dev=reader.fixed(DEV_BYTES),
            generation=reader.uint(4),
            commitment=reader.fixed(HASH_BYTES),
            next_kem=reader.fixed(hpke.PUBLIC_BYTES),
            sas_commitment=reader.fixed(HASH_BYTES),
        )

    @cached_property
    def digest(self) -> bytes:
        """What Sync compares: a hash over the body; thirty Syncs a second ask for it."""
        return labelled_hash("ack", self.body())


@dataclass(frozen=True, kw_only=True)
class KeyBox(Message):
    """A sender secret, sealed to one member; the signed Ack's commitment authenticates it."""

    kind: ClassVar[int] = 33
    eid: bytes
    sender: bytes  # dev
    to: bytes  # dev
    generation: int
    kem_id: bytes  # which of the recipient's keys opens it
    sealed: bytes = field(repr=False)

    def write(self, writer: Writer) -> None:
        """Fields in the order of their declaration."""
        writer.fixed(self.eid, EID_BYTES).fixed(self.sender, DEV_BYTES).fixed(self.to, DEV_BYTES)
        writer.uint(self.generation, 4).fixed(self.kem_id, hpke.KEM_ID_BYTES)
        writer.fixed(self.sealed, SEALED_BYTES)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Take what `write` wrote."""
        return cls(
            eid=reader.fixed(EID_BYTES),
            sender=reader.fixed(DEV_BYTES),
            to=reader.fixed(DEV_BYTES),
            generation=reader.uint(4),
            kem_id=reader.fixed(hpke.KEM_ID_BYTES),
            sealed=reader.fixed(SEALED_BYTES),
        )


@dataclass(frozen=True, kw_only=True)
class Sync(Message):
    """Every 2 s: where my log stands and what I hold of this epoch; bit n stands for slot n."""

    kind: ClassVar[int] = 34
    eid: bytes
    epoch: int
    term: int  # u32
    acks: int  # u64, slots whose ack I hold, my own among them
    keys: int  # u64, slots whose key I have installed
    reveals: int  # u64, slots whose reveal I hold
    digest: bytes  # over all acks held, in order of slots

    def write(self, writer: Writer) -> None:
        """Fields in the order of their declaration."""
        writer.fixed(self.eid, EID_BYTES).uint(self.epoch, 8).uint(self.term, 4)
        writer.uint(self.acks, 8).uint(self.keys, 8).uint(self.reveals, 8)
        writer.fixed(self.digest, HASH_BYTES)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Take what `write` wrote."""
        return cls(
            eid=reader.fixed(EID_BYTES),
            epoch=reader.uint(8),
            term=reader.uint(4),
            acks=reader.uint(8),
            keys=reader.uint(8),
            reveals=reader.uint(8),
            digest=reader.fixed(HASH_BYTES),
        )


@dataclass(frozen=True, kw_only=True)
class SasReveal(SignedMessage):
    """The nonce behind my commitment, told once all commitments are held; signed by CSK.

    Signed so that nobody can make it look as if another had lied about a commitment.
    """

    kind: ClassVar[int] = 35
    eid: bytes
    dev: bytes
    nonce: bytes

    def write(self, writer: Writer) -> None:
        """Fields in the order of their declaration."""
        writer.fixed(self.eid, EID_BYTES).fixed(self.dev, DEV_BYTES).fixed(self.nonce, NONCE_BYTES)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Take what `write` wrote."""
        return cls(
            eid=reader.fixed(EID_BYTES),
            dev=reader.fixed(DEV_BYTES),
            nonce=reader.fixed(NONCE_BYTES),
        )


@dataclass(frozen=True, kw_only=True)
class SignedLeave(SignedMessage):
    """I leave; signed by CSK, for the seat that `join_id` got and no later one."""

    kind: ClassVar[int] = 36
    dev: bytes
    join_id: bytes

    def write(self, writer: Writer) -> None:
        """Dev 16, join id 16."""
        writer.fixed(self.dev, DEV_BYTES).fixed(self.join_id, JOIN_ID_BYTES)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Take what `write` wrote."""
        return cls(dev=reader.fixed(DEV_BYTES), join_id=reader.fixed(JOIN_ID_BYTES))


class SignalKind(IntEnum):
    """What a Signal carries."""

    OFFER = 1
    ANSWER = 2
    RENEW = 3  # asks the side that makes offers for a new one; the payload is empty
    WIDE_OFFER = 4  # an offer with what the team's servers add; the answer is made likewise


@dataclass(frozen=True, kw_only=True)
class Signal(SignedMessage):
    """How my end of a media link can be reached, opaque here, or a wish; signed by CSK."""

    kind: ClassVar[int] = 37
    eid: bytes
    sender: bytes  # dev
    to: bytes  # dev
    link_id: int  # u32, rises with every new link to this member
    sequence: int  # u32, rises within a link
    signal: SignalKind
    payload: bytes = field(repr=False)  # at most 8 KiB

    def write(self, writer: Writer) -> None:
        """Fields in the order of their declaration."""
        writer.fixed(self.eid, EID_BYTES).fixed(self.sender, DEV_BYTES).fixed(self.to, DEV_BYTES)
        writer.uint(self.link_id, 4).uint(self.sequence, 4).uint(self.signal, 1)
        writer.vector(self.payload, PAYLOAD_BYTES)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """The payload is for the media part to parse."""
        return cls(
            eid=reader.fixed(EID_BYTES),
            sender=reader.fixed(DEV_BYTES),
            to=reader.fixed(DEV_BYTES),
            link_id=reader.uint(4),
            sequence=reader.uint(4),
            signal=reader.choice(SignalKind),
            payload=reader.vector(PAYLOAD_BYTES),
        )

    def check(self, call_key: bytes, call_id: bytes, sender: bytes, to: bytes) -> None:
        """Raise ForgedError unless `sender`, whose CSK is given, made this for `to`."""
        if self.sender != sender or self.to != to:
            raise ForgedError("signal is from or for somebody else")
        self.verify(call_key, call_id)


@dataclass(frozen=True, kw_only=True)
class Gossip(Message):
    """A block of the log, passed on: on the wire it is the block itself and nothing around it."""

    kind: ClassVar[int] = 49  # the block's own type
    block: bytes

    def encode(self) -> bytes:
        """Return the block."""
        return self.block

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Only the type is looked at; `Roster.accept` takes the block apart."""
        if not data or data[0] != cls.kind or len(data) > MAX_BODY:
            raise MalformedError("this is no block")
        return cls(block=data, raw=data)


def secret_commitment(
    call_id: bytes, eid: bytes, dev: bytes, generation: int, secret: bytes
) -> bytes:
    """Return SHA-256(LABEL("commit", call_id, eid, dev, g, sender_secret))."""
    return labelled_hash("commit", call_id, eid, dev, generation.to_bytes(4, "big"), secret)


def box_info(call_id: bytes, eid: bytes, sender: bytes, to: bytes, generation: int) -> bytes:
    """Return LABEL("box", call_id, eid, from, to, g): what a KeyBox is sealed under."""
    return label("box", call_id, eid, sender, to, generation.to_bytes(4, "big"))


def nonce_commitment(eid: bytes, dev: bytes, nonce: bytes) -> bytes:
    """Return SHA-256(LABEL("sas", eid, dev, n))."""
    return labelled_hash("sas", eid, dev, nonce)
