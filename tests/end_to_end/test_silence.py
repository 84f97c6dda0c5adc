"""Conclave speaks with the people in the meeting and with nobody else: no server, no name service.

h1, h2 and h3 are on a LAN whose router gives everybody a way to everywhere and knows every name.
Every frame that any of them sends is recorded from before the first copy starts until after the
last has ended, and every question for a name is answered, so that who asks would go on.
"""

import contextlib
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from fakes import coturn, wire
from fakes.coturn import Coturn
from fakes.name_sink import ELSEWHERE, NameSink
from fakes.pcap import UDP, Packet
from fakes.running_copy import ROOT, Line, RunningCopy, environment

from app.exit_codes import ExitCode
from bench import netlab
from bench.netlab.topology import Host, Link, Topology
from media.path.rtp_packet import CAMERA, MICROPHONE, SCREEN

pytestmark = [pytest.mark.netlab, pytest.mark.slow]

Start = Callable[..., RunningCopy]

ROUTER = "10.77.0.254"
ROUTER6 = "fd77::fe"
PEOPLE = ("h1", "h2", "h3")
TOGETHER_S = 4  # lines of statistics, one a second, with everything on
LINE = "Good evening, everybody."
FILE = b"minutes of the meeting\n" * 20_000
CHATTY = """
import socket, urllib.request
for ask in (lambda: socket.getaddrinfo("updates.example.org", 443),
            lambda: urllib.request.urlopen("http://telemetry.example.org/", timeout=1)):
    try: ask()
    except OSError: pass
"""


@dataclass
class Laboratory:
    """Three people's computers, their router, and what is recorded of them."""

    lab: netlab.NetLab
    sink: NameSink
    folder: Path

    @property
    def people(self) -> set[wire.Address]:
        """Every address of the three."""
        return {ip for ip, host in wire.addresses_of(self.lab).items() if host in PEOPLE}

    @contextlib.contextmanager
    def recorded(self, name: str) -> Iterator[Path]:
        """Record every frame that anybody sends."""
        path = self.folder / f"{name}.pcap"
        self.lab.capture(path)
        yield path
        self.lab.capture(None)


def lan_with_router() -> Topology:
    """Return a LAN of three people and a router that takes what is for elsewhere."""
    lan = netlab.one_lan(PEOPLE)
    router = Host("router", (Link("lan", "eth0", f"{ROUTER}/24", f"{ROUTER6}/64"),))
    return Topology((*(replace(host, gateway_is_dead=False) for host in lan.hosts), router))


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    if reason := netlab.why_not():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("silence")
    with netlab.NetLab(lan_with_router()) as lab:
        sink = NameSink(lab, "router", folder / "names")
        with sink.serving(PEOPLE):
            yield Laboratory(lab, sink, folder)


@dataclass
class Evening:
    """A whole evening: what was recorded of it, who asked for names, and what happened."""

    capture: Path
    asked: list[str]
    people: set[wire.Address]
    codes: list[int]
    received: bytes  # the file
    read: str  # at the terminal of a guest


@pytest.fixture(scope="module")
def evening(laboratory: Laboratory, start: Start) -> Evening:
    """Start, look around, meet, talk, show a screen, write, send a file, leave, end."""
    lab, people = laboratory.lab, laboratory.people
    letter = laboratory.folder / "minutes.txt"
    letter.write_bytes(FILE)
    inbox = laboratory.folder / "inbox"
    inbox.mkdir()
    devices = ("--camera", "test", "--microphone", "test", "--speaker", "none")
    with laboratory.recorded("evening") as capture:
        window = windowed(start, laboratory, "nearby_join,camera,microphone,preview_enter")
        host = start(
            *("host", "--title", "Evening", "--visible", "--no-lobby", "--headless", "--chat"),
            *("--name", "Ada", "--accept-files", str(inbox), *devices),
            lab=lab,
            host="h1",
            typing=True,
        )
        guest = start(
            *("join", host.invitation(), "--headless", "--name", "Ben", "--chat"),
            *("--share", "test", "--send-file", str(letter), *devices),
            lab=lab,
            host="h2",
            typing=True,
        )
        host.wait_for_line(all_is_on, "pictures and sound of both guests", 60)
        host.type(LINE)
        got = inbox / letter.name
        host.wait_until(lambda: got.exists() and got.stat().st_size == len(FILE), "the file")
        guest.wait_until(lambda: LINE in guest.stdout, "the line")
        enough = len(host.statistics()) + TOGETHER_S
        host.wait_until(lambda: len(host.statistics()) > enough, "a while of talk")
        codes = [window.interrupt(), guest.interrupt(), host.interrupt()]
    return Evening(capture, laboratory.sink.asked, people, codes, got.read_bytes(), guest.stdout)


def spoken(capture: Path) -> list[Packet]:
    """Return the packets of a recording, but those by which systems find their neighbours."""
    return [packet for packet in wire.packets_of(capture) if not wire.is_neighbourly(packet)]


def windowed(start: Start, laboratory: Laboratory, presses: str) -> RunningCopy:
    """Open a window at h3, in which somebody presses these buttons."""
    profile = laboratory.folder / "profile"
    profile.mkdir(mode=0o700)
    settings = {"name": "Cleo", "camera": "test", "microphone": "test"}
    (profile / "settings.json").write_text(json.dumps(settings))
    return start(
        *("--profile", str(profile)),
        program=("fakes.clicking", presses),
        lab=laboratory.lab,
        host="h3",
        stats=False,
    )


def all_is_on(line: Line) -> bool:
    """Tell whether this second brought pictures and sound of two others."""
    peers = line["peers"].values()
    return len(peers) == 2 and all(
        peer["video"]["fps"] > 5 and peer["audio"]["packets"] > 50 for peer in peers
    )


def is_cut_off(line: Line) -> bool:
    """Tell whether it is known that no way leads to the other."""
    return [peer["state"] for peer in line["peers"].values()] == ["unreached"]


def streams_of(capture: Path) -> Counter[int]:
    """Return how many packets of each stream were on the wire; the number is the SSRC."""
    return Counter(
        int.from_bytes(packet.payload[8:12], "big")
        for packet in wire.packets_of(capture)
        if packet.protocol == UDP and 128 <= (packet.payload or b"\0")[0] < 192
    )


def test_it_was_a_whole_evening(evening: Evening):
    streams = streams_of(evening.capture)
    assert min(streams[one.ssrc] for one in (MICROPHONE, CAMERA, SCREEN)) > 50
    assert evening.received == FILE
    assert LINE in evening.read
    assert evening.codes == [ExitCode.OK, ExitCode.INTERRUPTED, ExitCode.INTERRUPTED]


def test_nothing_goes_to_anybody_but_those_in_the_meeting(evening: Evening):
    packets = spoken(evening.capture)
    assert len(packets) > 1000
    assert wire.strangers(packets, evening.people) == set()
    assert wire.name_queries(packets) == set()
    assert evening.asked == []


def test_nobody_even_looks_for_the_router(evening: Evening):
    sought = wire.sought(evening.capture)
    assert sought & {str(address) for address in evening.people}
    assert not sought & {ROUTER, ROUTER6}


def test_the_doctor_looks_for_the_router_and_asks_nothing_beyond(laboratory: Laboratory):
    with laboratory.recorded("doctor") as capture:
        home = laboratory.folder / "doctor"
        words = [sys.executable, "-m", "app", "doctor", "--profile", str(home / "profile")]
        program = laboratory.lab.popen("h1", words, env=environment(home), cwd=ROOT)
        program.wait(timeout=60)
    packets = spoken(capture)
    out = wire.strangers(packets, laboratory.people)
    assert {target for _source, target, _port in out} == {ROUTER, ROUTER6}
    towards = [packet for packet in packets if str(packet.target) in (ROUTER, ROUTER6)]
    assert {packet.payload for packet in towards if packet.protocol == UDP} == {b""}
    assert wire.name_queries(packets) == set()
    assert laboratory.sink.asked == []


@pytest.fixture
def without_direct_media(laboratory: Laboratory) -> Iterator[None]:
    """Let no UDP pass from h2 to h1: media need a relay there."""
    lab = laboratory.lab
    rules = "; ".join(
        f"add rule inet silence out meta l4proto udp {family} daddr {address} drop"
        for address, host in wire.addresses_of(lab).items()
        if host == "h1" and (family := "ip6" if address.version == 6 else "ip")
    )
    table = "add table inet silence; add chain inet silence out "
    table += "{ type filter hook output priority 0 ; }"
    assert lab.run("h2", ["nft", f"{table}; {rules}"]).returncode == 0
    yield
    lab.run("h2", ["nft", "delete table inet silence"])


@pytest.mark.skipif(bool(coturn.why_not()), reason=coturn.why_not())
@pytest.mark.parametrize("lan_only", [False, True], ids=["anywhere", "lan_only"])
@pytest.mark.usefixtures("without_direct_media")
def test_a_relay_that_is_set_is_spoken_to_and_in_a_local_meeting_not_even_that(
    laboratory: Laboratory, tmp_path: Path, lan_only: bool
):
    (tmp_path / "secret").write_text(coturn.SECRET)
    lab = laboratory.lab
    words = ["--headless", "--camera", "test", "--microphone", "none", "--speaker", "none"]
    relay = Coturn(lab, "router", tmp_path / "relay")
    helped = ["--team-servers", f"{relay.entry('udp')} {relay.entry('tls')}"]
    helped += ["--team-secret-file", str(tmp_path / "secret")]
    helped += ["--lan-only"] if lan_only else []
    with contextlib.ExitStack() as stack:
        stack.enter_context(relay)
        capture = stack.enter_context(laboratory.recorded(tmp_path.name))
        home = tmp_path / "h1"
        host = RunningCopy(home, "host", "--no-lobby", *helped, *words, lab=lab, host="h1")
        stack.enter_context(host)
        guest = RunningCopy(tmp_path / "h2", "join", host.invitation(), *words, lab=lab, host="h2")
        stack.enter_context(guest)
        if lan_only:
            guest.wait_for_line(is_cut_off, "no way to the host", 45)
        else:  # that it lets nobody through to private addresses, as it should, is no matter
            guest.wait_until(lambda: "denied" in relay.log, "a word to the relay", 45)
    packets = spoken(capture)
    out = wire.strangers(packets, laboratory.people)
    assert {target for _source, target, _port in out} == (set() if lan_only else {ROUTER})
    assert wire.name_queries(packets) == set()
    assert laboratory.sink.asked == []


def test_who_is_chatty_is_caught(laboratory: Laboratory):
    """The silence above is not that of a dead line."""
    with laboratory.recorded("chatty") as capture:
        words = [sys.executable, "-c", CHATTY]
        home = laboratory.folder / "chatty"
        program = laboratory.lab.popen("h1", words, env=environment(home))
        assert program.wait(timeout=30) == 0
    packets = spoken(capture)
    targets = {target for _source, target, _port in wire.strangers(packets, laboratory.people)}
    assert {ROUTER, ELSEWHERE} <= targets
    assert wire.name_queries(packets)
    assert {"updates.example.org", "telemetry.example.org"} <= set(laboratory.sink.asked)
