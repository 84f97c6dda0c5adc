"""Nothing is sent to whom nobody let in, nothing by who is muted: counted on the wire.

A host on strings, and a guest whose computer has a clock that is a day ahead. What crosses the
wire is recorded; the headers of RTP can be read there, and say of which stream a packet is.
"""

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fakes.pcap import UDP, packets_of
from fakes.puppet import Puppet
from fakes.running_copy import Line, RunningCopy
from fakes.wire import MDNS_PORT

from bench import netlab
from media.path.rtp_packet import CAMERA, MICROPHONE

pytestmark = [pytest.mark.netlab, pytest.mark.slow]

HOST, GUEST = "Hermine", "Gotthold"
DAY = 86_400.0
WAITED_S = 2.0
SETTLES_S = 1.2  # what was under way has arrived, a share of it twice
COUNTED_S = 1.5
TALKS = ["--headless", "--camera", "test", "--microphone", "test", "--speaker", "none"]


@dataclass
class Scene:
    """Two computers, what crosses the wire between them, and a wrong clock."""

    lab: netlab.NetLab
    host: Puppet
    guest: RunningCopy
    capture: Path
    ahead: Path

    def of(self, host: str, since: float = 0.0) -> Counter[int]:
        """Count RTP packets by stream, and other UDP but mDNS under 0, that a computer sent."""
        sender = self.lab.address(host)
        found: Counter[int] = Counter()
        for packet in packets_of(self.capture):
            data = packet.payload
            if packet.protocol != UDP or packet.time < since or str(packet.source) != sender:
                continue
            if MDNS_PORT in (packet.source_port, packet.target_port):
                continue
            is_rtp = len(data) > 12 and 128 <= data[0] < 192 and not 192 <= data[1] <= 223
            found[int.from_bytes(data[8:12], "big") if is_rtp else 0] += 1
        return found

    def counted(self) -> Counter[int]:
        """Let what is under way arrive, wait, and count what the guest sends in that time."""
        time.sleep(SETTLES_S)
        since = time.time()
        time.sleep(COUNTED_S)
        return self.of("h2", since)


@pytest.fixture(scope="module")
def scene(
    laboratory: Callable[..., netlab.NetLab], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    """Somebody knocks, and waits."""
    lab = laboratory(2, ipv6=False)
    folder = tmp_path_factory.mktemp("consent")
    ahead = folder / "ahead"
    ahead.write_text(str(DAY - 600))
    capture = folder / "wire.pcap"
    with contextlib.ExitStack() as stack:
        host = stack.enter_context(Puppet(lab, "h1", folder, HOST, "--host", "Sprechstunde"))
        link = host.wait_for(lambda state: state["link"], "a link", 40)["link"]
        host.tell("lobby on")
        host.wait_for(lambda state: state["open"][2], "a lobby")
        lab.capture(capture)
        words = ["join", link, "--name", GUEST, *TALKS]
        home, program = tmp_path_factory.mktemp("guest"), ("fakes.wrong_clock", str(ahead))
        copy = RunningCopy(home, *words, lab=lab, host="h2", program=program)
        guest = stack.enter_context(copy)
        host.wait_for(lambda state: GUEST in state["knocks"], "a knock", 40)
        yield Scene(lab, host, guest, capture, ahead)


def flows(line: Line) -> bool:
    return any(peer["video"]["frames"] > 30 for peer in line["peers"].values())


def test_a_guest_whose_clock_is_a_day_ahead_reaches_the_door(scene: Scene):
    assert list(scene.host.latest()["knocks"]) == [GUEST]


def test_in_the_lobby_no_packet_of_media_passes_in_either_direction(scene: Scene):
    time.sleep(WAITED_S)
    assert list(scene.host.latest()["knocks"]) == [GUEST]
    assert scene.of("h1") == scene.of("h2") == Counter()


@pytest.fixture(scope="module")
def together(scene: Scene) -> Scene:
    scene.host.tell(f"admit {GUEST}")
    scene.guest.wait_for_line(flows, "pictures", 30)
    return scene


def test_once_let_in_both_send(together: Scene):
    assert together.of("h1")[CAMERA.ssrc] > 30
    sent = together.counted()
    assert sent[CAMERA.ssrc] > 10 * COUNTED_S
    assert sent[MICROPHONE.ssrc] > 10 * COUNTED_S


@pytest.mark.parametrize("days", [-3, 3])
def test_a_clock_that_is_set_in_a_call_changes_nothing(together: Scene, days: int):
    before, first = together.guest.latest(), len(together.guest.statistics())
    together.ahead.write_text(str(days * DAY))
    time.sleep(COUNTED_S)

    def goes_on(line: Line) -> bool:
        (now,), (then,) = line["peers"].values(), before["peers"].values()
        return bool(now["video"]["frames"] > then["video"]["frames"] + 20)

    line = together.guest.wait_for_line(goes_on, "new pictures", 20, since=first)
    assert (line["epoch"], line["members"]) == (before["epoch"], before["members"])
    assert line["code"] == before["code"]


def test_who_is_muted_sends_no_packet_of_sound(together: Scene):
    together.host.tell(f"mute {GUEST}")
    together.host.wait_for(lambda s: not s["people"][GUEST]["microphone"], "silence")
    sent = together.counted()
    assert sent[MICROPHONE.ssrc] == 0
    assert sent[CAMERA.ssrc] > 10 * COUNTED_S


def test_who_is_asked_to_unmute_again_and_again_still_sends_none(together: Scene):
    for _ in range(100):
        together.host.tell(f"unmute {GUEST}")
    sent = together.counted()
    assert sent[MICROPHONE.ssrc] == 0
    assert not together.host.latest()["people"][GUEST]["microphone"]


def test_who_switches_the_camera_off_sends_no_packet_of_pictures(together: Scene):
    together.host.tell("camera off")
    time.sleep(SETTLES_S)
    since = time.time()
    time.sleep(COUNTED_S)
    sent = together.of("h1", since)
    assert sent[CAMERA.ssrc] == 0
    assert sent[0] > 0  # the path is kept alive


def test_nothing_but_the_one_port_listens(together: Scene):
    listening = together.lab.run("h2", ["ss", "-Hlntp"]).stdout.splitlines()
    own = [line for line in listening if f"pid={together.guest.process.pid}," in line]
    assert len(own) == len(listening)
    ports = {line.split()[3].rpartition(":")[2] for line in own}
    assert len(ports) == 1
