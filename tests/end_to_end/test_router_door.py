"""People outside come in through the host's own router, and the door is closed after them."""

import ipaddress
import signal
import socket
import struct
import sys
from collections.abc import Iterator

import pytest
from fakes.home_router import LONGEST_LEASE_S, PUBLIC, HomeRouter
from fakes.lying_router import answers_datagrams
from fakes.running_copy import RunningCopy, all_together

from app import texts
from bench import netlab
from crypto.invite import Invite

pytestmark = [pytest.mark.netlab, pytest.mark.slow]

QUIET = ["--headless", "--camera", "none", "--microphone", "none", "--speaker", "none"]
SEEN = ["--headless", "--camera", "test", "--microphone", "test", "--speaker", "none"]
PORT = 47_800


@pytest.fixture(scope="module")
def lab() -> Iterator[netlab.NetLab]:
    if reason := netlab.why_not(nat=True):
        pytest.skip(reason)
    with netlab.NetLab(netlab.behind_nats(["cone", "symmetric"], ipv6=True, outside=PUBLIC)) as one:
        one.run("h2", ["ip", "-6", "addr", "flush", "dev", "eth0"])  # or it would come by IPv6
        yield one


@pytest.fixture
def router(lab) -> Iterator[HomeRouter]:
    one = HomeRouter(lab, "r1")
    yield one
    one.stop()


def hosted(start, lab, *more: str) -> RunningCopy:
    hosting: RunningCopy = start(
        "host", "--admit-all", "--open-router", *(more or QUIET), lab=lab, host="h1"
    )
    hosting.addresses = Invite.parse(hosting.invitation()).addresses  # type: ignore[attr-defined]
    return hosting


def says(hosting: RunningCopy, words: str) -> None:
    hosting.wait_until(lambda: words in hosting.stdout, words, 10)


@pytest.mark.parametrize(
    ("way", "guest"),
    [("PCP", "h2"), ("NAT-PMP", "s1"), ("UPnP", "h2")],  # h2 sits behind a symmetric router
)
def test_somebody_outside_comes_in_and_the_doors_are_closed_at_the_end(
    lab, router, start, way, guest
):
    router.start(pcp=way == "PCP", natpmp=way == "NAT-PMP", upnp=way == "UPnP")
    hosting = hosted(start, lab, *SEEN)
    host, port = hosting.addresses[1]
    assert host == lab.address("r1")
    assert router.becomes_open(doors=2)  # one for TCP, one for UDP
    says(hosting, f"Your router lets people in at {host} port {port}.")
    joining = start("join", hosting.invitation(), *SEEN, lab=lab, host=guest)
    all_together([hosting, joining])
    for copy in (hosting, joining):
        copy.wait_for_line(
            lambda line: all(peer["video"]["frames"] > 10 for peer in line["peers"].values()),
            "pictures",
        )
    assert hosting.interrupt() == 130
    assert router.doors() == []


def test_a_door_is_kept_open_and_goes_with_its_lease_when_the_program_is_killed(lab, router, start):
    router.start(upnp=False)
    hosting = hosted(start, lab)
    assert router.becomes_open(doors=2)
    asked = router.said("PCP MAP")
    hosting.wait_until(lambda: router.said("PCP MAP") >= asked + 4, "renewals", 20)
    assert len(router.doors()) == 2
    hosting.process.send_signal(signal.SIGKILL)
    hosting.process.wait(timeout=10)
    assert len(router.doors()) == 2
    assert router.becomes_open(doors=0, within=LONGEST_LEASE_S + 10)


def test_the_doctor_asks_the_router_and_leaves_no_door_open(lab, router):
    router.start(pcp=False, upnp=False)
    look = "from app.examination.router import router; from app.rules import FREE; "
    asked = lab.run("h1", [sys.executable, "-c", look + "print(router(FREE).sentence)"]).stdout
    outside = lab.address("r1")
    assert f"when it is asked (NAT-PMP); its address is {outside}." in asked
    assert router.said("47199") > 0
    assert router.doors() == []


def test_a_router_that_refuses_is_said_to_refuse_and_the_meeting_goes_on(lab, router, start):
    router.start(pcp=False, natpmp=False, refuses=True)
    hosting = hosted(start, lab)
    says(hosting, texts.DOORS["refused"])
    assert all(host != lab.address("r1") for host, _ in hosting.addresses)
    assert router.doors() == []
    assert hosting.interrupt() == 130


def test_a_router_behind_another_one_is_said_to_be_of_no_help(lab, router, start):
    public, private = f"{lab.address('r1')}/24", "10.9.9.1/24"
    lab.run("r1", ["ip", "addr", "replace", private, "dev", "wan"])
    lab.run("r1", ["ip", "addr", "del", public, "dev", "wan"])
    try:
        router.start()
        hosting = hosted(start, lab)
        says(hosting, texts.DOORS["no_outside"])
        assert router.doors() == []
        assert hosting.interrupt() == 130
    finally:
        lab.run("r1", ["ip", "addr", "add", public, "dev", "wan"])
        lab.run("r1", ["ip", "addr", "del", private, "dev", "wan"])


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("127.0.0.1", texts.DOORS["nonsense"]),
        ("10.0.0.2", texts.DOORS["behind_another"].replace("{detail}", "10.0.0.2")),
    ],
)
def test_what_a_router_answers_over_pcp_is_checked(lab, start, address, words):
    def answer(request: bytes) -> bytes | None:
        if len(request) != 60:
            return None
        mapped = ipaddress.IPv6Address(f"::ffff:{address}").packed
        head = struct.pack("!BBBBII12x", 2, 0x81, 0, 0, 120, 1)
        return head + request[24:44] + mapped

    with lab.inside("r1"):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("192.168.1.1", 5351))
    with answers_datagrams(sock, answer):
        hosting = hosted(start, lab)
        says(hosting, words)
        assert all(host.startswith("192.168.") or ":" in host for host, _ in hosting.addresses)
        assert hosting.interrupt() == 130


def test_over_ipv6_a_host_is_reached_through_an_open_firewall_and_no_router_is_asked(
    lab, router, start
):
    router.start()
    rule = f"ip6 daddr {lab.address('h1', 6)} tcp dport {PORT} accept"
    assert not lab.run("r1", ["nft", "add", "rule", "inet", "netlab", "doors", rule]).returncode
    hosting = start("host", "--admit-all", "--listen", f":{PORT}", *SEEN, lab=lab, host="h1")
    link = hosting.invitation()
    assert (lab.address("h1", 6), PORT) in Invite.parse(link).addresses
    joining = start("join", link, *SEEN, lab=lab, host="s1")
    all_together([hosting, joining])
    joining.wait_for_line(
        lambda line: all(peer["video"]["frames"] > 10 for peer in line["peers"].values()),
        "pictures",
    )
    assert router.said("request received") == router.said("M-SEARCH") == 0
