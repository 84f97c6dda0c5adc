"""An X server of its own for a window that is measured; nobody else's windows stand on it."""

import contextlib
import os
import subprocess
from collections.abc import Iterator, Mapping

SIZE = "1280x800"
QUIT_S = 10.0


class NoDesktopError(RuntimeError):
    """There is no X server to start on this computer."""


@contextlib.contextmanager
def desktop(size: str = SIZE) -> Iterator[dict[str, str]]:
    """Start an X server without a screen; yield the environment of a program on it."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{size}x24"]
    command += ["-nolisten", "tcp", "-noreset"]  # else it begins anew when the last window closes
    quiet = subprocess.DEVNULL
    try:
        server = subprocess.Popen(command, pass_fds=(writing,), stdout=quiet, stderr=quiet)
    except OSError as error:
        os.close(reading)
        raise NoDesktopError("Xvfb is not installed") from error
    finally:
        os.close(writing)
    try:
        with os.fdopen(reading) as pipe:
            number = pipe.readline().strip()
        if not number:
            raise NoDesktopError("Xvfb did not start")
        yield environment(number, os.environ)
    finally:
        server.terminate()
        try:
            server.wait(QUIT_S)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def environment(display: str, before: Mapping[str, str]) -> dict[str, str]:
    """Return what a program needs to stand on this display, whatever it stood on before."""
    kept = {k: v for k, v in before.items() if not k.startswith(("QT_", "WAYLAND_"))}
    return kept | {"DISPLAY": f":{display}", "QT_QPA_PLATFORM": "xcb", "LC_ALL": "C.UTF-8"}
