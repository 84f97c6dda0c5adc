"""The gate: what stays on the local network, and what the system is told about it."""

import socket
from collections.abc import Callable, Iterable

import pytest

from app.net.addresses import InterfaceAddress
from app.net.gate import LOOK_EVERY, Gate, keep_on_link
from app.rules import NOWHERE, STRICTEST, Networks, Rules

LAN = InterfaceAddress("eth0", 2, "192.168.7.5", 24)
LAN6 = InterfaceAddress("eth0", 2, "fd00:7::5", 64)
LINK = InterfaceAddress("eth0", 2, "fe80::5%2", 64)


class Computer:
    """A computer whose addresses change, with a clock of its own."""

    def __init__(self, *addresses: InterfaceAddress) -> None:
        self.addresses: Iterable[InterfaceAddress] = addresses
        self.now = 0.0

    def gate(self, networks: Networks | None = None, *, lan_only: bool = True) -> Gate:
        options = {} if networks is None else {"networks": networks}
        return Gate(
            lan_only=lan_only,
            interfaces=lambda: self.addresses,
            clock=lambda: self.now,
            **options,  # type: ignore[arg-type]
        )


@pytest.mark.parametrize(
    ("host", "inside"),
    [
        ("192.168.7.9", True),
        ("192.168.7.5", True),  # this computer itself
        ("127.0.0.1", True),
        ("::1", True),
        ("fd00:7::9", True),
        ("fe80::9%2", True),
        ("fe80::9%eth0", True),
        ("fe80::9%3", False),  # on an interface that is not local
        ("::ffff:192.168.7.9", True),
        ("192.168.8.9", False),
        ("192.168.7.255", False),  # everybody at once
        ("fd00:8::9", False),
        ("2001:db8::9", False),
        ("203.0.113.9", False),
        ("::ffff:203.0.113.9", False),
        ("224.0.0.251", False),
        ("example.org", False),
        ("", False),
    ],
)
def test_only_what_is_reached_without_a_router_is_inside(host: str, inside: bool) -> None:
    assert (host in Computer(LAN, LAN6, LINK).gate()) is inside


def test_a_computer_without_a_network_reaches_itself_alone() -> None:
    gate = Computer().gate()
    assert "127.0.0.1" in gate
    assert "192.168.7.9" not in gate


def test_the_gate_follows_this_computer_into_another_network() -> None:
    computer = Computer(LAN)
    gate = computer.gate()
    assert "192.168.7.9" in gate
    computer.addresses = (InterfaceAddress("wlan0", 3, "10.1.2.3", 16),)
    computer.now = LOOK_EVERY
    assert "192.168.7.9" not in gate
    assert "10.1.200.9" in gate


def test_an_open_gate_lets_everything_through_until_it_is_closed_for_good() -> None:
    gate = Computer(LAN).gate(lan_only=False)
    assert "203.0.113.9" in gate
    assert not gate.lan_only
    gate.keep_to_lan()
    assert "203.0.113.9" not in gate
    assert gate.lan_only


def test_what_the_organisation_forbids_stays_forbidden_on_the_local_network() -> None:
    gate = Computer(LAN).gate(Networks.of(["10.0.0.0/8"]))
    assert "192.168.7.9" not in gate
    assert "10.0.0.9" not in gate  # allowed, and not here


def test_the_organisation_closes_the_gate_whatever_the_meeting_is() -> None:
    assert Gate.of(Rules(lan_only=True)).lan_only
    assert Gate.of(STRICTEST).lan_only
    assert Gate.of(Rules(), lan_only=True).lan_only
    assert not Gate.of(Rules(networks=NOWHERE)).lan_only


def test_what_is_remembered_of_hosts_is_bounded() -> None:
    gate = Computer(LAN).gate()
    for number in range(5000):
        assert f"198.51.{number // 250}.{number % 250}" not in gate
    assert len(gate._answers) <= 1024


def kept(sock: socket.socket) -> bool:
    """Tell whether the system keeps the packets of a socket on the link."""
    if sock.family == socket.AF_INET6:
        hops = sock.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS)
    else:
        hops = sock.getsockopt(socket.IPPROTO_IP, socket.IP_TTL)
    return hops == 1 and sock.getsockopt(socket.SOL_SOCKET, socket.SO_DONTROUTE) != 0


KINDS: list[Callable[[], socket.socket]] = [
    lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
    lambda: socket.socket(socket.AF_INET6, socket.SOCK_STREAM),
    lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM),
]


@pytest.mark.parametrize("make", KINDS)
def test_a_socket_is_kept_on_the_link_before_or_after_the_gate_closes(
    make: Callable[[], socket.socket],
) -> None:
    gate = Computer(LAN).gate(lan_only=False)
    with make() as early, make() as late:
        gate.guard(early)
        assert not kept(early)
        gate.keep_to_lan()
        gate.guard(late)
        assert kept(early)
        assert kept(late)


def test_a_socket_of_both_families_is_kept_in_both() -> None:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as both:
        both.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        keep_on_link(both)
        assert kept(both)
        assert both.getsockopt(socket.IPPROTO_IP, socket.IP_TTL) == 1


def test_a_socket_that_was_closed_meanwhile_is_no_obstacle() -> None:
    gate = Computer(LAN).gate(lan_only=False)
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    gate.guard(sock)
    sock.close()
    gate.keep_to_lan()
