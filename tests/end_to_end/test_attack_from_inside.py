"""A member that says what no honest program says changes nothing, and nobody's call suffers.

A host and a traitor on strings, a running copy whose statistics tell whether its call went on; each
a process of its own, on a host of its own. What the traitor says is in fakes/attacks/betrayals.py.
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fakes.attacker import Attacker
from fakes.attacks.betrayals import BETRAYALS, CAUGHT, FLOODS
from fakes.puppet import Puppet
from fakes.running_copy import RunningCopy
from fakes.steadiness import Steadiness

from bench import netlab
from crypto.invite import Invite

pytestmark = [pytest.mark.netlab, pytest.mark.slow]

HOST, VICTIM, TRAITOR = "Hildegund", "Valentin", "Trude"
TRAITOR_SEED = "7a" * 32
TALKS = ["--headless", "--camera", "test", "--microphone", "test", "--speaker", "none"]
BLOCK = 49
DENIED = 16  # type of the message that turns somebody away
HANGING_UP = {"goodbye", "hung up"}  # without a word

State = dict[str, Any]


@dataclass
class Scene:
    """A meeting of three, one of them a traitor."""

    host: Puppet
    victim: RunningCopy
    traitor: Puppet
    link: str
    lab: netlab.NetLab
    folder: Path
    steady: Steadiness
    stack: contextlib.ExitStack

    def betray(self, kind: str, how: str = "betray") -> State:
        """Let the traitor say everything of one kind; return what it cost."""
        self.traitor.tell(f"{how} {kind} {VICTIM}")
        return self.result(kind)

    def result(self, kind: str) -> State:
        state = self.traitor.wait_for(lambda s: kind in s["done"], f"{kind} to be done", 60)
        found: State = state["done"][kind]
        return found

    def knocking(
        self, name: str, seed: str, link: str, *passwords: str, patience: float = 30.0
    ) -> Attacker:
        """Let a program knock; it waits for its answer."""
        words = ("knock", name, seed, patience, link, *passwords)
        caller = Attacker(self.lab, "h3", self.folder, "caller", *words)
        return self.stack.enter_context(caller)

    def knock(self, name: str, seed: str, link: str, *passwords: str) -> list[str]:
        """Let a program knock, and go away if it is not answered; return how each time ended."""
        return reasons(self.knocking(name, seed, link, *passwords, patience=1.0))


@pytest.fixture(scope="module")
def scene(
    laboratory: Callable[..., netlab.NetLab], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    lab = laboratory(3)
    folder = tmp_path_factory.mktemp("inside")
    with contextlib.ExitStack() as stack:

        def puppet(host: str, name: str, *words: str) -> Puppet:
            return stack.enter_context(Puppet(lab, host, folder, name, *words))

        host = puppet("h1", HOST, "--host", "Runde")
        link = host.wait_for(lambda state: state["link"], "a link", 40)["link"]
        home = tmp_path_factory.mktemp("victim")
        copy = RunningCopy(home, "join", link, "--name", VICTIM, *TALKS, lab=lab, host="h2")
        victim = stack.enter_context(copy)
        traitor = puppet("h3", TRAITOR, "--join", link, "--seed", TRAITOR_SEED)

        def flows(line: State) -> bool:
            pictures = {peer["name"]: peer["video"]["frames"] for peer in line["peers"].values()}
            return all(pictures.get(name, 0) > 30 for name in (HOST, TRAITOR))

        victim.wait_for_line(flows, "pictures from both", 60)
        steady = stack.enter_context(Steadiness([victim], of=[HOST], others=[host.pid]))
        yield Scene(host, victim, traitor, link, lab, folder, steady, stack)


def as_it_was(state: State) -> tuple[Any, ...]:
    """Return what no traitor may change of how the host sees the meeting."""
    roles = {name: person["role"] for name, person in state["people"].items()}
    return (
        state["over"],
        state["alarm"],
        state["open"],
        roles,
        state["people"][VICTIM]["microphone"],
    )


@pytest.fixture(scope="module")
def betrayed(scene: Scene) -> dict[str, tuple[State, State, State]]:
    """Let the traitor do its worst; return cost, and how things stood before and after, by kind."""
    found = {}
    with scene.steady.kept():
        for kind in BETRAYALS:
            before = scene.host.latest()
            cost = scene.betray(kind)
            scene.host.wait_for(lambda s: TRAITOR in s["people"], "the traitor still in", 10)
            found[kind] = cost, before, scene.host.latest()
    return found


@pytest.mark.parametrize("kind", BETRAYALS)
def test_what_a_member_says_without_the_right_to_changes_nothing(
    betrayed: dict[str, tuple[State, State, State]], kind: str
):
    cost, before, after = betrayed[kind]
    assert cost["said"] > 0
    assert as_it_was(after) == as_it_was(before)
    assert after["people"][VICTIM]["microphone"] is True
    # Who sees a vote for a later term as the host stands again, once in ten seconds at most.
    assert after["epoch"] - before["epoch"] <= (1 if kind == "votes" else 0)


@pytest.mark.parametrize("kind", sorted(CAUGHT))
def test_who_says_what_nobody_may_say_loses_the_channel_each_time(
    betrayed: dict[str, tuple[State, State, State]], kind: str
):
    cost, _, _ = betrayed[kind]
    assert cost["cost"] == cost["said"]


def test_a_member_who_says_very_much_at_once_stops_nobodys_picture(scene: Scene):
    before = scene.host.latest()
    with scene.steady.kept():
        said = [scene.betray(kind, "flood")["said"] for kind in FLOODS]
    assert min(said) > 500
    assert as_it_was(scene.host.latest()) == as_it_was(before)


# ---- at the door


def test_nobody_comes_in_with_the_request_that_every_member_holds_of_another(scene: Scene):
    before = scene.host.latest()
    scene.traitor.tell(f"come as {VICTIM} {scene.link}")
    assert scene.result("come as")["end"] in HANGING_UP
    after = scene.host.latest()
    assert after["knocks"] == {}
    assert (after["epoch"], as_it_was(after)) == (before["epoch"], as_it_was(before))


def reasons(caller: Attacker) -> list[str]:
    """Wait until a program has knocked as often as it should; return how each time ended."""
    caller.result()
    return [line["reason"] for line in caller.said if line["what"] == "visited"]


def knock_of(state: State, name: str, second_device: bool) -> bool:
    """Tell whether exactly one person waits, with the link of this name."""
    knock = {"second_device": second_device, "link": name}
    return bool(state["knocks"] == {name: knock})


ANNA, BODO = "0a" * 32, "0b" * 32


def test_a_thief_of_a_link_comes_in_neither_after_its_owner_nor_unseen_before(scene: Scene):
    scene.host.tell("lobby on")
    scene.host.tell("invite Anna")
    scene.host.tell("invite Bodo 2")
    scene.host.tell("invite Carla")
    links = scene.host.wait_for(lambda s: len(s["links"]) >= 4, "links")["links"]
    # Anna knocks and goes away again: the link is hers from now on, and a thief stands out.
    assert scene.knock("Anna", ANNA, links["Anna"]) == ["waiting"]
    thief = scene.knocking("Anna", BODO, links["Anna"])
    scene.host.wait_for(lambda s: knock_of(s, "Anna", True), "the thief, who is known for one")
    thief.close()
    # Anna is let in: now the link opens for nobody else.
    anna = scene.knocking("Anna", ANNA, links["Anna"])
    scene.host.wait_for(lambda s: knock_of(s, "Anna", False), "Anna herself")
    scene.host.tell("admit Anna")
    anna.result()
    assert scene.host.wait_for(lambda s: s["used"]["Anna"], "the link used up")
    assert scene.knock("Anna", BODO, links["Anna"]) == ["invite_used"]
    # What was taken back or is too old opens nothing, whoever comes.
    scene.host.tell("revoke Carla")
    scene.host.wait_for(lambda s: "Carla" not in s["links"], "the link gone")
    time.sleep(max(0.0, Invite.parse(links["Bodo"]).expiry - time.time()))
    late = [scene.knocking(name, BODO, links[name]) for name in ("Carla", "Bodo")]
    assert [reasons(one) for one in late] == [["invite_unknown"], ["invite_expired"]]


PASSWORD = "an otter under the pier"


def test_passwords_are_guessed_five_times_and_no_more_however_many_ask_from_wherever(scene: Scene):
    sources = [f"10.77.0.{number}" for number in range(60, 70)]
    for source in sources:
        scene.lab.run("h3", ["ip", "addr", "add", f"{source}/24", "dev", "eth0"])
    scene.host.tell(f"password {PASSWORD}")
    scene.host.wait_for(lambda s: s["has_password"], "a password")

    def guesses(*passwords: str) -> list[str]:
        words = ("attacks.guesser", scene.link, ",".join(sources), *passwords)
        guesser = scene.stack.enter_context(Attacker(scene.lab, "h3", scene.folder, *words))
        found: dict[str, str] = guesser.result()["guesses"]
        return list(found.values())

    with scene.steady.kept():
        first = guesses(*(f"guess number {number}" for number in range(10)))
        assert scene.host.wait_for(lambda s: s["password_blocked"], "no more guesses")
        second = guesses("one more guess", PASSWORD)
    assert first.count("wrong") == 4  # the fifth is told that it was the last
    assert set(first) <= {"wrong", "blocked"}
    assert second == ["blocked", "blocked"]  # a right one is not even told from a wrong one
    scene.host.tell("allow")
    scene.host.wait_for(lambda s: not s["password_blocked"], "guesses taken again")
    assert guesses(PASSWORD) == ["right"]
    scene.host.tell("password")
    scene.host.wait_for(lambda s: not s["has_password"], "no password")


# ---- and out


def test_who_is_removed_and_kept_every_key_is_heard_by_nobody_and_hears_nothing(scene: Scene):
    before = scene.host.latest()
    with scene.steady.kept():
        scene.host.tell(f"remove {TRAITOR}")
        scene.traitor.wait_for(lambda s: s["over"] == "removed", "being told")
        scene.host.wait_for(lambda s: TRAITOR not in s["people"], "a list without")
        scene.traitor.tell("come back")
        answers = scene.result("come back")
    assert set(answers) == {HOST, VICTIM}
    for said in answers.values():
        # Blocks that show the removal, and the word that it is over: nothing of what came later.
        assert said[-1:] in ([DENIED], [])
        assert set(said) <= {DENIED, BLOCK}
    now = scene.host.latest()
    assert TRAITOR not in now["people"]
    assert as_it_was(now)[:3] == as_it_was(before)[:3]
    assert scene.knock(TRAITOR, TRAITOR_SEED, scene.link) == ["removed"]
