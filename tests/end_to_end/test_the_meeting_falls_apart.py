"""The network falls into two halves, and is whole again: who can see each other always does.

The half with the host goes on as before. The other one is no majority: it keeps talking, and says
that nobody can come in. When both are one again, everybody is there once, with the role, the hand
and the microphone that they had, and with what the host decided meanwhile.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fakes.puppet import Puppet
from fakes.running_copy import Line, RunningCopy
from fakes.steadiness import Steadiness

from bench import netlab

pytestmark = [pytest.mark.netlab, pytest.mark.slow]

HOST, NEAR, FAR, HELPER = NAMES = "Adelheid", "Balthasar", "Crescentia", "Dorothea"
HALVES = ["h1", "h2"], ["h3", "h4"]
TALKS = ["--headless", "--camera", "test", "--microphone", "test", "--speaker", "none"]
NOTICED_S = 40.0  # generous: the host is missed after ten seconds
BACK_S = 40.0

State = dict[str, Any]


@dataclass
class Scene:
    """A meeting of four: host and copy on one side of the cut, copy and helper on the other."""

    lab: netlab.NetLab
    host: Puppet
    near: RunningCopy
    far: RunningCopy
    helper: Puppet

    @property
    def puppets(self) -> tuple[Puppet, Puppet]:
        return self.host, self.helper

    @property
    def copies(self) -> tuple[RunningCopy, RunningCopy]:
        return self.near, self.far


@pytest.fixture(scope="module")
def scene(
    laboratory: Callable[..., netlab.NetLab], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    """Everybody sees everybody; the helper leads along, and raised a hand; one was muted."""
    lab = laboratory(4)
    folder = tmp_path_factory.mktemp("halves")
    with contextlib.ExitStack() as stack:
        host = stack.enter_context(Puppet(lab, "h1", folder, HOST, "--host", "Runde"))
        link = host.wait_for(lambda state: state["link"], "a link", 40)["link"]

        def copy(where: str, name: str) -> RunningCopy:
            words = ["join", link, "--name", name, *TALKS]
            home = tmp_path_factory.mktemp(where)
            return stack.enter_context(RunningCopy(home, *words, lab=lab, host=where))

        near, far = copy("h2", NEAR), copy("h3", FAR)
        helper = stack.enter_context(Puppet(lab, "h4", folder, HELPER, "--join", link))
        scene = Scene(lab, host, near, far, helper)
        host.wait_for(lambda state: is_whole(state, 2), "everybody", 60)
        host.tell("lock on")
        host.tell(f"role {HELPER} CO_HOST")
        host.tell(f"mute {FAR}")
        helper.tell("hand up")
        for puppet in scene.puppets:
            puppet.wait_for(lambda state: kept(state) and is_whole(state, 20), "all of that", 40)
        for one in scene.copies:
            one.wait_for_line(lambda line: seen_in(line) == len(NAMES) - 1, "pictures of all")
        yield scene


def seen_in(line: Line) -> int:
    """Return how many others are seen."""
    return sum(peer["video"]["frames"] > 30 for peer in line["peers"].values())


def is_whole(state: State, pictures: int) -> bool:
    """Tell whether all four are there, each once, and seen."""
    others = [person for person in state["people"].values() if person["presence"] != "me"]
    return (
        state["seats"] == len(NAMES)
        and set(state["people"]) == set(NAMES)
        and all(person["presence"] == "connected" for person in others)
        and all(person["pictures"] >= pictures for person in others)
    )


def kept(state: State, locked: bool = True) -> bool:
    """Tell whether everybody has the role, the hand and the microphone that they had."""
    people = state["people"]
    return (
        {name: person["role"] for name, person in people.items()}
        == {HOST: "HOST", NEAR: "PARTICIPANT", FAR: "PARTICIPANT", HELPER: "CO_HOST"}
        and {name for name, person in people.items() if person["hand"]} == {HELPER}
        and {name for name, person in people.items() if person["microphone"]} == {NEAR}
        and state["open"][1] is locked
    )


def presence(state: State) -> dict[str, str]:
    return {name: person["presence"] for name, person in state["people"].items()}


@pytest.fixture(scope="module")
def parted(scene: Scene) -> tuple[State, State]:
    """Cut the network into halves until both know; return how host and helper see it then."""
    pairs = ((scene.near, HOST, scene.host), (scene.far, HELPER, scene.helper))
    with contextlib.ExitStack() as stack:
        for copy, seen, puppet in pairs:
            steady = stack.enter_context(Steadiness([copy], of=[seen], others=[puppet.pid]))
            stack.enter_context(steady.kept())
        scene.lab.partition(*HALVES)
        frozen = scene.helper.wait_for(lambda state: state["frozen"], "no majority", NOTICED_S)
        scene.host.tell("lock off")  # only the half that is led by somebody can decide that
        alone = scene.host.wait_for(
            lambda state: presence(state)[HELPER] == "reconnecting" and not state["open"][1],
            "a lost half",
        )
    return alone, frozen


def test_in_each_half_pictures_go_on_and_the_others_are_said_to_be_lost(
    parted: tuple[State, State],
):
    alone, frozen = parted
    assert presence(alone) == {
        HOST: "me", NEAR: "connected", FAR: "reconnecting", HELPER: "reconnecting",
    }  # fmt: skip
    assert presence(frozen) == {
        HOST: "reconnecting", NEAR: "reconnecting", FAR: "connected", HELPER: "me",
    }  # fmt: skip
    assert not alone["frozen"]
    assert kept(frozen)


@pytest.fixture(scope="module")
def united(scene: Scene, parted: tuple[State, State]) -> list[State]:
    """Make the network whole; return how host and helper see it when all is well."""
    assert parted
    scene.lab.partition()

    def well(state: State) -> bool:
        return is_whole(state, 0) and kept(state, locked=False) and not state["frozen"]

    for puppet in scene.puppets:
        puppet.wait_for(well, "everybody back, as before", BACK_S)
    return [puppet.latest() for puppet in scene.puppets]


def test_when_the_halves_are_one_again_everybody_is_there_once_as_they_were(united: list[State]):
    for state in united:
        assert is_whole(state, 20)
        assert kept(state, locked=False)
        assert state["over"] == state["alarm"] == ""


def test_afterwards_everybody_sees_new_pictures_of_everybody_under_one_code(
    scene: Scene, united: list[State]
):
    assert united
    for copy in scene.copies:
        start = copy.latest()["peers"]

        def moved_on(line: Line, start: Any = start) -> bool:
            peers = line["peers"]
            return len(peers) == len(NAMES) - 1 and all(
                peer["video"]["frames"] > start.get(dev, peer)["video"]["frames"] + 20
                for dev, peer in peers.items()
            )

        copy.wait_for_line(moved_on, "new pictures of all", BACK_S, len(copy.statistics()))
        assert sorted(copy.latest()["members"]) == sorted(NAMES)
        assert "Traceback" not in copy.stderr

    def one_code() -> bool:
        codes = {copy.latest()["code"] for copy in scene.copies}
        codes |= {puppet.latest()["code"] for puppet in scene.puppets}
        return len(codes) == 1 and "" not in codes

    scene.near.wait_until(one_code, "one code for all", BACK_S)
