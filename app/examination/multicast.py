"""The doctor's look at whether meetings nearby can be found. Only mDNS is sent."""

import contextlib
import secrets
import select
import socket
import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.examination.interfaces import InterfaceState, state_of
from app.findings import Finding
from app.i18n import _
from app.net.addresses import InterfaceAddress, interface_addresses

GROUP_IPV4, GROUP_IPV6, MDNS_PORT = "224.0.0.251", "ff02::fb", 5353  # RFC 6762, section 3
ANSWER_TIME = 2.0  # seconds until our question has come back, and somebody has answered it
ASKED = (  # what kinds of services there are (RFC 6763, section 9), and Conclave's
    (b"_services", b"_dns-sd", b"_udp", b"local"),
    (b"_conclave", b"_tcp", b"local"),
)


@dataclass(frozen=True, slots=True)
class Heard:
    """The interfaces on which our own question was heard, and whether anybody else was."""

    echoes: frozenset[str]
    others: bool


def multicast(
    interfaces: Callable[[], tuple[InterfaceAddress, ...]] = interface_addresses,
    state: Callable[[str], InterfaceState] = state_of,
) -> Finding:
    """Ask over mDNS on every interface who is there, and listen for our own question, too."""
    here = [entry for entry in interfaces() if state(entry.interface).running]
    carriers = [entry for entry in here if _carries(state(entry.interface))]
    if here and not carriers:
        sentence = _("there is only a VPN, and it carries no announcements.")
        return _doubtful(sentence, _("Join with a link or an address."))
    heard = listen_around(carriers)
    silent = {entry.interface for entry in carriers} - heard.echoes
    cure = _(
        "Allow mDNS (UDP port 5353) in the firewall. Joining by link or address works without it."
    )
    if not heard.echoes:
        sentence = _("multicast does not work here: meetings nearby cannot be found.")
        return _doubtful(sentence, cure)
    if silent:
        sentence = _("meetings on this network are not found through {names}.").format(
            names=", ".join(sorted(silent))
        )
        return _doubtful(sentence, cure)
    if not heard.others:
        sentence = _("nobody else is heard on this network.")
        cure = _(
            "If others are here, the network keeps its computers apart, as guest networks do, or "
            "holds announcements back: join with a link or an address, or use another network."
        )
        return _doubtful(sentence, cure)
    return Finding("multicast", _("Nearby"), "ok", _("meetings on this network can be found."))


def listen_around(entries: Sequence[InterfaceAddress], within: float = ANSWER_TIME) -> Heard:
    """Ask on every interface at once; return what was heard after `within` seconds at most."""
    own = {entry.host.partition("%")[0] for entry in entries}
    questions: dict[bytes, str] = {}
    echoes: set[str] = set()
    others = False
    with contextlib.ExitStack() as stack:
        sockets = []
        for entry in entries:
            question = _question()
            with contextlib.suppress(OSError):  # no multicast there: it stays silent
                sock = stack.enter_context(_member_socket(entry))
                group = GROUP_IPV6 if ":" in entry.host else GROUP_IPV4
                sock.sendto(question, (group, MDNS_PORT))
                sockets.append(sock)
                questions[question] = entry.interface
        deadline = time.monotonic() + within
        wanted = set(questions.values())
        while not (others and echoes >= wanted):
            readable, _writable, _failed = select.select(
                sockets, [], [], max(0.0, deadline - time.monotonic())
            )
            if not readable:
                break
            for sock in readable:
                with contextlib.suppress(OSError):
                    data, source = sock.recvfrom(9000)
                    others |= str(source[0]).partition("%")[0] not in own
                    if interface := questions.get(data):
                        echoes.add(interface)
            if time.monotonic() > deadline:
                break
    return Heard(frozenset(echoes), others)


def _doubtful(sentence: str, cure: str) -> Finding:
    return Finding("multicast", _("Nearby"), "warn", sentence, cure)


def _carries(state: InterfaceState) -> bool:
    return state.multicast and not state.tunnel


def _question() -> bytes:
    """Return an mDNS question with a number of its own (RFC 6762, section 18.1)."""
    asked = b"".join(
        b"".join(bytes([len(part)]) + part for part in name) + b"\0" + struct.pack(">2H", 12, 1)
        for name in ASKED
    )
    return struct.pack(">6H", 1 + secrets.randbelow(65_535), 0, len(ASKED), 0, 0, 0) + asked


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
