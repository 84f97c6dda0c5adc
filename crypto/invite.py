"""An invitation: what somebody needs to find a meeting, recognise its host and be let in."""

import base64
import binascii
import ipaddress
import re
from dataclasses import dataclass, field
from enum import IntFlag
from typing import Final, Self

from crypto.door_keys import DOOR_BYTES
from crypto.errors import InviteCode, InviteError, MalformedError
from crypto.identity import FINGERPRINT_BYTES
from crypto.kdf import hkdf, label
from crypto.sodium import PUBLIC_KEY_BYTES, Random
from crypto.wire import Address, Reader, Writer, is_address

__all__ = [
    "Address",
    "Invite",
    "InviteCode",
    "InviteError",
    "InviteFlag",
    "MeetingPlace",
    "discovery_key",
]

PREFIX: Final = "conclave:join#"  # all that follows is a fragment: no server would ever see it
VERSION: Final = 1
VERSION_MEETING_POINT: Final = 2  # the same, and a meeting point; older programs say so
SEED_BYTES: Final = 16
SECRET_BYTES: Final = 16  # 128 random bits
CHECKSUM_BYTES: Final = 2
MOST_ADDRESSES: Final = 2
PLACES: Final = 1  # as many meeting points as a link of the second version names
MAX_TEXT: Final = 1024  # characters looked at; the longest link has 254

_LINK = re.compile(r"conclave:(?://)?join/?#([A-Za-z0-9_-]*)", re.IGNORECASE | re.ASCII)
_NO_ADDRESS, _IPV4, _IPV6 = 0, 1, 2  # two bits for each address, above the flags
_ADDRESS_BYTES = {_IPV4: 4, _IPV6: 16}


class InviteFlag(IntFlag):
    """What the meeting asks of who comes with this invitation."""

    PASSWORD = 1
    LOBBY = 2
    SINGLE_USE = 4
    LAN_ONLY = 8  # it cannot be joined from outside the host's local networks


_ALL_FLAGS: Final = InviteFlag(15)


@dataclass(frozen=True, slots=True)
class MeetingPlace:
    """Where the host can be asked for whom nobody reaches directly.

    `address` of a meeting point, `key` its public key; `door` is the public half of the host's
    door key for this room (crypto.door_keys), 32 bytes each. ValueError for fields out of range.
    """

    address: Address
    key: bytes
    door: bytes

    def __post_init__(self) -> None:
        if not is_address(*self.address):
            raise ValueError("not a canonical address and port")
        if len(self.key) != PUBLIC_KEY_BYTES or len(self.door) != DOOR_BYTES:
            raise ValueError("a key has the wrong length")


@dataclass(frozen=True, slots=True)
class Invite:
    """An invitation; who holds it can find the meeting and knock.

    `expiry` in seconds since 1970 (UTC, below 2**32), `room_seed` and `secret` 16 random bytes
    each, `host_fingerprint` 20 bytes (crypto.identity), at most two addresses. ValueError for
    fields out of range.
    """

    flags: InviteFlag
    expiry: int
    room_seed: bytes = field(repr=False)
    host_fingerprint: bytes = field(repr=False)
    secret: bytes = field(repr=False)
    addresses: tuple[Address, ...] = field(default=(), repr=False)
    place: MeetingPlace | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not 0 <= self.flags <= _ALL_FLAGS or not 0 <= self.expiry < 2**32:
            raise ValueError("flags or expiry are out of range")
        sizes = (len(self.room_seed), len(self.host_fingerprint), len(self.secret))
        if sizes != (SEED_BYTES, FINGERPRINT_BYTES, SECRET_BYTES):
            raise ValueError("seed, fingerprint or secret has the wrong length")
        if len(self.addresses) > MOST_ADDRESSES:
            raise ValueError(f"an invitation has room for {MOST_ADDRESSES} addresses")
        for host, port in self.addresses:
            if not is_address(host, port):
                raise ValueError("not a canonical address and port")

    @classmethod
    def create(
        cls,
        host_fingerprint: bytes,
        *,
        flags: InviteFlag,
        expiry: int,
        random: Random,
        addresses: tuple[Address, ...] = (),
    ) -> Self:
        """Return an invitation to a new room, with a new secret."""
        return cls(
            flags, expiry, random(SEED_BYTES), host_fingerprint, random(SECRET_BYTES), addresses
        )

    @property
    def room_id(self) -> bytes:
        """The name of the room, 32 bytes; everybody with an invitation to it knows it."""
        return hkdf(b"", self.room_seed, label("room id"), 32)

    @property
    def discovery_key(self) -> bytes:
        """What makes the room's tags on the network recognisable, 32 bytes."""
        return discovery_key(self.room_seed)

    def check(self, now: float) -> None:
        """Raise InviteError (`expired`) from the second of expiry on; now in seconds since 1970."""
        if now >= self.expiry:
            raise InviteError("expired", "this invitation has expired")

    def link(self) -> str:
        """Return the link: `conclave:join#` and 80 to 128 characters, with a place up to 240."""
        kinds = [_IPV6 if ":" in host else _IPV4 for host, _ in self.addresses]
        kinds += [_NO_ADDRESS] * (MOST_ADDRESSES - len(kinds))
        writer = (
            Writer()
            .uint(VERSION_MEETING_POINT if self.place else VERSION, 1)
            .uint(self.flags | kinds[0] << 6 | kinds[1] << 4, 1)
            .uint(self.expiry, 4)
            .fixed(self.room_seed, SEED_BYTES)
            .fixed(self.host_fingerprint, FINGERPRINT_BYTES)
            .fixed(self.secret, SECRET_BYTES)
        )
        for (host, port), kind in zip(self.addresses, kinds, strict=False):
            packed = ipaddress.ip_address(host).packed
            writer.fixed(packed, _ADDRESS_BYTES[kind]).uint(port, 2)
        if self.place is not None:
            _write_place(writer, self.place)
        payload = writer.body()
        return PREFIX + base64.urlsafe_b64encode(payload + _checksum(payload)).decode("ascii")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a link as people paste it: with spaces around it, or as `conclave://join#...`.

        Raises InviteError and nothing else. Whether it has expired, check() tells.
        """
        match = _LINK.fullmatch(text.strip()) if len(text) <= MAX_TEXT else None
        if match is None:
            raise InviteError("malformed", "this is no invitation")
        encoded = match.group(1)
        if len(encoded) % 4 or not encoded:
            # Every link has whole groups of four: no two spellings of one invitation.
            raise InviteError("checksum", "the invitation is cut off or mistyped")
        data = base64.urlsafe_b64decode(encoded)
        payload = data[:-CHECKSUM_BYTES]
        if _checksum(payload) != data[-CHECKSUM_BYTES:]:
            raise InviteError("checksum", "the invitation is cut off or mistyped")
        if payload[0] not in (VERSION, VERSION_MEETING_POINT):
            raise InviteError("version", "the invitation was made by another version of Conclave")
        try:
            return cls._read(Reader(payload[1:]), payload[0] == VERSION_MEETING_POINT)
        except (MalformedError, ValueError) as error:
            raise InviteError("malformed", "this is no invitation") from error

    @classmethod
    def _read(cls, reader: Reader, with_place: bool) -> Self:
        bits = reader.uint(1)
        flags, kinds = bits & 0x0F, (bits >> 6, bits >> 4 & 3)
        expiry = reader.uint(4)
        seed, host = reader.fixed(SEED_BYTES), reader.fixed(FINGERPRINT_BYTES)
        secret = reader.fixed(SECRET_BYTES)
        addresses = []
        for kind in kinds:
            if kind == _NO_ADDRESS:
                continue
            if kind not in _ADDRESS_BYTES or kinds[0] == _NO_ADDRESS:
                raise MalformedError("addresses are not as a sender writes them")
            packed = reader.fixed(_ADDRESS_BYTES[kind])
            addresses.append((str(ipaddress.ip_address(packed)), reader.uint(2)))
        place = _read_place(reader) if with_place else None
        reader.end()
        return cls(InviteFlag(flags), expiry, seed, host, secret, tuple(addresses), place)


def discovery_key(room_seed: bytes) -> bytes:
    """Return what makes a room's tags on the network recognisable, 32 bytes."""
    return hkdf(b"", room_seed, label("discovery key"), 32)


def _write_place(writer: Writer, place: MeetingPlace) -> None:
    host, port = place.address
    kind = _IPV6 if ":" in host else _IPV4
    writer.uint(PLACES, 1).uint(kind, 1).fixed(
        ipaddress.ip_address(host).packed, _ADDRESS_BYTES[kind]
    )
    writer.uint(port, 2).fixed(place.key, PUBLIC_KEY_BYTES).fixed(place.door, DOOR_BYTES)


def _read_place(reader: Reader) -> MeetingPlace:
    places, kind = reader.uint(1), reader.uint(1)
    if places != PLACES or kind not in _ADDRESS_BYTES:
        raise MalformedError("the meeting point is not as a sender writes it")
    host = str(ipaddress.ip_address(reader.fixed(_ADDRESS_BYTES[kind])))
    address = host, reader.uint(2)
    return MeetingPlace(address, reader.fixed(PUBLIC_KEY_BYTES), reader.fixed(DOOR_BYTES))


def _checksum(payload: bytes) -> bytes:
    """CRC-16/CCITT: finds every change within 16 neighbouring bits, so every mistyped character."""
    return binascii.crc_hqx(payload, 0xFFFF).to_bytes(CHECKSUM_BYTES, "big")
