"""Choose the wheels of a Flatpak from the lock: python packaging/flatpak_sources.py [--check].

Writes packaging/flatpak/python-wheels.json: for each processor one wheel of each library, by its
address and hash. Needs uv, a way to pypi.org, and what the tests need. --check needs neither of the
first two: it says whether the file is what the lock wants.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import canonicalize_name, parse_wheel_filename

HERE = Path(__file__).resolve().parent
LOCK = HERE / "requirements.lock"
SOURCES = HERE / "flatpak" / "python-wheels.json"
PYTHON = (3, 13)  # of the runtime that the manifest names
NEWEST_GLIBC = 42  # 2.42, of that runtime
MACHINES = ("aarch64", "x86_64")
EXPORT = ("pip", "compile", "--quiet", "--universal", "--no-deps", "--format=pylock.toml")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


class SourceError(Exception):
    """The Flatpak cannot be made of these wheels; the text says why."""


@dataclass(frozen=True)
class Locked:
    """One library, as the lock holds it."""

    name: str
    version: str
    hashes: frozenset[str]


@dataclass(frozen=True)
class Wheel:
    """One file of a library."""

    url: str
    sha256: str

    @property
    def file(self) -> str:
        """The name, which says what it fits."""
        return self.url.rpartition("/")[2]


def locked(text: str, machine: str) -> list[Locked]:
    """Return what the lock wants inside the Flatpak on such a processor."""
    version = ".".join(map(str, PYTHON))
    inside = {
        "implementation_name": "cpython",
        "os_name": "posix",
        "platform_machine": machine,
        "platform_python_implementation": "CPython",
        "platform_system": "Linux",
        "python_full_version": f"{version}.0",
        "python_version": version,
        "sys_platform": "linux",
    }
    found = []
    for entry in text.replace("\\\n", " ").splitlines():
        words = HASH.sub("", entry).partition("#")[0].strip()
        if words:
            wanted = Requirement(words)
            if wanted.marker is None or wanted.marker.evaluate(inside):
                (version_of_it,) = (each.version for each in wanted.specifier)
                hashes = frozenset(HASH.findall(entry))
                found.append(Locked(canonicalize_name(wanted.name), version_of_it, hashes))
    return found


def tags(machine: str) -> list[Tag]:
    """Return what runs inside the Flatpak on such a processor, the best first."""
    platforms = [f"manylinux_2_{minor}_{machine}" for minor in range(NEWEST_GLIBC, 16, -1)]
    platforms += [f"manylinux2014_{machine}", f"linux_{machine}"]
    return [*cpython_tags(PYTHON, platforms=platforms), *compatible_tags(PYTHON, "cp", platforms)]


def best(wheels: Iterable[Wheel], machine: str) -> Wheel:
    """Return the wheel that fits a processor best; SourceError."""
    order = {tag: place for place, tag in enumerate(tags(machine))}

    def place(wheel: Wheel) -> int:
        *_, fits = parse_wheel_filename(wheel.file)
        return min((order[tag] for tag in fits if tag in order), default=len(order))

    chosen = min(wheels, key=place, default=None)
    if chosen is None or place(chosen) == len(order):
        raise SourceError(f"there is no wheel for {machine}")
    return chosen


def wheels_of(pylock: Mapping[str, Any]) -> dict[str, list[Wheel]]:
    """Return the wheels of each library in a lock file of Python's own form (PEP 751)."""
    return {
        canonicalize_name(package["name"]): [
            Wheel(wheel["url"], wheel["hashes"]["sha256"]) for wheel in package.get("wheels", ())
        ]
        for package in pylock["packages"]
    }


def sources(text: str, wheels: Mapping[str, list[Wheel]]) -> list[dict[str, Any]]:
    """Return what flatpak-builder fetches, for a lock and the wheels there are; SourceError."""
    chosen: dict[Wheel, list[str]] = {}
    for machine in MACHINES:
        for library in locked(text, machine):
            known = [one for one in wheels[library.name] if one.sha256 in library.hashes]
            try:
                chosen.setdefault(best(known, machine), []).append(machine)
            except SourceError as error:
                raise SourceError(f"{library.name} {library.version}: {error}") from error
    return [
        {"type": "file", "url": wheel.url, "sha256": wheel.sha256}
        | ({} if len(machines) == len(MACHINES) else {"only-arches": machines})
        for wheel, machines in sorted(chosen.items(), key=lambda item: item[0].file.lower())
    ]


def differences(text: str, given: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield what is not as the lock wants it, a line each."""
    entries = list(given)
    for machine in MACHINES:
        wanted = {library.name: library for library in locked(text, machine)}
        runs = set(tags(machine))
        for entry in entries:
            if machine not in entry.get("only-arches", MACHINES):
                continue
            wheel = Wheel(entry["url"], entry["sha256"])
            name, version, _build, fits = parse_wheel_filename(wheel.file)
            library = wanted.pop(canonicalize_name(name), None)
            if library is None or str(version) != library.version:
                yield f"{machine}: {wheel.file} is not in the lock, or twice in the file"
            elif wheel.sha256 not in library.hashes:
                yield f"{machine}: {wheel.file} has another hash than in the lock"
            elif not fits & runs:
                yield f"{machine}: {wheel.file} does not run there"
        yield from (f"{machine}: {name} is missing" for name in wanted)


def asked() -> dict[str, list[Wheel]]:
    """Ask the index, by way of uv, which wheels there are; SourceError."""
    uv = shutil.which("uv")
    if uv is None:
        raise SourceError("uv is needed: https://docs.astral.sh/uv/")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "pylock.toml"
        subprocess.run([uv, *EXPORT, str(LOCK), "--output-file", str(out)], check=True)
        return wheels_of(tomllib.loads(out.read_text(encoding="utf-8")))


def main(arguments: list[str] | None = None) -> int:
    """Write the file, or check it; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say whether it is current")
    check = parser.parse_args(arguments).check
    text = LOCK.read_text(encoding="utf-8")
    try:
        if not check:
            made = json.dumps(sources(text, asked()), indent=1)
            SOURCES.write_text(made + "\n", encoding="utf-8")
        wrong = list(differences(text, json.loads(SOURCES.read_text(encoding="utf-8"))))
    except SourceError as error:
        wrong = [str(error)]
    for line in wrong:
        print(line, file=sys.stderr)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
