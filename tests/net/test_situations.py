"""Networks as people find them: what the doctor says in each, in namespaces that are like it."""

import contextlib
import fcntl
import os
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from app.examination import network
from app.examination.firewalls import firewall
from app.examination.interfaces import state_of
from app.examination.multicast import listen_around, multicast
from app.examination.reach import reach
from app.examination.way_out import way_out
from app.findings import Finding
from app.net.addresses import Address, interface_addresses
from app.net.binding import open_sockets
from bench.netlab import NetLab, one_lan, why_not

pytestmark = pytest.mark.netlab

Check = Callable[[], Finding]
PORT = 47100
CLOSED = """
table inet closed {
  chain incoming {
    type filter hook input priority 0; policy drop;
    iif lo accept
    ct state established,related accept
    meta l4proto { icmp, icmpv6 } accept
  }
}
"""
OPENED = CLOSED.replace(
    "  }\n}", "    tcp dport 47100-47115 accept\n    udp dport 5353 accept\n  }\n}"
)


@dataclass
class Place:
    """A computer in a laboratory; `beside` is what else goes on, until the end."""

    lab: NetLab
    name: str = "h1"
    beside: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def do(self, *commands: str) -> None:
        """Run commands of the system in this computer."""
        for command in commands:
            done = self.lab.run(self.name, command.split())
            assert done.returncode == 0, f"{command}: {done.stderr}"

    def load(self, rules: str) -> None:
        """Give this computer a firewall."""
        with self.lab.inside(self.name):
            subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True)

    def tunnel(self, address: str) -> None:
        """Give this computer the interface of a VPN, at whose other end nobody answers."""
        with self.lab.inside(self.name):
            end = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
            self.beside.callback(os.close, end)
            request = struct.pack("16sH22x", b"tun0", 0x0001 | 0x1000)  # IFF_TUN, IFF_NO_PI
            fcntl.ioctl(end, 0x400454CA, request)  # TUNSETIFF
        self.do(f"ip addr add {address} dev tun0", "ip link set tun0 up")

    def listen(self, with_conclave: bool = True) -> None:
        """Have something behind the port: a queue that nobody reads, or what says nonsense."""
        with self.lab.inside(self.name):
            for sock in open_sockets(Address("", PORT)):
                self.beside.callback(sock.close)
                if not with_conclave:
                    self.beside.callback(_talking(sock).cancel)


def _talking(sock: socket.socket) -> Future[None]:
    def talk() -> None:
        sock.settimeout(20)
        with contextlib.suppress(OSError):
            client, _ = sock.accept()
            with client:
                client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 4)

    talker = ThreadPoolExecutor(1)
    future = talker.submit(talk)
    talker.shutdown(wait=False)
    return future


@dataclass(frozen=True)
class Situation:
    """A network, what is done to it, what is looked at there, and what the doctor must say."""

    prepare: Callable[[Place, Place], None]
    check: Check
    result: str
    says: str
    cure: str = ""
    families: dict[str, bool] = field(default_factory=dict)


def nothing(_here: Place, _there: Place) -> None:
    pass


def flushed(here: Place, _there: Place) -> None:
    here.do("ip addr flush dev eth0")


def unplugged(here: Place, _there: Place) -> None:
    here.lab.unplug("h1")
    deadline = time.monotonic() + 20
    with here.lab.inside("h1"):
        while state_of("eth0").running:  # the system notes it a moment later
            assert time.monotonic() < deadline
            time.sleep(0.05)


def link_local(here: Place, _there: Place) -> None:
    here.do("ip addr flush dev eth0 scope global", "ip addr add 169.254.7.7/16 dev eth0")


def narrow(here: Place, _there: Place) -> None:
    here.do("ip link set eth0 mtu 1000")


def vpn(here: Place, _there: Place) -> None:
    here.tunnel("10.8.0.2/24")


def greedy_vpn(here: Place, _there: Place) -> None:
    here.tunnel("10.8.0.2/24")
    here.do("ip route add 10.77.0.0/25 dev tun0", "ip route add 10.77.0.128/25 dev tun0")


def sealing_vpn(here: Place, _there: Place) -> None:
    here.tunnel("10.8.0.2/24")
    here.do("ip route add prohibit 10.77.0.0/25")


def vpn_alone(here: Place, there: Place) -> None:
    vpn(here, there)
    flushed(here, there)


def router_gone(here: Place, _there: Place) -> None:
    here.do("ip neigh del 10.77.0.254 dev eth0")


def router_gone_for_ipv6(here: Place, _there: Place) -> None:
    here.do("ip -6 neigh del fd77::fe dev eth0")


def no_router(here: Place, _there: Place) -> None:
    here.do("ip route del default", "ip -6 route del default")


def company(_here: Place, there: Place) -> None:
    """Let somebody else ask around all the time: whoever asks is heard."""
    over = threading.Event()

    def ask() -> None:
        with there.lab.inside(there.name):
            while not over.is_set():
                listen_around(interface_addresses(), within=0.2)

    asking = ThreadPoolExecutor(1)
    asking.submit(ask)
    there.beside.callback(asking.shutdown)
    there.beside.callback(over.set)


def mdns_held_back(here: Place, there: Place) -> None:
    here.lab.block_mdns()
    company(here, there)


def isolated(here: Place, there: Place) -> None:
    here.lab.partition(["h1"], ["h2"])
    company(here, there)


def own_firewall(here: Place, there: Place) -> None:
    here.load(CLOSED)
    company(here, there)


def own_firewall_with_our_ports(here: Place, _there: Place) -> None:
    here.load(OPENED)


def their_firewall(_here: Place, there: Place) -> None:
    there.load(CLOSED)
    there.listen()


def something_else(_here: Place, there: Place) -> None:
    there.listen(with_conclave=False)


def to(host: str) -> Check:
    return lambda: reach([Address(host, PORT)])


SITUATIONS = {
    "an ordinary network": Situation(nothing, network.network, "ok", "eth0: IPv4 + IPv6."),
    "IPv4 only": Situation(nothing, network.network, "ok", "eth0: IPv4.", families={"ipv6": False}),
    "IPv6 only": Situation(nothing, network.network, "ok", "eth0: IPv6.", families={"ipv4": False}),
    "no address": Situation(
        flushed, network.network, "fail", "in no network", "Plug in a cable", {"ipv6": False}
    ),
    "the cable is out": Situation(
        unplugged, network.network, "fail", "nothing is connected to eth0", "Plug in a cable"
    ),
    "link-local only": Situation(
        link_local, network.network, "warn", "no router gives out addresses on eth0", "router"
    ),
    "small packets only": Situation(
        narrow, network.network, "warn", "packets of 1000 bytes", "MTU to 1280", {"ipv6": False}
    ),
    "a VPN beside the LAN": Situation(
        vpn, network.local_network, "ok", "directly, and not through tun0"
    ),
    "a VPN that takes the LAN": Situation(
        greedy_vpn, network.local_network, "warn", "of eth0 goes through tun0", "of the VPN"
    ),
    "a VPN that seals the LAN off": Situation(
        sealing_vpn, network.local_network, "warn", "nothing through to the network of eth0", "VPN"
    ),
    "a VPN and nothing else": Situation(
        vpn_alone, multicast, "warn", "only a VPN", "a link or an address", {"ipv6": False}
    ),
    "no router": Situation(no_router, way_out, "ok", "there is no router"),
    "the router is dead": Situation(
        router_gone, way_out, "warn", "does not answer over IPv4.", "Restart it"
    ),
    "IPv6 is broken": Situation(
        router_gone_for_ipv6, way_out, "warn", "does not answer over IPv6.", "Restart it"
    ),
    "others are heard": Situation(company, multicast, "ok", "can be found"),
    "others are heard beside a VPN": Situation(
        lambda here, there: (vpn(here, there), company(here, there))[0],
        multicast,
        "ok",
        "can be found",
    ),
    "mDNS is held back": Situation(
        mdns_held_back, multicast, "warn", "nobody else is heard", "a link or an address"
    ),
    "computers are kept apart: nearby": Situation(
        isolated, multicast, "warn", "nobody else is heard", "keeps its computers apart"
    ),
    "computers are kept apart: one of them": Situation(
        isolated, to("10.77.0.2"), "fail", "gives no sign of life", "keeps its computers apart"
    ),
    "an own firewall: nearby": Situation(
        own_firewall, multicast, "warn", "multicast does not work here", "UDP port 5353"
    ),
    "an own firewall: its name": Situation(
        own_firewall, firewall, "warn", "nftables is active", "tcp dport 47100-47115 accept"
    ),
    "an own firewall with our ports open": Situation(
        own_firewall_with_our_ports, firewall, "ok", "none was found"
    ),
    "their firewall": Situation(
        their_firewall, to("10.77.0.2"), "fail", "a firewall there", "TCP ports 47100 to 47115"
    ),
    "no meeting there": Situation(
        nothing, to("10.77.0.2"), "fail", "no meeting is open at this port", "Ask the host"
    ),
    "no meeting there, over IPv6": Situation(
        nothing, to("fd77::2"), "fail", "no meeting is open at this port", "Ask the host"
    ),
    "something else there": Situation(
        something_else, to("10.77.0.2"), "fail", "something else than a Conclave", "the port"
    ),
    "another network": Situation(
        nothing, to("198.51.100.7"), "fail", "in another network", "open a way in"
    ),
    "an IPv4 address where there is only IPv6": Situation(
        nothing, to("192.0.2.7"), "fail", "no way leads from here", families={"ipv4": False}
    ),
    "another network, and no router": Situation(
        no_router, to("198.51.100.7"), "fail", "no way leads from here", "in one network"
    ),
}


@pytest.fixture(scope="module")
def findings() -> Iterator[dict[str, Future[Finding]]]:
    """Bring about every situation in a laboratory of its own, all at once, and look there."""
    if reason := why_not(nat=True):
        pytest.skip(reason)
    with ThreadPoolExecutor(len(SITUATIONS)) as pool:
        yield {name: pool.submit(_looked_at, each) for name, each in SITUATIONS.items()}


def _looked_at(situation: Situation) -> Finding:
    with NetLab(one_lan(2, **situation.families)) as lab:
        here, there = Place(lab, "h1"), Place(lab, "h2")
        with here.beside, there.beside:
            situation.prepare(here, there)
            with lab.inside("h1"):
                return situation.check()


@pytest.mark.parametrize("name", SITUATIONS)
def test_the_doctor_finds_the_cause_and_names_the_cure(
    findings: dict[str, Future[Finding]], name: str
) -> None:
    situation, finding = SITUATIONS[name], findings[name].result()
    assert finding.result == situation.result, finding
    assert situation.says in finding.sentence, finding
    assert situation.cure in finding.cure, finding
    assert bool(finding.cure) == (finding.result != "ok")
