"""The objects of the signed log: how a meeting begins, one step of it, the proof of a lie."""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Self

from crypto.envelope import Message, Sign, SignedMessage
from crypto.errors import ForgedError, MalformedError
from crypto.identity import device_id
from crypto.joining import CALL_ID_BYTES, DEV_BYTES, EID_BYTES, KEY_BYTES, TITLE_BYTES
from crypto.kdf import labelled_hash
from crypto.operations import Operation, read_operations, write_operations
from crypto.policy import Policy
from crypto.wire import HEADER_BYTES, MAX_BODY, SIGNATURE_BYTES, Reader, Writer

SUITE = 0x0005  # AES_256_GCM_SHA512_128, RFC 9605
ROOM_ID_BYTES = 16
NONCE_BYTES = 32
BLOCK_BYTES = (
    MAX_BODY - 4
) // 2  # two of them fit one Evidence, so that no lie is too long to show


@dataclass(frozen=True, kw_only=True)
class Genesis(SignedMessage):
    """How a meeting begins; the host's identity key signs it and so vouches for the host's CSK."""

    kind: ClassVar[int] = 48
    room_id: bytes
    host_key: bytes  # the host's D
    host_call_key: bytes  # the host's CSK
    nonce: bytes  # 32 random bytes
    title: str  # at most 120 bytes, may be empty
    policy: Policy
    created_ms: int  # Unix time, as the host's clock said

    @classmethod
    def create(
        cls,
        sign_identity: Sign,
        *,
        room_id: bytes,
        host_key: bytes,
        host_call_key: bytes,
        nonce: bytes,
        title: str,
        policy: Policy,
        created_ms: int,
    ) -> Self:
        """Return a signed genesis; ValueError if a field does not fit."""
        genesis = cls(
            room_id=room_id,
            host_key=host_key,
            host_call_key=host_call_key,
            nonce=nonce,
            title=title,
            policy=policy,
            created_ms=created_ms,
        )
        return genesis.signed(genesis.call_id, sign_identity)

    @cached_property
    def call_id(self) -> bytes:
        """SHA-256(LABEL("genesis", body)): the name of this meeting, and its eid at epoch 0."""
        return labelled_hash("genesis", self.body())

    @property
    def host(self) -> bytes:
        """The host's dev."""
        return device_id(self.host_key)

    def check(self) -> None:
        """Raise ForgedError unless the host's device signed this."""
        self.verify(self.host_key, self.call_id)

    def write(self, writer: Writer) -> None:
        """Suite u16, then fields in the order of their declaration."""
        writer.uint(SUITE, 2).fixed(self.room_id, ROOM_ID_BYTES)
        writer.fixed(self.host_key, KEY_BYTES).fixed(self.host_call_key, KEY_BYTES)
        writer.fixed(self.nonce, NONCE_BYTES).line(self.title, TITLE_BYTES)
        self.policy.write(writer)
        writer.uint(self.created_ms, 8)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Refuse every suite but the one there is."""
        if reader.uint(2) != SUITE:
            raise MalformedError("meeting uses an unknown suite")
        return cls(
            room_id=reader.fixed(ROOM_ID_BYTES),
            host_key=reader.fixed(KEY_BYTES),
            host_call_key=reader.fixed(KEY_BYTES),
            nonce=reader.fixed(NONCE_BYTES),
            title=reader.line(TITLE_BYTES),
            policy=Policy.read(reader),
            created_ms=reader.uint(8),
        )


@dataclass(frozen=True, kw_only=True)
class Block(SignedMessage):
    """One step of the log; signed by the leader's CSK."""

    kind: ClassVar[int] = 49
    call_id: bytes
    term: int  # u32
    epoch: int  # u64
    prev: bytes  # the eid before
    time_ms: int  # u64, Unix time of the leader, never running backwards
    leader: bytes  # dev
    operations: tuple[Operation, ...]
    roster_hash: bytes  # of the roster after this block

    @cached_property
    def eid(self) -> bytes:
        """SHA-256(LABEL("block", body)): commits to the whole history."""
        return labelled_hash("block", self.body())

    @property
    def place(self) -> tuple[int, int, bytes]:
        """Term, epoch and leader: an honest leader makes one block there, and no other."""
        return self.term, self.epoch, self.leader

    def write(self, writer: Writer) -> None:
        """Fields in the order of their declaration."""
        writer.fixed(self.call_id, CALL_ID_BYTES).uint(self.term, 4).uint(self.epoch, 8)
        writer.fixed(self.prev, EID_BYTES).uint(self.time_ms, 8).fixed(self.leader, DEV_BYTES)
        write_operations(writer, self.operations)
        writer.fixed(self.roster_hash, 32)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Refuse operations nobody knows, and more than BLOCK_BYTES in all."""
        if HEADER_BYTES + len(reader.data) + SIGNATURE_BYTES > BLOCK_BYTES:
            raise MalformedError("block is longer than it may be")
        return cls(
            call_id=reader.fixed(CALL_ID_BYTES),
            term=reader.uint(4),
            epoch=reader.uint(8),
            prev=reader.fixed(EID_BYTES),
            time_ms=reader.uint(8),
            leader=reader.fixed(DEV_BYTES),
            operations=read_operations(reader),
            roster_hash=reader.fixed(32),
        )


@dataclass(frozen=True, kw_only=True)
class Evidence(Message):
    """Two different blocks of one term and epoch by one leader: it shows two rosters.

    Nobody signs it: it proves itself to whoever knows the leader's CSK.
    """

    kind: ClassVar[int] = 50
    first: bytes
    second: bytes

    def write(self, writer: Writer) -> None:
        """Two blocks as they were received."""
        writer.vector(self.first, BLOCK_BYTES).vector(self.second, BLOCK_BYTES)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """The blocks are taken apart by `check`."""
        return cls(first=reader.vector(BLOCK_BYTES), second=reader.vector(BLOCK_BYTES))

    @property
    def accused(self) -> bytes:
        """The dev of who is said to have signed both; MalformedError if these are no blocks."""
        return Block.parse(self.first).leader

    def check(self, call_key: bytes, call_id: bytes) -> None:
        """Raise ForgedError or MalformedError unless this proves what it claims."""
        one, two = Block.parse(self.first), Block.parse(self.second)
        if one.place != two.place or one.eid == two.eid:
            raise ForgedError("blocks do not contradict each other")
        for block in (one, two):
            if block.call_id != call_id:
                raise ForgedError("block is for another meeting")
            block.verify(call_key, call_id)
