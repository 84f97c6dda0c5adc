"""A disturbed measurement is seen to be so, and made again in the open."""

import itertools
from pathlib import Path

import pytest

from bench import noise
from bench.noise import LOOK_S, REPEATED_AT_MOST, STOLEN_AT_MOST, Ticks, undisturbed
from bench.outcome import quietness


def kernel_says(path: Path, *figures: int) -> Ticks:
    path.write_text("cpu  " + " ".join(map(str, figures)) + "\ncpu0 1 2 3\n")
    return Ticks.now(path)


def test_stolen_and_busy_time_are_shares_of_all_that_passed(tmp_path: Path):
    before = kernel_says(tmp_path / "stat", 100, 0, 50, 800, 30, 0, 0, 20, 7, 0)
    after = kernel_says(tmp_path / "stat", 140, 0, 60, 830, 40, 0, 0, 30, 9, 0)
    assert before.stolen_until(after) == pytest.approx(0.10)
    assert before.busy_until(after) == pytest.approx(0.50)


def test_where_the_kernel_does_not_say_it_is_not_known(tmp_path: Path):
    missing = Ticks.now(tmp_path / "none")
    assert missing.stolen_until(missing) != missing.stolen_until(missing)  # NaN


def calls(*stolen: float):
    runs = iter([{"stolen": share, "figures": {}} for share in stolen])
    return lambda: next(runs)


def test_a_quiet_call_is_made_once():
    assert undisturbed(calls(STOLEN_AT_MOST)) == ({"stolen": STOLEN_AT_MOST, "figures": {}}, [])
    assert undisturbed(calls(float("nan")))[1] == []


def test_a_disturbed_call_is_made_again_and_both_are_kept():
    best, others = undisturbed(calls(0.08, 0.01))
    assert best["stolen"] == 0.01
    assert [run["stolen"] for run in others] == [0.08]


def test_of_disturbed_calls_only_the_least_disturbed_one_counts_and_the_table_tells():
    best, others = undisturbed(calls(*[0.08, 0.05, 0.06][: 1 + REPEATED_AT_MOST]))
    assert best["stolen"] == 0.05
    foot = quietness([best, {"stolen": 0.0}], others, STOLEN_AT_MOST)
    assert foot.startswith("2 calls count; 2 more were made and left out")
    assert "1 that count are above that, too, at most 5.0%" in foot


@pytest.mark.parametrize(
    ("stolen", "looks"), [([0], 1), ([8, 8, 0, 8], 3), ([8] * 9, 4)], ids=["quiet", "soon", "never"]
)
def test_a_call_waits_for_a_quiet_computer_but_not_for_ever(
    monkeypatch: pytest.MonkeyPatch, stolen: list[int], looks: int
):
    taken = itertools.chain.from_iterable((Ticks(0, 0, 0), Ticks(100, 0, each)) for each in stolen)
    monkeypatch.setattr(noise.Ticks, "now", lambda: next(taken))
    slept: list[float] = []
    noise.wait_for_quiet(4 * LOOK_S, slept.append)
    assert slept == [LOOK_S] * looks
