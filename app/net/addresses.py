"""Addresses: what people type, what this computer has, and what may be dialled."""

import errno
import ipaddress
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app.i18n import _

DEFAULT_PORT = 47100  # what a typed address without a port means
LISTEN_PORTS = range(DEFAULT_PORT, DEFAULT_PORT + 16)  # tried in turn: firewalls can name a range
MAX_TYPED = 120  # characters; the longest address with scope and port is well below

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


class AddressError(ValueError):
    """A typed address cannot be used; the text says why in one line for people."""


class Address(NamedTuple):
    """A numeric host (IPv4, or IPv6 with its scope where it needs one) and a TCP port."""

    host: str
    port: int

    def __str__(self) -> str:
        """Return `192.0.2.7:47100` or `[2001:db8::7]:47100`."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class InterfaceAddress:
    """One address of one network interface of this computer."""

    interface: str
    index: int
    host: str
    prefix: int

    @property
    def network(self) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
        """The network that is reached directly through this address."""
        return ipaddress.ip_network(f"{_bare(self.host)}/{self.prefix}", strict=False)


def parse_address(text: str, default_port: int = DEFAULT_PORT, any_host: bool = False) -> Address:
    """Read `192.0.2.7`, `192.0.2.7:47100`, `2001:db8::7` or `[fe80::1%eth0]:47100`.

    Names are refused: Conclave asks no name server. With `any_host` the unspecified addresses
    `0.0.0.0`, `[::]` and an empty host stand for every interface (for listening only), and the
    port 0 for any free one. Raises AddressError.
    """
    text = text.strip()
    if len(text) > MAX_TYPED:
        raise AddressError(_("This is too long for an address."))
    host, port_text = _split(text)
    port = _port(port_text, any_host) if port_text is not None else default_port
    if any_host and not host:
        return Address("", port)
    address = _parse_ip(host)
    if address is None:
        raise AddressError(
            _(
                "“{host}” is not a numeric address such as 192.0.2.7; Conclave looks up no names."
            ).format(host=host)
        )
    return Address(str(address), port)


def is_diallable(host: str, allow_loopback: bool = False) -> bool:
    """Tell whether a host may be connected to at all: one single machine, and not a special one.

    Refused are the unspecified, multicast, broadcast and reserved addresses, link-local IPv6
    without a scope, IPv4 dressed as IPv6, and this computer itself unless `allow_loopback`.
    """
    address = _parse_ip(host)
    if address is None or address.is_unspecified or address.is_multicast:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        if address.is_reserved or address in ipaddress.ip_network("0.0.0.0/8"):
            return False
        return allow_loopback or not address.is_loopback
    if address.ipv4_mapped is not None or address.sixtofour is not None or address.teredo:
        return False
    if address.is_loopback:
        return allow_loopback
    return not (address.is_link_local and address.scope_id is None)


def is_on_link(host: str, interfaces: Iterable[InterfaceAddress]) -> bool:
    """Tell whether a host lies in a network this computer is directly part of, and is one machine.

    The network's own address and its directed broadcast are refused: neither is a machine.
    """
    address = _parse_ip(_bare(host))
    if address is None:
        return False
    for interface in interfaces:
        network = interface.network
        if address.version != network.version or address not in network:
            continue
        small = network.prefixlen >= network.max_prefixlen - 1
        if small or address not in (network.broadcast_address, network.network_address):
            return True
    return False


def interface_addresses(allow_loopback: bool = False) -> tuple[InterfaceAddress, ...]:
    """Return the usable addresses of all interfaces; link-local IPv6 ones carry their scope."""
    import ifaddr  # it looks for the C library by a process of its own

    found = []
    for adapter in ifaddr.get_adapters():
        for ip in adapter.ips:
            host = ip.ip if isinstance(ip.ip, str) else _scoped(ip.ip[0], ip.ip[2])
            if is_diallable(host, allow_loopback) and adapter.index is not None:
                found.append(
                    InterfaceAddress(adapter.nice_name, adapter.index, host, ip.network_prefix)
                )
    return tuple(found)


def with_zones(
    addresses: Iterable[Address], interfaces: Iterable[InterfaceAddress]
) -> list[Address]:
    """Return the addresses, each link-local IPv6 one without a zone once for every interface.

    Others are told such an address without its zone, which means nothing on another computer.
    """
    zones = dict.fromkeys(entry.index for entry in interfaces if "%" in entry.host)
    found: list[Address] = []
    for address in addresses:
        ip = _parse_ip(address.host)
        if isinstance(ip, ipaddress.IPv6Address) and ip.is_link_local and ip.scope_id is None:
            found += (Address(f"{ip}%{zone}", address.port) for zone in zones)
        else:
            found.append(address)
    return found


def hosts_to_offer(
    interfaces: Sequence[InterfaceAddress], preferred: frozenset[str] = frozenset()
) -> tuple[str, ...]:
    """Return what others may be told to dial, best first.

    Interfaces with a `preferred` address (see `outward_hosts`) come first, IPv4 before IPv6. So a
    VPN that takes one family leaves both of the network beside it their place. Link-local IPv6 is
    told without its zone, and only where there is nothing that reaches further.
    """
    first = {entry.interface for entry in interfaces if entry.host in preferred}
    order = {
        ipaddress.ip_address(_bare(entry.host)): entry.interface not in first
        for entry in interfaces
    }
    usable = [address for address in order if not address.is_loopback]
    if not all(address.is_link_local for address in usable):
        usable = [
            address for address in usable if address.version == 4 or not address.is_link_local
        ]
    usable = usable or list(order)
    usable.sort(key=lambda a: (order[a], a.is_link_local, a.version, str(a) not in preferred))
    return tuple(str(address) for address in usable)


def outward_hosts() -> frozenset[str]:
    """Return the addresses that the system would use to speak to the network; sends nothing."""
    hosts = set()
    for family, target in (
        (socket.AF_INET, ("192.0.2.1", 9)),  # TEST-NET-1 (RFC 5737): only the route is looked up
        (socket.AF_INET6, ("2001:db8::1", 9)),  # documentation prefix (RFC 3849)
    ):
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect(target)
                hosts.add(str(probe.getsockname()[0]).split("%")[0])
        except OSError:
            continue  # no route or no such family: nothing to prefer
    return frozenset(hosts)


def normalised(sockname: Sequence[object]) -> Address:
    """Return the Address of what the socket module calls a sockname or peername."""
    host, port = str(sockname[0]), int(str(sockname[1]))
    address = _parse_ip(host)
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return Address(str(address.ipv4_mapped), port)
        if address.is_link_local and address.scope_id is None and len(sockname) > 3:
            host = _scoped(host, int(str(sockname[3])))
    return Address(host, port)


def socket_address(
    address: Address,
) -> tuple[socket.AddressFamily, tuple[str, int, int, int] | tuple[str, int]]:
    """Return the family and the sockaddr of an address, without asking any resolver.

    Raises OSError where the scope names no interface of this computer.
    """
    ip = _parse_ip(address.host)
    if ip is None:
        raise AddressError(_("“{host}” is not a numeric address.").format(host=address.host))
    if isinstance(ip, ipaddress.IPv4Address):
        return socket.AF_INET, (str(ip), address.port)
    return socket.AF_INET6, (_bare(str(ip)), address.port, 0, _interface_index(ip.scope_id))


def _split(text: str) -> tuple[str, str | None]:
    """Separate host and port; brackets go. A bare IPv6 address has no port."""
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise AddressError(_("The bracket of this address is not closed."))
        return host, rest[1:] if rest else None
    if text.count(":") == 1:
        host, _colon, port = text.partition(":")
        return host, port
    return text, None


def _port(text: str, zero_is_any: bool) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 5:
        port = int(text)
        if (0 if zero_is_any else 1) <= port <= 65535:
            return port
    raise AddressError(
        _("A port is a number from 1 to 65535, not “{text}”.").format(text=text[:20])
    )


def _parse_ip(host: str) -> IPAddress | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _bare(host: str) -> str:
    return host.partition("%")[0]


def _interface_index(scope: str | None) -> int:
    """Return the number of the interface that a scope names; OSError if there is none."""
    if scope is None:
        return 0
    try:
        return int(scope) if scope.isdecimal() else socket.if_nametoindex(scope)
    except ValueError as error:  # a NUL in the name, more digits than any number has
        raise OSError(errno.ENXIO, "no interface has such a name") from error


def _scoped(host: str, index: int) -> str:
    """Give a link-local IPv6 address the index of its interface as scope; others stay bare."""
    address = ipaddress.IPv6Address(_bare(host))
    return f"{address}%{index}" if address.is_link_local and index else str(address)
