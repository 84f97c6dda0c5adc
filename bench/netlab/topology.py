"""What a laboratory network looks like: hosts, their cables, and the gateways between them."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Nat = Literal["", "routed", "cone", "symmetric", "noudp"]
NAT_KINDS: tuple[Nat, ...] = ("routed", "cone", "symmetric", "noudp")

LAN_NET4, LAN_NET6 = "10.77.0", "fd77"
WAN_NET4, WAN_NET6 = "203.0.113", "fd71"  # RFC 5737: addresses that nobody owns


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
    none. `nat` makes the host a router between its first link and its second one:
    "routed" changes nothing, "cone" keeps ports (UDP hole punching works), "symmetric" draws a
    random port per destination (it does not), "noudp" forwards no UDP at all.
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
    kinds: tuple[Nat, Nat] = kind if isinstance(kind, tuple) else (kind, kind)
    for one in kinds:
        if one not in NAT_KINDS:
            raise ValueError(f"unknown kind of NAT: {one!r}")
    across = {
        number: f"192.168.{number}.0/24 via {WAN_NET4}.{number}"
        for number, one in ((1, kinds[0]), (2, kinds[1]))
        if one == "routed"
    }
    hosts: list[Host] = []
    for side, count, number, nat in (("a", left, 1, kinds[0]), ("b", right, 2, kinds[1])):
        segment, net4, net6 = f"lan{side}", f"192.168.{number}", f"fd7{side}"
        hosts.append(
            Host(
                f"r{side}",
                (
                    _link("wan", "wan", WAN_NET4, WAN_NET6, number, ipv4=True, ipv6=ipv6),
                    _link(segment, "lan", net4, net6, 1, ipv4=True, ipv6=ipv6),
                ),
                gateway4=f"{WAN_NET4}.254",
                gateway_is_dead=True,
                nat=nat,
                udp_timeout_s=udp_timeout_s,
                routes=tuple(route for other, route in across.items() if other != number),
            )
        )
        hosts.extend(
            Host(
                f"{side}{n + 1}",
                (_link(segment, "eth0", net4, net6, 10 + n, ipv4=True, ipv6=ipv6),),
                gateway4=f"{net4}.1",
            )
            for n in range(count)
        )
    hosts.extend(
        Host(
            f"s{n + 1}",
            (_link("wan", "eth0", WAN_NET4, WAN_NET6, 101 + n, ipv4=True, ipv6=ipv6),),
            gateway4=f"{WAN_NET4}.254",
            gateway_is_dead=True,
            routes=tuple(across.values()),
        )
        for n in range(servers)
    )
    return Topology(tuple(hosts))


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
