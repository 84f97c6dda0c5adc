"""A desktop of a test's own: an X server, a window manager, and plain windows in one colour."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Self

from bench.desktop import x_server
from bench.programs import running

NEEDED = ("Xvfb", "openbox")
MISSING = [name for name in NEEDED if shutil.which(name) is None]
SIZE = 1280, 800  # pixels of the screen

WINDOW = """
import sys
from PySide6.QtCore import QSocketNotifier, Qt
from PySide6.QtWidgets import QApplication, QWidget
application = QApplication(["window"])
title, colour = sys.argv[1:]
window = QWidget()
window.setWindowTitle(title)
window.setStyleSheet(f"background: {colour}")
def told():
    words = sys.stdin.readline().split()
    match words:
        case ["place", *numbers]:
            window.setGeometry(*map(int, numbers))
        case ["minimise"]:
            window.showMinimized()
        case ["restore"]:
            window.showNormal()
        case ["raise"]:
            window.raise_(); window.activateWindow()
        case _:
            application.quit()
window.setGeometry(100, 100, 300, 200)
window.show()
notifier = QSocketNotifier(0, QSocketNotifier.Type.Read)
notifier.activated.connect(told)
print(int(window.winId()), flush=True)
application.exec()
"""


class PlainWindow:
    """A window of a program of its own, in one colour."""

    def __init__(self, title: str, colour: str, env: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", WINDOW, title, colour],
            env=env | {"QT_QPA_PLATFORM": "xcb"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        self.number = int(self._process.stdout.readline())

    def tell(self, *words: object) -> None:
        """Have it `place` x y width height, `minimise`, `restore`, `raise`."""
        assert self._process.stdin is not None
        self._process.stdin.write(" ".join(map(str, words)) + "\n")
        self._process.stdin.flush()

    def close(self) -> None:
        """End the program; its window goes with it. Twice is no more than once."""
        if self._process.stdin is not None and self._process.stdin.closed:
            return
        with contextlib.suppress(OSError):
            self.tell("close")
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextlib.contextmanager
def x_desktop(home: str, size: tuple[int, int] = SIZE) -> Iterator[dict[str, str]]:
    """Yield the environment of programs on that desktop; `size` is its screen's, in pixels."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("QT_")}
    env |= {"HOME": home, "XDG_RUNTIME_DIR": home, "LANG": "C.UTF-8"}
    for name in ("WAYLAND_DISPLAY", "XDG_SESSION_TYPE"):
        env.pop(name, None)
    with x_server("{}x{}".format(*size)) as display:
        env["DISPLAY"] = display
        with running("openbox", env=env):
            yield env
