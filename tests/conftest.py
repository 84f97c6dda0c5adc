"""What every test runs under."""

import contextlib
import os
from collections.abc import Callable, Generator, Iterator

import pytest

from bench import netlab

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


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
