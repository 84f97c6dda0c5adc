"""What threads ask of the system, each in a thread of its own."""

import os
import sys
import threading

import pytest

from media import priority


def niceness_after(urgency):
    found = []

    def run():
        told = priority.ask_for(urgency)
        found.append((told, os.getpriority(os.PRIO_PROCESS, threading.get_native_id())))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return found[0]


@pytest.mark.skipif(sys.platform != "linux", reason="niceness of one thread is Linux's own")
def test_pictures_stand_back_behind_sound_and_only_their_own_thread_does():
    before = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    (_, sound), (told, pictures) = niceness_after("sound"), niceness_after("pictures")
    assert told
    assert sound <= before < pictures or before == 19
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == before


def test_a_system_that_does_not_allow_it_is_no_error(monkeypatch):
    def forbidden(*_):
        raise PermissionError

    monkeypatch.setattr(os, "setpriority", forbidden, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    assert not priority.ask_for("sound")


@pytest.mark.parametrize("platform", ["win32", "darwin", "somewhere"])
def test_a_system_without_its_own_call_is_no_error(monkeypatch, platform):
    if sys.platform == platform:
        pytest.skip("this is that system, and has it")
    monkeypatch.setattr(sys, "platform", platform)
    assert not priority.ask_for("pictures")
