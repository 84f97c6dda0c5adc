"""The few STUN messages that a relay is spoken to with, read strictly (RFC 8489, RFC 8656).

Bytes in, values out. What a server says is only believed when it is authentic (`is_authentic`);
until then its numbers and addresses are nobody's.
"""

import hashlib
import hmac
import ipaddress
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from types import MappingProxyType

COOKIE = b"\x21\x12\xa4\x42"
HEADER_BYTES = 20
TRANSACTION_BYTES = 12
MAX_MESSAGE = 2048  # bytes; a datagram inside an indication has at most 1,500
MAX_ATTRIBUTES = 32
MAX_TEXT = 763  # bytes of REALM and NONCE, RFC 8489 section 14.9

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Peer = tuple[str, int]


class Kind(IntEnum):
    """What a message is: class and method in the 14 bits that STUN has for both."""

    BINDING = 0x0001
    BINDING_SUCCESS = 0x0101
    ALLOCATE = 0x0003
    ALLOCATE_SUCCESS = 0x0103
    ALLOCATE_ERROR = 0x0113
    REFRESH = 0x0004
    REFRESH_SUCCESS = 0x0104
    REFRESH_ERROR = 0x0114
    SEND = 0x0016
    DATA = 0x0017
    PERMIT = 0x0008
    PERMIT_SUCCESS = 0x0108
    PERMIT_ERROR = 0x0118
    BIND = 0x0009
    BIND_SUCCESS = 0x0109
    BIND_ERROR = 0x0119


class Attribute(IntEnum):
    """The attributes that are written or read here."""

    USERNAME = 0x0006
    MESSAGE_INTEGRITY = 0x0008
    ERROR_CODE = 0x0009
    CHANNEL_NUMBER = 0x000C
    LIFETIME = 0x000D
    PEER = 0x0012
    DATA = 0x0013
    REALM = 0x0014
    NONCE = 0x0015
    RELAYED = 0x0016
    REQUESTED_FAMILY = 0x0017
    REQUESTED_TRANSPORT = 0x0019
    MAPPED = 0x0020
    FINGERPRINT = 0x8028


class StunError(ValueError):
    """These bytes are no message that is understood here."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message: its kind, its number, and the attributes known here, each at most once.

    `guarded` is what the MESSAGE-INTEGRITY covers, None where there is none.
    """

    kind: Kind
    transaction: bytes
    attributes: Mapping[Attribute, bytes]
    guarded: bytes | None = field(default=None, repr=False)

    def is_authentic(self, key: bytes) -> bool:
        """Tell whether who made the message knew the key."""
        if self.guarded is None:
            return False
        made = hmac.new(key, self.guarded, hashlib.sha1).digest()
        return hmac.compare_digest(made, self.attributes[Attribute.MESSAGE_INTEGRITY])

    @property
    def error(self) -> int:
        """The number of the error, 300 to 699; raises StunError where there is none."""
        value = self._value(Attribute.ERROR_CODE)
        if len(value) < 4 or not 3 <= value[2] & 7 <= 6 or value[3] > 99:
            raise StunError("no error code")
        return (value[2] & 7) * 100 + value[3]

    @property
    def lifetime(self) -> int:
        """For how many seconds an allocation lasts; raises StunError."""
        value = self._value(Attribute.LIFETIME)
        if len(value) != 4:
            raise StunError("no lifetime")
        return int.from_bytes(value, "big")

    def address(self, attribute: Attribute) -> Peer:
        """Return an XORed address and its port; raises StunError."""
        value = self._value(attribute)
        if len(value) not in (8, 20) or value[1] != (1 if len(value) == 8 else 2):
            raise StunError("no address")
        mask = COOKIE + self.transaction
        port = int.from_bytes(value[2:4], "big") ^ int.from_bytes(mask[:2], "big")
        packed = bytes(a ^ b for a, b in zip(value[4:], mask, strict=False))
        return str(ipaddress.ip_address(packed)), port

    def text(self, attribute: Attribute) -> bytes:
        """Return a realm or a nonce, opaque; raises StunError."""
        value = self._value(attribute)
        if len(value) > MAX_TEXT:
            raise StunError("too long")
        return value

    def data(self) -> bytes:
        """Return the datagram inside; raises StunError."""
        return self._value(Attribute.DATA)

    def _value(self, attribute: Attribute) -> bytes:
        try:
            return self.attributes[attribute]
        except KeyError:
            raise StunError(f"{attribute.name} is missing") from None


def parse(data: bytes) -> Message:
    """Read one whole message; raises StunError for anything else.

    Attributes that are not known, and those after MESSAGE-INTEGRITY, are passed over.
    """
    if not HEADER_BYTES <= len(data) <= MAX_MESSAGE or data[4:8] != COOKIE:
        raise StunError("no STUN message")
    number, length = struct.unpack_from("!HH", data)
    if length != len(data) - HEADER_BYTES or length % 4:
        raise StunError("the length does not fit")
    try:
        kind = Kind(number)
    except ValueError:
        raise StunError("an unknown kind") from None
    attributes: dict[Attribute, bytes] = {}
    guarded: bytes | None = None
    at = HEADER_BYTES
    for _ in range(MAX_ATTRIBUTES):
        if at == len(data):
            return Message(kind, data[8:20], MappingProxyType(attributes), guarded)
        number, length = struct.unpack_from("!HH", data, at)
        value = data[at + 4 : at + 4 + length]
        after = at + 4 + length + -length % 4
        if after > len(data):
            raise StunError("an attribute is cut off")
        if number in _KNOWN and guarded is None and Attribute(number) not in attributes:
            attribute = Attribute(number)
            attributes[attribute] = value
            if attribute is Attribute.MESSAGE_INTEGRITY:
                if length != 20:
                    raise StunError("no integrity")
                guarded = _with_length(data[:at], at + 24 - HEADER_BYTES)
        at = after
    raise StunError("too many attributes")


def message(
    kind: Kind,
    transaction: bytes,
    attributes: Iterable[tuple[Attribute, bytes]] = (),
    key: bytes | None = None,
) -> bytes:
    """Return a message, with MESSAGE-INTEGRITY at its end where there is a key."""
    body = b"".join(
        struct.pack("!HH", attribute, len(value)) + value + bytes(-len(value) % 4)
        for attribute, value in attributes
    )
    data = struct.pack("!HH", kind, len(body)) + COOKIE + transaction + body
    if key is None:
        return data
    data = _with_length(data, len(body) + 24)
    digest = hmac.new(key, data, hashlib.sha1).digest()
    return data + struct.pack("!HH", Attribute.MESSAGE_INTEGRITY, len(digest)) + digest


def xored(peer: Peer, transaction: bytes) -> bytes:
    """Return the value of an XORed address (RFC 8489 section 14.2)."""
    address = ipaddress.ip_address(peer[0])
    mask = COOKIE + transaction
    packed = bytes(a ^ b for a, b in zip(address.packed, mask, strict=False))
    family = 1 if address.version == 4 else 2
    return struct.pack("!BBH", 0, family, peer[1] ^ int.from_bytes(mask[:2], "big")) + packed


def long_term_key(username: str, realm: bytes, password: str) -> bytes:
    """Return the key of long-term credentials (RFC 8489 section 9.2.2)."""
    text = b":".join((username.encode(), realm, password.encode()))
    return hashlib.md5(text, usedforsecurity=False).digest()


_KNOWN = frozenset(Attribute)


def _with_length(data: bytes, length: int) -> bytes:
    return data[:2] + length.to_bytes(2, "big") + data[4:]
