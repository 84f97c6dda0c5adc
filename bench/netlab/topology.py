"""What a laboratory network looks like: hosts, their cables, and the gateways between them."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Nat = Literal["", "routed", "cone", "symmetric", "noudp", "web"]
NAT_KINDS: tuple[Nat, ...] = ("routed", "cone", "symmetric", "noudp", "web")

LAN_NET4, LAN_NET6 = "10.77.0", "fd77"
WAN_NET4, WAN_NET6 = "203.0.113", "2001:db8"  # RFC 5737, RFC 3849: addresses that nobody owns
FIRST_SERVER = 101  # last number of the address of s1; routers are below


@dataclass(frozen=True)
class Link:
    """One network device of a host and the segment its cable leads to; addresses with prefix."""

    segment: str
    device: str
    ip4: str = ""
    ip6: str = ""


@dataclass(frozen=True)
class Host:
    """One machine: a network namespace with one device per link.

    A *dead* gateway swallows everything without an answer, as the internet does where there is
    none. `nat` makes the host a router between its first link `wan` and its second one `lan`:

    - "routed" changes and forbids nothing;
    - "cone" maps an address of the LAN to one port whatever the destination, and lets in only
      who was written to before: two of them can meet by UDP hole punching (RFC 4787: mapping
      endpoint-independent, filtering address- and port-dependent);
    - "symmetric" draws a new port for every destination (mapping address- and port-dependent);
    - "noudp" is a cone that forwards no UDP from the LAN;
    - "web" is a cone that forwards only TCP to the ports 80 and 443.

    Only IPv4 is translated. For IPv6 all but "routed" are a firewall that lets in answers and
    ICMPv6 alone, as home routers do (RFC 6092). A program in the router that opens doors, such as
    miniupnpd, finds empty chains `doors`, `doors_in` (dstnat) and `doors_out` (srcnat) in the nft
    table `inet netlab`; what it translates inwards is let through.
    """

    name: str
    links: tuple[Link, ...]
    gateway4: str = ""
    gateway6: str = ""
    gateway_is_dead: bool = False
    nat: Nat = ""
    udp_timeout_s: int = 0
    routes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Topology:
    """All hosts of a laboratory; links of the same segment share one switch."""

    hosts: tuple[Host, ...]

    def __post_init__(self) -> None:
        """Refuse names that cannot become part of a namespace's name."""
        names = [host.name for host in self.hosts]
        if len(set(names)) != len(names):
            raise ValueError("two hosts have the same name")
        for name in names:
            if not name.replace("_", "").isalnum():
                raise ValueError(f"a host's name has letters, digits and _ only, not {name!r}")

    def host(self, name: str) -> Host:
        """Return one host, or raise KeyError."""
        for host in self.hosts:
            if host.name == name:
                return host
        raise KeyError(name)

    def to_json(self) -> str:
        """Write the topology on one line, for the switch process."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Topology":
        """Read what to_json wrote."""
        return cls(tuple(_host_from(host) for host in json.loads(text)["hosts"]))


def one_lan(
    hosts: int | Sequence[str] = 2, *, ipv4: bool = True, ipv6: bool = True, routed: bool = True
) -> Topology:
    """Return one LAN without internet: h1, h2, ... with the addresses 10.77.0.N and fd77::N.

    With `routed` every host has a default route whose gateway swallows everything: what an
    application sends beyond the LAN is lost without an error, but a capture shows it.
    """
    names = [f"h{n + 1}" for n in range(hosts)] if isinstance(hosts, int) else list(hosts)
    return Topology(
        tuple(
            Host(
                name,
                (_link("lan", "eth0", LAN_NET4, LAN_NET6, number, ipv4=ipv4, ipv6=ipv6),),
                gateway4=f"{LAN_NET4}.254" if ipv4 and routed else "",
                gateway6=f"{LAN_NET6}::fe" if ipv6 and routed else "",
                gateway_is_dead=True,
            )
            for number, name in enumerate(names, 1)
        )
    )


def two_nats(
    left: int = 1,
    right: int = 1,
    *,
    servers: int = 1,
    kind: Nat | tuple[Nat, Nat] = "cone",
    ipv6: bool = False,
    udp_timeout_s: int = 0,
) -> Topology:
    """Return two LANs behind routers, with a public network between them.

    a1.. (192.168.1.0/24) - ra - wan (203.0.113.0/24, servers s1.. at .101..) - rb - b1..
    (192.168.2.0/24). `kind` is the NAT of both routers, or one for each.
    """
    left_kind, right_kind = kind if isinstance(kind, tuple) else (kind, kind)
    homes = (
        _Home("ra", 1, left_kind, tuple(f"a{n + 1}" for n in range(left))),
        _Home("rb", 2, right_kind, tuple(f"b{n + 1}" for n in range(right))),
    )
    return _homes_and_servers(homes, servers, ipv6, udp_timeout_s)


def behind_nats(
    kinds: Sequence[Nat],
    *,
    servers: int = 1,
    ipv6: bool = False,
    udp_timeout_s: int = 0,
    outside: str = WAN_NET4,
) -> Topology:
    """Return h1, h2, ... each behind a router of its own, r1, r2, ..., and servers outside.

    hN (192.168.N.10) - rN (203.0.113.N, NAT as `kinds` says) - wan - s1, s2, ...
    (203.0.113.101, .102, ...). With `ipv6` every LAN has a routed prefix, 2001:db8:N::/64.
    `outside` are the first three numbers of all IPv4 addresses between the routers: those of
    documentation are for programs in routers as useless as private ones.
    """
    if not 0 < len(kinds) < FIRST_SERVER:
        raise ValueError(f"there is room for 1 to {FIRST_SERVER - 1} routers")
    homes = tuple(_Home(f"r{n}", n, kind, (f"h{n}",)) for n, kind in enumerate(kinds, 1))
    return _homes_and_servers(homes, servers, ipv6, udp_timeout_s, outside)


@dataclass(frozen=True)
class _Home:
    """A router and the hosts on its LAN; the number is part of all their addresses."""

    router: str
    number: int
    nat: Nat
    hosts: tuple[str, ...]

    @property
    def net4(self) -> str:
        return f"192.168.{self.number}"

    @property
    def net6(self) -> str:
        return f"{WAN_NET6}:{self.number:x}"

    @property
    def segment(self) -> str:
        return f"lan{self.number}"

    def routes(self, ipv6: bool, outside: str) -> tuple[str, ...]:
        """Say how the LAN is reached from outside, as far as the router is no wall."""
        route4 = f"{self.net4}.0/24 via {outside}.{self.number}"
        route6 = f"{self.net6}::/64 via {WAN_NET6}::{self.number:x}"
        return (*([route4] if self.nat == "routed" else []), *([route6] if ipv6 else []))


def _homes_and_servers(
    homes: Sequence[_Home],
    servers: int,
    ipv6: bool,
    udp_timeout_s: int,
    outside: str = WAN_NET4,
) -> Topology:
    for home in homes:
        if home.nat not in NAT_KINDS:
            raise ValueError(f"unknown kind of NAT: {home.nat!r}")
    hosts: list[Host] = []
    for home in homes:
        others = [other for other in homes if other is not home]
        hosts.append(
            Host(
                home.router,
                (
                    _link("wan", "wan", outside, WAN_NET6, home.number, ipv4=True, ipv6=ipv6),
                    _link(home.segment, "lan", home.net4, home.net6, 1, ipv4=True, ipv6=ipv6),
                ),
                **_towards_nowhere(ipv6, outside),
                nat=home.nat,
                udp_timeout_s=udp_timeout_s,
                routes=tuple(route for other in others for route in other.routes(ipv6, outside)),
            )
        )
        hosts.extend(
            Host(
                name,
                (_link(home.segment, "eth0", home.net4, home.net6, n, ipv4=True, ipv6=ipv6),),
                gateway4=f"{home.net4}.1",
                gateway6=f"{home.net6}::1" if ipv6 else "",
            )
            for n, name in enumerate(home.hosts, 10)
        )
    hosts.extend(
        Host(
            f"s{n + 1}",
            (_link("wan", "eth0", outside, WAN_NET6, FIRST_SERVER + n, ipv4=True, ipv6=ipv6),),
            **_towards_nowhere(ipv6, outside),
            routes=tuple(route for home in homes for route in home.routes(ipv6, outside)),
        )
        for n in range(servers)
    )
    return Topology(tuple(hosts))


def _towards_nowhere(ipv6: bool, outside: str) -> dict[str, Any]:
    return {
        "gateway4": f"{outside}.254",
        "gateway6": f"{WAN_NET6}::fe" if ipv6 else "",
        "gateway_is_dead": True,
    }


def _link(
    segment: str, device: str, net4: str, net6: str, number: int, *, ipv4: bool, ipv6: bool
) -> Link:
    return Link(
        segment,
        device,
        f"{net4}.{number}/24" if ipv4 else "",
        f"{net6}::{number:x}/64" if ipv6 else "",
    )


def _host_from(fields: dict[str, Any]) -> Host:
    links = tuple(Link(**link) for link in fields.pop("links"))
    return Host(links=links, routes=tuple(fields.pop("routes")), **fields)
