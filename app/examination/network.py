"""The doctor's look at the network: interfaces, multicast, ports, firewall. Only mDNS is sent."""

import contextlib
import os
import secrets
import select
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from app.findings import Finding
from app.i18n import _
from app.net.addresses import LISTEN_PORTS, InterfaceAddress, interface_addresses
from app.net.binding import ListenError, open_sockets

GROUP_IPV4, GROUP_IPV6, MDNS_PORT = "224.0.0.251", "ff02::fb", 5353  # RFC 6762, section 3
Interfaces = Callable[[], tuple[InterfaceAddress, ...]]

ECHO_TIME = 1.0  # seconds until our own question has come back over multicast


def checks() -> list[tuple[str, Callable[[], Finding]]]:
    """Return what is looked at here."""
    return [
        ("network", network),
        ("multicast", multicast),
        ("listening", listening),
        ("firewall", firewall),
    ]


def network(
    interfaces: Callable[[], tuple[InterfaceAddress, ...]] = interface_addresses,
) -> Finding:
    """Count the interfaces and the families of addresses they have."""
    title, here = _("Network"), interfaces()
    if not here:
        sentence = _("this computer is in no network; only “Try Conclave” works.")
        cure = _("Plug in a cable or join a wireless network.")
        return Finding("network", title, "fail", sentence, cure)
    families = [
        name
        for name, present in (
            ("IPv4", any(":" not in entry.host for entry in here)),
            ("IPv6", any(":" in entry.host for entry in here)),
        )
        if present
    ]
    names = sorted({entry.interface for entry in here})
    return Finding("network", title, "ok", f"{', '.join(names)}: {' + '.join(families)}.")


def multicast(interfaces: Interfaces = interface_addresses) -> Finding:
    """Ask over mDNS on every interface who is there, and listen for our own question."""
    title = _("Nearby")
    heard: set[str] = set()
    silent: set[str] = set()
    for entry in interfaces():
        (heard if _echoes(entry) else silent).add(entry.interface)
    silent -= heard
    if heard and not silent:
        return Finding("multicast", title, "ok", _("meetings on this network can be found."))
    cure = _(
        "Allow mDNS (UDP port 5353) in the firewall. Joining by link or address works without it."
    )
    if heard:
        sentence = _("meetings on this network are not found through {names}.").format(
            names=", ".join(sorted(silent))
        )
        return Finding("multicast", title, "warn", sentence, cure)
    sentence = _("multicast does not work here: meetings nearby cannot be found.")
    return Finding("multicast", title, "warn", sentence, cure)


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


def firewall() -> Finding:
    """Say what is known about a firewall; whether others get through, only they can tell."""
    title = _("Firewall")
    found = next(_firewalls(), None)
    if found is None:
        return Finding("firewall", title, "ok", _("none was found that is known to be in the way."))
    name, cure = found
    sentence = _("{name} is active and may keep others out.").format(name=name)
    return Finding("firewall", title, "warn", sentence, cure)


def _firewalls(root: Path = Path("/"), platform: str = sys.platform) -> Iterator[tuple[str, str]]:
    """Name each active firewall that can be recognised without special rights, with its cure."""
    ports = f"{LISTEN_PORTS[0]}:{LISTEN_PORTS[-1]}"
    if platform == "win32":
        yield (
            _("The Windows firewall"),
            _("Allow Conclave on private networks when Windows asks, or in its settings."),
        )
    elif platform == "darwin":
        yield (
            _("The firewall of macOS"),
            _("Allow incoming connections for Conclave in the settings, if it is switched on."),
        )
    else:
        with contextlib.suppress(OSError):
            if "ENABLED=yes" in (root / "etc/ufw/ufw.conf").read_text(errors="replace"):
                yield (
                    "ufw",
                    _(
                        "Allow your network: sudo ufw allow {ports}/tcp, sudo ufw allow 5353/udp, "
                        "and UDP from its addresses for sound and pictures."
                    ).format(ports=ports),
                )
        if (root / "run/firewalld").is_dir() and os.listdir(root / "run/firewalld"):
            yield (
                "firewalld",
                _(
                    "Put this network into a trusted zone: "
                    "sudo firewall-cmd --zone=home --change-interface=INTERFACE."
                ),
            )


def _echoes(entry: InterfaceAddress) -> bool:
    """Tell whether a question sent to the mDNS group on an interface is heard on it."""
    question = _question()
    try:
        with _member_socket(entry) as sock:
            target = GROUP_IPV6 if ":" in entry.host else GROUP_IPV4
            sock.sendto(question, (target, MDNS_PORT))
            deadline = time.monotonic() + ECHO_TIME
            while (left := deadline - time.monotonic()) > 0:
                readable, _writable, _failed = select.select([sock], [], [], left)
                if readable and sock.recv(9000) == question:
                    return True
    except OSError:
        return False
    return False


def _question() -> bytes:
    """Return an mDNS question for Conclave's service, with a number of its own (RFC 6762, 18.1)."""
    name = b"".join(bytes([len(part)]) + part for part in (b"_conclave", b"_tcp", b"local")) + b"\0"
    number = 1 + secrets.randbelow(65_535)
    return struct.pack(">6H", number, 0, 1, 0, 0, 0) + name + struct.pack(">2H", 12, 1)


def _member_socket(entry: InterfaceAddress) -> socket.socket:
    """Return a socket in the mDNS group of one interface that hears its own packets."""
    ipv6 = ":" in entry.host
    sock = socket.socket(socket.AF_INET6 if ipv6 else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "SO_REUSEPORT"):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if ipv6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.bind(("::", MDNS_PORT))
            index = struct.pack("@I", entry.index)
            group = socket.inet_pton(socket.AF_INET6, GROUP_IPV6) + index
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_LOOP, 1)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        else:
            sock.bind(("", MDNS_PORT))
            host = socket.inet_aton(entry.host)
            group = socket.inet_aton(GROUP_IPV4) + host
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, host)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
    except BaseException:
        sock.close()
        raise
    return sock
