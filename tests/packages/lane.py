"""Build packages of this version and of a newer one, then try them: ./run package-test [OPTION...].

Options are those of pytest. Only root can try packages: each in a Debian of its own.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "packaging")]

from bootstrap import CANNOT_TRY, become, say  # noqa: E402
from version import version  # noqa: E402

import build  # noqa: E402
from bench.clean_root import made_base, why_not  # noqa: E402

PLACE = ROOT / "build" / "package-test"
WORK = ("--quick", "deb", "run")
STEP = "{} took {:.0f} s"


def main(arguments: Sequence[str]) -> int:
    """Build and try; the exit code is that of the tests, or 77 where packages cannot be tried."""
    if reason := cannot_try():
        say(f"packages cannot be tried here: {reason}")
        return CANNOT_TRY
    began = time.monotonic()
    python = build.environment(quick=True)
    say(STEP.format("what building needs", time.monotonic() - began))
    began = time.monotonic()
    newer = newer_source(PLACE / "source")
    shutil.rmtree(PLACE / "packages", ignore_errors=True)
    builds = [
        start_build(ROOT, python, PLACE / "packages"),
        start_build(newer, python, PLACE / "packages" / "newer"),
    ]
    codes = [one.wait() for one in builds]
    if any(codes):
        return 1
    say(STEP.format("building", time.monotonic() - began))
    os.environ["CONCLAVE_PACKAGES"] = str(PLACE / "packages")
    os.chdir(ROOT)
    return become([sys.executable, "-m", "pytest", "tests/packages", *arguments])


def cannot_try() -> str:
    """Return why packages cannot be tried here, "" if they can."""
    if reason := why_not():
        return reason
    try:
        made_base()
    except subprocess.CalledProcessError:
        return "no mirror of Debian gives a system to try them in"
    return ""


def newer_source(place: Path) -> Path:
    """Copy this source with the next version in it, as the next release will be; return it."""
    shutil.rmtree(place, ignore_errors=True)
    asked = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(asked, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, place / name)
    file = place / "app" / "__init__.py"
    text = file.read_text()
    before = version(ROOT)
    main, _, last = before.rpartition(".")
    after = f"{main}.{int(last) + 1}"
    file.write_text(re.sub(re.escape(before), after, text))
    return place


def start_build(source: Path, python: Path, into: Path) -> subprocess.Popen[bytes]:
    """Begin to build the packages of a source."""
    command = [sys.executable, str(source / "packaging" / "build.py"), *WORK]
    command += ["--python", str(python), "--into", str(into)]
    settled = os.environ | {"SOURCE_DATE_EPOCH": str(build.commit_time())}
    return subprocess.Popen(command, env=settled)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
