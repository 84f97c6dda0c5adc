"""Show that two builds of the last commit are the same: packaging/check_reproducible.py [KIND ...].

Each is made from a clone of its own, in a folder and with an environment of its own. Options are
those of build.py; the exit code is 1 if anything differs.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("here", "in/another place")


def build(clone: Path, arguments: Sequence[str]) -> dict[str, str]:
    """Build packages of the last commit in a clone; return the SHA-256 of each."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    builder = [sys.executable, str(clone / "packaging" / "build.py"), *arguments]
    subprocess.run(builder, cwd=clone, check=True)
    lines = (clone / "dist" / "SHA256SUMS").read_text(encoding="ascii").splitlines()
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}


def files(clone: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of the program, as it was before it was packed."""
    folder = clone / "build" / "package" / "frozen"
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def different(one: dict[str, str], other: dict[str, str]) -> list[str]:
    """Return the names that do not stand for the same in both."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def main(arguments: Sequence[str]) -> int:
    """Build twice and compare; returns the exit code."""
    with tempfile.TemporaryDirectory() as place:
        clones = [Path(place) / name for name in FOLDERS]
        one, other = (build(clone, arguments) for clone in clones)
        for name in different(one, other):
            print(f"differs: {name}")
        for name in different(*map(files, clones)):
            print(f"  in it: {name}")
    for name in sorted(one.keys() & other.keys()):
        if one[name] == other[name]:
            print(f"the same twice: {one[name]}  {name}")
    return 1 if different(one, other) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
