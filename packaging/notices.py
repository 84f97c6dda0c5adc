"""Write THIRD_PARTY_NOTICES.md from what is installed: python packaging/notices.py [--check].

With --bundle DIR it writes what is in a built program, into that; run by the Python that built it.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "packaging" / "requirements.lock"
VENDORED = ROOT / "packaging" / "vendored.toml"
TEXTS = ROOT / "packaging" / "licences"
NOTICES = ROOT / "THIRD_PARTY_NOTICES.md"
OPENCV = "opencv-python-headless"

LICENCE_FILE = re.compile(r"(licen[cs]e|copying|notice)", re.IGNORECASE)
HOME_LABELS = ("homepage", "home", "source", "repository", "source code", "source-code")
TROVE = {  # classifiers of distributions that name their licence no other way
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: BSD License": "BSD-3-Clause",
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
}
SPDX = {  # how some distributions spell it
    "Apache 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "LGPL-3.0-only OR GPL-2.0-only OR GPL-3.0": "LGPL-3.0-only OR GPL-2.0-only OR GPL-3.0-only",
}


@dataclass(frozen=True)
class Part:
    """One line of the notices."""

    name: str
    version: str
    licence: str
    home: str
    inside: str = ""  # the distributions that carry a vendored library
    remark: str = ""
    problem: str = ""  # why its licence does not go with Conclave's, and what is done about it
    data: bool = False  # a file that is read, as a typeface
    system: bool = False  # a System Library, in the GPL's words
    text: str = ""  # the file of its licence, where none of its carriers brings it


def normalised(name: str) -> str:
    """Return a distribution's name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(lock: str) -> dict[str, str]:
    """Return name and version of each requirement of a lock."""
    return dict(re.findall(r"^([a-z0-9-]+)==([^\s;\\]+)", lock, re.MULTILINE))


def licence_of(metadata: importlib.metadata.PackageMetadata) -> str:
    """Return the licence a distribution declares, as an SPDX expression where it has one."""
    fields = metadata.json
    declared = str(fields.get("license_expression") or fields.get("license") or "")
    if declared and "\n" not in declared:
        return SPDX.get(declared, declared)
    for classifier in fields.get("classifier", []):
        if classifier in TROVE:
            return TROVE[classifier]
    raise LookupError(f"{fields['name']} declares no licence this program knows")


def home_of(metadata: importlib.metadata.PackageMetadata) -> str:
    """Return where a distribution comes from."""
    fields = metadata.json
    urls = {}
    for entry in fields.get("project_url", []):
        label, _, url = entry.partition(",")
        urls[label.strip().lower()] = url.strip()
    for label in HOME_LABELS:
        if label in urls:
            return urls[label]
    return str(fields.get("home_page") or f"https://pypi.org/project/{fields['name']}/")


def installed(names: Iterable[str]) -> dict[str, importlib.metadata.Distribution]:
    """Return those of the distributions that are installed here."""
    found = {normalised(each.name): each for each in importlib.metadata.distributions()}
    return {name: found[name] for name in names if name in found}


def shared_libraries(distribution: importlib.metadata.Distribution) -> Iterator[str]:
    """Yield the file names of the C libraries that a distribution carries beside its modules."""
    for file in distribution.files or []:
        is_module = re.search(r"(cpython-\d+.*|\.abi3)\.so$", file.name)
        is_plugin = {"plugins", "qml"} & set(file.parts)  # Qt's own
        if ".so" in file.name and not is_module and not is_plugin:
            yield file.name


def parts_of_lock() -> list[Part]:
    """Return a line for each distribution that the lock names."""
    versions = locked(LOCK.read_text())
    here = installed(versions)
    elsewhere = {each["name"]: each for each in tomllib.loads(VENDORED.read_text())["elsewhere"]}
    parts = []
    for name, version in sorted(versions.items()):
        if name in here:
            metadata = here[name].metadata
            if here[name].version.partition("+")[0] != version:
                raise LookupError(f"{name} is {here[name].version} here, {version} in the lock")
            parts.append(Part(name, here[name].version, licence_of(metadata), home_of(metadata)))
        elif name in elsewhere:
            parts.append(Part(name, version, elsewhere[name]["licence"], elsewhere[name]["home"]))
        else:
            raise LookupError(f"{name} is neither installed nor in {VENDORED.name}")
    return parts


def own_opencv() -> bool:
    """Tell whether the OpenCV that is installed was built for packages (packaging/opencv.py)."""
    return any("+" in each.version for each in installed([OPENCV]).values())


def vendored_parts(packaged: bool | None = None) -> list[Part]:
    """Return a line for each library inside the distributions; LookupError on one nobody knows.

    With `packaged` it is told as if OpenCV were the one that packages hold; otherwise as it is.
    """
    packaged = own_opencv() if packaged is None else packaged
    libraries = tomllib.loads(VENDORED.read_text(encoding="utf-8"))["library"]
    carriers: dict[str, set[str]] = {library["name"]: set() for library in libraries}
    for library in libraries:
        if library.get("opencv") in ("both", "built" if packaged else "wheel"):
            carriers[library["name"]].add(OPENCV)
    for name, distribution in installed(locked(LOCK.read_text(encoding="utf-8"))).items():
        if name == OPENCV and packaged and not own_opencv():
            continue
        for file in shared_libraries(distribution):
            if owner := owner_of(file, libraries):
                carriers[owner].add(name)
            else:
                raise LookupError(f"{VENDORED.name} does not know {file} in {name}")
    return [
        _part(library, library.get("inside") or ", ".join(sorted(carriers[library["name"]])))
        for library in libraries
        if library.get("inside") or carriers[library["name"]]
    ]


def owner_of(file: str, libraries: Iterable[dict[str, Any]]) -> str:
    """Return which library a file of this name belongs to; empty if none."""
    for library in libraries:
        if any(fnmatch(file, pattern) for pattern in library.get("files", [])):
            return str(library["name"])
    return ""


def bundled_parts(bundle: Path) -> list[Part]:
    """Return a line for each library in a built program, and for what the system gave to it."""
    libraries = tomllib.loads(VENDORED.read_text(encoding="utf-8"))
    names = [path.name for path in bundle.rglob("*") if path.is_file()]
    there = {owner_of(name, libraries["library"]) for name in names}
    parts = [
        part
        for part, files in (
            (part, next(one for one in libraries["library"] if one["name"] == part.name))
            for part in vendored_parts()
        )
        if part.name in there or "inside" in files or "opencv" in files
    ]
    given = {owner_of(name, libraries["built"]) for name in names}
    return parts + [_part(one, "the program") for one in libraries["built"] if one["name"] in given]


def _part(library: dict[str, Any], inside: str) -> Part:
    return Part(
        library["name"],
        "",
        library["licence"],
        library["home"],
        inside,
        library.get("remark", ""),
        library.get("problem", ""),
        library.get("data", False),
        library.get("system", False),
        library.get("text", ""),
    )


def texts(libraries: Iterable[Part]) -> dict[str, list[str]]:
    """Return each licence text with the names of what it covers; equal texts come once."""
    by_text: dict[str, list[str]] = {}

    def add(text: str, name: str) -> None:
        names = by_text.setdefault("\n".join(map(str.rstrip, text.splitlines())), [])
        if name not in names:
            names.append(name)

    for name, distribution in installed(locked(LOCK.read_text(encoding="utf-8"))).items():
        for file in distribution.files or []:
            if ".dist-info" in str(file) and LICENCE_FILE.search(file.name):
                place = Path(str(file.locate()))
                add(place.read_text(encoding="utf-8", errors="replace"), name)
    for part in libraries:
        if part.text:
            add((TEXTS / part.text).read_text(encoding="utf-8"), part.name)
    return by_text


def render(bundle: Path | None = None) -> str:
    """Return the whole file, for what is installed or for a built program."""
    vendored = bundled_parts(bundle) if bundle else vendored_parts()
    here = installed(locked(LOCK.read_text(encoding="utf-8")))
    lines = [
        "# Third-party notices",
        "",
        "Conclave is free software under GPL-3.0-or-later (LICENSE). It stands on the work of",
        "others, listed here with their licences. This file is generated by",
        "`python packaging/notices.py` from the lock and the metadata of what it installs.",
        "",
        "## Python distributions",
        "",
        "| Name | Version | Licence | Home |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {p.name} | {p.version} | {p.licence} | {p.home} |"
        for p in parts_of_lock()
        if not bundle or p.name in here
    ]
    lines += [
        "",
        "## Libraries inside them",
        "",
        "| Name | Licence | Inside | Home |",
        "|---|---|---|---|",
    ]
    lines += [f"| {p.name} | {p.licence} | {p.inside} | {p.home} |" for p in vendored]
    remarks = {p.name: " ".join(filter(None, (p.remark, p.problem))) for p in vendored}
    lines += ["", *(f"{name}: {remark}" for name, remark in remarks.items() if remark)]
    lines += [
        "",
        "## Licence texts",
        "",
        "The GPL, version 3, is in LICENSE. Qt and Qt for Python are used under the LGPL, version",
        "3: their libraries stand as separate files beside the program and can be replaced. So are",
        "the libraries whose licence is a GPL or LGPL with `or-later`.",
    ]
    lgpl = (TEXTS / "LGPL-3.0.txt").read_text(encoding="utf-8").strip("\n")
    lines += ["", "### LGPL, version 3", "", "```text", *lgpl.splitlines(), "```"]
    for text, names in sorted(texts(vendored).items(), key=lambda item: item[1]):
        lines += ["", f"### {', '.join(names)}", "", "```text", text.strip("\n"), "```"]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write the file, or compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say whether it is current")
    parser.add_argument("--bundle", type=Path, help="a built program, to write them into")
    values = parser.parse_args()
    notices = render(values.bundle)
    if values.bundle:
        for place in values.bundle.rglob(NOTICES.name):
            place.write_text(notices, encoding="utf-8")
        return 0
    if not values.check:
        NOTICES.write_text(notices, encoding="utf-8")
        return 0
    if NOTICES.read_text(encoding="utf-8") == notices:
        return 0
    print(f"{NOTICES.name} is out of date: python packaging/notices.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
