"""The test's end of an attack: starts a hostile program in a host of a laboratory."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from bench.netlab import NetLab

ROOT = Path(__file__).parent.parent.parent
Said = dict[str, Any]


class Attacker:
    """`python -m fakes.PROGRAM ARGUMENTS`: tells what it sees as lines of JSON.

    It runs at the lowest priority. On a network it would have a computer of its own; here it must
    not win by taking the processor away.
    """

    def __init__(self, lab: NetLab, host: str, folder: Path, program: str, *words: object) -> None:
        self.name = program
        self._said = folder / f"{program}-{host}-{time.monotonic_ns()}.jsonl"
        self._errors = self._said.with_suffix(".stderr")
        with open(self._said, "wb") as stdout, open(self._errors, "wb") as stderr:
            self._process = lab.popen(
                host,
                ["nice", "-n", "19", sys.executable, "-m", f"fakes.{program}"]
                + [str(word) for word in words],
                cwd=ROOT / "tests",
                env={"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "PATH": "/usr/bin:/bin"},
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
            )

    @property
    def said(self) -> list[Said]:
        """Everything it told so far."""
        complete = self._said.read_text().rpartition("\n")[0]
        return [json.loads(line) for line in complete.splitlines()]

    def wait_for(self, fits: Callable[[Said], object], what: str, within: float = 30.0) -> Said:
        """Wait until it tells something, and return that."""
        deadline = time.monotonic() + within
        while True:
            if found := next((line for line in self.said if fits(line)), None):
                return found
            if time.monotonic() > deadline or self._process.poll() is not None:
                if found := next((line for line in self.said if fits(line)), None):
                    return found
                errors = self._errors.read_text()[-3000:]
                raise AssertionError(f"{self.name}: {what}: {self.said[-5:]}\n{errors}")
            time.sleep(0.05)

    def ready(self) -> Self:
        """Wait until it begins."""
        self.wait_for(lambda line: line["what"] == "ready", "beginning")
        return self

    def result(self, within: float = 60.0) -> Said:
        """Wait for its last word."""
        return self.wait_for(lambda line: line["what"] == "result", "its result", within)

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def tell(what: str, **details: object) -> None:
    """Say something to the test, from inside an attack."""
    print(json.dumps({"what": what, **details}), flush=True)
