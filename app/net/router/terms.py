"""What is asked of a router, what it grants, and why it may not."""

import ipaddress
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.net.addresses import Address

LEASE: Final = 120  # seconds asked for: how long a door outlives a copy that crashed, at most
LONGEST_LEASE: Final = 3600  # a router that grants more keeps doors open behind our back

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

# Where nobody outside arrives (RFC 1918, 6598, 3927, 1122, 6890): behind yet another router.
_NOT_OUTSIDE: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        "10.0.0.0/8",
        "100.64.0.0/10",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.168.0.0/16",
        "fc00::/7",
        "fe80::/10",
    )
)


class Protocol(StrEnum):
    """What a door lets through."""

    TCP = "TCP"
    UDP = "UDP"

    @property
    def number(self) -> int:
        """The protocol's number in IP (IANA)."""
        return 6 if self is Protocol.TCP else 17


class Why(StrEnum):
    """Why there is no door; keys of the texts."""

    NO_ROUTER = "no_router"  # this computer has no route through one
    SILENT = "silent"  # the router answers none of the three questions
    REFUSED = "refused"  # it answers and does not want to
    TAKEN = "taken"  # every port that was tried belongs to somebody else
    FOREVER = "forever"  # it opens doors only for good, or for hours
    NO_OUTSIDE = "no_outside"  # it has no outside address that it would tell
    BEHIND_ANOTHER = "behind_another"  # its own outside address is not one that others reach
    NONSENSE = "nonsense"  # what it answers cannot be true
    FORBIDDEN = "forbidden"  # the organisation or the meeting keeps to its networks


class RouterError(Exception):
    """There is no door; `why` says why."""

    def __init__(self, why: Why, detail: str = "") -> None:
        super().__init__(f"{why}: {detail}" if detail else str(why))
        self.why = why
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Wanted:
    """A door: from any port outside, `suggested` if possible, to a port of this computer."""

    protocol: Protocol
    port: int
    suggested: int


@dataclass(frozen=True, slots=True)
class Grant:
    """What a router granted: where others knock, and for how many seconds."""

    outside: Address
    lease: int


def granted(host: IPAddress, port: int, lease: int) -> Grant:
    """Return a grant that helps; raises RouterError for what cannot be true or is of no use."""
    if isinstance(host, ipaddress.IPv6Address) and host.ipv4_mapped is not None:
        host = host.ipv4_mapped
    if any(host.version == network.version and host in network for network in _NOT_OUTSIDE):
        raise RouterError(Why.BEHIND_ANOTHER, str(host))
    if host.is_unspecified:
        raise RouterError(Why.NO_OUTSIDE)
    special = host.is_loopback or host.is_multicast or host.is_reserved
    if special or (host.version == 4 and host.packed[0] == 0):
        raise RouterError(Why.NONSENSE, "an outside address that is nobody's")
    if not 0 < port < 65536:
        raise RouterError(Why.NONSENSE, "a port that does not exist")
    if lease <= 0:
        raise RouterError(Why.REFUSED, "no time was granted")
    if lease > LONGEST_LEASE:
        raise RouterError(Why.FOREVER, f"{lease} s")
    return Grant(Address(str(host), port), lease)
