"""What people tell each other about files, inside sealed frames: one small message each."""

from dataclasses import dataclass
from dataclasses import field as entry
from enum import IntEnum

from crypto.errors import MalformedError
from crypto.wire import Reader, Writer

ID_BYTES = 8  # random: nobody's two offers have the same
DIGEST_BYTES = 32  # BLAKE2b
MAX_NAME = 255  # bytes, as most file systems have it
MAX_SIZE = 1 << 62  # bytes; beyond it no computer counts safely
MAX_PART = 8192  # bytes of a file in one message: 7 packets, which no sound waits behind


class Kind(IntEnum):
    """What a message says; the first four come from who offers, the others from who receives."""

    OFFER = 1
    PART = 2
    END = 3
    STOP = 4
    HOLD = 5
    WANT = 6
    REFUSE = 7
    HAVE = 8


class Stop(IntEnum):
    """Why nothing more of a file comes."""

    WITHDRAWN = 1
    UNREADABLE = 2
    CHANGED = 3


class Refusal(IntEnum):
    """Why somebody does not take a file, or no more of it."""

    DECLINED = 1
    CANCELLED = 2
    DISK_FULL = 3
    NOT_WRITTEN = 4
    DAMAGED = 5
    NOT_ALLOWED = 6
    TOO_MANY = 7


class WantFlag(IntEnum):
    """What a Want says besides; bits."""

    HELD = 1
    AGAIN = 2


@dataclass(frozen=True)
class Offer:
    """Somebody has a file for you."""

    id: bytes
    size: int
    name: str

    def encode(self) -> bytes:
        """Return the message."""
        return _head(Kind.OFFER, self.id).uint(self.size, 8).line(self.name, MAX_NAME).body()


@dataclass(frozen=True)
class Part:
    """Some bytes of a file, and where in it they stand."""

    id: bytes
    offset: int
    data: bytes = entry(repr=False)

    def encode(self) -> bytes:
        """Return the message."""
        return _head(Kind.PART, self.id).uint(self.offset, 8).body() + self.data


@dataclass(frozen=True)
class End:
    """All of a file was sent; this is its checksum."""

    id: bytes
    digest: bytes

    def encode(self) -> bytes:
        """Return the message."""
        return _head(Kind.END, self.id).fixed(self.digest, DIGEST_BYTES).body()


@dataclass(frozen=True)
class Stopped:
    """Nothing more of a file comes."""

    id: bytes
    why: Stop

    def encode(self) -> bytes:
        """Return the message."""
        return _head(Kind.STOP, self.id).uint(self.why, 1).body()


@dataclass(frozen=True)
class Hold:
    """Who offers makes a pause, or goes on."""

    id: bytes
    on: bool

    def encode(self) -> bytes:
        """Return the message."""
        return _head(Kind.HOLD, self.id).uint(self.on, 1).body()


@dataclass(frozen=True)
class Want:
    """All before `offset` is stored; send up to `limit`. With `again`, begin at `offset` anew."""

    id: bytes
    offset: int
    limit: int
    held: bool = False
    again: bool = False

    def encode(self) -> bytes:
        """Return the message."""
        flags = self.held * WantFlag.HELD | self.again * WantFlag.AGAIN
        writer = _head(Kind.WANT, self.id).uint(self.offset, 8).uint(self.limit, 8)
        return writer.uint(flags, 1).body()


@dataclass(frozen=True)
class Refuse:
    """Send no more of it."""

    id: bytes
    why: Refusal

    def encode(self) -> bytes:
        """Return the message."""
        return _head(Kind.REFUSE, self.id).uint(self.why, 1).body()


@dataclass(frozen=True)
class Have:
    """The file is here, and whole."""

    id: bytes

    def encode(self) -> bytes:
        """Return the message."""
        return _head(Kind.HAVE, self.id).body()


FileMessage = Offer | Part | End | Stopped | Hold | Want | Refuse | Have


def parse(payload: bytes) -> FileMessage:
    """Read a message; anything that no sender writes raises MalformedError."""
    reader = Reader(payload)
    kind, file_id = reader.choice(Kind), reader.fixed(ID_BYTES)
    message: FileMessage
    match kind:
        case Kind.OFFER:
            message = Offer(file_id, _size(reader), reader.line(MAX_NAME))
        case Kind.PART:
            offset = _size(reader)
            data = payload[reader.position :]
            if not 0 < len(data) <= MAX_PART:
                raise MalformedError("a part is empty or too long")
            return Part(file_id, offset, data)
        case Kind.END:
            message = End(file_id, reader.fixed(DIGEST_BYTES))
        case Kind.STOP:
            message = Stopped(file_id, reader.choice(Stop))
        case Kind.HOLD:
            message = Hold(file_id, bool(reader.flag_bits(1, 1)))
        case Kind.WANT:
            offset, limit = _size(reader), _size(reader)
            flags = reader.flag_bits(WantFlag.HELD | WantFlag.AGAIN, 1)
            if limit < offset:
                raise MalformedError("a limit lies before its offset")
            held, again = bool(flags & WantFlag.HELD), bool(flags & WantFlag.AGAIN)
            message = Want(file_id, offset, limit, held, again)
        case Kind.REFUSE:
            message = Refuse(file_id, reader.choice(Refusal))
        case Kind.HAVE:
            message = Have(file_id)
    reader.end()
    return message


def _head(kind: Kind, file_id: bytes) -> Writer:
    return Writer().uint(kind, 1).fixed(file_id, ID_BYTES)


def _size(reader: Reader) -> int:
    size = reader.uint(8)
    if size > MAX_SIZE:
        raise MalformedError("no file is that large")
    return size
