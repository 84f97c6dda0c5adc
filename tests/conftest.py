"""What every test runs under."""

import contextlib
import os
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path

import pytest

from bench import netlab

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

TESTS = Path(__file__).parent
OF_WHOLE_CALLS = {TESTS / name for name in ("end_to_end", "laboratory", "benchmarks")}
MARKS_OF_WHOLE_CALLS = ("netlab", "sound", "window")
BEHIND = 10  # how nice a test of one part is to the calls that run beside it


@pytest.fixture(scope="session", autouse=True)
def _nothing_left_of_a_killed_run() -> None:
    """Namespaces of a test run that was killed together with its switch are removed."""
    if not netlab.why_not():
        netlab.clean()


@pytest.fixture
def lan() -> Iterator[Callable[..., netlab.NetLab]]:
    """Return `lan(3)`: hosts h1, h2, h3 on one LAN without internet (see netlab.one_lan)."""
    if reason := netlab.why_not():
        pytest.skip(reason)
    with contextlib.ExitStack() as stack:

        def build(hosts: int = 2, *, seed: int | None = None, **options: bool) -> netlab.NetLab:
            topology = netlab.one_lan(hosts, **options)
            return stack.enter_context(netlab.NetLab(topology, seed=seed))

        yield build


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a machine that can run everything say so: there a skipped test is a failed one."""
    parser.addoption(
        "--must-run",
        metavar="MARKER",
        action="append",
        default=[],
        help="count a skipped test with this marker as failed",
    )


def needs_the_computer(item: pytest.Item) -> bool:
    """Whether a test holds whole calls, so that no other such test may run beside it."""
    marked = any(item.get_closest_marker(name) for name in MARKS_OF_WHOLE_CALLS)
    return marked or not OF_WHOLE_CALLS.isdisjoint(item.path.parents)


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Of several workers, one takes all whole calls; the others share the rest."""
    for item in items:
        if needs_the_computer(item):
            item.add_marker(pytest.mark.xdist_group("the computer"))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A whole call goes first where workers share the computer (only root may take that back)."""
    if "PYTEST_XDIST_WORKER" in os.environ and sys.platform == "linux" and os.geteuid() == 0:
        os.setpriority(os.PRIO_PROCESS, 0, 0 if needs_the_computer(item) else BEHIND)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    must_run = any(item.get_closest_marker(name) for name in item.config.getoption("must_run"))
    if must_run and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"must run here, and was skipped: {report.longrepr}"
    return report
