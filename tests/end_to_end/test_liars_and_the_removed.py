"""In a real meeting, liars are neither seen nor heard, and who is removed is out for good."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fakes import wire
from fakes.puppet import Puppet
from fakes.running_copy import Line, RunningCopy

from bench import netlab

pytestmark = [pytest.mark.netlab, pytest.mark.slow]

TITLE = "Silberdistel-Gespräch"
HOST, VICTIM, OUTCAST = "Hildegund", "Valentina", "Oswald"
LIARS = {"Friedemann": ("tamper", "forged"), "Pauline": ("replay", "replayed")}
LIARS["Sibylle"] = ("wrong key", "forged")
OUTCAST_SEED = "5eed" * 16
CHAT = "Der Kranich steht am Kanalufer"
WATCHED_S = 8.0
QUIET = ["--headless", "--camera", "none", "--microphone", "none", "--speaker", "none"]


@dataclass
class Party:
    """A host and guests on strings, one real copy among them."""

    host: Puppet
    victim: RunningCopy
    guests: dict[str, Puppet]
    lab: netlab.NetLab
    capture: Path
    come_back: Callable[[], Puppet]  # the one who will be removed, with the same identity

    def at_the_victim(self, name: str, line: Line | None = None) -> Line | None:
        """Return what the copy's statistics say of somebody."""
        peers = (line or self.victim.latest()).get("peers", {})
        return next((peer for peer in peers.values() if peer["name"] == name), None)


@pytest.fixture(scope="module")
def party(
    laboratory: Callable[..., netlab.NetLab], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Party]:
    """Everybody is in, and has been seen, before anybody lies."""
    lab = laboratory(3)
    folder = tmp_path_factory.mktemp("party")
    capture = folder / "wire.pcap"
    lab.capture(capture)
    with contextlib.ExitStack() as stack:

        def puppet(host: str, name: str, *words: str) -> Puppet:
            return stack.enter_context(Puppet(lab, host, folder, name, *words))

        host = puppet("h1", HOST, "--host", TITLE)
        link = host.wait_for(lambda state: state["link"], "a link")["link"]
        home = tmp_path_factory.mktemp("victim")
        copy = RunningCopy(home, "join", link, "--name", VICTIM, *QUIET, lab=lab, host="h2")
        victim = stack.enter_context(copy)
        tricks = {name: trick for name, (trick, _) in LIARS.items()}
        guests = {
            name: puppet("h3", name, "--join", link, "--trick", trick)
            for name, trick in tricks.items()
        }
        guests[OUTCAST] = puppet("h3", OUTCAST, "--join", link, "--seed", OUTCAST_SEED)

        def come_back() -> Puppet:
            return puppet("h3", "again", "--join", link, "--seed", OUTCAST_SEED)

        party = Party(host, victim, guests, lab, capture, come_back)
        names = [HOST, *guests]

        def seen(line: Line) -> bool:
            found = [party.at_the_victim(name, line) for name in names]
            return all(peer and peer["video"]["frames"] > 30 for peer in found)

        victim.wait_for_line(seen, "pictures from everybody", 45)
        yield party


def test_chat_reaches_everybody(party: Party):
    party.host.tell(f"say {CHAT}")
    for guest in party.guests.values():
        guest.wait_for(lambda state: CHAT in state["chat"], "the line of chat")


@pytest.fixture(scope="module")
def lied(party: Party) -> tuple[Party, Line, Line]:
    """Let the liars lie for a while; return the copy's statistics at the begin and at the end."""
    for name in LIARS:
        party.guests[name].tell("lie")
    for name in LIARS:
        party.guests[name].wait_for(lambda state: state["lies"] > 10, "lies")
    time.sleep(1.2)  # what was honest has been decoded and counted
    before = party.victim.latest()
    lines = len(party.victim.statistics())
    party.victim.wait_for_line(lambda line: True, "a while", 15, lines + int(WATCHED_S))
    return party, before, party.victim.latest()


@pytest.mark.parametrize("name", LIARS)
def test_no_picture_of_a_liar_is_shown_and_the_refusals_are_counted(
    lied: tuple[Party, Line, Line], name: str
):
    party, before, after = lied
    first, last = party.at_the_victim(name, before), party.at_the_victim(name, after)
    assert first
    assert last
    assert last["video"]["frames"] == first["video"]["frames"]
    assert last["frames"]["refused"] > first["frames"]["refused"] + 30
    assert last["state"] == "unverified", (first["frames"], last["frames"])


@pytest.mark.parametrize("name", LIARS)
def test_the_counters_say_why(lied: tuple[Party, Line, Line], name: str):
    party, _, _ = lied
    reason = LIARS[name][1]
    refusals = party.host.latest()["people"][name]["refusals"]
    assert refusals[reason] > 30
    assert sum(refusals.values()) - refusals[reason] <= 5


def test_the_honest_are_seen_all_the_while(lied: tuple[Party, Line, Line]):
    party, before, after = lied
    for name in (HOST, OUTCAST):
        first, last = party.at_the_victim(name, before), party.at_the_victim(name, after)
        assert first
        assert last
        assert last["video"]["frames"] >= first["video"]["frames"] + 10 * WATCHED_S


def test_who_is_removed_is_gone_everywhere_and_cannot_come_back(lied: tuple[Party, Line, Line]):
    party, _, before = lied
    party.host.tell(f"remove {OUTCAST}")
    party.guests[OUTCAST].wait_for(lambda state: state["over"] == "removed", "being told")

    def without(line: Line) -> bool:
        fresh = line["epoch"] > before["epoch"] and line["code"] not in (None, before["code"])
        return fresh and party.at_the_victim(OUTCAST, line) is None

    lines = len(party.victim.statistics())
    party.victim.wait_for_line(without, "a list, an epoch and a code without", 10, lines)
    assert OUTCAST not in party.host.latest()["people"]
    party.come_back().wait_for(lambda state: state["reason"] == "removed", "being refused")


def test_nothing_that_was_said_or_shown_can_be_read_on_the_wire(lied: tuple[Party, Line, Line]):
    party, _, _ = lied
    party.lab.capture(None)
    data = wire.bytes_of(party.capture)
    words = [TITLE, CHAT, "Kranich", "Kanalufer", HOST, VICTIM, OUTCAST, *LIARS]
    assert wire.words_in(data, words) == set()
    assert wire.key_frames_in(data, [(640, 360)]) == 0
