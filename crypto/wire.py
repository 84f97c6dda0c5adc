"""The codec of all that is signed or sent: strict, bounded, big-endian, one way to write it."""

import ipaddress
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Self, TypeVar

from crypto.errors import MalformedError

VERSION = 1
HEADER_BYTES = 6  # type u8, version u8, body length u32
SIGNATURE_BYTES = 64  # Ed25519
MAX_MESSAGE = 65_536  # what a channel carries after authentication: header, body and signature
MAX_BODY = MAX_MESSAGE - HEADER_BYTES - SIGNATURE_BYTES
HOST_BYTES = 45  # the longest textual IPv6 address

Address = tuple[str, int]
"""An IPv4 or IPv6 address as text, without a zone, and a port from 1 to 65535."""

_Choice = TypeVar("_Choice", bound=IntEnum)

# What would break a line or turn its reading direction: C0, DEL, C1, line and paragraph
# separators, bidirectional overrides and isolates. Written out, because Unicode tables differ
# between Python versions and everybody must refuse the same bytes.
_NOT_IN_A_LINE = frozenset(
    [
        *range(0x20),
        *range(0x7F, 0xA0),
        0x2028,
        0x2029,
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
    ]
)


@dataclass(slots=True)
class Writer:
    """Builds a body field by field; a value that does not fit its field is our own bug."""

    parts: list[bytes] = field(default_factory=list)

    def uint(self, value: int, size: int) -> Self:
        """Append an unsigned integer of `size` bytes; ValueError if it needs more."""
        if not 0 <= value < 1 << 8 * size:
            raise ValueError(f"{value} does not fit {size} bytes")
        self.parts.append(value.to_bytes(size, "big"))
        return self

    def fixed(self, value: bytes, size: int) -> Self:
        """Append exactly `size` bytes."""
        if len(value) != size:
            raise ValueError(f"field takes {size} bytes, got {len(value)}")
        self.parts.append(value)
        return self

    def vector(self, value: bytes, limit: int) -> Self:
        """Append bytes behind their length: u8 up to limit 255, u16 up to 65535, else u32."""
        if len(value) > limit:
            raise ValueError(f"field takes at most {limit} bytes, got {len(value)}")
        self.parts.append(len(value).to_bytes(length_size(limit), "big"))
        self.parts.append(value)
        return self

    def text(self, value: str, limit: int) -> Self:
        """Append a UTF-8 string of at most `limit` bytes."""
        return self.vector(value.encode("utf-8"), limit)

    def line(self, value: str, limit: int) -> Self:
        """Append one line of text that people will read (see `fit_line`)."""
        if not is_line(value):
            raise ValueError("text has characters that no line may have")
        return self.text(value, limit)

    def addresses(self, values: tuple[Address, ...], limit: int) -> Self:
        """Append at most `limit` addresses."""
        if len(values) > limit:
            raise ValueError(f"field takes at most {limit} addresses, got {len(values)}")
        self.uint(len(values), 1)
        for host, port in values:
            if not is_address(host, port):
                raise ValueError("not a canonical address and port")
            self.text(host, HOST_BYTES).uint(port, 2)
        return self

    def body(self) -> bytes:
        """Return what was written."""
        return b"".join(self.parts)


@dataclass(slots=True)
class Reader:
    """Takes a body apart; anything unexpected raises MalformedError."""

    data: bytes = field(repr=False)
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

    def choice(self, values: type[_Choice]) -> _Choice:
        """Take one byte that must be a value of an enumeration."""
        number = self.uint(1)
        try:
            return values(number)
        except ValueError as error:
            raise MalformedError(f"{values.__name__} has no value {number}") from error

    def flag_bits(self, known: int, size: int) -> int:
        """Take an unsigned integer whose bits must all lie within `known`."""
        bits = self.uint(size)
        if bits & ~int(known):  # an IntFlag's own complement knows only its own bits
            raise MalformedError("unknown flags are set")
        return bits

    def vector(self, limit: int) -> bytes:
        """Take length-prefixed bytes; the length is checked before anything is copied."""
        size = self.uint(length_size(limit))
        if size > limit:
            raise MalformedError("field is longer than it may be")
        return self.fixed(size)

    def count(self, limit: int, size: int = 1) -> int:
        """Take a number of elements, at most `limit`."""
        number = self.uint(size)
        if number > limit:
            raise MalformedError("more elements than there may be")
        return number

    def text(self, limit: int) -> str:
        """Take a UTF-8 string; invalid UTF-8 and lone surrogates are refused."""
        try:
            return self.vector(limit).decode("utf-8")
        except UnicodeDecodeError as error:
            raise MalformedError("text is not UTF-8") from error

    def line(self, limit: int) -> str:
        """Take one line of text; characters that break a line or turn it round are refused."""
        value = self.text(limit)
        if not is_line(value):
            raise MalformedError("text has characters that no line may have")
        return value

    def addresses(self, limit: int) -> tuple[Address, ...]:
        """Take at most `limit` addresses; hosts must be canonical, ports not 0."""
        values = []
        for _ in range(self.count(limit)):
            host, port = self.text(HOST_BYTES), self.uint(2)
            if not is_address(host, port):
                raise MalformedError("not a canonical address and port")
            values.append((host, port))
        return tuple(values)

    def end(self) -> None:
        """Refuse trailing bytes."""
        if self.position != len(self.data):
            raise MalformedError("message has trailing bytes")


def length_size(limit: int) -> int:
    """Return how many bytes the length of a vector takes that holds at most `limit` bytes."""
    return 1 if limit <= 0xFF else 2 if limit <= 0xFFFF else 4


def is_line(text: str) -> bool:
    """Tell whether text can stand in one line and reads in its own direction."""
    return not any(ord(character) in _NOT_IN_A_LINE for character in text)


def fit_line(text: str, limit: int) -> str:
    """Return what somebody typed as a line of at most `limit` UTF-8 bytes.

    Characters no line may have are left out, white space at both ends too; a text that is too
    long is cut between characters.
    """
    kept = "".join(character for character in text if ord(character) not in _NOT_IN_A_LINE)
    encoded = kept.strip().encode("utf-8", "ignore")[:limit]
    return encoded.decode("utf-8", "ignore").strip()


def is_address(host: str, port: int) -> bool:
    """Tell whether host is an IP address in its one canonical spelling and port is from 1 to 65535.

    IPv4 addresses mapped into IPv6 are not: Python versions spell them differently.
    """
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and (address.ipv4_mapped or address.scope_id):
        return False
    return str(address) == host and 0 < port <= 0xFFFF


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
    expected = HEADER_BYTES + size + (SIGNATURE_BYTES if signed else 0)
    if size > MAX_BODY or len(data) != expected:
        raise MalformedError("message length does not fit")
    return data[0], data[6 : 6 + size], data[6 + size :]
