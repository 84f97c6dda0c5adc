"""What one side tells the other so that a link can be made: ICE and DTLS, as strict bytes."""

import ipaddress
import re
import struct
from collections.abc import Container
from dataclasses import dataclass, replace

from media.errors import LinkError

VERSION = 1
SESSION_BYTES = 8
MAX_CANDIDATES = 16  # more interfaces than a computer in a meeting has; bounds the checks we send
MAX_BYTES = 512  # 16 IPv6 candidates, the longest name and password need 508
LOWEST_PORT = 1024  # host candidates are ephemeral: nobody makes us probe DNS or mail servers

_USERNAME = re.compile(rb"[a-zA-Z0-9+/]{4,32}")  # ice-ufrag, RFC 8839 section 5.4
_PASSWORD = re.compile(rb"[a-zA-Z0-9+/]{22,64}")  # ice-pwd
_TAIL = struct.Struct("!HI")  # port, priority

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Candidate:
    """One UDP address at which a side may be reached."""

    address: IPAddress
    port: int
    priority: int


@dataclass(frozen=True, slots=True)
class LinkParameters:
    """One side's ICE name, ICE password, DTLS certificate (SHA-256) and addresses.

    They travel as a field of a signed message: whoever can alter them can be the peer. `session` is
    another with each life of that side's end of the link: as long as it stays the same, packet
    numbers go on over all paths.
    """

    ufrag: str
    password: str
    fingerprint: bytes
    candidates: tuple[Candidate, ...]
    session: bytes = bytes(SESSION_BYTES)

    def __repr__(self) -> str:
        return f"<LinkParameters {len(self.candidates)} candidates>"

    def encode(self) -> bytes:
        """Return the bytes that `parse` reads."""
        parts = [bytes([VERSION]), self.session, self.fingerprint]
        for text in (self.ufrag, self.password):
            raw = text.encode("ascii")
            parts += [bytes([len(raw)]), raw]
        parts.append(bytes([len(self.candidates)]))
        for candidate in self.candidates:
            packed = candidate.address.packed
            parts += [bytes([len(packed)]), packed, _TAIL.pack(candidate.port, candidate.priority)]
        return b"".join(parts)

    def within(self, hosts: Container[str]) -> "LinkParameters":
        """Return the same with those candidates only that may be used."""
        kept = (c for c in self.candidates if str(c.address) in hosts)
        return replace(self, candidates=tuple(kept))

    @classmethod
    def parse(
        cls, data: bytes, *, allow_loopback: bool = False, link_local: bool = False
    ) -> "LinkParameters":
        """Read a peer's parameters; raise LinkError("malformed") for anything out of order.

        Loopback addresses are refused unless `allow_loopback`: only a peer on this very computer
        has business there. So are link-local ones unless `link_local`: they mean something only
        to a peer who is on the same link.
        """
        if len(data) > MAX_BYTES:
            raise _malformed("too long")
        reader = _Reader(data)
        if reader.byte() != VERSION:
            raise _malformed("unknown version")
        session = reader.take(SESSION_BYTES)
        fingerprint = reader.take(32)
        ufrag = reader.text(_USERNAME, "user name")
        password = reader.text(_PASSWORD, "password")
        count = reader.byte()
        if count > MAX_CANDIDATES:
            raise _malformed("too many candidates")
        candidates = tuple(reader.candidate(allow_loopback, link_local) for _ in range(count))
        reader.end()
        if len({(c.address, c.port) for c in candidates}) != count:
            raise _malformed("the same candidate twice")
        return cls(ufrag, password, fingerprint, candidates, session)


def is_usable(
    address: IPAddress, *, allow_loopback: bool = False, link_local: bool = False
) -> bool:
    """Whether an address may be a candidate: unicast and of one host.

    One that needs a zone (link-local IPv6) only with `link_local`.
    """
    if address.is_loopback:
        return allow_loopback
    if isinstance(address, ipaddress.IPv6Address) and (
        address.ipv4_mapped is not None or address.sixtofour is not None or address.is_site_local
    ):
        return False
    if isinstance(address, ipaddress.IPv4Address) and address.packed[0] == 0:
        return False
    return not (
        address.is_multicast
        or address.is_unspecified
        or address.is_reserved
        or (address.version == 6 and address.is_link_local and not link_local)
    )


def _malformed(why: str) -> LinkError:
    return LinkError("malformed", f"link parameters refused: {why}")


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    def take(self, length: int) -> bytes:
        end = self._position + length
        if end > len(self._data):
            raise _malformed("cut off")
        piece = self._data[self._position : end]
        self._position = end
        return piece

    def byte(self) -> int:
        return self.take(1)[0]

    def text(self, pattern: re.Pattern[bytes], name: str) -> str:
        raw = self.take(self.byte())
        if pattern.fullmatch(raw) is None:
            raise _malformed(f"bad {name}")
        return raw.decode("ascii")

    def candidate(self, allow_loopback: bool, link_local: bool) -> Candidate:
        length = self.byte()
        if length not in (4, 16):
            raise _malformed("bad address length")
        address = ipaddress.ip_address(self.take(length))
        port, priority = _TAIL.unpack(self.take(_TAIL.size))
        if not is_usable(address, allow_loopback=allow_loopback, link_local=link_local):
            raise _malformed("address out of bounds")
        if port < LOWEST_PORT:
            raise _malformed("port out of bounds")
        if not 0 < priority < 2**31:
            raise _malformed("priority out of bounds")
        return Candidate(address, port, priority)

    def end(self) -> None:
        if self._position != len(self._data):
            raise _malformed("bytes left over")
