"""The network goes and comes back, an address changes, a computer sleeps: the call goes on.

Nobody does anything, nobody loses the seat, and no key changes: the meeting is the same as before.
"""

import contextlib
import signal
import time
from collections.abc import Callable, Iterator

import pytest
from fakes.running_copy import Line, RunningCopy, all_together

from bench import netlab

pytestmark = [pytest.mark.netlab, pytest.mark.slow]

NAMES = ["Adelheid", "Balthasar"]
WORDS = ["--headless", "--camera", "test", "--microphone", "none", "--speaker", "none"]
OUT_S = 8.0  # longer than a link waits before it is called lost
ASLEEP_S = 20.0  # longer than a channel waits for a sign of life
SETTLED_S = 6.0  # a channel that was lost in the test before stands again by then
BACK_S = 30.0  # wide, for a busy computer; bench.outage tells how long it takes


@pytest.fixture(scope="module")
def lab(laboratory: Callable[..., netlab.NetLab]) -> netlab.NetLab:
    return laboratory(2, ipv6=False)


@pytest.fixture(scope="module")
def copies(
    lab: netlab.NetLab, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[RunningCopy]]:
    """Two people who see each other."""
    with contextlib.ExitStack() as stack:
        words = ["host", "--name", NAMES[0], "--no-lobby", *WORDS]
        host = RunningCopy(tmp_path_factory.mktemp("h1"), *words, lab=lab, host="h1")
        stack.enter_context(host)
        words = ["join", host.invitation(), "--name", NAMES[1], *WORDS]
        guest = RunningCopy(tmp_path_factory.mktemp("h2"), *words, lab=lab, host="h2")
        running = [host, stack.enter_context(guest)]
        all_together(running)
        yield running


def pictures(line: Line) -> int:
    return sum(int(peer["video"]["frames"]) for peer in line["peers"].values())


def state(line: Line) -> str:
    return next((str(peer["state"]) for peer in line["peers"].values()), "")


@contextlib.contextmanager
def going_on_afterwards(copies: list[RunningCopy]) -> Iterator[None]:
    """Fail unless both see new pictures of each other after the block, in the same meeting."""
    time.sleep(SETTLED_S)
    epochs = [copy.latest()["epoch"] for copy in copies]
    yield
    since = [len(copy.statistics()) for copy in copies]
    for copy, first in zip(copies, since, strict=True):
        seen: list[int] = []

        def flows(line: Line, seen: list[int] = seen) -> bool:
            seen.append(pictures(line))
            return state(line) == "connected" and seen[-1] > seen[0] + 20

        copy.wait_for_line(flows, "new pictures", BACK_S, since=first)
    for copy, epoch in zip(copies, epochs, strict=True):
        assert copy.latest()["epoch"] == epoch, "somebody lost the seat"
        assert len(copy.latest()["members"]) == len(NAMES)
        assert "Traceback" not in copy.stderr


@pytest.mark.parametrize("host", ["h1", "h2"])
def test_a_computer_with_another_address_is_found_again(
    copies: list[RunningCopy], lab: netlab.NetLab, host: str
):
    with going_on_afterwards(copies):
        lab.readdress(host, f"10.77.0.{100 + int(host[1])}/24")
        time.sleep(1.0)  # until nothing can come from the old one


def test_who_slept_wakes_up_in_the_call(copies: list[RunningCopy]):
    sleeper = copies[1].process
    with going_on_afterwards(copies):
        sleeper.send_signal(signal.SIGSTOP)
        time.sleep(ASLEEP_S)
        sleeper.send_signal(signal.SIGCONT)


def test_a_pulled_cable_is_shown_and_the_call_goes_on_when_it_is_back(
    copies: list[RunningCopy], lab: netlab.NetLab
):
    with going_on_afterwards(copies):
        since = [len(copy.statistics()) for copy in copies]
        lab.unplug("h2")
        for copy, first in zip(copies, since, strict=True):
            copy.wait_for_line(
                lambda line: state(line) == "reconnecting", "silence", BACK_S, since=first
            )
        time.sleep(OUT_S)
        lab.plug("h2")


def test_all_of_that_leaves_no_sockets_behind(copies: list[RunningCopy]):
    for copy in copies:
        copy.wait_until(lambda c=copy: c.open_sockets() <= 12, "few sockets", BACK_S)
