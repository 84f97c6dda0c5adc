"""Write THIRD_PARTY_NOTICES.md from what is installed: python packaging/notices.py [--check]."""

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

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "packaging" / "requirements.lock"
VENDORED = ROOT / "packaging" / "vendored.toml"
NOTICES = ROOT / "THIRD_PARTY_NOTICES.md"

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
            if here[name].version != version:
                raise LookupError(f"{name} is {here[name].version} here, {version} in the lock")
            parts.append(Part(name, version, licence_of(metadata), home_of(metadata)))
        elif name in elsewhere:
            parts.append(Part(name, version, elsewhere[name]["licence"], elsewhere[name]["home"]))
        else:
            raise LookupError(f"{name} is neither installed nor in {VENDORED.name}")
    return parts


def vendored_parts() -> list[Part]:
    """Return a line for each library inside the distributions; raise on one nobody knows."""
    libraries = tomllib.loads(VENDORED.read_text())["library"]
    carriers: dict[str, set[str]] = {library["name"]: set() for library in libraries}
    for name, distribution in installed(locked(LOCK.read_text())).items():
        for file in shared_libraries(distribution):
            owners = [
                library["name"]
                for library in libraries
                if any(fnmatch(file, pattern) for pattern in library.get("files", []))
            ]
            if owners:
                carriers[owners[0]].add(name)
            else:
                raise LookupError(f"{VENDORED.name} does not know {file} in {name}")
    return [
        Part(
            library["name"],
            "",
            library["licence"],
            library["home"],
            library.get("inside") or ", ".join(sorted(carriers[library["name"]])),
            library.get("remark", ""),
            library.get("problem", ""),
        )
        for library in libraries
    ]


def texts() -> dict[str, list[str]]:
    """Return each licence text with the distributions it comes from; equal texts come once."""
    by_text: dict[str, list[str]] = {}
    for name, distribution in installed(locked(LOCK.read_text())).items():
        for file in distribution.files or []:
            if ".dist-info" in str(file) and LICENCE_FILE.search(file.name):
                text = Path(str(file.locate())).read_text(encoding="utf-8", errors="replace")
                carriers = by_text.setdefault("\n".join(map(str.rstrip, text.splitlines())), [])
                if name not in carriers:
                    carriers.append(name)
    return by_text


def render() -> str:
    """Return the whole file."""
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
    lines += [f"| {p.name} | {p.version} | {p.licence} | {p.home} |" for p in parts_of_lock()]
    lines += [
        "",
        "## Libraries inside them",
        "",
        "| Name | Licence | Inside | Home |",
        "|---|---|---|---|",
    ]
    vendored = vendored_parts()
    lines += [f"| {p.name} | {p.licence} | {p.inside} | {p.home} |" for p in vendored]
    remarks = {p.name: " ".join(filter(None, (p.remark, p.problem))) for p in vendored}
    lines += ["", *(f"{name}: {remark}" for name, remark in remarks.items() if remark)]
    lines += [
        "",
        "## Licence texts",
        "",
        "The GPL, version 3, is in LICENSE. Qt and Qt for Python are used under the LGPL, version",
        "3, whose text is in packaging/licences/LGPL-3.0.txt: their libraries stand as separate",
        "files beside the program and can be replaced. The others come with these texts.",
    ]
    for text, names in sorted(texts().items(), key=lambda item: item[1]):
        lines += ["", f"### {', '.join(names)}", "", "```text", text.strip("\n"), "```"]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write the file, or compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say whether it is current")
    check = parser.parse_args().check
    notices = render()
    if not check:
        NOTICES.write_text(notices, encoding="utf-8")
        return 0
    if NOTICES.read_text(encoding="utf-8") == notices:
        return 0
    print(f"{NOTICES.name} is out of date: python packaging/notices.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
