"""People in a call keep it while somebody on their network does what an attacker can do there.

Two running copies in a call, each on a host of its own; attackers on two more. Their programs are
processes of their own and speak over real sockets. What the attackers reach is told by themselves;
that nobody's picture stood still is told by the statistics of the copies.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from fakes.attacker import Attacker, Said
from fakes.running_copy import RunningCopy, all_together
from fakes.steadiness import Steadiness

from bench import netlab
from crypto.invite import Invite

pytestmark = [pytest.mark.netlab, pytest.mark.slow]

PORT = 47100  # the first that a copy takes; each has a host of its own here
PICTURES = ["--headless", "--camera", "test", "--microphone", "none", "--speaker", "none"]
TITLE = "Ein Treffen am Kanal"
MANY = {"h1": 1000, "h2": 200}  # connections at once
CROWD_S = 3.0  # that those who were let in are kept for
PLACES = 16  # for strangers
ALIASES = 8  # addresses that an attacker gives itself


@dataclass
class Scene:
    """A call of two, its network, and a watch on whether it goes on."""

    host: RunningCopy
    guest: RunningCopy
    link: str
    lab: netlab.NetLab
    folder: Path
    steady: Steadiness
    stack: contextlib.ExitStack
    between: Attacker | None = None

    def link_to(self, host: str, port: int) -> str:
        """Return the invitation with another address in it: no caller trusts what stands there."""
        address = (self.lab.address(host), port)
        return replace(Invite.parse(self.link), addresses=(address,)).link()

    def attacker(self, host: str, program: str, *words: object) -> Attacker:
        attacker = Attacker(self.lab, host, self.folder, program, *words)
        return self.stack.enter_context(attacker)


@pytest.fixture(scope="module")
def scene(
    laboratory: Callable[..., netlab.NetLab], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    """Two people see each other, and go on seeing each other until the last test."""
    lab = laboratory(4)

    def home(name: str) -> Path:
        return tmp_path_factory.mktemp(name)

    words = ["host", "--name", "Hedda", "--title", TITLE, "--visible", "--no-lobby", *PICTURES]
    with RunningCopy(home("host"), *words, lab=lab, host="h1") as host:
        link = host.invitation()
        words = ["join", link, "--name", "Gustav", *PICTURES]
        with RunningCopy(home("guest"), *words, lab=lab, host="h2") as guest:
            all_together([host, guest])
            for copy in (host, guest):
                copy.wait_for_line(flows, "pictures", 20)
            with Steadiness([host, guest]) as steady, contextlib.ExitStack() as stack:
                yield Scene(host, guest, link, lab, home("attacks"), steady, stack)


def flows(line: dict[str, Any]) -> bool:
    return all(peer["video"]["frames"] > 30 for peer in line["peers"].values())


def still_together(scene: Scene) -> None:
    """Check that the same two people are in, under the code they had, and see each other."""
    for copy in (scene.host, scene.guest):
        assert copy.latest()["members"] == ["Hedda", "Gustav"]
        (peer,) = copy.latest()["peers"].values()
        assert peer["state"] == "connected"


# ---- floods


@pytest.fixture(scope="module")
def crowded(scene: Scene) -> dict[str, Said]:
    """Crowd both copies at once; return what the attackers reached."""
    with scene.steady.kept():
        attackers = {}
        for number, (copy, attacker) in enumerate((("h1", "h3"), ("h2", "h4"))):
            sources = [f"10.77.0.{100 + 20 * number + alias}" for alias in range(ALIASES)]
            for source in sources:
                scene.lab.run(attacker, ["ip", "addr", "add", f"{source}/24", "dev", "eth0"])
            target = scene.lab.address(copy)
            attackers[copy] = scene.attacker(
                attacker, "attacks.crowd", target, PORT, MANY[copy], CROWD_S, *sources
            )
        results = {copy: attacker.result() for copy, attacker in attackers.items()}
    still_together(scene)
    return results


def test_a_thousand_connections_get_a_few_places_and_no_more(crowded: dict[str, Said]):
    for copy, reached in crowded.items():
        crowd = reached["crowd"]
        assert crowd["made"] > 0.9 * MANY[copy]
        assert crowd["left"] <= PLACES
        assert crowd["answered"] < 100  # the others were cut off before any work was done for them


def test_who_says_a_byte_a_second_makes_room_for_others(crowded: dict[str, Said]):
    for reached in crowded.values():
        assert reached["drip"]["seconds"] < 11.0


def test_a_hundred_megabytes_before_a_proof_are_cut_off_at_the_limit(crowded: dict[str, Said]):
    for reached in crowded.values():
        # What a socket swallows on both sides counts too, though nobody ever looked at it.
        assert 0 <= reached["noise"]["bytes"] < 8_000_000
        assert 0 <= reached["messages"]["bytes"] < 8_000_000


def test_nobody_who_was_crowded_holds_on_to_memory_or_sockets(scene: Scene, crowded: object):
    for copy in (scene.host, scene.guest):
        copy.wait_until(lambda c=copy: c.open_sockets() < 40, "sockets of strangers closed", 15)
        assert copy.resident_mb() < 400


# ---- in the middle

HELLO_BYTES = 64
WAYS = {
    "relay": "invite_unknown",  # the true host says so: the proof is for another channel
    "thief": "not_host",
    "poser": "not_host",
    "babbler": "not_host",
    "old": "too_old",
}


@pytest.fixture(scope="module")
def middle(scene: Scene) -> Said:
    """Return on which ports somebody sits between callers and the host, who has the link, too."""
    attacker = scene.attacker("h3", "attacks.middle", scene.lab.address("h1"), PORT, scene.link)
    scene.between = attacker
    return attacker.wait_for(lambda line: line["what"] == "ready", "ports")


@pytest.fixture(scope="module")
def visits(scene: Scene, middle: Said) -> dict[str, tuple[Said, Said]]:
    """Let an honest program follow the link, with the middle on its way, each way once."""
    links = [scene.link_to("h3", middle["ports"][way]) for way in WAYS]
    with scene.steady.kept():
        caller = scene.attacker("h4", "caller", "straight", scene.link, *links)
        caller.result()
    straight, *visited = [line for line in caller.said if line["what"] == "visited"]
    assert (straight["reason"], straight["title"]) == ("", TITLE)
    return {
        way: (visit, scene.between.wait_for(lambda met, w=way: met.get("way") == w, "a meeting"))
        for way, visit in zip(WAYS, visited, strict=True)
    }


@pytest.mark.parametrize("way", WAYS)
def test_a_man_in_the_middle_is_not_taken_for_the_host(
    visits: dict[str, tuple[Said, Said]], way: str
):
    visit, _ = visits[way]
    assert visit["reason"] == WAYS[way]


@pytest.mark.parametrize("way", WAYS)
def test_a_man_in_the_middle_learns_nothing_of_who_called(
    visits: dict[str, tuple[Said, Said]], way: str
):
    _, met = visits[way]
    assert met["end"] != "went on"
    heard = [bytes.fromhex(message) for message in met["heard"]]
    assert [len(message) for message in heard] == ([] if way == "old" else [HELLO_BYTES])


# ---- false announcements

NOWHERE = 9  # a port at which nobody listens
SPOOF_S = 9.0  # longer than somebody looks for a host here
FLOOD_S = 5.0
INVENTED = 4000
LONG_S = 60.0  # what was invented is forgotten after two minutes, and asked at most once in 8 s
FEW = 100  # visits to one address in that time


def test_who_is_led_astray_by_false_announcements_tells_nobody_who_they_are(
    scene: Scene, middle: Said
):
    before = len(scene.between.said)
    place = scene.lab.address("h3"), middle["ports"]["thief"]
    scene.attacker("h3", "attacks.announcer", "spoof", place[0], SPOOF_S, place[1]).ready()
    with scene.steady.kept():
        looking = scene.attacker("h4", "caller", "looking", scene.link_to("h1", NOWHERE))
        looking.result()
    met = [line for line in scene.between.said[before:] if line["what"] == "met"]
    assert met, "nobody was led astray"
    assert {len(message) for line in met for message in line["heard"]} == {2 * HELLO_BYTES}
    assert "went on" not in {line["end"] for line in met}
    # Who stands between people can keep them apart; nobody ends up with somebody else.
    (visit,) = [line for line in looking.said if line["what"] == "visited"]
    assert (visit["reason"], visit["title"]) in (("looked in vain", ""), ("", TITLE))


def test_thousands_of_false_announcements_cost_a_call_nothing_and_hide_no_meeting_for_long(
    scene: Scene,
):
    claimed = [scene.lab.address(host) for host in ("h3", "h2", "h1")]
    claimed += [f"10.77.0.{number}" for number in range(150, 200)]
    with scene.steady.kept():
        flood = scene.attacker(
            "h3", "attacks.announcer", "flood", claimed[0], FLOOD_S, INVENTED, *claimed
        ).ready()
        looking = scene.attacker("h4", "caller", "nearby", TITLE)
        sent, came = (flood.result()[word] for word in ("sent", "came"))
        found = looking.result(LONG_S)
    assert sent == INVENTED
    assert came < FEW
    assert found["listed"] == 1
    for copy in (scene.host, scene.guest):
        assert copy.resident_mb() < 400
