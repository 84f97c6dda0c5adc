"""A whole call that fails on a disturbed computer is made again from its beginning, and listed."""

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parent.parent
A_CALL = """
import pytest

made = []

@pytest.fixture(scope="module")
def call():
    made.append("call")
    yield len(made)

def test_it_begins(call):
    assert call

def test_it_is_the_second_one(call):
    assert call == 2

def test_the_second_one_goes_on(call):
    assert call == 2
"""
KERNEL = """
import itertools
from bench import noise
from bench.noise import Ticks

moments = itertools.count()

def now():
    moment = next(moments)
    return Ticks(total=100 * moment, idle=0, stolen={stolen} * moment)

Ticks.now = staticmethod(now)
noise.wait_for_quiet = lambda at_most: None
"""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch):
    """Return `run(stolen)`: what comes of a call where so much of a hundred ticks is stolen."""
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}:{ROOT / 'tests'}:{pytester.path}")
    pytester.makeini("[pytest]\nmarkers = netlab")
    for path, text in [
        ("tests/conftest.py", (ROOT / "tests/conftest.py").read_text(encoding="utf-8")),
        ("tests/end_to_end/test_call.py", A_CALL),
    ]:
        file = pytester.path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def run(stolen: int) -> pytest.RunResult:
        kernel = KERNEL.format(stolen=stolen)
        (pytester.path / "kernel.py").write_text(kernel, encoding="utf-8")
        return pytester.runpytest_subprocess("-p", "kernel", "-n", "0", "-raR")

    return run


def test_a_failed_call_of_a_disturbed_computer_is_made_anew_for_all_that_follow(run):
    result = run(stolen=10)
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["RERUN *test_it_is_the_second_one*"])


def test_where_nothing_was_stolen_a_failure_stands(run):
    run(stolen=0).assert_outcomes(passed=1, failed=2)
