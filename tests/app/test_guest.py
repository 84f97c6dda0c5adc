"""The test guest: an echo after one second, a process that never outlives its host."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from fakes.clock import FakeClock

from app.guest import ECHO_DELAY, EchoLine, PassingMemory
from crypto.vault_content import Verified

ROOT = Path(__file__).parents[2]
BLOCK = 480


def block(level: float) -> np.ndarray:
    return np.full(BLOCK, level, np.float32)


def test_what_is_played_comes_in_again_one_second_later():
    clock = FakeClock(100.0)
    line = EchoLine(clock)
    line.open()
    line.write(block(0.5))
    clock.forward(ECHO_DELAY - 0.001)
    assert line.read() is None
    clock.forward(0.001)
    heard = line.read()
    assert heard is not None
    assert np.array_equal(heard.samples, block(0.5))
    assert heard.captured == pytest.approx(101.0)
    assert line.read() is None


def test_an_echo_keeps_its_order_and_its_rhythm():
    clock = FakeClock(100.0)
    line = EchoLine(clock)
    line.open()
    heard = []
    for tick in range(300):
        if line.wants():
            line.write(block(tick))
        while (sound := line.read()) is not None:
            heard.append((round(sound.captured, 3), sound.samples[0]))
        clock.forward(0.01)
    levels = [level for _, level in heard]
    assert levels == sorted(levels)
    assert 195 <= len(heard) <= 201
    steps = np.diff([at for at, _ in heard])
    assert np.allclose(steps, 0.01, atol=0.002)


def test_the_echo_is_a_copy():
    clock = FakeClock(100.0)
    line = EchoLine(clock)
    samples = block(0.5)
    line.write(samples)
    samples[:] = 0
    clock.forward(ECHO_DELAY)
    heard = line.read()
    assert heard is not None
    assert heard.samples[0] == 0.5


def test_an_echo_that_nobody_reads_takes_no_more_than_four_seconds_of_memory():
    clock = FakeClock(100.0)
    line = EchoLine(clock)
    for _ in range(2000):
        line.write(block(0.1))
        clock.forward(0.01)
    assert len(line._line) <= 4 * ECHO_DELAY / 0.01


def test_after_a_pause_the_line_does_not_ask_for_all_that_was_missed():
    clock = FakeClock(100.0)
    line = EchoLine(clock)
    line.open()
    line.write(block(0.1))
    clock.forward(30.0)
    asked = 0
    while line.wants() and asked < 100:
        line.write(block(0.1))
        asked += 1
    assert asked <= 12


def test_a_closed_line_forgets_what_was_in_it():
    clock = FakeClock(100.0)
    line = EchoLine(clock)
    line.write(block(0.5))
    line.close()
    clock.forward(ECHO_DELAY)
    assert line.read() is None


def test_each_guest_is_somebody_else_and_remembers_nobody():
    one, two = PassingMemory(), PassingMemory()
    assert one.identity().dev == one.identity().dev != two.identity().dev
    one.remember(bytes(32), "Ada", Verified.CODE)
    assert one.contacts().get(bytes(16)) is None


def guest(**more: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "app", "guest", "--stdin"],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **more,
    )  # type: ignore[call-overload, no-any-return]  # fmt: skip


def test_a_guest_whose_host_lets_go_of_the_pipe_ends():
    process = guest()
    assert process.stdin
    process.stdin.write(b"conclave:join#nothing\n")
    process.stdin.close()
    assert process.wait(20) == 0
    assert process.stderr
    assert b"Traceback" not in process.stderr.read()
    process.stderr.close()


@pytest.mark.skipif(sys.platform == "win32", reason="kills as POSIX does")
def test_a_guest_whose_host_is_killed_ends():
    host = subprocess.Popen(
        [
            sys.executable, "-c",
            "import subprocess, sys, time\n"
            "p = subprocess.Popen([sys.executable, '-m', 'app', 'guest', '--stdin'],"
            " stdin=subprocess.PIPE)\n"
            "p.stdin.write(b'conclave:join#nothing\\n'); p.stdin.flush()\n"
            "print(p.pid, flush=True); time.sleep(60)",
        ],
        cwd=ROOT, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert host.stdout
    pid = int(host.stdout.readline())
    time.sleep(0.2)
    host.send_signal(signal.SIGKILL)
    host.wait()
    host.stdout.close()
    deadline = time.monotonic() + 20
    while is_running(pid):
        assert time.monotonic() < deadline, "the guest outlives its host"
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        if sys.platform == "linux":
            return False
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        return True
    return state != "Z"
