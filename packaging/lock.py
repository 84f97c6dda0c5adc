"""Make the locks anew: python packaging/lock.py [--upgrade]. Needs uv, and what the tests need.

Afterwards, or alone with --check, everything must be there as a wheel for each system and Python:
nobody who sets Conclave up has a compiler. That asks the package index, but fetches no wheel.
"""

import itertools
import os
import shutil
import subprocess
import sys
from pathlib import Path

import flatpak_sources

HERE = Path(__file__).resolve().parent
COMMAND = (
    "pip",
    "compile",
    "--quiet",
    "--universal",
    "--fork-strategy=fewest",  # one version of a library for every Python, where one exists
    "--python-version=3.11",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--custom-compile-command=python packaging/lock.py",
)
LOCKS = {
    "requirements.lock": ("requirements.in",),
    "requirements-test.lock": ("requirements.in", "requirements-test.in"),
    "requirements-fuzz.lock": ("requirements-fuzz.in",),
    "requirements-package.lock": ("requirements.in", "requirements-package.in"),
    "requirements-opencv.lock": ("requirements-opencv.in",),
}
PYTHONS = ("3.11", "3.12", "3.13")
SYSTEMS = (
    "x86_64-pc-windows-msvc",
    "aarch64-apple-darwin",  # for Intel two libraries publish none any more
    "x86_64-manylinux_2_34",
)
OLDEST_MACOS = "14.0"


def without_wheels(uv: str, lock: str) -> list[str]:
    """Return the systems and Pythons for which something in a lock has no wheel, and what."""
    surroundings = os.environ | {"MACOSX_DEPLOYMENT_TARGET": OLDEST_MACOS}
    found = []
    for system, python in itertools.product(SYSTEMS, PYTHONS):
        place = [f"--python-platform={system}", f"--python-version={python}"]
        words = [uv, "pip", "compile", "--quiet", "--only-binary=:all:", *place, lock]
        done = subprocess.run(
            words, cwd=HERE, env=surroundings, capture_output=True, text=True, check=False
        )
        if done.returncode:
            found.append(f"{lock}, {system}, Python {python}: {done.stderr.strip()}")
    return found


def main(arguments: list[str]) -> int:
    """Resolve each lock, then look for wheels; arguments go to uv."""
    uv = shutil.which("uv")
    if uv is None:
        print("uv is needed to resolve the locks: https://docs.astral.sh/uv/", file=sys.stderr)
        return 1
    if arguments != ["--check"]:
        for lock, sources in LOCKS.items():
            words = [uv, *COMMAND, *arguments, *sources, "--output-file", lock]
            subprocess.run(words, cwd=HERE, check=True)
        flatpak_sources.main([])
    missing = without_wheels(uv, "requirements.lock")
    print("\n".join(missing) or "everything has a wheel", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
