"""The codec of everything that is signed or sent: strict, bounded, big-endian, one way to write it."""

from dataclasses import dataclass, field

from crypto.errors import MalformedError

VERSION = 1
HEADER_BYTES = 6  # type u8, version u8, body length u32
MAX_BODY = 65_536  # no message is longer, authenticated or not


@dataclass(slots=True)
class Writer:
    """Builds a body field by field; a value that does not fit its field is our own bug."""

    parts: list[bytes] = field(default_factory=list)

    def uint(self, value: int, size: int) -> "Writer":
        """Append an unsigned integer of `size` bytes."""
        self.parts.append(value.to_bytes(size, "big"))
        return self

    def fixed(self, value: bytes, size: int) -> "Writer":
        """Append exactly `size` bytes."""
        if len(value) != size:
            raise ValueError(f"field takes {size} bytes, got {len(value)}")
        self.parts.append(value)
        return self

    def vector(self, value: bytes, limit: int) -> "Writer":
        """Append bytes with their length in front (u8 up to limit 255, u16 up to 65535, else u32)."""
        if len(value) > limit:
            raise ValueError(f"field takes at most {limit} bytes, got {len(value)}")
        self.parts.append(len(value).to_bytes(length_size(limit), "big"))
        self.parts.append(value)
        return self

    def text(self, value: str, limit: int) -> "Writer":
        """Append a UTF-8 string of at most `limit` bytes."""
        return self.vector(value.encode("utf-8"), limit)

    def body(self) -> bytes:
        """Return what was written."""
        return b"".join(self.parts)


@dataclass(slots=True)
class Reader:
    """Takes a body apart; anything unexpected raises MalformedError."""

    data: bytes
    position: int = 0

    def fixed(self, size: int) -> bytes:
        """Take exactly `size` bytes."""
        end = self.position + size
        if end > len(self.data):
            raise MalformedError("message ends too early")
        value = self.data[self.position : end]
        self.position = end
        return value

    def uint(self, size: int) -> int:
        """Take an unsigned integer of `size` bytes."""
        return int.from_bytes(self.fixed(size), "big")

    def vector(self, limit: int) -> bytes:
        """Take length-prefixed bytes; the length is checked before anything is copied."""
        size = self.uint(length_size(limit))
        if size > limit:
            raise MalformedError("field is longer than it may be")
        return self.fixed(size)

    def text(self, limit: int) -> str:
        """Take a UTF-8 string; invalid UTF-8 and lone surrogates are refused."""
        try:
            return self.vector(limit).decode("utf-8")
        except UnicodeDecodeError as error:
            raise MalformedError("text is not UTF-8") from error

    def end(self) -> None:
        """Refuse trailing bytes."""
        if self.position != len(self.data):
            raise MalformedError("message has trailing bytes")


def length_size(limit: int) -> int:
    """Return how many bytes the length of a vector takes that holds at most `limit` bytes."""
    return 1 if limit <= 0xFF else 2 if limit <= 0xFFFF else 4


def pack(kind: int, body: bytes) -> bytes:
    """Return `type u8 | version u8 | length u32 | body`."""
    if len(body) > MAX_BODY:
        raise ValueError("body is longer than any message may be")
    return bytes([kind, VERSION]) + len(body).to_bytes(4, "big") + body


def unpack(data: bytes, signed: bool = False) -> tuple[int, bytes, bytes]:
    """Return (type, body, signature) of one object; the signature is empty unless `signed`."""
    if len(data) < HEADER_BYTES:
        raise MalformedError("message is shorter than its header")
    if data[1] != VERSION:
        raise MalformedError("message has an unknown version")
    size = int.from_bytes(data[2:6], "big")
    if size > MAX_BODY or len(data) != HEADER_BYTES + size + (64 if signed else 0):
        raise MalformedError("message length does not fit")
    return data[0], data[6 : 6 + size], data[6 + size :]
