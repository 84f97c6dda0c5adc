"""The real program in a real window, used by keyboard: every step a person would take."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.x_desktop import x_desktop

from bench.programs import running

ROOT = Path(__file__).resolve().parents[2]
NEEDED = ("Xvfb", "openbox", "xdotool")
MISSING = [name for name in NEEDED if shutil.which(name) is None]
PATIENCE = 60.0  # seconds; a busy machine starts slowly

pytestmark = [
    pytest.mark.window,
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
]


@pytest.fixture
def desktop(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a desktop of its own: an X server and a window manager."""
    with x_desktop(str(tmp_path)) as env:
        yield env | {"CONCLAVE_PASSPHRASE": "only for this test"}


class Person:
    """Somebody at the keyboard who reads the title of the window."""

    def __init__(self, env: dict[str, str]) -> None:
        self._env = env
        self._window = ""

    def _tool(self, *arguments: str) -> str:
        command = ["xdotool", *arguments]
        done = subprocess.run(
            command, env=self._env, capture_output=True, text=True, check=False, timeout=PATIENCE
        )
        return done.stdout.strip()

    def find_window(self) -> None:
        """Wait for the window and bring it to the front."""
        self._wait(lambda: self._tool("search", "--onlyvisible", "--name", "Conclave"))
        self._window = self._tool("search", "--onlyvisible", "--name", "Conclave").split()[0]
        self._tool("windowactivate", "--sync", self._window)

    def press(self, *keys: str) -> None:
        """Press keys one after another."""
        for key in keys:
            self._tool("key", "--clearmodifiers", key)
            time.sleep(0.15)  # as fast as people press

    def type(self, text: str) -> None:
        """Type a text."""
        self._tool("type", "--delay", "20", text)
        time.sleep(0.15)

    def title(self) -> str:
        """Read the title of the window."""
        return self._tool("getwindowname", self._window)

    def wait_for_title(self, words: str, *, exactly: bool = False) -> None:
        """Wait until the title says these words, and with `exactly` nothing else."""
        self._wait(lambda: self.title() == words if exactly else words in self.title(), self.title)

    def _wait(self, ready: object, seen: object = lambda: "") -> None:
        until = time.monotonic() + PATIENCE
        while not ready():  # type: ignore[operator]
            assert time.monotonic() < until, f"waited in vain; saw {seen()!r}"  # type: ignore[operator]
            time.sleep(0.2)


def test_a_meeting_is_hosted_by_keyboard_alone(desktop: dict[str, str], tmp_path: Path) -> None:
    command = (sys.executable, "-m", "app", "--profile", str(tmp_path / "profile"))
    with running(*command, env=desktop, cwd=ROOT) as process:
        person = Person(desktop)
        person.find_window()
        person.wait_for_title("Conclave", exactly=True)
        person.type("Mara")  # the field for the name waits for it
        person.press("Tab", "Return")  # Start a meeting
        person.type("Budget")
        person.press("Return")
        person.wait_for_title("Budget – Conclave")  # the preview; nothing is live yet
        assert "●" not in person.title()
        person.press("Return")  # Start the meeting
        time.sleep(2)
        person.press("ctrl+shift+l")  # alone: leaves at once
        person.wait_for_title("Conclave", exactly=True)  # the farewell
        person.press("ctrl+q")
        assert process.wait(PATIENCE) == 0
