"""What others write loads nothing: a window on a network with a server that waits to be asked."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes import wire
from fakes.attacker import Attacker
from fakes.pcap import TCP, UDP, packets_of

from bench import netlab

pytestmark = [pytest.mark.netlab, pytest.mark.slow]


def test_a_window_full_of_hostile_texts_sends_no_packet_and_reads_no_file(
    laboratory: Callable[..., netlab.NetLab], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    lab = laboratory(2, ipv6=False)
    capture = tmp_path / "wire.pcap"
    lab.run("h1", ["ip", "route", "replace", "default", "via", lab.address("h2")])
    bait = tmp_path / "bait.png"
    bait.write_bytes(b"no picture")
    os.utime(bait, (1, 2_000_000_000))  # read, its time of access would change
    lab.capture(capture)
    words = ("hostile_texts", lab.address("h2"), tmp_path)
    with Attacker(lab, "h1", tmp_path, *words) as window:
        result = window.result()
    lab.capture(None)
    assert result["shown"] >= result["texts"], "the texts were shown as they were written"
    packets = [each for each in packets_of(capture) if each.protocol in (TCP, UDP)]
    assert packets == []
    assert wire.name_queries(packets_of(capture)) == set()
    read_then = bait.stat().st_atime > 2
    bait.read_bytes()
    can_tell = bait.stat().st_atime > 2  # not every disk notes who reads
    assert not (can_tell and read_then)
