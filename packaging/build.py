"""Build what people install: python packaging/build.py [KIND ...] [--quick].

Without a KIND all that this system can build goes into dist/: on Linux deb, rpm, tar and run, on a
Mac dmg, on Windows exe. The same commit gives the same bytes, on Linux
(packaging/check_reproducible.py). With --quick packages are made sooner, are larger, and hold the
OpenCV of PyPI: they are for trying, and must not be given to others.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator, Sequence
from pathlib import Path

import bootstrap
import linux_packages
import mac_package
import opencv
import trimming
import windows_package
from bootstrap import python_of, say
from version import version

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build" / "package"
DIST = ROOT / "dist"
LOCK = ROOT / "packaging" / "requirements-package.lock"
SPEC = ROOT / "packaging" / "freeze" / "conclave.spec"
KINDS = {
    "darwin": mac_package.KINDS,
    "linux": linux_packages.KINDS,
    "win32": windows_package.KINDS,
}
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


def environment(*, quick: bool = False) -> Path:
    """Make an environment with what the lock lists, once; return its interpreter.

    OpenCV is built for it (packaging/opencv.py); with `quick` it is the one that PyPI has.
    """
    folder = WORK / ("venv-quick" if quick else "venv")
    python = python_of(folder)
    stamp = bootstrap.Stamp(folder / ".conclave")
    lock, built = LOCK, None
    if not quick:
        try:
            built = opencv.wheel(LOCK)
        except opencv.OpenCVError as error:
            raise BuildError(str(error)) from error
        lock = built.with_name("requirements.lock")
        digest = hashlib.sha256(built.read_bytes()).hexdigest()
        rest = opencv.without(LOCK.read_text(encoding="utf-8"))
        lock.write_text(f"# and {built.name}, {digest}\n{rest}", encoding="utf-8")
    if not (python.exists() and stamp.has(lock)):
        say(f"installing what {LOCK.relative_to(ROOT)} lists")
        venv.create(folder, with_pip=True, clear=True, symlinks=os.name != "nt")
        bootstrap.install(python, lock, None)
        if built:
            command = [str(python), "-m", "pip", "install", "--no-deps", "--no-index", str(built)]
            bootstrap.call_pip(command)
        stamp.write([lock])
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
    for program in (WORK / "frozen").iterdir():
        ask(python, "notices.py", "--bundle", str(program))
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


def ask(python: Path, program: str, *words: str) -> int:
    """Run a program of packaging/ in the environment that ships; return its exit code."""
    command = [str(python), str(ROOT / "packaging" / program), *words]
    return subprocess.run(command, cwd=ROOT, check=program != "licences.py").returncode


def account(python: Path, folder: Path, into: Path, when: int, *, quick: bool) -> None:
    """Write what the program is made of beside its packages; BuildError if it may not be."""
    os.environ["SOURCE_DATE_EPOCH"] = str(when)
    name = f"conclave-{version(ROOT)}-{sysconfig.get_platform()}.cdx.json"
    ask(python, "sbom.py", "--bundle", str(folder), "--out", str(into / name))
    warning = into / "NOT-FOR-OTHERS.txt"
    warning.unlink(missing_ok=True)
    if ask(python, "licences.py", "--bundle", str(folder)):
        if not quick:
            raise BuildError("this must not be given to others: the lines above say why")
        text = "These packages are for trying: parts of them must not be given to others.\n"
        warning.write_text(text, encoding="utf-8")
        say(text.strip())


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


def build(kinds: Sequence[str], python: Path, into: Path, *, quick: bool) -> None:
    """Build these kinds of package into a folder; `python` has what the lock lists."""
    when = commit_time()
    shutil.rmtree(WORK / "icons", ignore_errors=True)
    drawer = [str(python), str(ROOT / "packaging" / "icons.py"), str(WORK / "icons")]
    subprocess.run(drawer, check=True)
    folder = freeze(python, when)
    into.mkdir(parents=True, exist_ok=True)
    account(python, folder, into, when, quick=quick)
    if sys.platform == "darwin":
        packages = mac_package.build(kinds, folder, WORK, into, version(ROOT), quick=quick)
    elif sys.platform == "win32":
        packages = [windows_package.build(folder, WORK, into, version(ROOT), quick=quick)]
    else:
        program = linux_packages.Program(folder, WORK, version(ROOT), when)
        nfpm = python.with_name("nfpm")
        packages = linux_packages.build(kinds, program, into, nfpm=nfpm, quick=quick)
    (into / "SHA256SUMS").write_text(sums(packages), encoding="ascii")
    text = report(folder, packages)
    (into / "sizes.txt").write_text(text, encoding="utf-8")
    print(text, end="")


def main(arguments: Sequence[str]) -> int:
    """Read the command line and build; returns the exit code."""
    usual = KINDS.get(sys.platform, ())
    parser = argparse.ArgumentParser(description="Build what people install.")
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"of: {', '.join(usual)}")
    parser.add_argument("--quick", action="store_true", help="make packages for trying, sooner")
    parser.add_argument("--into", type=Path, metavar="DIR", default=DIST, help="instead of dist/")
    parser.add_argument(
        "--python", type=Path, metavar="FILE", help="one that has what the lock lists already"
    )
    given = parser.parse_args(arguments)
    kinds = given.kinds or list(usual)
    if unknown := set(kinds) - set(usual):
        parser.error(f"this system cannot build {', '.join(sorted(unknown))}")
    try:
        build(kinds, given.python or environment(quick=given.quick), given.into, quick=given.quick)
    except (BuildError, mac_package.AppError, windows_package.NoCompilerError) as error:
        say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
