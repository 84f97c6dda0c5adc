"""What real calls were told of their paths (bench.path_record), told again to the estimator."""

import json
from pathlib import Path

import pytest

from media.path.congestion import START_KBPS, Estimator, PathReport

TRACES = Path(__file__).parent / "traces"


def told(name):
    """The reports of a recorded call with the times at which they came."""
    for row in json.loads((TRACES / f"{name}.json").read_text(encoding="utf-8")):
        arrived = [tuple(each) for each in row["arrived"]]
        cluster = [arrived[place] for place in row["cluster"]]
        counts = row["expected"], row["came"], row["octets"]
        yield row["now"], PathReport(arrived, cluster, *counts, row["sent_kbps"])


def replayed(name):
    """The estimator at the end, and (time, target, queue) all the way."""
    estimator = Estimator()
    course = []
    for now, report in told(name):
        course.append((now, estimator.report(report, now), estimator.queue))
    return estimator, course


@pytest.mark.parametrize("name", ["jitter", "loss20"])
def test_neither_jitter_nor_loss_of_a_real_call_is_taken_for_a_full_path(name):
    estimator, course = replayed(name)
    assert len(course) > 80
    assert estimator.decreases == 0
    assert estimator.target_kbps > START_KBPS


@pytest.mark.parametrize(("name", "kbps"), [("rate500", 500), ("rate1000", 1000)])
def test_a_narrow_path_of_a_real_call_is_estimated_as_it_was(name, kbps):
    estimator, course = replayed(name)
    assert estimator.decreases > 0
    assert estimator.contests == 0
    settled = [target for now, target, _ in course if now > 4]
    assert 0.5 * kbps < sum(settled) / len(settled) < 1.1 * kbps


@pytest.mark.parametrize("name", ["rate500", "rate1000"])
def test_a_queue_in_a_real_call_is_answered_within_half_a_second(name):
    _, course = replayed(name)
    for now, target, queue in course:
        later = [(t, q) for at, t, q in course if now < at <= now + 0.5]
        if queue > 0.12 and len(later) > 4:
            assert later[-1][0] < target or min(q for _, q in later) < queue
