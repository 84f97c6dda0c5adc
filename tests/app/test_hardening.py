"""A program that crashes leaves no memory on the disk."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CRASH = """
import os, resource, signal
from app.__main__ import main
resource.setrlimit(resource.RLIMIT_CORE, (1 << 20, 1 << 20))
try:
    main(["--version"])
except SystemExit:
    pass
print(resource.getrlimit(resource.RLIMIT_CORE), flush=True)
os.kill(os.getpid(), signal.SIGSEGV)
"""


@pytest.mark.skipif(os.name != "posix", reason="about core dumps of POSIX")
def test_a_crash_dumps_no_core_even_where_they_are_switched_on(tmp_path: Path):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONFAULTHANDLER", None)
    with subprocess.Popen(
        [sys.executable, "-c", CRASH], cwd=tmp_path, env=environment, stdout=subprocess.PIPE
    ) as program:
        assert program.stdout is not None
        *_, limits = program.stdout.read().splitlines()
        _, status = os.waitpid(program.pid, 0)
        program.returncode = os.waitstatus_to_exitcode(status)
    assert limits == b"(0, 0)"
    assert program.returncode == -signal.SIGSEGV
    assert not os.WCOREDUMP(status)
    assert list(tmp_path.iterdir()) == []
