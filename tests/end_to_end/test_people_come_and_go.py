"""People vanish, leave and end the meeting: the others see it, and nothing stays behind."""

import contextlib
import time
from collections.abc import Callable, Iterator

import pytest
from fakes import wire
from fakes.running_copy import RunningCopy, all_together

from bench import netlab

pytestmark = [pytest.mark.netlab, pytest.mark.slow]

TITLE = "Feuersalamander-Runde"
NAMES = ["Kunigunde Mondschein", "Theophil Brandauer", "Isolde Wickenstein", "Ruprecht Zacharias"]
NOTICED_S = 5.0  # until a killed member is gone from everybody's list
MARGIN_S = 1.5  # statistics come once a second, and are read ten times a second


@pytest.fixture(scope="module")
def copies(
    laboratory: Callable[..., netlab.NetLab], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[RunningCopy]]:
    """Four people on one LAN, without cameras: a host and three guests."""
    lab = laboratory(len(NAMES))
    with contextlib.ExitStack() as stack:
        running = []
        for number, name in enumerate(NAMES):
            words = ["join", "--nearby"]
            if number == 0:
                words = ["host", "--title", TITLE, "--visible", "--admit-all"]
            words += ["--headless", "--name", name, "--camera", "none"]
            words += ["--microphone", "test", "--speaker", "none"]
            host = f"h{number + 1}"
            copy = RunningCopy(tmp_path_factory.mktemp(host), *words, lab=lab, host=host)
            running.append(stack.enter_context(copy))
            if number == 0:
                copy.invitation()
        all_together(running)
        yield running


def gone_from(copy: RunningCopy, name: str, since: int, within: float) -> float:
    """Wait until a name is off the list and the epoch and the code are others; return when."""
    before = copy.statistics()[since - 1]

    def without(line: dict[str, object]) -> bool:
        peers = line["peers"]
        assert isinstance(peers, dict)
        listed = {peer["name"] for peer in peers.values()}
        fresh = line["epoch"] != before["epoch"] and line["code"] not in ("", None, before["code"])
        return name not in listed and fresh

    copy.wait_for_line(without, f"{name} gone, a new epoch, a new code", within, since)
    return time.monotonic()


def test_whoever_is_killed_is_gone_within_five_seconds_and_the_code_changes(
    copies: list[RunningCopy],
):
    *others, victim = copies
    since = [len(copy.statistics()) for copy in others]
    victim.kill()
    killed = time.monotonic()
    for copy, lines in zip(others, since, strict=True):
        noticed = gone_from(copy, NAMES[3], lines, NOTICED_S + MARGIN_S)
        assert noticed - killed <= NOTICED_S + MARGIN_S
    all_together(others)


def test_whoever_leaves_is_gone_at_once_and_the_code_changes(copies: list[RunningCopy]):
    *others, leaver = copies[:3]
    since = [len(copy.statistics()) for copy in others]
    assert leaver.interrupt() == 130
    for copy, lines in zip(others, since, strict=True):
        gone_from(copy, NAMES[2], lines, within=NOTICED_S)
    all_together(others)


def test_when_the_host_leaves_who_stays_goes_on_as_the_host(copies: list[RunningCopy]):
    host, guest = copies[:2]
    since = len(guest.statistics())
    assert host.interrupt() == 130
    gone_from(guest, NAMES[0], since, within=NOTICED_S)
    assert guest.interrupt() == 130
    assert "Traceback" not in host.stderr + guest.stderr


@pytest.mark.parametrize("number", range(4))
def test_afterwards_nothing_of_the_meeting_is_on_disk(copies: list[RunningCopy], number: int):
    copy = copies[number]
    assert copy.process.poll() is not None, "the meeting is not over"
    words = [TITLE, *NAMES, *(word for name in NAMES for word in name.split())]
    found = {
        str(path.relative_to(copy.home)): words_found
        for path, content in copy.files_left()
        if (words_found := wire.words_in(content, words))
    }
    assert found == {}
    assert any(path.is_relative_to(copy.profile) for path, _ in copy.files_left())


def test_the_identity_on_disk_is_for_its_owner_only(copies: list[RunningCopy]):
    for path, _ in copies[0].files_left():
        if path.is_relative_to(copies[0].profile):
            assert path.stat().st_mode & 0o077 == 0, path
