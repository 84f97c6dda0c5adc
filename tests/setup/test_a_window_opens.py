"""Conclave's window on a real X server with a real window manager."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.x_desktop import x_desktop

from bench.programs import running

pytestmark = pytest.mark.window

PATIENCE = 60  # seconds until a busy machine shows a window or ends a program


@pytest.fixture
def desktop(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Return the environment of a person in front of a screen, with a home of their own."""
    for program in ("Xvfb", "openbox", "xdotool"):
        if not shutil.which(program):
            pytest.skip(f"{program} is not installed")
    with x_desktop(str(tmp_path)) as made:
        keep = ("PATH", "LD_LIBRARY_PATH", "HOME", "LANG", "DISPLAY")
        environment = {name: made[name] for name in keep if name in made}
        yield environment | {"LANGUAGE": "en", "CONCLAVE_PASSPHRASE": "only for this test"}


def xdotool(environment: dict[str, str], *arguments: str) -> list[str]:
    """Return what it prints, nothing when it fails."""
    command = ("xdotool", *arguments)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return done.stdout.split() if done.returncode == 0 else []


def test_the_window_opens_and_closes_as_windows_do(desktop, root):
    with running(sys.executable, "-m", "app", cwd=root, env=desktop) as conclave:
        until = time.monotonic() + PATIENCE
        while not (shown := xdotool(desktop, "search", "--onlyvisible", "--name", "^Conclave")):
            assert conclave.poll() is None, "it ended instead of opening"
            assert time.monotonic() < until, "no window came"
            time.sleep(0.1)
        while shown[0] not in xdotool(desktop, "getactivewindow"):
            xdotool(desktop, "windowactivate", shown[0])
            assert time.monotonic() < until, "the window manager does not come"
            time.sleep(0.1)
        xdotool(desktop, "key", "--clearmodifiers", "alt+F4")
        assert conclave.wait(PATIENCE) == 0
