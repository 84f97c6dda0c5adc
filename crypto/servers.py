"""The team's servers as the leader of a meeting names them, and what a relay asks to be shown.

A relay is shown a name with a date and a MAC over it, which whoever knows the team's secret can
make for anybody (draft-uberti-behave-turn-rest; coturn's `use-auth-secret`).
"""

import base64
import hashlib
import hmac
import ipaddress
from dataclasses import dataclass, field
from enum import IntEnum
from typing import ClassVar, Self

from crypto.envelope import Message
from crypto.errors import MalformedError
from crypto.kdf import labelled_hash
from crypto.wire import HOST_BYTES, Reader, Writer, is_address

MOST_SERVERS = 16  # eight entries, of which each may stand for two ways
PIN_BYTES = 32
USERNAME_BYTES = 64
PASSWORD_BYTES = 64
LABEL_BYTES = 8


class ServerUse(IntEnum):
    """What a server is for, and how it is spoken to."""

    STUN = 1
    TURN_UDP = 2
    TURN_TCP = 3
    TURN_TLS = 4
    MEETING_POINT = 5


@dataclass(frozen=True, slots=True)
class Server:
    """One server of the team.

    `pin` for TLS is the SHA-256 of its public key, for a meeting point the public key itself.
    """

    use: ServerUse
    host: str
    port: int
    pin: bytes = b""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a relay is shown; good until `expiry`, seconds since 1970, by the relay's own clock."""

    username: str
    password: str = field(repr=False)
    expiry: int

    @classmethod
    def create(cls, secret: bytes, expiry: int, label: str) -> Self:
        """Return credentials as coturn derives them from its `static-auth-secret`."""
        username = f"{expiry}:{label}"
        mac = hmac.new(secret, username.encode(), hashlib.sha1).digest()
        return cls(username, base64.b64encode(mac).decode("ascii"), expiry)


@dataclass(frozen=True, kw_only=True)
class Servers(Message):
    """These servers may be asked, with these credentials: the leader tells a member."""

    kind: ClassVar[int] = 44
    servers: tuple[Server, ...]  # at most 16
    username: str = ""  # the credentials, the same for all; empty where none relays
    password: str = field(default="", repr=False)
    expiry: int = 0

    @property
    def credentials(self) -> Credentials:
        """What a relay among the servers is shown."""
        return Credentials(self.username, self.password, self.expiry)

    def write(self, writer: Writer) -> None:
        """Count u8, each: use u8, host, port u16, pin; then user name, password, expiry u64."""
        if len(self.servers) > MOST_SERVERS:
            raise ValueError("nobody has so many servers")
        writer.uint(len(self.servers), 1)
        for server in self.servers:
            if not _fits(server):
                raise ValueError("this is no server")
            writer.uint(server.use, 1).text(server.host, HOST_BYTES).uint(server.port, 2)
            writer.vector(server.pin, PIN_BYTES)
        writer.line(self.username, USERNAME_BYTES).line(self.password, PASSWORD_BYTES)
        writer.uint(self.expiry, 8)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Refuse addresses that no server can have, and names that are not ASCII."""
        servers = []
        for _ in range(reader.count(MOST_SERVERS)):
            use = reader.choice(ServerUse)
            host, port = reader.text(HOST_BYTES), reader.uint(2)
            server = Server(use, host, port, reader.vector(PIN_BYTES))
            if not _fits(server):
                raise MalformedError("this is no server")
            servers.append(server)
        username, password = reader.line(USERNAME_BYTES), reader.line(PASSWORD_BYTES)
        if not (username + password).isascii():
            raise MalformedError("credentials are not ASCII")
        return cls(
            servers=tuple(servers),
            username=username,
            password=password,
            expiry=reader.uint(8),
        )


def _fits(server: Server) -> bool:
    pinned = server.use in (ServerUse.TURN_TLS, ServerUse.MEETING_POINT)
    whole = len(server.pin) == (PIN_BYTES if pinned else 0)
    return whole and is_server_address(server.host, server.port)


def is_server_address(host: str, port: int) -> bool:
    """Tell whether somebody else may name this as a server: one single machine, and not ours."""
    if not is_address(host, port):
        return False
    address = ipaddress.ip_address(host)
    return not (
        address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_unspecified
        or (address.version == 4 and (address.is_reserved or address.packed[0] == 0))
    )


def relay_label(call_id: bytes, dev: bytes) -> str:
    """Return the name under which a relay counts one member of one meeting, 16 hex digits."""
    return labelled_hash("relay", call_id, dev)[:LABEL_BYTES].hex()
