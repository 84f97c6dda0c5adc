"""Make the locks anew: python packaging/lock.py [--upgrade]. Needs uv, and what the tests need."""

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


def main(arguments: list[str]) -> int:
    """Resolve each lock; arguments go to uv."""
    uv = shutil.which("uv")
    if uv is None:
        print("uv is needed to resolve the locks: https://docs.astral.sh/uv/", file=sys.stderr)
        return 1
    for lock, sources in LOCKS.items():
        subprocess.run(
            [uv, *COMMAND, *arguments, *sources, "--output-file", lock], cwd=HERE, check=True
        )
    return flatpak_sources.main([])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
