"""Programs that run for a while, without a word, and are always ended."""

import contextlib
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

QUIT_S = 10.0  # for a program that is asked to end; then it is made to


@contextlib.contextmanager
def running(
    *command: str,
    env: Mapping[str, str] | None = None,
    fds: tuple[int, ...] = (),
    cwd: Path | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program until the end of the block; it keeps the file descriptors `fds`."""
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, env=env, pass_fds=fds, cwd=cwd, stdout=quiet, stderr=quiet)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(QUIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
