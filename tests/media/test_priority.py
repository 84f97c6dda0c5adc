"""What threads of sound ask of the system, each in a thread of its own."""

import os
import sys
import threading

import pytest

from media import priority


@pytest.mark.skipif(sys.platform != "linux", reason="niceness of one thread is Linux's own")
def test_only_the_thread_that_asks_runs_earlier_if_the_system_allows_it():
    before, found = os.getpriority(os.PRIO_PROCESS, 0), []

    def run():
        told = priority.run_early()
        found.append((told, os.getpriority(os.PRIO_PROCESS, threading.get_native_id())))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    told, now = found[0]
    assert now < before or (now == before and not told) or before == -20
    assert os.getpriority(os.PRIO_PROCESS, 0) == before


def test_a_system_that_does_not_allow_it_is_no_error(monkeypatch):
    def forbidden(*_):
        raise PermissionError

    monkeypatch.setattr(os, "setpriority", forbidden, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    assert not priority.run_early()


@pytest.mark.parametrize("platform", ["win32", "darwin", "somewhere"])
def test_a_system_without_its_own_call_is_no_error(monkeypatch, platform):
    if sys.platform == platform:
        pytest.skip("this is that system, and has it")
    monkeypatch.setattr(sys, "platform", platform)
    assert not priority.run_early()
