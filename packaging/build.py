"""Build what people install: python packaging/build.py [KIND ...] [--quick].

Without a KIND all that this system can build goes into dist/: on Linux deb, rpm, tar and run. The
same commit gives the same bytes, on the same system. With --quick packages take a minute to make
instead of ten, and are half as large again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator, Sequence
from pathlib import Path

import bootstrap
import folder_package
import linux_packages
import trimming
from bootstrap import python_of, say
from version import version

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build" / "package"
DIST = ROOT / "dist"
LOCK = ROOT / "packaging" / "requirements-package.lock"
SPEC = ROOT / "packaging" / "freeze" / "conclave.spec"
KINDS_OF_LINUX = ("deb", "rpm", "tar", "run")
MOST_PARTS = 12  # of the report on what makes up the size


class BuildError(Exception):
    """Nothing could be built; the text says why."""


def commit_time() -> int:
    """Return when the last commit was made, in Unix seconds: the time of all files that ship."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given:
        return int(given)
    asked = subprocess.run(
        ["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if asked.returncode:
        raise BuildError("set SOURCE_DATE_EPOCH: this is no git checkout that tells the time")
    return int(asked.stdout)


def environment() -> Path:
    """Make an environment with what the lock lists, once; return its interpreter."""
    folder = WORK / "venv"
    python = python_of(folder)
    stamp = bootstrap.Stamp(folder / ".conclave")
    if not (python.exists() and stamp.has(LOCK)):
        say(f"installing what {LOCK.relative_to(ROOT)} lists")
        venv.create(folder, with_pip=True, clear=True, symlinks=os.name != "nt")
        bootstrap.install(python, LOCK, None)
        stamp.write([LOCK])
    return python


def freeze(python: Path, when: int) -> Path:
    """Let PyInstaller make the folder that ships; return it."""
    say("collecting the program")
    settled = {"SOURCE_DATE_EPOCH": str(when), "PYTHONHASHSEED": "1", "LC_ALL": "C.UTF-8"}
    command = [str(python), "-m", "PyInstaller", "--noconfirm", "--clean", "--log-level", "WARN"]
    command += ["--distpath", str(WORK / "frozen"), "--workpath", str(WORK / "work"), str(SPEC)]
    subprocess.run(command, cwd=ROOT, env=os.environ | settled, check=True)
    folder = WORK / "frozen" / "conclave"
    strip(folder)
    for path in sorted(folder.rglob("*")):
        if not path.is_symlink():
            runs = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if runs else 0o644)
            os.utime(path, (when, when))
    return folder


def strip(folder: Path) -> None:
    """Take the names for debuggers out of the libraries that bear it; on Linux only."""
    if sys.platform == "linux" and shutil.which("strip"):
        for pattern in trimming.STRIPPED:
            for path in folder.glob(f"_internal/{pattern}"):
                subprocess.run(["strip", "--strip-unneeded", str(path)], check=True)


def nfpm(python: Path, kind: str, folder: Path, when: int, *, quick: bool) -> Path:
    """Make a package for Linux; return it."""
    text = linux_packages.metainfo(version(ROOT), when)
    (WORK / "metainfo.xml").write_text(text, encoding="utf-8")
    (WORK / "packaged").write_text(f"{kind}\n", encoding="ascii")
    words = linux_packages.description(WORK, folder, version(ROOT), when, quick=quick)
    description = WORK / "nfpm.json"
    description.write_text(json.dumps(words, indent=1), encoding="utf-8")
    target = DIST / f"conclave_{version(ROOT)}_{words['arch']}.{kind}"
    command = [str(python.with_name("nfpm")), "package", "--packager", kind]
    command += ["--config", str(description), "--target", str(target)]
    settled = os.environ | {"SOURCE_DATE_EPOCH": str(when)}
    subprocess.run(command, check=True, env=settled, cwd=ROOT, stdout=subprocess.DEVNULL)
    return target


def folder_packages(kinds: Sequence[str], folder: Path, when: int) -> list[Path]:
    """Make the archive of the installation that is one folder, and what unpacks it by itself."""
    name = f"conclave-{version(ROOT)}-linux-{platform.machine()}"
    packed = DIST / f"{name}.tar.xz"
    folder_package.archive(folder, b"folder\n", version(ROOT), when, packed)
    if "run" not in kinds:
        return [packed]
    installer = DIST / f"{name}.run"
    folder_package.self_extracting(packed, version(ROOT), installer)
    return [packed, installer]


def parts(folder: Path) -> Iterator[tuple[str, int]]:
    """Yield the largest parts of the program and their bytes, the largest first."""
    inside = folder / "_internal"
    sizes: dict[str, int] = {}
    for path in inside.rglob("*"):
        if path.is_file() and not path.is_symlink():
            name = path.relative_to(inside).parts[0]
            sizes[name] = sizes.get(name, 0) + path.stat().st_size
    yield from sorted(sizes.items(), key=lambda item: (-item[1], item[0]))


def report(folder: Path, packages: Sequence[Path]) -> str:
    """Return how large everything is, and what makes it so."""
    sizes = list(parts(folder))
    lines = [f"{path.name}: {path.stat().st_size / 1e6:.0f} MB" for path in packages]
    lines.append(f"unpacked: {sum(size for _, size in sizes) / 1e6:.0f} MB, of that")
    lines += [f"  {size / 1e6:6.1f} MB  {name}" for name, size in sizes[:MOST_PARTS]]
    return "\n".join(lines) + "\n"


def sums(packages: Sequence[Path]) -> str:
    """Return the SHA-256 of each package, as `sha256sum --check` reads them."""
    return "".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in packages
    )


def build(kinds: Sequence[str], *, quick: bool) -> None:
    """Build these kinds of package."""
    when = commit_time()
    python = environment()
    shutil.rmtree(WORK / "icons", ignore_errors=True)
    drawer = [str(python), str(ROOT / "packaging" / "icons.py"), str(WORK / "icons")]
    subprocess.run(drawer, check=True)
    folder = freeze(python, when)
    DIST.mkdir(exist_ok=True)
    packages = []
    for kind in kinds:
        if kind in ("deb", "rpm"):
            say(f"packing the {kind}")
            packages.append(nfpm(python, kind, folder, when, quick=quick))
    if {"tar", "run"} & set(kinds):
        say("packing the folder")
        packages += folder_packages(kinds, folder, when)
    (DIST / "SHA256SUMS").write_text(sums(packages), encoding="ascii")
    text = report(folder, packages)
    (DIST / "sizes.txt").write_text(text, encoding="utf-8")
    print(text, end="")


def main(arguments: Sequence[str]) -> int:
    """Read the command line and build; returns the exit code."""
    usual = KINDS_OF_LINUX if sys.platform == "linux" else ()
    parser = argparse.ArgumentParser(description="Build what people install, into dist/.")
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"of: {', '.join(usual)}")
    parser.add_argument("--quick", action="store_true", help="make larger packages, sooner")
    given = parser.parse_args(arguments)
    kinds = given.kinds or list(usual)
    if unknown := set(kinds) - set(usual):
        parser.error(f"this system cannot build {', '.join(sorted(unknown))}")
    try:
        build(kinds, quick=given.quick)
    except BuildError as error:
        say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
