"""Where mDNS does not pass, people come in by link or by address; over either address family."""

from collections.abc import Callable

import pytest
from fakes import wire
from fakes.pcap import packets_of
from fakes.running_copy import all_together

from bench import netlab

pytestmark = [pytest.mark.netlab, pytest.mark.slow]

PORT = 47_800
QUIET = ["--headless", "--camera", "none", "--microphone", "none", "--speaker", "none"]
WATCHING = ["--headless", "--camera", "test", "--microphone", "test", "--speaker", "none"]


@pytest.fixture(scope="module")
def lab(laboratory: Callable[..., netlab.NetLab]) -> netlab.NetLab:
    """Return a LAN of three on which mDNS is blocked."""
    lab = laboratory(3)
    lab.block_mdns()
    return lab


@pytest.fixture(scope="module", autouse=True)
def looking_around(lab, start):
    """Return a copy that looks for meetings nearby from the beginning, while other tests run."""
    return start("join", "--nearby", *QUIET, lab=lab, host="h3")


def test_a_link_works_without_mdns(lab, start, tmp_path):
    capture = tmp_path / "wire.pcap"
    lab.capture(capture)
    hosting = start("host", "--admit-all", *QUIET, lab=lab, host="h1")
    joining = start("join", hosting.invitation(), *QUIET, lab=lab, host="h2")
    all_together([hosting, joining])
    assert joining.interrupt() == 130
    assert hosting.interrupt() == 130
    lab.capture(None)
    assert wire.strangers(packets_of(capture), wire.addresses_of(lab)) == set()


def test_an_address_works_without_mdns_where_the_meeting_is_visible(lab, start):
    listening = f"{lab.address('h1')}:{PORT}"
    hosting = start(
        "host", "--visible", "--admit-all", "--listen", listening, *QUIET, lab=lab, host="h1"
    )
    hosting.invitation()
    joining = start("join", listening, *QUIET, lab=lab, host="h2")
    all_together([hosting, joining])
    over6 = f"[{lab.address('h1', 6)}]:{PORT + 1}"
    assert joining.interrupt() == 130
    assert hosting.interrupt() == 130
    hosting = start(
        "host", "--visible", "--admit-all", "--listen", over6, *QUIET, lab=lab, host="h1"
    )
    hosting.invitation()
    all_together([hosting, start("join", over6, *QUIET, lab=lab, host="h2")])


def test_a_meeting_by_invitation_only_cannot_be_joined_by_its_address(lab, start):
    listening = f"{lab.address('h1')}:{PORT + 2}"
    hosting = start("host", "--admit-all", "--listen", listening, *QUIET, lab=lab, host="h1")
    hosting.invitation()
    joining = start("join", listening, *QUIET, lab=lab, host="h2")
    assert joining.end() in (3, 5)  # no invitation fits, or denied
    assert len(joining.stderr.strip().splitlines()) == 1
    assert hosting.latest()["peers"] == {}


def test_without_mdns_nobody_is_found_nearby_and_that_is_said(looking_around):
    assert looking_around.end(within=40.0) == 4
    assert len(looking_around.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_a_lan_with_one_address_family_is_enough(start, family: str):
    if reason := netlab.why_not():
        pytest.skip(reason)
    topology = netlab.one_lan(2, ipv4=family == "ipv4", ipv6=family == "ipv6")
    with netlab.NetLab(topology) as lab:
        hosting = start("host", "--visible", "--admit-all", *WATCHING, lab=lab, host="h1")
        hosting.invitation()
        joining = start("join", "--nearby", *WATCHING, lab=lab, host="h2")
        all_together([hosting, joining])
        for copy in (hosting, joining):
            copy.wait_for_line(
                lambda line: all(peer["video"]["frames"] > 60 for peer in line["peers"].values()),
                "pictures",
            )
