"""Two real starts with the same profile: the second hands over, a killed one is followed."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.exit_codes import ExitCode
from app.one_window import DOOR
from app.paths import runtime_folder

ROOT = Path(__file__).resolve().parents[2]
LINK = "conclave:join#AUAAAGkgq3yCq0sYmGMu4VfQKcNw8R3oTzL5JHd2XbVpWkEa7s9uZtM1nPq4yDhBgS6fAxOvLr"
PATIENCE = 60.0  # seconds; a busy machine starts slowly

pytestmark = pytest.mark.slow


class Desk:
    """A computer on which Conclave is started again and again with one profile."""

    def __init__(self, folder: Path, runtime: str) -> None:
        self.profile = folder / "profile"
        self.env = os.environ | {
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": runtime,
            "QT_QPA_PLATFORM": "offscreen",
            "CONCLAVE_PASSPHRASE": "only for this test",
            "LANG": "C.UTF-8",
        }
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        command = (sys.executable, "-m", "app", "--profile", str(self.profile), *arguments)
        quiet = subprocess.DEVNULL
        made = subprocess.Popen(command, cwd=ROOT, env=self.env, stdout=quiet, stderr=quiet)
        self.running.append(made)
        return made

    def code(self, *arguments: str) -> int:
        return self.start(*arguments).wait(PATIENCE)

    def wait_for_the_window(self) -> None:
        until = time.monotonic() + PATIENCE
        while self.code("--toggle-mute") != ExitCode.OK:
            assert time.monotonic() < until, "no window came"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    with tempfile.TemporaryDirectory() as runtime:  # the path of a socket has little room
        monkeypatch.setenv("XDG_RUNTIME_DIR", runtime)
        made = Desk(tmp_path, runtime)
        yield made
        for process in made.running:
            if process.poll() is None:
                process.kill()
                process.wait()


def test_the_second_start_ends_and_a_killed_first_is_followed(desk: Desk) -> None:
    assert desk.code("--toggle-mute") == ExitCode.PROBLEM  # nobody is there
    first = desk.start()
    desk.wait_for_the_window()
    assert desk.code() == ExitCode.OK
    assert desk.code(LINK) == ExitCode.OK
    assert desk.code("join", LINK) in {ExitCode.OK, ExitCode.LINK}  # this link is made up
    assert desk.code("host", "--title", "Budget") == ExitCode.PROFILE_IN_USE
    assert first.poll() is None
    first.send_signal(signal.SIGKILL)
    first.wait(PATIENCE)
    assert (runtime_folder(desk.profile) / DOOR).is_socket()  # what a crash leaves behind
    third = desk.start()
    desk.wait_for_the_window()
    assert third.poll() is None
    third.send_signal(signal.SIGINT)
    assert third.wait(PATIENCE) == ExitCode.OK
    assert desk.code("--toggle-mute") == ExitCode.PROBLEM


def test_an_open_window_is_closed_from_outside(desk: Desk) -> None:
    assert desk.code("--close") == ExitCode.PROBLEM  # nobody is there
    window = desk.start()
    desk.wait_for_the_window()
    assert desk.code("--close") == ExitCode.OK
    assert window.wait(PATIENCE) == ExitCode.OK
