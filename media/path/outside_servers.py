"""The team's servers as media may use them, and what is known of each."""

from dataclasses import dataclass, field
from enum import StrEnum

from media.path.relay import Trouble


class Way(StrEnum):
    """How a server is spoken to."""

    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"


@dataclass(frozen=True, slots=True)
class Server:
    """One server: numeric host and port; `relays` if it passes media on, with the credentials.

    `pin` is the SHA-256 of the public key that a server by TLS must have.
    """

    host: str
    port: int
    way: Way = Way.UDP
    relays: bool = False
    pin: bytes = b""
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    def __str__(self) -> str:
        """Return `192.0.2.7:3478`, as people read it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(slots=True)
class Outside:
    """The servers that all links of a call may ask; replaced as credentials are renewed.

    `troubles` says of each address and way what went wrong there last; nothing: it served.
    """

    servers: tuple[Server, ...] = ()
    troubles: dict[tuple[str, Way], Trouble] = field(default_factory=dict)

    def noted(self, server: Server, trouble: Trouble | None) -> None:
        """Keep how a relay did."""
        if trouble is None:
            self.troubles.pop((str(server), server.way), None)
        else:
            self.troubles[str(server), server.way] = trouble


@dataclass(frozen=True, slots=True)
class PathWay:
    """How a path reaches the peer: directly, or by a relay and how that is spoken to.

    `theirs` if the peer chose the relay: then `relay` is the address that it has there.
    """

    relay: str = ""
    by: Way = Way.UDP
    theirs: bool = False
