"""An X server of its own, for a window that is measured or tried; nobody else's stand on it."""

import contextlib
import os
from collections.abc import Iterator, Mapping

from bench.programs import running

SIZE = "1280x800"


class NoDesktopError(RuntimeError):
    """There is no X server to start on this computer."""


@contextlib.contextmanager
def desktop(size: str = SIZE) -> Iterator[dict[str, str]]:
    """Start an X server; yield the environment of a program on it."""
    with x_server(size) as display:
        yield environment(display, os.environ)


@contextlib.contextmanager
def x_server(size: str = SIZE) -> Iterator[str]:
    """Start an X server without a screen; yield the name of its display."""
    reading, writing = os.pipe()
    command = ("Xvfb", "-displayfd", str(writing), "-screen", "0", f"{size}x24")
    command += ("-nolisten", "tcp", "-noreset")  # else it begins anew when the last window closes
    with contextlib.ExitStack() as stack, os.fdopen(reading) as pipe:
        try:
            stack.enter_context(running(*command, fds=(writing,)))
        except OSError as error:
            raise NoDesktopError("Xvfb is not installed") from error
        finally:
            os.close(writing)
        number = pipe.readline().strip()
        if not number:
            raise NoDesktopError("Xvfb did not start")
        yield f":{number}"


def environment(display: str, before: Mapping[str, str]) -> dict[str, str]:
    """Return what a program needs to stand on this display, whatever it stood on before."""
    kept = {k: v for k, v in before.items() if not k.startswith(("QT_", "WAYLAND_"))}
    return kept | {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "LC_ALL": "C.UTF-8"}
