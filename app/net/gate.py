"""The gate: where packets may go at all. Everything that opens a socket asks it first.

What a meeting that stays on the local network means is decided here and nowhere else: an address
is in the gate only if this computer reaches it without a router, and the system is told to send
nothing through one, whatever prefixes and routes it was given.
"""

import ipaddress
import socket
import time
from collections.abc import Callable, Container, Iterable
from weakref import WeakSet

from app.net.addresses import InterfaceAddress, interface_addresses, is_on_link
from app.net.tunnels import is_tunnel
from app.rules import EVERYWHERE, Rules

LOOK_EVERY = 2.0  # seconds between two looks at this computer's networks
MOST_REMEMBERED = 1024  # hosts whose answer is known until the next look

Interfaces = Callable[[], Iterable[InterfaceAddress]]


def local_interfaces() -> tuple[InterfaceAddress, ...]:
    """Return the addresses of this computer in local networks: a tunnel leads elsewhere."""
    found = interface_addresses()
    tunnels = {name for name in {entry.interface for entry in found} if is_tunnel(name)}
    return tuple(entry for entry in found if entry.interface not in tunnels)


class Gate:
    """Where one meeting, or one person who looks around, may send to and answer.

    It may be told to keep to the local networks at any time, for good: there is no way back.
    Use on one thread only.
    """

    def __init__(
        self,
        networks: Container[str] = EVERYWHERE,
        *,
        lan_only: bool = False,
        interfaces: Interfaces = local_interfaces,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`networks` are those that the organisation allows; `clock` gives seconds."""
        self._networks = networks
        self._lan_only = lan_only
        self._interfaces = interfaces
        self._clock = clock
        self._answers: dict[object, bool] = {}
        self._here: tuple[InterfaceAddress, ...] = ()
        self._look_at = 0.0
        self._sockets: WeakSet[socket.socket] = WeakSet()

    @classmethod
    def of(cls, rules: Rules, *, lan_only: bool = False) -> "Gate":
        """Return a gate under the organisation's rules."""
        return cls(rules.networks, lan_only=lan_only or rules.lan_only)

    @property
    def lan_only(self) -> bool:
        """Tell whether nothing leaves the local networks: no server is asked, no door opened."""
        return self._lan_only

    def keep_to_lan(self) -> None:
        """Let nothing leave the local networks from now on, over sockets that are open, too.

        Raises OSError where the system cannot be told so.
        """
        if not self._lan_only:
            self._lan_only = True
            self._answers.clear()
            for sock in tuple(self._sockets):
                if sock.fileno() >= 0:
                    keep_on_link(sock)

    def __contains__(self, host: object) -> bool:
        """Tell whether a numeric host may be dialled, answered, sent to and offered."""
        if self._lan_only and self._clock() >= self._look_at:
            self._look()
        answer = self._answers.get(host)
        if answer is None:
            if len(self._answers) >= MOST_REMEMBERED:
                self._answers.clear()
            answer = self._answers[host] = self._allows(str(host))
        return answer

    def guard(self, sock: socket.socket) -> None:
        """Take charge of a socket before its first packet; raises OSError."""
        sock = getattr(sock, "_sock", sock)  # asyncio shows sockets in a wrapper
        self._sockets.add(sock)
        if self._lan_only:
            keep_on_link(sock)

    def _look(self) -> None:
        self._look_at = self._clock() + LOOK_EVERY
        here = tuple(self._interfaces())
        if here != self._here:
            self._here = here
            self._answers.clear()

    def _allows(self, host: str) -> bool:
        if host not in self._networks:
            return False
        if not self._lan_only:
            return True
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        scope = getattr(address, "scope_id", None)
        here = (each for each in self._here if scope in (None, each.interface, str(each.index)))
        return address.is_loopback or is_on_link(str(address), here)


OPEN = Gate()  # where nobody limits anything


def keep_on_link(sock: socket.socket) -> None:
    """Let no packet of a socket get past a router; raises OSError.

    The first router throws a packet away whose time to live (RFC 791, 3.1; RFC 8200, 3) is one.
    Where the system knows SO_DONTROUTE for a family, it does not even hand it to one.
    """
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_DONTROUTE, 1)
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, 1)
        if sock.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY):
            return
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 1)
