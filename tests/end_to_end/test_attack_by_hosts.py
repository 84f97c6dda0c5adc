"""Hosts that lie: one hides somebody from one person, and one goes on when another was elected.

The host, a helper and a ghost on strings, and a running copy whose statistics tell what its person
sees; each a process of its own. As soon as one of those who hide somebody is honest again, all are
on every screen. And where two devices lead, one follows the other, whatever it wrote meanwhile.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fakes.puppet import Puppet
from fakes.running_copy import RunningCopy
from fakes.steadiness import Steadiness

from bench import netlab

pytestmark = [pytest.mark.netlab, pytest.mark.slow]

HOST, HELPER, GHOST, VICTIM = "Hildegund", "Helmtrud", "Gernot", "Valentin"
SHOWS = ["--headless", "--camera", "test", "--microphone", "none", "--speaker", "none"]

State = dict[str, Any]


@dataclass
class Scene:
    """A host and a helper who hide a ghost from a victim."""

    host: Puppet
    helper: Puppet
    ghost: Puppet
    victim: RunningCopy
    lab: netlab.NetLab


@pytest.fixture(scope="module")
def scene(
    laboratory: Callable[..., netlab.NetLab], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    """The ghost is in for those who hide it, and they see it."""
    lab = laboratory(3)
    folder = tmp_path_factory.mktemp("ghost")
    with contextlib.ExitStack() as stack:

        def puppet(host: str, name: str, *words: str) -> Puppet:
            return stack.enter_context(Puppet(lab, host, folder, name, *words))

        host = puppet("h1", HOST, "--host", "Runde")
        link = host.wait_for(lambda state: state["link"], "a link", 40)["link"]
        home = tmp_path_factory.mktemp("victim")
        copy = RunningCopy(home, "join", link, "--name", VICTIM, *SHOWS, lab=lab, host="h2")
        victim = stack.enter_context(copy)
        helper = puppet("h3", HELPER, "--join", link)

        def flows(line: State) -> bool:
            pictures = [peer["video"]["frames"] for peer in line["peers"].values()]
            return len(pictures) == 2 and min(pictures) > 10

        victim.wait_for_line(flows, "pictures from both", 60)
        for liar in (host, helper):
            liar.tell(f"conceal {VICTIM}")
        ghost = puppet("h3", GHOST, "--join", link, "--shun", VICTIM)
        for liar in (host, helper):
            seen = f"pictures of {GHOST}"
            liar.wait_for(lambda s: s["people"].get(GHOST, {}).get("pictures", 0) > 5, seen, 60)
        yield Scene(host, helper, ghost, victim, lab)


def test_a_hidden_ghost_sees_and_hears_nothing_of_who_does_not_know_of_it(scene: Scene):
    state = scene.ghost.wait_for(lambda s: s["people"][HOST]["pictures"] > 5, "seeing the host")
    assert GHOST not in scene.victim.latest()["members"]
    assert state["people"][VICTIM]["presence"] != "connected"
    assert state["people"][VICTIM]["pictures"] == 0


def test_those_who_hide_it_are_seen_and_heard_no_more(scene: Scene):
    def pictures(line: State) -> dict[str, int]:
        return {peer["name"]: peer["video"]["frames"] for peer in line["peers"].values()}

    def nothing_comes() -> bool:
        *_, first, _, last = scene.victim.statistics()
        return pictures(first) == pictures(last)

    scene.victim.wait_until(nothing_comes, "two seconds without a picture", 15)
    assert set(pictures(scene.victim.latest())) == {HOST, HELPER}
    assert scene.ghost.latest()["people"][VICTIM]["pictures"] == 0


def test_one_honest_member_is_enough_to_show_everybody_who_is_there(scene: Scene):
    scene.helper.tell("reveal")
    scene.victim.wait_for_line(lambda line: GHOST in line["members"], "the ghost in the list", 30)
    # Now the victim knows to whom it speaks; the three who hid it may as well go on honestly.
    scene.ghost.tell("reveal")
    scene.host.tell("reveal")
    line = scene.victim.wait_for_line(
        lambda line: len(line["members"]) == 4 and line["code"], "a code for four", 30
    )
    for puppet in (scene.host, scene.helper, scene.ghost):
        puppet.wait_for(lambda s: s["code"] == line["code"], "the same code", 20)


def leader_of(state: State) -> str:
    return next((n for n, person in state["people"].items() if person["role"] == "HOST"), "")


def test_of_two_who_lead_one_follows_and_what_it_wrote_alone_is_undone(scene: Scene):
    with Steadiness([scene.victim], of=[HELPER], others=[scene.helper.pid]) as steady:
        with steady.kept():
            scene.lab.unplug("h1")
            # The host goes on alone, and puts somebody out; the others elect, and one votes twice.
            scene.host.tell(f"remove {VICTIM}")
            scene.host.wait_for(lambda s: VICTIM not in s["people"], "a list of its own")
            scene.helper.wait_for(lambda s: s["people"][HOST]["presence"] != "connected", "a loss")
            scene.helper.tell(f"betray votes {GHOST}")
            elected = scene.ghost.wait_for(
                lambda s: leader_of(s) not in ("", HOST), "another host", 60
            )
        assert leader_of(scene.host.latest()) == HOST
        scene.lab.plug("h1")
        with steady.kept():
            followed = scene.host.wait_for(
                lambda s: leader_of(s) == leader_of(elected) and VICTIM in s["people"],
                "the log of the others",
                60,
            )
    assert followed["people"][HOST]["role"] == "CO_HOST"
    assert followed["over"] == followed["alarm"] == ""
    line = scene.victim.latest()
    assert sorted(line["members"]) == sorted([HOST, HELPER, GHOST, VICTIM])
