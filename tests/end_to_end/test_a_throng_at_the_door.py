"""Sixteen knock in one second, and others come and go ten times a second: the call goes on.

All of them are let in or told why not, everybody is on every list, and when they have gone nothing
of them is left.
"""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fakes.attacker import Attacker, Said
from fakes.running_copy import RunningCopy, all_together
from fakes.steadiness import Steadiness

from bench import netlab
from crypto.policy import USUAL_PEOPLE as SEATS

pytestmark = [pytest.mark.netlab, pytest.mark.slow]

NAMES = ["Hedda", "Gustav"]
SHOWS = ["--headless", "--camera", "test:320x180", "--microphone", "test", "--speaker", "none"]
TOGETHER = 16
FLEETING, EACH_SECOND = 24, 10
POLITE = {"", "full", "busy", "unreachable"}
SETTLED_S = 60.0
MAY_GROW_MB = 60.0  # links to sixteen people were made and given back


@dataclass
class Scene:
    """A call of two, and what the host held before anybody came."""

    copies: list[RunningCopy]
    link: str
    lab: netlab.NetLab
    folder: Path
    steady: Steadiness
    stack: contextlib.ExitStack
    before: tuple[float, int, int]

    def throng(self, *words: object) -> Attacker:
        attacker = Attacker(self.lab, "h3", self.folder, "attacks.throng", *words)
        return self.stack.enter_context(attacker)


@pytest.fixture(scope="module")
def scene(
    laboratory: Callable[..., netlab.NetLab], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    lab = laboratory(3)
    with contextlib.ExitStack() as stack:

        def copy(host: str, *words: str) -> RunningCopy:
            home = tmp_path_factory.mktemp(host)
            return stack.enter_context(RunningCopy(home, *words, *SHOWS, lab=lab, host=host))

        host = copy("h1", "host", "--name", NAMES[0], "--no-lobby")
        link = host.invitation()
        copies = [host, copy("h2", "join", link, "--name", NAMES[1])]
        all_together(copies)
        for one in copies:
            one.wait_for_line(
                lambda line: all(p["video"]["frames"] > 30 for p in line["peers"].values()),
                "pictures",
            )
        steady = stack.enter_context(Steadiness(copies, of=NAMES))
        folder = tmp_path_factory.mktemp("throng")
        yield Scene(copies, link, lab, folder, steady, stack, held(host))


def held(copy: RunningCopy) -> tuple[float, int, int]:
    return copy.resident_mb(), copy.threads(), copy.open_sockets()


@pytest.fixture(scope="module")
def together(scene: Scene) -> Said:
    """Let sixteen come at once; return what became of them."""
    with scene.steady.kept():
        throng = scene.throng("together", scene.link, TOGETHER)
        result = throng.result(3 * SETTLED_S)
    throng.wait_for(lambda line: line["what"] == "gone", "all gone", SETTLED_S)
    return result


def test_sixteen_at_the_door_in_one_second_are_let_in_or_told_why_not(together: Said):
    reasons = Counter(reason for _, reason in together["answers"])
    waited = max(seconds for seconds, _ in together["answers"])
    print(f"the last of {TOGETHER} had an answer after {waited:.1f} s")
    assert reasons == {"": SEATS - len(NAMES), "full": TOGETHER + len(NAMES) - SEATS}


def test_each_of_them_is_on_everybodys_list(together: Said):
    assert together["listed"] == SEATS - len(NAMES)


def test_ten_a_second_come_and_go_and_the_call_goes_on(scene: Scene, together: Said):
    assert together
    with scene.steady.kept():
        result = scene.throng("fleeting", scene.link, FLEETING, EACH_SECOND).result(3 * SETTLED_S)
    assert set(result["reasons"]) <= POLITE
    assert result["reasons"].count("") > 0


def test_when_all_have_gone_nothing_of_them_is_left(scene: Scene):
    host, guest = scene.copies
    for copy in (host, guest):
        copy.wait_until(lambda c=copy: c.latest()["members"] == NAMES, "an empty house", SETTLED_S)
    memory, threads, sockets = scene.before
    spare = 2  # a second decoder, and a path that is being left
    host.wait_until(lambda: held(host)[1] <= threads + spare, "threads as before", SETTLED_S)
    host.wait_until(lambda: held(host)[2] <= sockets + spare, "sockets as before", SETTLED_S)
    assert held(host)[0] - memory < MAY_GROW_MB
    assert "Traceback" not in host.stderr + guest.stderr
