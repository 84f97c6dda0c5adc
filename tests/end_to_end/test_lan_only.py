"""A meeting that stays on the local network: with a router and people behind it, nothing crosses.

a1, a2 - ra - wan - rb - b1: the routers route, and forbid nothing. What would go from the first
network to anywhere is seen on the cable behind its router.
"""

import contextlib
import ipaddress
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fakes.pcap import packets_of
from fakes.running_copy import RunningCopy, all_together

from app.exit_codes import ExitCode
from app.net.addresses import InterfaceAddress
from app.net.gate import Gate
from bench import netlab
from crypto.invite import Invite, InviteFlag

pytestmark = [pytest.mark.netlab, pytest.mark.slow]

Start = Callable[..., RunningCopy]

DEVICES = ("--headless", "--camera", "test", "--microphone", "test", "--speaker", "none")
UNDER_WAY_S = 0.3  # seconds that a packet may take to the router
KNOCKING_S = 1.5  # seconds in which a neighbour would have answered a hundred times
WRONG_MASK = "192.168.1.10/16"  # with it, the other network looks as if it were this one
FAMILIES = [socket.AF_INET, socket.AF_INET6]
KINDS = [socket.SOCK_DGRAM, socket.SOCK_STREAM]


@dataclass
class Town:
    """Two networks, and the cable between them."""

    lab: netlab.NetLab
    folder: Path
    recorded: int = 0

    def address(self, host: str, family: socket.AddressFamily = socket.AF_INET) -> str:
        return self.lab.address(host, 6 if family == socket.AF_INET6 else 4)

    @contextlib.contextmanager
    def watched(self) -> Iterator[set[str]]:
        """Fill the set with where packets went that left the first network during the body."""
        self.recorded += 1
        path = self.folder / f"crossing{self.recorded}.pcap"
        self.lab.capture(path, "ra.wan")
        crossed: set[str] = set()
        try:
            yield crossed
        finally:
            time.sleep(UNDER_WAY_S)
            self.lab.capture(None, "ra.wan")
        inside = [ipaddress.ip_network("192.168.0.0/23"), ipaddress.ip_network("2001:db8:1::/64")]
        inside += [ipaddress.ip_network("fd71:1::/64")]
        for packet in packets_of(path):
            if any(packet.source in network for network in inside):
                crossed.add(str(packet.target))

    def knock(self, host: str, port: int, family: socket.AddressFamily) -> bool:
        """Tell whether b1 gets an answer at a port of a host in the first network."""
        with self.lab.inside("b1"), socket.socket(family, socket.SOCK_STREAM) as sock:
            sock.settimeout(KNOCKING_S)
            try:
                sock.connect((self.address(host, family), port))
            except OSError:
                return False
            return True


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    if reason := netlab.why_not():
        pytest.skip(reason)
    topology = netlab.two_nats(2, 1, servers=0, kind="routed", ipv6=True)
    with netlab.NetLab(topology) as lab:
        yield Town(lab, tmp_path_factory.mktemp("town"))


@dataclass
class Meeting:
    """A meeting of two that stays on its network, and what crossed while they met."""

    host: RunningCopy
    guest: RunningCopy
    link: str
    crossed: set[str]

    @property
    def port(self) -> int:
        return Invite.parse(self.link).addresses[0][1]


@pytest.fixture(scope="module")
def meeting(town: Town, start: Start) -> Meeting:
    with town.watched() as crossed:
        host = start(
            *("host", "--title", "Kept", "--visible", "--no-lobby", "--lan-only", *DEVICES),
            lab=town.lab,
            host="a1",
        )
        link = host.invitation()
        guest = start("join", link, *DEVICES, lab=town.lab, host="a2")
        all_together([host, guest])
        guest.wait_for_line(
            lambda line: all(peer["video"]["fps"] > 5 for peer in line["peers"].values()),
            "pictures of the host",
        )
    return Meeting(host, guest, link, crossed)


def test_people_on_the_network_meet_and_nothing_crosses_the_router(meeting: Meeting):
    assert meeting.crossed == set()
    for copy in (meeting.host, meeting.guest):
        assert "This meeting stays on the local network" in copy.stdout


def test_the_link_says_so(meeting: Meeting):
    assert InviteFlag.LAN_ONLY in Invite.parse(meeting.link).flags


def test_who_is_elsewhere_reads_why_and_sends_nothing(town: Town, meeting: Meeting, start: Start):
    town.lab.capture(town.folder / "b1.pcap", "rb.wan")
    outsider = start("join", meeting.link, *DEVICES, lab=town.lab, host="b1")
    assert outsider.end(within=60) == ExitCode.UNREACHABLE
    assert "The host was not found on this network." in outsider.stderr
    town.lab.capture(None, "rb.wan")
    here = ipaddress.ip_address(town.address("b1"))
    assert [p for p in packets_of(town.folder / "b1.pcap") if p.source == here] == []


@pytest.mark.parametrize("family", FAMILIES)
def test_who_knocks_from_elsewhere_gets_no_answer(
    town: Town, meeting: Meeting, family: socket.AddressFamily
):
    with town.watched() as crossed:
        assert not town.knock("a1", meeting.port, family)
    assert crossed == set()


def test_a_wrong_mask_and_a_router_that_helps_let_nothing_out(town: Town, meeting: Meeting):
    town.lab.readdress("a1", WRONG_MASK)
    for device in ("lan", "wan"):
        town.lab.run("ra", ["sysctl", "-w", f"net.ipv4.conf.{device}.proxy_arp=1"])
    own = town.folder / "a1.pcap"
    town.lab.capture(own, "a1")
    with town.watched() as crossed:
        assert not town.knock("a1", meeting.port, socket.AF_INET)
    town.lab.capture(None, "a1")
    stranger = ipaddress.ip_address(town.address("b1"))
    assert [p for p in packets_of(own) if p.target == stranger]  # it was taken for a neighbour
    assert crossed == set()
    town.lab.readdress("a1", "192.168.1.10/24")


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_gate_that_was_told_a_wrong_prefix_lets_nothing_out(
    town: Town, family: socket.AddressFamily, kind: socket.SocketKind
):
    for lan_only in (True, False):
        gate = Gate(
            lan_only=lan_only,
            interfaces=lambda: (
                InterfaceAddress("eth0", 2, "192.168.1.10", 0),
                InterfaceAddress("eth0", 2, town.address("a1", socket.AF_INET6), 0),
            ),
        )
        target = town.address("b1", family)
        with town.watched() as crossed:
            assert target in gate
            with town.lab.inside("a1"), socket.socket(family, kind) as sock:
                sock.settimeout(KNOCKING_S)
                gate.guard(sock)
                with contextlib.suppress(OSError):
                    sock.connect((target, 9))
                    sock.send(b"out")
        assert crossed == (set() if lan_only else {target})


def test_the_same_meeting_without_it_lets_them_in(town: Town, start: Start):
    """The router stands in nobody's way: what was not there above would have been seen."""
    with town.watched() as crossed:
        host = start(
            *("host", "--title", "Open", "--visible", "--no-lobby", *DEVICES),
            lab=town.lab,
            host="a2",
        )
        link = host.invitation()
        guest = start("join", link, *DEVICES, lab=town.lab, host="b1")
        all_together([host, guest])
    assert town.address("b1") in crossed
