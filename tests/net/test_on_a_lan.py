"""Finding and reaching each other on real networks between network namespaces."""

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fakes.pcap import TCP, UDP, packets_of

from app.net.addresses import interface_addresses
from bench.netlab import NetLab, why_not
from bench.netlab.topology import Host, Link, Topology

pytestmark = pytest.mark.netlab

ROOT = Path(__file__).parent.parent.parent
STATION = ROOT / "tests" / "fakes" / "lan_station.py"
START = 20.0  # seconds for a process to begin on a busy machine


class Station:
    """A station process in one host, and what it said."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._lines: queue.Queue[dict[str, Any]] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(json.loads(line))

    def end(self) -> None:
        """Kill it, and read what it still said, which nobody may close before."""
        self.process.kill()
        self._reader.join()
        self.process.communicate()

    def says(self, what: str, within: float = START) -> dict[str, Any]:
        """Wait until it says something of this kind; what it says before is passed over."""
        deadline = time.monotonic() + within
        passed = []
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"never said {what!r}, but {passed}") from None
            if line["what"] == what:
                return line
            passed.append(line)


@contextmanager
def station(lab: NetLab, host: str, *words: str) -> Iterator[Station]:
    process = lab.popen(
        host,
        [sys.executable, str(STATION), *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    started = Station(process)
    try:
        yield started
    finally:
        started.end()


Lan = Callable[..., NetLab]


@pytest.mark.parametrize(
    ("families", "dialled"),
    [
        ({"ipv4": True, "ipv6": True}, "10.77.0.1:"),
        ({"ipv4": True, "ipv6": False}, "10.77.0.1:"),
        ({"ipv4": False, "ipv6": True}, "[f"),
        ({"ipv4": True, "ipv6": True, "routed": False}, "10.77.0.1:"),
    ],
    ids=["both", "IPv4", "IPv6", "no route out"],
)
def test_a_meeting_is_found_and_reached_within_two_seconds_and_leaves_with_a_goodbye(
    lan: Lan, tmp_path: Path, families: dict[str, bool], dialled: str
) -> None:
    lab, key = lan(2, **families), os.urandom(32).hex()
    lab.capture(tmp_path / "wire.pcap")
    with station(lab, "h2", "guest", key) as guest:
        guest.says("looking")
        with station(lab, "h1", "host", key) as host:
            began = host.says("hosting")["at"]
            found = guest.says("found")
            greeted = guest.says("greeted")
            assert found["at"] - began < 2
            assert greeted["answer"] == "welcome guest"
            assert greeted["over"].startswith(dialled)
            assert host.process.stdin is not None
            host.process.stdin.write("end\n")
            host.process.stdin.flush()
            guest.says("gone")
    lab.capture(None)
    for packet in packets_of(tmp_path / "wire.pcap"):
        ports = {packet.source_port, packet.target_port}
        assert packet.protocol != UDP or ports == {5353}
        assert packet.protocol != TCP or 47100 in ports
        assert packet.target.is_multicast or str(packet.target).startswith(
            ("10.77.", "fd77:", "fe80:")
        )


def test_a_killed_host_that_comes_back_is_found_again(lan: Lan) -> None:
    lab, key = lan(2), os.urandom(32).hex()
    with station(lab, "h2", "guest", key) as guest:
        guest.says("looking")
        for _ in range(2):
            with station(lab, "h1", "host", key):
                guest.says("greeted")


def test_only_link_local_addresses_are_enough(lan: Lan) -> None:
    lab, key = lan(2, ipv4=False), os.urandom(32).hex()
    for host in lab.hosts:
        lab.run(host, ["ip", "-6", "addr", "flush", "dev", "eth0", "scope", "global"])
    with station(lab, "h2", "guest", key) as guest, station(lab, "h1", "host", key):
        assert guest.says("greeted")["over"].startswith("[fe80::")


def test_a_typed_link_local_address_needs_no_interface(lan: Lan) -> None:
    lab, key = lan(2, ipv4=False), os.urandom(32).hex()
    tunnel(lab, "h2", "fe80::2222/64")
    with lab.inside("h1"):
        hosts = [entry.host.partition("%")[0] for entry in interface_addresses()]
    (told,) = (host for host in hosts if host.startswith("fe80"))
    with station(lab, "h1", "host", key) as host:
        port = host.says("hosting")["port"]
        with station(lab, "h2", "call", key, f"[{told}]:{port}") as caller:
            assert caller.says("greeted")["over"].startswith(f"[{told}%")


def test_another_address_is_noticed_and_told_to_the_others(lan: Lan) -> None:
    lab, key = lan(2, ipv6=False), os.urandom(32).hex()
    with station(lab, "h2", "guest", key) as guest, station(lab, "h1", "host", key):
        guest.says("greeted")
        lab.readdress("h1", "10.77.0.99/24")
        assert guest.says("greeted")["over"].startswith("10.77.0.99:")


def test_where_mdns_is_blocked_a_typed_address_still_works(lan: Lan) -> None:
    lab, key = lan(2), os.urandom(32).hex()
    lab.block_mdns()
    with station(lab, "h1", "host", key) as host, station(lab, "h2", "guest", key) as guest:
        port = host.says("hosting")["port"]
        guest.says("looking")
        for address in (f"10.77.0.1:{port}", f"[fd77::1]:{port}"):
            with station(lab, "h2", "call", key, address) as caller:
                assert caller.says("greeted")["over"] == address
        with pytest.raises(AssertionError, match="never said"):
            guest.says("found", within=1)


def tunnel(lab: NetLab, host: str, address: str) -> None:
    """Give a host the interface of a VPN that was set up and carries nothing yet."""
    for words in (
        "ip tuntap add dev tun0 mode tun",
        f"ip addr add {address} dev tun0",
        "ip link set tun0 up",
    ):
        assert lab.run(host, words.split()).returncode == 0


def test_who_had_no_network_at_first_finds_meetings_when_it_comes(lan: Lan) -> None:
    lab, key = lan(2, ipv6=False), os.urandom(32).hex()
    lab.run("h2", ["ip", "addr", "flush", "dev", "eth0"])
    with station(lab, "h2", "guest", key) as guest, station(lab, "h1", "host", key) as host:
        assert guest.says("looking")["reason"] == "no_network"
        host.says("hosting")
        lab.run("h2", ["ip", "addr", "add", "10.77.0.2/24", "dev", "eth0"])
        assert guest.says("greeted")["over"].startswith("10.77.0.1:")


@pytest.mark.parametrize("later", [False, True], ids=["from the start", "later"])
def test_a_vpn_beside_the_lan_takes_nothing_away(lan: Lan, later: bool) -> None:
    lab, key = lan(2, ipv6=False), os.urandom(32).hex()
    if not later:
        tunnel(lab, "h1", "10.8.0.1/24")
        tunnel(lab, "h2", "10.8.0.2/24")
    with station(lab, "h2", "guest", key) as guest:
        guest.says("looking")
        if later:
            tunnel(lab, "h2", "10.8.0.2/24")
        with station(lab, "h1", "host", key) as host:
            host.says("hosting")
            assert guest.says("greeted")["over"].startswith("10.77.0.1:")
            if later:
                tunnel(lab, "h1", "10.8.0.1/24")
                guest.says("found")  # the announcement names another set of addresses now
                assert guest.says("greeted")["over"].startswith("10.77.0.1:")


def test_who_is_in_two_networks_is_found_in_both() -> None:
    if reason := why_not():
        pytest.skip(reason)
    left, right = Link("left", "eth0", "10.77.0.1/24"), Link("right", "eth1", "10.78.0.1/24")
    hosts = (
        Host("h1", (left, right)),
        Host("h2", (Link("left", "eth0", "10.77.0.2/24"),)),
        Host("h3", (Link("right", "eth0", "10.78.0.3/24"),)),
    )
    key = os.urandom(32).hex()
    with (
        NetLab(Topology(hosts)) as lab,
        station(lab, "h2", "guest", key) as one,
        station(lab, "h3", "guest", key) as other,
        station(lab, "h1", "host", key),
    ):
        assert one.says("greeted")["over"].startswith("10.77.0.1:")
        assert other.says("greeted")["over"].startswith("10.78.0.1:")


@pytest.mark.parametrize(("broken", "dialled"), [("ipv6", "10.77.0.1:"), ("ipv4", "[f")])
def test_where_one_family_of_addresses_is_broken_the_other_one_is_taken(
    lan: Lan, broken: str, dialled: str
) -> None:
    if reason := why_not(nat=True):
        pytest.skip(reason)
    lab, key = lan(2), os.urandom(32).hex()
    rules = (
        "table inet broken { chain incoming { type filter hook input priority 0; \n"
        f" meta nfproto {broken} meta l4proto tcp drop\n }}\n}}\n"
    )
    with lab.inside("h1"):
        subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True)
    with station(lab, "h2", "guest", key) as guest, station(lab, "h1", "host", key):
        assert guest.says("greeted")["over"].startswith(dialled)


@pytest.mark.parametrize("ipv6", [False, True], ids=["IPv4", "IPv6"])
def test_a_path_that_swallows_large_packets_lets_a_channel_through(lan: Lan, ipv6: bool) -> None:
    lab, key = lan(2, ipv4=not ipv6, ipv6=ipv6), os.urandom(32).hex()
    lab.impair("*", mtu=1280)
    with station(lab, "h2", "guest", key) as guest, station(lab, "h1", "host", key):
        guest.says("greeted")
    for host in lab.hosts:
        assert lab.statistics(host)["up"]["counts"]["mtu_drops"] == 0
