"""The kinds of fields that PROTOCOL.md's conventions name: a JSON value to bytes, and back."""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from vectors.reference.primitives import Refused

Case = dict[str, Any]


def unhex(given: Case, *names: str) -> list[bytes]:
    """Return some of the values that are given as bytes."""
    return [bytes.fromhex(given[name]) for name in names]


def u32(number: int) -> bytes:
    """Four bytes."""
    return number.to_bytes(4, "big")


class Bytes:
    """Bytes that are taken one after the other; who takes too many is refused."""

    def __init__(self, data: bytes) -> None:
        self.left = data

    def take(self, count: int) -> bytes:
        """Take the next bytes."""
        if count > len(self.left):
            raise Refused("malformed")
        taken, self.left = self.left[:count], self.left[count:]
        return taken

    def number(self, size: int) -> int:
        """Take a number."""
        return int.from_bytes(self.take(size), "big")

    def end(self) -> None:
        """Refuse what is left over."""
        if self.left:
            raise Refused("malformed")


class Field(Protocol):
    """One field: how its JSON value is written as bytes and read from them."""

    def write(self, value: Any) -> bytes:
        """Return the bytes of a value."""

    def read(self, data: Bytes) -> Any:
        """Return the value, or refuse the bytes."""


@dataclass(frozen=True)
class Number:
    """`u8` to `u64`; `among` names the only values there are, `flags` the only bits."""

    size: int
    among: Sequence[int] | None = None
    flags: int | None = None

    def write(self, value: int) -> bytes:
        return self._checked(value).to_bytes(self.size, "big")

    def read(self, data: Bytes) -> int:
        return self._checked(data.number(self.size))

    def _checked(self, value: int) -> int:
        if self.among is not None and value not in self.among:
            raise Refused("malformed")
        if self.flags is not None and value & ~self.flags:
            raise Refused("malformed")
        return value


@dataclass(frozen=True)
class Fixed:
    """`[n]`: that many bytes, in hex."""

    size: int

    def write(self, value: str) -> bytes:
        data = bytes.fromhex(value)
        if len(data) != self.size:
            raise Refused("malformed")
        return data

    def read(self, data: Bytes) -> str:
        return data.take(self.size).hex()


@dataclass(frozen=True)
class Vec:
    """`vec(limit)`, in hex."""

    limit: int

    def write(self, value: str) -> bytes:
        return _prefixed(bytes.fromhex(value), self.limit)

    def read(self, data: Bytes) -> str:
        return _unprefixed(data, self.limit).hex()


@dataclass(frozen=True)
class Text:
    """`text(limit)`."""

    limit: int

    def write(self, value: str) -> bytes:
        return _prefixed(value.encode("utf-8"), self.limit)

    def read(self, data: Bytes) -> str:
        try:
            return _unprefixed(data, self.limit).decode("utf-8")
        except UnicodeDecodeError as error:
            raise Refused("malformed") from error


@dataclass(frozen=True)
class Line:
    """`line(limit)`; `empty` tells whether it may say nothing."""

    limit: int
    empty: bool = True
    ascii_only: bool = False

    def write(self, value: str) -> bytes:
        return Text(self.limit).write(self._checked(value))

    def read(self, data: Bytes) -> str:
        return self._checked(Text(self.limit).read(data))

    def _checked(self, value: str) -> str:
        forbidden = ((0, 0x1F), (0x7F, 0x9F), (0x2028, 0x202E), (0x2066, 0x2069))
        if any(first <= ord(letter) <= last for letter in value for first, last in forbidden):
            raise Refused("malformed")
        if not self.empty and not value.strip():
            raise Refused("malformed")
        if self.ascii_only and any(ord(letter) > 0x7F for letter in value):
            raise Refused("malformed")
        return value


@dataclass(frozen=True)
class Addresses:
    """`addresses(n)`: pairs of an address and a port."""

    limit: int

    def write(self, value: list[list[Any]]) -> bytes:
        if len(value) > self.limit:
            raise Refused("malformed")
        written = [Text(45).write(host) + Number(2).write(port) for host, port in value]
        return bytes([len(value)]) + b"".join(written)

    def read(self, data: Bytes) -> list[list[Any]]:
        count = data.number(1)
        if count > self.limit:
            raise Refused("malformed")
        found = [[Text(45).read(data), data.number(2)] for _ in range(count)]
        if not all(map(_is_canonical, found)):
            raise Refused("malformed")
        return found


@dataclass(frozen=True)
class Record:
    """Fields one after the other."""

    fields: Mapping[str, Field]

    def write(self, value: dict[str, Any]) -> bytes:
        if list(value) != list(self.fields):
            raise ValueError(f"fields are {list(self.fields)}, not {list(value)}")
        return b"".join(field.write(value[name]) for name, field in self.fields.items())

    def read(self, data: Bytes) -> dict[str, Any]:
        return {name: field.read(data) for name, field in self.fields.items()}


@dataclass(frozen=True)
class OneServer:
    """What a leader names: use, address, the pin of one by TLS, the key of a meeting point."""

    def write(self, value: dict[str, Any]) -> bytes:
        self._check(value)
        return self._fields.write(value)

    def read(self, data: Bytes) -> dict[str, Any]:
        value = self._fields.read(data)
        self._check(value)
        return value

    @property
    def _fields(self) -> Record:
        return Record(
            {
                "use": Number(1, among=range(1, 6)),
                "host": Text(45),
                "port": Number(2),
                "pin": Vec(32),
            }
        )

    def _check(self, value: dict[str, Any]) -> None:
        if not _is_canonical([value["host"], value["port"]]):
            raise Refused("malformed")
        host = ipaddress.ip_address(value["host"])
        nobody = host.is_loopback or host.is_link_local or host.is_multicast or host.is_unspecified
        none = isinstance(host, ipaddress.IPv4Address) and (
            host in ipaddress.ip_network("0.0.0.0/8") or host in ipaddress.ip_network("240.0.0.0/4")
        )
        pin = len(bytes.fromhex(value["pin"]))
        if nobody or none or pin != (32 if value["use"] in (4, 5) else 0):
            raise Refused("malformed")


@dataclass(frozen=True)
class Many:
    """A count of `size` bytes, at most `limit`, then that many of one kind."""

    limit: int
    of: Field
    size: int = 1
    at_least: int = 0

    def write(self, value: list[Any]) -> bytes:
        self._check(len(value))
        return len(value).to_bytes(self.size, "big") + b"".join(map(self.of.write, value))

    def read(self, data: Bytes) -> list[Any]:
        count = data.number(self.size)
        self._check(count)
        return [self.of.read(data) for _ in range(count)]

    def _check(self, count: int) -> None:
        if not self.at_least <= count <= self.limit:
            raise Refused("malformed")


@dataclass(frozen=True)
class Tagged:
    """`kind u8`, then a `vec(limit)` that holds the fields of that kind."""

    kinds: Mapping[int, tuple[str, Record]]
    limit: int

    def write(self, value: dict[str, Any]) -> bytes:
        (kind,) = [kind for kind, (name, _) in self.kinds.items() if name == value["operation"]]
        rest = {name: inner for name, inner in value.items() if name != "operation"}
        return bytes([kind]) + _prefixed(self.kinds[kind][1].write(rest), self.limit)

    def read(self, data: Bytes) -> dict[str, Any]:
        kind = data.number(1)
        if kind not in self.kinds:
            raise Refused("malformed")
        name, record = self.kinds[kind]
        inner = Bytes(_unprefixed(data, self.limit))
        value = {"operation": name, **record.read(inner)}
        inner.end()
        return value


def _prefixed(data: bytes, limit: int) -> bytes:
    if len(data) > limit:
        raise Refused("malformed")
    return len(data).to_bytes(_length_size(limit), "big") + data


def _unprefixed(data: Bytes, limit: int) -> bytes:
    length = data.number(_length_size(limit))
    if length > limit:
        raise Refused("malformed")
    return data.take(length)


def _length_size(limit: int) -> int:
    return 1 if limit < 1 << 8 else 2 if limit < 1 << 16 else 4


def _is_canonical(address: list[Any]) -> bool:
    host, port = address
    try:
        parsed = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None
    return str(parsed) == host and "%" not in host and not mapped and port > 0
