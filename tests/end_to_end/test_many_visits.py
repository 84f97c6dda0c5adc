"""People come and go all day: the host's program does not grow."""

import re
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from fakes.running_copy import ROOT, RunningCopy

from bench import netlab

pytestmark = [pytest.mark.netlab, pytest.mark.slow]

PEOPLE, TIMES = 4, 25  # by a link of their own: one door lets in thirty without a pause
VISITS = PEOPLE * TIMES
SETTLED_AFTER = 50  # visits until every cache, pool and allocator has its size
WITHIN_S = 100.0
MAY_GROW_MB = 12.0


def test_a_hundred_visits_leave_no_memory_thread_or_socket_behind(
    laboratory: Callable[..., netlab.NetLab], start: Callable[..., RunningCopy]
):
    lab = laboratory(2)
    words = ["host", "--no-lobby", "--headless", "--camera", "test", "--microphone", "test"]
    invites = [word for person in range(PEOPLE) for word in ("--invite", f"Visitor {person}")]
    host = start(*words, *invites, "--speaker", "none", lab=lab, host="h1")
    host.invitation()
    links = host.wait_until(lambda: links_in(host.stdout), "a link for each")
    visitor = lab.popen(
        "h2",
        [sys.executable, "-m", "fakes.visitor", str(TIMES), *links],
        cwd=ROOT / "tests",
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + WITHIN_S
    sizes = []
    for _ in visitor.stdout:
        sizes.append(measured(host))
        if time.monotonic() > deadline:
            visitor.kill()
            break
    _, errors = visitor.communicate(timeout=10)
    assert len(sizes) == VISITS, f"{len(sizes)} visits in {WITHIN_S:.0f} s\n{errors}"
    alone = host.wait_for_line(lambda line: not line["peers"], "an empty meeting", 10, -1)
    assert alone["members"]
    host.wait_until(lambda: measured(host)[1:] <= sizes[SETTLED_AFTER][1:], "threads and sockets")
    memory = [size[0] for size in sizes]
    early = sorted(memory[SETTLED_AFTER : SETTLED_AFTER + 10])[5]
    late = sorted(memory[-10:])[5]
    print(f"{early:.1f} MB became {late:.1f} MB; threads and sockets: {measured(host)[1:]}")
    assert late - early < MAY_GROW_MB


def links_in(output: str) -> list[str]:
    """Return the links for single people, once all are printed."""
    found = re.findall(r"conclave:join#\S+", output)[1:]
    return found if len(found) == PEOPLE else []


def measured(copy: RunningCopy) -> tuple[float, int, int]:
    """Return (memory in MB, threads, sockets) of a copy."""
    return copy.resident_mb(), copy.threads(), copy.open_sockets()
