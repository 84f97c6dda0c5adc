"""The host's computer dies: the others go on seeing and hearing each other, and one takes over."""

import contextlib
import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fakes.running_copy import Line, RunningCopy, all_together
from fakes.steadiness import Steadiness

from app.meeting.election import HOST_LOST
from bench import netlab

pytestmark = [pytest.mark.netlab, pytest.mark.slow]

NAMES = ["Adelheid", "Balthasar", "Crescentia"]
ELECTED_S = HOST_LOST + 5.0  # the votes, a block, keys, and the second between two statistics
LEAST_PACKETS = 40  # of 50 that sound sends in a second


@pytest.fixture(scope="module")
def lab(laboratory: Callable[..., netlab.NetLab]) -> netlab.NetLab:
    return laboratory(4)


@pytest.fixture(scope="module")
def copies(
    lab: netlab.NetLab,
    tmp_path_factory: pytest.TempPathFactory,
    clips: list[Path],
    voice_files: list[Path],
) -> Iterator[list[RunningCopy]]:
    """A host and two guests who all show a picture; the guests speak."""
    microphones = ["none", str(voice_files[0]), str(voice_files[1])]
    with contextlib.ExitStack() as stack:
        running = []
        for number, name in enumerate(NAMES):
            words = ["join", "--nearby"]
            if number == 0:
                words = ["host", "--title", "Tea", "--visible", "--admit-all"]
            words += ["--headless", "--name", name, "--camera", str(clips[number])]
            words += ["--microphone", microphones[number], "--speaker", "none"]
            host = f"h{number + 1}"
            copy = RunningCopy(tmp_path_factory.mktemp(host), *words, lab=lab, host=host)
            running.append(stack.enter_context(copy))
            if number == 0:
                copy.invitation()
            else:
                all_together(running)
        yield running


def heard_without_a_gap(copy: RunningCopy, name: str, lines: list[Line]) -> None:
    """Fail unless sound of somebody came in every second."""
    for before, after in itertools.pairwise(lines):
        counts = [
            next(p["audio"]["packets"] for p in line["peers"].values() if p["name"] == name)
            for line in (before, after)
        ]
        rate = (counts[1] - counts[0]) / (after["t"] - before["t"])
        assert rate >= LEAST_PACKETS, f"{copy.label} heard {rate:.0f} packets a second of {name}"


def test_killing_the_host_of_three_interrupts_nobodys_picture_or_sound(
    copies: list[RunningCopy],
):
    host, *others = copies
    since = [len(copy.statistics()) for copy in others]
    epochs = [copy.latest()["epoch"] for copy in others]
    with Steadiness(others, of=NAMES[1:]) as steadiness, steadiness.kept():
        host.kill()
        deadline = time.monotonic() + ELECTED_S
        for copy, epoch in zip(others, epochs, strict=True):
            copy.wait_for_line(
                lambda line, e=epoch: line["epoch"] > e and set(line["members"]) == set(NAMES[1:]),
                "a meeting of two without the host",
                max(1.0, deadline - time.monotonic()),
            )
        all_together(others, within=5.0)
    for copy, first, name in zip(others, since, reversed(NAMES[1:]), strict=True):
        lines = copy.statistics()[first:]
        assert lines[-1]["t"] - lines[0]["t"] > HOST_LOST
        heard_without_a_gap(copy, name, lines)


def test_somebody_new_finds_the_meeting_and_knocks_at_the_new_host(
    copies: list[RunningCopy], lab: netlab.NetLab, tmp_path: Path
):
    words = ["join", "--nearby", "--headless", "--name", "Dorothea", "--camera", "none"]
    words += ["--microphone", "none", "--speaker", "none"]
    with RunningCopy(tmp_path, *words, lab=lab, host="h4") as newcomer:
        waiting = "has been told that you are here"
        newcomer.wait_until(lambda: waiting in newcomer.stdout, "a place in the lobby", 45.0)
        assert NAMES[1] in newcomer.stdout
        assert "Traceback" not in newcomer.stderr + copies[1].stderr + copies[2].stderr
