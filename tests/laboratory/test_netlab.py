"""The laboratory network: hosts that reach each other, cables that can be spoilt, nothing left."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fakes.pcap import UDP, packets_of

from bench import netlab
from bench.netlab.namespace import NAMESPACES
from bench.netlab.probe import hosts_that_hear_mdns, measure
from bench.netlab.record import record_of

ROOT = Path(__file__).parent.parent.parent

pytestmark = pytest.mark.netlab


def namespaces_of(name: str) -> list[str]:
    return [each.name for each in NAMESPACES.glob(f"conclave-{name}-*")]


def becomes_reachable(lab: netlab.NetLab, source: str, target: str) -> bool:
    """Wait for a carrier to be noticed and a neighbour to be found again."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if measure(lab, source, target, count=5, settle_s=0.2).loss == 0:
            return True
    return False


def test_hosts_of_one_lan_reach_each_other_over_both_families_and_by_multicast(lan):
    lab = lan(3)
    assert measure(lab, "h1", "h2", count=50).loss == 0
    assert hosts_that_hear_mdns(lab, "h1") == ["h2", "h3"]
    with lab.inside("h2"):
        server = socket.create_server((lab.address("h2", 6), 7000), family=socket.AF_INET6)
    with lab.inside("h3"):
        client = socket.create_connection((lab.address("h2", 6), 7000), timeout=5)
    accepted, caller = server.accept()
    with server, client, accepted:
        assert caller[0] == lab.address("h3", 6)


def test_a_host_has_one_family_only_where_the_lan_has_one(lan):
    only4, only6 = lan(1, ipv6=False), lan(1, ipv4=False)
    assert "inet6" not in only4.run("h1", ["ip", "addr"]).stdout
    assert "inet " not in only6.run("h1", ["ip", "addr", "show", "eth0"]).stdout


def test_a_spoilt_cable_delays_and_loses_and_a_repaired_one_does_not(lan):
    lab = lan(2, seed=1)
    assert measure(lab, "h1", "h2", count=20).loss == 0  # and the neighbours are known
    lab.impair("h2", "down", delay_ms=60, loss=0.2)
    spoilt = measure(lab, "h1", "h2")
    assert spoilt.loss == pytest.approx(0.2, abs=0.08)
    assert spoilt.delay_p5 >= 59
    lab.repair()
    assert measure(lab, "h1", "h2", count=100).loss == 0
    assert lab.statistics("h2")["down"]["counts"]["lost"] > 40


def test_nothing_crosses_a_pulled_cable_or_a_partition(lan):
    lab = lan(3)
    lab.unplug("h2")
    assert lab.run("h2", ["cat", "/sys/class/net/eth0/carrier"]).stdout.strip() == "0"
    assert measure(lab, "h1", "h2", count=20, settle_s=0.1).loss == 1
    lab.plug("h2")
    assert becomes_reachable(lab, "h1", "h2")
    lab.partition(["h1", "h2"], ["h3"])
    assert measure(lab, "h1", "h2", count=20, settle_s=0.1).loss == 0
    assert measure(lab, "h1", "h3", count=20, settle_s=0.1).loss == 1


def test_multicast_dns_can_be_blocked_while_everything_else_passes(lan):
    lab = lan(2)
    lab.block_mdns()
    assert hosts_that_hear_mdns(lab, "h1") == []
    assert measure(lab, "h1", "h2", count=20).loss == 0


def test_a_host_can_be_given_another_address(lan):
    lab = lan(2)
    lab.readdress("h2", "10.77.0.99/24")
    assert lab.address("h2") == "10.77.0.99"
    assert becomes_reachable(lab, "h1", "h2")


def test_a_capture_holds_what_was_sent_once_and_also_what_went_to_nowhere(lan, tmp_path: Path):
    lab = lan(3)
    path = tmp_path / "wire.pcap"
    lab.capture(path)
    measure(lab, "h1", "h2", count=20, settle_s=0.1)
    with lab.inside("h3"), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth:
        mouth.sendto(b"is there an internet?", ("192.0.2.53", 53))
    lab.capture(None)
    sent = [packet for packet in packets_of(path) if packet.protocol == UDP]
    assert sum(str(packet.target) == lab.address("h2") for packet in sent) == 20
    beyond = [packet for packet in sent if str(packet.target) == "192.0.2.53"]
    assert [packet.payload for packet in beyond] == [b"is there an internet?"]


def test_closing_ends_the_programs_inside_and_leaves_nothing():
    if reason := netlab.why_not():
        pytest.skip(reason)
    with netlab.NetLab(netlab.one_lan(1), name="closes") as lab:
        program = lab.popen("h1", ["sleep", "600"])
        assert namespaces_of("closes") == ["conclave-closes-h1"]
    assert program.wait(timeout=5) != 0
    assert namespaces_of("closes") == []


def test_a_maker_that_is_killed_leaves_nothing_either():
    if reason := netlab.why_not():
        pytest.skip(reason)
    name = f"killed{os.getpid()}"
    code = (
        "import os; from bench.netlab import NetLab, one_lan;"
        f"lab = NetLab(one_lan(2), name={name!r}).open();"
        "lab.popen('h1', ['sleep', '600']); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    deadline = time.monotonic() + 10
    while record_of(name).exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert namespaces_of(name) == []
    assert not record_of(name).exists()


def test_a_name_that_is_in_use_and_a_wrong_order_are_refused(lan):
    lab = lan(1)
    with pytest.raises(netlab.NetLabError, match="exists already"):
        netlab.NetLab(netlab.one_lan(1), name=lab.name).open()
    with pytest.raises(netlab.NetLabError, match="no cable h9"):
        lab.unplug("h9")
    with pytest.raises(netlab.NetLabError, match="unknown impairment"):
        lab.impair("h1", colour=3)


@pytest.mark.parametrize("kind", ["cone", "symmetric"])
def test_a_server_cannot_reach_a_host_behind_a_nat_router(kind: netlab.Nat):
    if reason := netlab.why_not(nat=True):
        pytest.skip(reason)
    with netlab.NetLab(netlab.two_nats(kind=kind)) as lab:
        assert measure(lab, "a1", "s1", count=20).loss == 0
        assert measure(lab, "s1", "a1", count=20, settle_s=0.1).loss == 1
