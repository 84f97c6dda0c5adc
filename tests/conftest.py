"""What every test runs under."""

import contextlib
import functools
import itertools
import os
from collections import Counter
from collections.abc import Callable, Generator, Iterator

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

from bench import netlab
from bench.noise import REPEATED_AT_MOST, STOLEN_AT_MOST, Ticks, wait_for_quiet

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

WHOLE_CALLS = (  # tests of processes, sockets and devices in real time
    "tests/benchmarks/",
    "tests/end_to_end/",
    "tests/laboratory/",
    "tests/media/test_call_load.py",
    "tests/media/test_sound.py",
    "tests/media/test_two_processes.py",
    "tests/net/test_on_a_lan.py",
    "tests/net/test_situations.py",
    "tests/ui/test_real_window.py",
)
PATIENT_CALLS = (  # of those: nobody counts pictures or milliseconds in them, each waits long
    "tests/end_to_end/test_a_poor_home.py",
    "tests/end_to_end/test_a_short_day.py",
    "tests/end_to_end/test_calls_without_a_link.py",
    "tests/end_to_end/test_consent.py",
    "tests/end_to_end/test_lan_only.py",
    "tests/end_to_end/test_meeting_point.py",
    "tests/end_to_end/test_no_secret_is_told.py",
    "tests/end_to_end/test_odd_networks.py",
    "tests/end_to_end/test_people_come_and_go.py",
    "tests/end_to_end/test_relays.py",
    "tests/end_to_end/test_router_door.py",
    "tests/end_to_end/test_silence.py",
    "tests/end_to_end/test_the_walk.py",
    "tests/end_to_end/test_ways_in.py",
    "tests/end_to_end/test_what_goes_wrong.py",
)
A_WHILE = 100  # ticks: in less, a single stolen one would count for much
PATIENCE_S = 60.0  # for the computer to come to rest before a call is made again
STRICT = "strict calls"
_FAILED = pytest.StashKey[bool]()  # of a test: in this attempt
_BEGAN = pytest.StashKey[list[Ticks]]()  # of a file: when each test since its last set-up did


@pytest.fixture(scope="session", autouse=True)
def _nothing_left_of_a_killed_run() -> None:
    """Namespaces of a test run that was killed together with its switch are removed."""
    if not netlab.why_not():
        netlab.clean()


@pytest.fixture(scope="session", autouse=True)
def _programs_in_this_process_leave_its_limits() -> Iterator[None]:
    """Core dumps stay allowed here: what a test starts must be able to forbid them itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.__main__.forbid_core_dumps", lambda: None)
        patch.setattr("app.meeting_point.command.forbid_core_dumps", lambda: None)
        yield


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
    parser.addoption(
        "--walk-pictures", metavar="DIR", help="keep a picture of each step of the walk there"
    )


def _is_strict(nodeid: str) -> bool:
    """Tell whether a test is of a whole call whose pictures and times are judged."""
    return nodeid.startswith(WHOLE_CALLS) and not nodeid.startswith(PATIENT_CALLS)


class StrictCallsAlone(LoadScopeScheduling):
    """One worker takes the patient calls while others share the remaining files; the last worker
    then has the computer to itself for the strict calls."""

    def _split_scope(self, nodeid: str) -> str:
        if _is_strict(nodeid):
            return STRICT
        return "patient calls" if nodeid.startswith(WHOLE_CALLS) else nodeid.partition("::")[0]

    def _reschedule(self, node: WorkerController) -> None:
        """Give a worker more to do; let it go if only strict calls are left and others still work.

        A worker begins its last test when it is let go, or given more.
        """
        others_work = any(not other.shutting_down for other in self.nodes if other is not node)
        if list(self.workqueue) != [STRICT] or not others_work:
            super()._reschedule(node)
        elif not node.shutting_down and self._pending_of(self.assigned_work[node]) <= 2:
            node.shutdown()


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> StrictCallsAlone:
    """Spread the tests over the workers, whatever `--dist` says."""
    config.option.loadscopereorder = False
    return StrictCallsAlone(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Patient calls go first, large files before small ones, and strict calls last.

    A whole call that failed while the computer was taken away is made again, and listed. As in a
    benchmark: who had no processor for a while says nothing about who is slow. Where little was
    stolen, or nobody knows how much, a failure stands at once.
    """
    sizes = Counter(item.nodeid.partition("::")[0] for item in items)

    def turn(item: pytest.Item) -> tuple[bool, bool, int, str]:
        file = item.nodeid.partition("::")[0]
        return _is_strict(file), not file.startswith(WHOLE_CALLS), -sizes[file], file

    items.sort(key=turn)
    for item in items:
        if item.nodeid.startswith(WHOLE_CALLS):
            disturbed = functools.partial(_was_disturbed, item)
            item.add_marker(pytest.mark.flaky(reruns=REPEATED_AT_MOST, condition=disturbed))


def _was_disturbed(item: pytest.Item) -> bool:
    """Tell whether much was stolen in a test, or in one that shares its call and came before."""
    *times, last = _of_its_file(item)
    now = Ticks.now()
    times += [last, now] if now.total - last.total >= A_WHILE or not times else [now]
    stolen = (before.stolen_until(after) for before, after in itertools.pairwise(times))
    return any(share > STOLEN_AT_MOST for share in stolen)


def _of_its_file(item: pytest.Item) -> list[Ticks]:
    file = item.getparent(pytest.Module)
    return file.stash.setdefault(_BEGAN, []) if file else []


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """A call that was disturbed ends with a test that failed in it; others get a new one."""
    failed = item.nodeid.startswith(WHOLE_CALLS) and item.stash.get(_FAILED, False)
    if failed and _was_disturbed(item):
        item.session._setupstate.teardown_exact(item.session)
        wait_for_quiet(PATIENCE_S)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Note when a test begins, and whether its file does, so that disturbances can be told."""
    item.stash[_FAILED] = False
    times = _of_its_file(item)
    if item.getparent(pytest.Module) not in item.session._setupstate.stack:
        times.clear()
    now = Ticks.now()
    if not times or now.total - times[-1].total >= A_WHILE:
        times.append(now)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[_FAILED] |= report.failed
    must_run = any(item.get_closest_marker(name) for name in item.config.getoption("must_run"))
    if must_run and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"must run here, and was skipped: {report.longrepr}"
    return report
