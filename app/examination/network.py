"""The doctor's look at the network: addresses, a VPN beside it, the own port. Sends nothing."""

import ipaddress
import socket
import sys
from collections.abc import Callable, Sequence

from app.examination.firewalls import firewall
from app.examination.interfaces import InterfaceState, state_of
from app.examination.multicast import multicast
from app.examination.way_out import way_out
from app.findings import Finding
from app.i18n import _
from app.net.addresses import LISTEN_PORTS, InterfaceAddress, interface_addresses
from app.net.binding import ListenError, open_sockets

Interfaces = Callable[[], tuple[InterfaceAddress, ...]]
StateOf = Callable[[str], InterfaceState]

SMALLEST_MTU = 1280  # bytes; every packet of Conclave fits into that


def checks() -> list[tuple[str, Callable[[], Finding]]]:
    """Return what is looked at here."""
    return [
        ("network", network),
        ("local_network", local_network),
        *([("way_out", way_out)] if sys.platform.startswith("linux") else []),
        ("multicast", multicast),
        ("listening", listening),
        ("firewall", firewall),
    ]


def network(interfaces: Interfaces = interface_addresses, state: StateOf = state_of) -> Finding:
    """Look which interfaces there are, whether they run, and what addresses they have."""
    title, all_of_them = _("Network"), interfaces()
    here = [entry for entry in all_of_them if state(entry.interface).running]
    join = _("Plug in a cable or join a wireless network.")
    if not here:
        sentence = _("this computer is in no network; only “Try Conclave” works.")
        if names := _names(all_of_them):
            sentence = _("nothing is connected to {names}; only “Try Conclave” works.").format(
                names=names
            )
        return Finding("network", title, "fail", sentence, join)
    if all(ipaddress.ip_address(entry.host).is_link_local for entry in here):
        sentence = _(
            "no router gives out addresses on {names}: only computers on the same cable, switch "
            "or wireless network can be met."
        ).format(names=_names(here))
        cure = _("If there should be a router, restart it and connect again.")
        return Finding("network", title, "warn", sentence, cure)
    for entry in here:
        mtu = state(entry.interface).mtu
        if 0 < mtu < SMALLEST_MTU:
            sentence = _("{name} carries packets of {mtu} bytes at most: too small for pictures.")
            cure = _("Set its MTU to {mtu} or more.").format(mtu=SMALLEST_MTU)
            sentence = sentence.format(name=entry.interface, mtu=mtu)
            return Finding("network", title, "warn", sentence, cure)
    families = [
        name
        for name, present in (
            ("IPv4", any(":" not in entry.host for entry in here)),
            ("IPv6", any(":" in entry.host for entry in here)),
        )
        if present
    ]
    return Finding("network", title, "ok", f"{_names(here)}: {' + '.join(families)}.")


def local_network(
    interfaces: Interfaces = interface_addresses, state: StateOf = state_of
) -> Finding:
    """Look whether a VPN takes what is meant for computers next door; only routes are asked."""
    title, here = _("Computers next door"), interfaces()
    for entry in here:
        if "%" in entry.host or state(entry.interface).tunnel:
            continue
        other = _another_way(entry, here)
        if other is None:
            continue
        cure = _("Allow access to the local network in the settings of the VPN, or disconnect it.")
        sentence = _("what is meant for the network of {name} goes through {other}.")
        if not other:
            sentence = _("the system lets nothing through to the network of {name}.")
        sentence = sentence.format(name=entry.interface, other=other)
        return Finding("local_network", title, "warn", sentence, cure)
    tunnels = _names([entry for entry in here if state(entry.interface).tunnel])
    sentence = _("they are reached directly.")
    if tunnels:
        sentence = _("they are reached directly, and not through {names}.").format(names=tunnels)
    if not here:
        sentence = _("there are none.")
    return Finding("local_network", title, "ok", sentence)


def listening() -> Finding:
    """Take a port as a meeting would, and give it back."""
    title = _("Reachable")
    try:
        sockets = open_sockets()
    except ListenError as error:
        cure = _("Choose another port with --listen, or allow Conclave to listen.")
        return Finding("listening", title, "fail", str(error), cure)
    port = sockets[0].getsockname()[1]
    families = [" IPv6" if sock.family == socket.AF_INET6 else " IPv4" for sock in sockets]
    for sock in sockets:
        sock.close()
    sentence = _("others could reach TCP port {port} over{families}.").format(
        port=port, families=" +".join(families)
    )
    if port not in LISTEN_PORTS:
        cure = _("The usual ports are taken; end other copies of Conclave if a firewall is strict.")
        return Finding("listening", title, "warn", sentence, cure)
    return Finding("listening", title, "ok", sentence)


def _names(entries: Sequence[InterfaceAddress]) -> str:
    return ", ".join(sorted({entry.interface for entry in entries}))


def _another_way(entry: InterfaceAddress, here: Sequence[InterfaceAddress]) -> str | None:
    """Return what interface leads to the network of an address, None if it is a right one.

    Empty: none does. Two interfaces in one network are both right.
    """
    network = entry.network
    if network.prefixlen > network.max_prefixlen - 2:
        return None  # nobody else is in it
    own = ipaddress.ip_address(entry.host)
    neighbour = next(each for each in (network[1], network[2]) if each != own)
    family = socket.AF_INET if network.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.connect((str(neighbour), 9))  # looks up the route and sends nothing
            source = sock.getsockname()[0]
    except OSError:
        return ""
    through = [each for each in here if each.host == source]
    if not through or any(each.network == network for each in through):
        return None
    return through[0].interface
