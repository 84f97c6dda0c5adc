"""A computer with Windows of a test's own, as far as Wine is one."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path, PureWindowsPath
from typing import Self

COMPILER = "x86_64-w64-mingw32-gcc"
NEEDED = ("wine", "makensis", COMPILER)
OVERRIDES = (  # Wine fetches nothing, tells this desktop nothing, runs what stands in for netsh
    "mscoree=;mshtml=;winemenubuilder.exe=d;netsh.exe=n"
)
VERSION = "win10"
PATIENCE = 120.0  # seconds


def why_not() -> str:
    """Return why no program for Windows can be made and run here, "" if one can."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    return f"not installed: {', '.join(missing)}" if missing else ""


class Wine:
    """A Windows whose drive C lies in `folder`; it ends with the test."""

    def __init__(self, folder: Path, display: str) -> None:
        self.drive = folder / "drive_c"
        self._environment = os.environ | {
            "WINEPREFIX": str(folder),
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": OVERRIDES,
            "DISPLAY": display,
            "LC_ALL": "C.UTF-8",
        }
        for words in (["wineboot", "--init"], ["wine", "winecfg", "-v", VERSION]):
            subprocess.run(words, env=self._environment, check=True, capture_output=True)
        (self.home,) = (path for path in (self.drive / "users").iterdir() if path.name != "Public")

    @property
    def local(self) -> Path:
        """Where this person's programs and data lie."""
        return self.home / "AppData" / "Local"

    def windows_path(self, path: Path) -> str:
        """Return what Windows calls a file of drive C."""
        return str(PureWindowsPath("C:/", path.relative_to(self.drive)))

    def start(self, program: Path, *words: str) -> "subprocess.Popen[bytes]":
        """Start a program for Windows."""
        command = ["wine", str(program), *words]
        quiet = subprocess.DEVNULL
        return subprocess.Popen(command, env=self._environment, stdout=quiet, stderr=quiet)

    def code(self, program: Path, *words: str) -> int:
        """Run a program for Windows to its end; return its exit code."""
        return self.start(program, *words).wait(PATIENCE)

    def said(self, *words: str) -> str:
        """Return what a program of Windows prints, "" where it fails."""
        done = subprocess.run(
            ["wine", *words],
            env=self._environment,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
        return "" if done.returncode else done.stdout.decode("utf-8", "replace")

    def settle(self) -> None:
        """Wait until all programs have ended and the registry lies on the disk."""
        subprocess.run(["wineserver", "--wait"], env=self._environment, check=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        subprocess.run(["wineserver", "--kill"], env=self._environment, check=False)
        subprocess.run(["wineserver", "--wait"], env=self._environment, check=False)


class UserRegistry:
    """HKEY_CURRENT_USER of such a Windows, as `app.windows_registry` has it."""

    def __init__(self, wine: Wine) -> None:
        self._wine = wine

    def read(self, key: str, name: str) -> str | None:
        """Return a value as text; None where there is none."""
        which = ("/v", name) if name else ("/ve",)
        for line in self._wine.said("reg", "query", rf"HKCU\{key}", *which).splitlines():
            _name, kind, value = (*line.split("    ", 3)[1:], "", "", "")[:3]
            if kind.startswith("REG_"):
                return value.rstrip("\r")
        return None

    def write(self, key: str, name: str, text: str) -> None:
        """Set a text."""
        which = ("/v", name) if name else ("/ve",)
        self._wine.said("reg", "add", rf"HKCU\{key}", *which, "/d", text, "/f")

    def remove_value(self, key: str, name: str) -> None:
        """Drop a text."""
        self._wine.said("reg", "delete", rf"HKCU\{key}", "/v", name, "/f")

    def remove_key(self, key: str) -> None:
        """Drop a key and all below it."""
        self._wine.said("reg", "delete", rf"HKCU\{key}", "/f")

    def has(self, key: str) -> bool:
        """Tell whether there is a key."""
        return bool(self._wine.said("reg", "query", rf"HKCU\{key}"))


def compiled(source: Path, target: Path, *options: str) -> None:
    """Compile a program for Windows."""
    target.parent.mkdir(parents=True, exist_ok=True)
    settled = ("-municode", "-O1", "-s", "-Wl,--no-insert-timestamp")  # the same bytes each time
    words = [COMPILER, *settled, *options, str(source), "-o", str(target)]
    subprocess.run(words, check=True)


def until(check: Callable[[], bool], what: str) -> None:
    """Wait for something that comes by itself."""
    deadline = time.monotonic() + PATIENCE
    while not check():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)
