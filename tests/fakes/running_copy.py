"""A copy of Conclave that runs as a process of its own, as a person's computer would run it."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self

from app.profile import Profile
from bench.netlab import NetLab
from crypto.vault import LEAST_MEMORY

ROOT = Path(__file__).parent.parent.parent
PASSPHRASE = "seven quiet herons over the canal"
POLL_S = 0.1
START_S = 45.0  # importing, with every core busy
END_S = 20.0
TAIL_LINES = 25

Line = dict[str, Any]


class CopyError(AssertionError):
    """A copy did not do what a test waited for; the text has what it last said."""


class RunningCopy:
    """`conclave ARGUMENTS` in a home of its own, in a host of a laboratory if one is given.

    Everything that it could write to is below `home`: profile, caches, temporary files, the
    working directory. Its statistics are read while it runs and after it ended.
    """

    def __init__(
        self,
        home: Path,
        *arguments: str,
        lab: NetLab | None = None,
        host: str = "",
        stats: bool = True,
        typing: bool = False,
        program: Sequence[str] = ("app",),
        display: str = "",
    ) -> None:
        """`program` is the module that runs, and what it wants to know first.

        With `typing` somebody sits at its terminal; `display` is an X server, as in $DISPLAY.
        """
        self.home = home
        self.label = host or home.name
        self.began = time.monotonic()
        for folder in ("work", "temporary", "results"):
            (home / folder).mkdir(parents=True, exist_ok=True)
        self._stats = home / "results" / "stats.jsonl"
        self._stats_wanted = stats
        words = [sys.executable, "-m", *program, *arguments]
        if arguments[0] in ("host", "join", "try"):
            words += ["--profile", str(self.profile)]
            words += ["--stats", str(self._stats)] if stats else []
            if tuple(program) == ("app",):
                _make_profile(self.profile)
        self._lines: list[Line] = []
        self._read_to = 0
        options: dict[str, Any] = {"cwd": home / "work", "env": environment(home)}
        if display:
            options["env"]["DISPLAY"] = display
        with (
            open(home / "results" / "stdout", "wb") as stdout,
            open(home / "results" / "stderr", "wb") as stderr,
        ):
            stdin = subprocess.PIPE if typing else subprocess.DEVNULL
            options |= {"stdin": stdin, "stdout": stdout, "stderr": stderr}
            if lab:
                self.process = lab.popen(host, words, **options)
            else:
                self.process = subprocess.Popen(words, **options)

    def __repr__(self) -> str:
        return f"<copy {self.label}, process {self.process.pid}>"

    @property
    def profile(self) -> Path:
        """The folder of this copy's identity and settings."""
        return self.home / "profile"

    @property
    def stdout(self) -> str:
        """What it printed so far."""
        return (self.home / "results" / "stdout").read_text(errors="replace")

    @property
    def stderr(self) -> str:
        """What it complained about so far."""
        return (self.home / "results" / "stderr").read_text(errors="replace")

    # ---- what it tells

    def invitation(self) -> str:
        """Wait for the first line of output, the invitation, and return it."""

        def first_line() -> str | None:
            first, newline, _ = self.stdout.partition("\n")
            return first.strip() if newline else None

        link: str = self.wait_until(first_line, "an invitation as its first line", START_S)
        assert link.startswith("conclave:"), link
        return link

    def statistics(self) -> list[Line]:
        """Return every complete line of statistics so far."""
        if self._stats.exists():
            with open(self._stats, "rb") as file:
                file.seek(self._read_to)
                complete, newline, _ = file.read().rpartition(b"\n")
            self._read_to += len(complete) + len(newline)
            self._lines += [json.loads(line) for line in complete.splitlines()]
        return self._lines

    def latest(self) -> Line:
        """Return the newest line of statistics; empty before the first."""
        lines = self.statistics()
        return lines[-1] if lines else {}

    def wait_for_line(
        self, fits: Callable[[Line], object], what: str, within: float = 30.0, since: int = 0
    ) -> Line:
        """Wait until a line of statistics (from line number `since` on) fits, and return it."""

        def find() -> Line | None:
            return next((line for line in self.statistics()[since:] if fits(line)), None)

        found: Line = self.wait_until(find, what, within)
        return found

    def wait_until(self, check: Callable[[], Any], what: str, within: float = 30.0) -> Any:
        """Wait until `check` returns something true, and return it."""
        deadline = time.monotonic() + within
        while True:
            if found := check():
                return found
            if self.process.poll() is not None and not (found := check()):
                raise self.failure(f"ended with {self.process.returncode} before {what}")
            if found:
                return found
            if time.monotonic() > deadline:
                raise self.failure(f"{what}: not within {within:.0f} s")
            time.sleep(POLL_S)

    def failure(self, what: str) -> CopyError:
        """Return an error that says what this copy did last."""
        stderr = "\n".join(self.stderr.splitlines()[-TAIL_LINES:])
        stdout = "\n".join(self.stdout.splitlines()[-TAIL_LINES:])
        latest = json.dumps(self.latest(), indent=1)
        return CopyError(
            f"{self.label}: {what}\n--- its errors:\n{stderr}\n--- its output:\n{stdout}\n"
            f"--- its latest statistics ({len(self._lines)} lines):\n{latest}"
        )

    def type(self, line: str) -> None:
        """Type a line at its terminal."""
        assert self.process.stdin is not None
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    # ---- how it ends

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait()
        if self.process.stdin is not None:
            self.process.stdin.close()

    def interrupt(self) -> int:
        """Press Ctrl+C, wait for the end and return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.end()

    def end(self, within: float = END_S) -> int:
        """Wait until it ends by itself and return the exit code."""
        try:
            return self.process.wait(timeout=within)
        except subprocess.TimeoutExpired:
            raise self.failure(f"did not end within {within:.0f} s") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=3)
        self.kill()

    # ---- what it leaves

    def files_left(self) -> Iterator[tuple[Path, bytes]]:
        """Yield (path, content) of everything that it wrote and was not asked for."""
        for path in sorted(self.home.rglob("*")):
            if path.is_file() and self.home / "results" not in path.parents:
                yield path, path.read_bytes()

    def open_sockets(self) -> int:
        """Return how many sockets it has open."""
        return sum(target.startswith("socket:") for target in self.open_files())

    def resident_mb(self) -> float:
        """Return how much memory it holds, in MB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def threads(self) -> int:
        """Return how many threads it runs."""
        return len(list(Path(f"/proc/{self.process.pid}/task").iterdir()))

    def open_files(self) -> list[str]:
        """Return what it has open: paths, and `socket:[inode]` for sockets."""
        targets = []
        for link in Path(f"/proc/{self.process.pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                targets.append(os.readlink(link))
        return targets


def _make_profile(folder: Path) -> None:
    """Make an identity whose passphrase costs nothing to stretch; it is used as any other."""
    Profile.open(folder, passphrase=PASSPHRASE, limits=(1, LEAST_MEMORY)).close()


def environment(home: Path) -> dict[str, str]:
    """Return a bare environment: English, no display, and every folder below `home`."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}",
        "PYTHONFAULTHANDLER": "1",
        "LANG": "C.UTF-8",
        "LANGUAGE": "en",
        "HOME": str(home / "home"),
        "TMPDIR": str(home / "temporary"),
        "CONCLAVE_PASSPHRASE": PASSPHRASE,
        # One pool of memory instead of one per thread: what is held is then what is used.
        "MALLOC_ARENA_MAX": "1",
    }


def run_to_its_end(
    home: Path, *arguments: str, within: float = START_S
) -> subprocess.CompletedProcess[str]:
    """Run `conclave ARGUMENTS` and return its exit code and what it said."""
    for folder in ("work", "temporary", "home"):
        (home / folder).mkdir(parents=True, exist_ok=True)
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        cwd=home / "work",
        env=environment(home),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=within,
        check=False,
    )


def all_together(copies: Sequence[RunningCopy], within: float = 45.0) -> None:
    """Wait until every copy lists all the others as connected, under the same code."""

    def complete(line: Line) -> bool:
        states = [peer["state"] for peer in line["peers"].values()]
        return states == ["connected"] * (len(copies) - 1) and bool(line["code"])

    deadline = time.monotonic() + within
    for copy in copies:
        what = f"a code and {len(copies) - 1} connected peers"
        copy.wait_for_line(complete, what, max(1.0, deadline - time.monotonic()))

    def same() -> bool:
        latest = [copy.latest() for copy in copies]
        return all(map(complete, latest)) and len({line["code"] for line in latest}) == 1

    copies[0].wait_until(same, "the same code on every screen", within)
