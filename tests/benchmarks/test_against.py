"""The comparison of calls plays a real one, in a laboratory network."""

from pathlib import Path

import pytest

from bench.against import call
from bench.cases import CASES
from bench.contenders.devtools import program
from bench.netlab import why_not
from bench.outcome import LIKENESS

pytestmark = [pytest.mark.netlab, pytest.mark.slow]

HERE = ["conclave", "aiortc", *(["chromium"] if program() else [])]


@pytest.mark.parametrize("contender", HERE)
def test_a_call_of_each_contender_is_seen_heard_and_counted(contender: str, tmp_path: Path):
    if reason := why_not():
        pytest.skip(reason)
    run = call(CASES["loss5"], contender, tmp_path, seconds=7, count_from=2, seed=1)
    figures = run["figures"]
    assert set(run["sides"]) == {"h1", "h2"}
    assert all(side["fps"] > 1 for side in run["sides"].values())
    assert all(side["psnr_db"] > 15 for side in run["sides"].values())
    assert 0 < figures["latency_p50_ms"] <= figures["shown_p50_ms"] < 5000
    assert 0 < figures["arrived_kbps"] < figures["sent_kbps"]
    assert figures["cpu"] > 0.01
    assert figures[LIKENESS] >= 1
