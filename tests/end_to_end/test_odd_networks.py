"""Networks that give a computer less than usual: whole calls work in them, too."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.pcap import packets_of
from fakes.running_copy import Line, RunningCopy, all_together

from bench import netlab

pytestmark = [pytest.mark.netlab, pytest.mark.slow]

WORDS = ["--headless", "--microphone", "none", "--speaker", "none", "--no-lobby", "--camera"]
PICTURES = 60  # seen of the other: well over a key frame and its successors
LARGEST = 1280  # bytes of an IP packet that the narrowest path carries
KEEP_OUT = """
table inet keep_out {
  chain incoming {
    type filter hook input priority 0; policy drop;
    iif lo accept
    ct state established,related accept
    meta l4proto { icmp, icmpv6 } accept
    tcp dport 47100-47115 accept
    udp dport 5353 accept
  }
}
"""

Start = Callable[..., RunningCopy]
Laboratory = Callable[..., netlab.NetLab]


def call(lab: netlab.NetLab, start: Start, clips: list[Path], *choices: str) -> list[RunningCopy]:
    """Let two people meet by an invitation, and wait until they see each other."""
    words = [*WORDS, str(clips[0])]
    host = start("host", "--name", "Adelheid", *choices, *words, lab=lab, host="h1")
    words.remove("--no-lobby")
    words = ["join", host.invitation(), "--name", "Balthasar", *words]
    copies = [host, start(*words, lab=lab, host="h2")]
    all_together(copies)
    for copy in copies:
        copy.wait_for_line(sees_much, "pictures")
    return copies


def sees_much(line: Line) -> bool:
    return all(peer["video"]["frames"] > PICTURES for peer in line["peers"].values())


def test_a_call_where_no_router_gives_out_addresses(
    laboratory: Laboratory, start: Start, clips: list[Path], tmp_path: Path
):
    """All that they have are link-local addresses; the meeting is one that stays on the LAN."""
    lab = laboratory(2, ipv4=False)
    for host in lab.hosts:
        lab.run(host, ["ip", "-6", "addr", "flush", "dev", "eth0", "scope", "global"])
    lab.capture(tmp_path / "wire.pcap")
    copies = call(lab, start, clips, "--lan-only")
    lab.capture(None)
    assert all("Traceback" not in copy.stderr for copy in copies)
    packets = list(packets_of(tmp_path / "wire.pcap"))
    assert len(packets) > PICTURES
    assert all(packet.source.is_link_local for packet in packets)


def test_a_call_through_a_path_that_swallows_large_packets_into_a_closed_firewall(
    laboratory: Laboratory, start: Start, clips: list[Path], tmp_path: Path
):
    """Nobody says that packets are too large; and only the documented ports are open."""
    if reason := netlab.why_not(nat=True):
        pytest.skip(reason)
    lab = laboratory(2, ipv6=False)
    lab.impair("*", mtu=LARGEST)
    for host in lab.hosts:
        with lab.inside(host):
            subprocess.run(["nft", "-f", "-"], input=KEEP_OUT, text=True, check=True)
    copies = call(lab, start, clips)
    assert all("Traceback" not in copy.stderr for copy in copies)
    for host in lab.hosts:
        assert lab.statistics(host)["up"]["counts"]["mtu_drops"] == 0, "something was swallowed"
