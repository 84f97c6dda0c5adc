"""A call between two processes, with a network and without any."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "fakes" / "media_pair.py"


def run(*before: str) -> dict:
    done = subprocess.run(
        [*before, sys.executable, str(SCRIPT)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def check(result: dict) -> None:
    assert result["second"] == 0
    assert result["stats"]["frames"]["refused"] == 0
    assert result["stats"]["video"]["width"] == 640
    assert result["latency_ms"] < 500


def test_two_processes_see_each_other():
    check(run())


@pytest.mark.netlab
def test_two_processes_without_any_network_but_loopback_see_each_other():
    if os.geteuid() != 0 or shutil.which("unshare") is None or shutil.which("ip") is None:
        pytest.skip("needs root, unshare and ip")
    inside = 'ip link set lo up; test "$(ip -br address | wc -l)" = 1; exec "$@"'
    check(run("unshare", "--net", "sh", "-ec", inside, "sh"))
