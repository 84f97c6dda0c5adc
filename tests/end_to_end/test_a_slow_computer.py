"""A computer that is too small: the call goes on with less, says so, and comes back in full."""

import contextlib
from collections.abc import Callable, Iterator

import pytest
from fakes import small_computer
from fakes.running_copy import Line, RunningCopy, all_together

from bench import netlab

pytestmark = [pytest.mark.netlab, pytest.mark.slow]

NAMES = ["Adelheid", "Balthasar"]
SHOWS = ["--headless", "--camera", "test", "--microphone", "test", "--speaker", "none"]
SLOW = 0.12  # of one core; such a call takes two to three times that
LITTLE_MB = 320.0
SPARE_FILES = 3  # not enough for one more person
PATIENCE_S = 60.0
LINES = 15  # of complaints while files are short: not one for each try
NOBODY: Line = {"state": "", "video": {"frames": 0, "fps": 0.0}, "audio": {"packets": 0}}
SOUND = 40  # packets, of 50 that a microphone sends in a second; longer ones on a slow computer


@pytest.fixture(scope="module")
def lab(laboratory: Callable[..., netlab.NetLab]) -> netlab.NetLab:
    return laboratory(3)


@pytest.fixture(scope="module")
def copies(
    lab: netlab.NetLab, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[RunningCopy]]:
    """Two people who see and hear each other."""
    with contextlib.ExitStack() as stack:
        words = ["host", "--name", NAMES[0], "--no-lobby", *SHOWS]
        host = RunningCopy(tmp_path_factory.mktemp("h1"), *words, lab=lab, host="h1")
        stack.enter_context(host)
        words = ["join", host.invitation(), "--name", NAMES[1], *SHOWS]
        guest = RunningCopy(tmp_path_factory.mktemp("h2"), *words, lab=lab, host="h2")
        running = [host, stack.enter_context(guest)]
        all_together(running)
        for copy in running:
            copy.wait_for_line(lambda line: of_the_other(line)["video"]["frames"] > 30, "pictures")
        yield running


def of_the_other(line: Line) -> Line:
    """Return what is said of the other one of the two."""
    return next((peer for peer in line["peers"].values() if peer["name"] in NAMES), NOBODY)


def goes_on(copies: list[RunningCopy]) -> None:
    """Fail unless both see and hear the other from now on."""
    for copy in copies:
        start = of_the_other(copy.latest())

        def more(line: Line, start: Line = start) -> bool:
            now = of_the_other(line)
            return (
                now["state"] == "connected"
                and now["video"]["frames"] > start["video"]["frames"] + 20
                and now["audio"]["packets"] > start["audio"]["packets"] + SOUND
            )

        copy.wait_for_line(more, "pictures and sound", PATIENCE_S, len(copy.statistics()))


def test_with_little_memory_the_call_goes_on(copies: list[RunningCopy]):
    if reason := small_computer.why_not("memory"):
        pytest.skip(reason)
    with small_computer.short_of_memory(copies[1].process.pid, LITTLE_MB):
        goes_on(copies)
    assert copies[1].resident_mb() < LITTLE_MB


def test_without_files_to_open_nobody_new_comes_in_and_the_call_goes_on(
    copies: list[RunningCopy], lab: netlab.NetLab, tmp_path_factory: pytest.TempPathFactory
):
    host, _ = copies
    words = ["join", host.invitation(), *SHOWS, "--name"]
    complaints = len(host.stderr.splitlines())
    limit = len(host.open_files()) + SPARE_FILES
    with small_computer.few_files(host.process.pid, limit):
        home = tmp_path_factory.mktemp("third")
        with RunningCopy(home, *words, "Crescentia", lab=lab, host="h3") as third:
            third.wait_until(lambda: third.statistics() or third.stdout, "a try", PATIENCE_S)
            goes_on(copies)
        assert host.process.poll() is None
        assert len(host.open_files()) <= limit
    assert len(host.stderr.splitlines()) - complaints < LINES
    words.append("Dorothea")  # a known name on an unknown computer would have to wait
    with RunningCopy(tmp_path_factory.mktemp("fourth"), *words, lab=lab, host="h3") as fourth:
        everybody = sorted([*NAMES, "Dorothea"])
        for copy in (*copies, fourth):
            copy.wait_for_line(
                lambda line: sorted(line["members"]) == everybody, "three people", PATIENCE_S
            )
    for copy in copies:
        since = len(copy.statistics())
        copy.wait_for_line(lambda line: line["members"] == NAMES, "two", PATIENCE_S, since)


def test_with_little_processor_pictures_become_fewer_before_sound_does_and_all_comes_back(
    copies: list[RunningCopy],
):
    if reason := small_computer.why_not("cpu"):
        pytest.skip(reason)
    host, guest = copies
    full = of_the_other(host.latest())["video"]["fps"]
    with small_computer.slow(guest.process.pid, SLOW):
        slow = guest.wait_for_line(
            lambda line: line["computer"]["step"] >= 2, "fewer pictures", PATIENCE_S
        )
        assert slow["computer"]["reason"]
        since = len(host.statistics())
        few = host.wait_for_line(
            lambda line: of_the_other(line)["video"]["fps"] < 0.7 * full,
            "fewer pictures of them",
            PATIENCE_S,
            since,
        )
        first = of_the_other(few)["audio"]["packets"]
        heard = host.wait_for_line(
            lambda line: of_the_other(line)["audio"]["packets"] > first + 2 * SOUND // 3,
            "sound of them",
            PATIENCE_S,
            since,
        )
        assert of_the_other(heard)["state"] in ("connected", "reconnecting")
    worst = guest.latest()["computer"]["step"]
    guest.wait_for_line(lambda line: line["computer"]["step"] < worst, "more again", PATIENCE_S, -1)
    goes_on(copies)
    assert "Traceback" not in host.stderr + guest.stderr
