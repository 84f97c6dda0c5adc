"""The packages for Linux: what is in them, what they need, and how each is made."""

from __future__ import annotations

import datetime
import json
import os
import platform
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import appstream
import bootstrap
import debian_package
import folder_package
from archives import Entry, tree
from bootstrap import say
from icons import SIZES
from trimming import APP_ID

HERE = Path(__file__).resolve().parent
KINDS = ("deb", "rpm", "tar", "run")
NAME = "conclave"
HOME = f"usr/lib/{NAME}"
MARK = "_internal/resources/packaged"  # says in the program which kind of package it came in
LARGEST_ICON = 512  # pixels; what the icon theme specification lists
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
OLDEST_GLIBC = "2.34"  # that the wheels of Qt ask for
MAINTAINER = "The Conclave authors <conclave@localhost>"
SUMMARY = "Private meetings, directly between the people in them"
DESCRIPTION = """Video, voice, screen, chat and files go directly between the people in a
meeting, end-to-end encrypted. On one network people find each other
without any server."""


@dataclass(frozen=True)
class Program:
    """What is packed: the program as it was collected, and where what goes with it lies."""

    folder: Path
    work: Path  # has the icons, and takes what is made on the way
    version: str
    when: int  # the last commit was made, in Unix seconds: the time of every file


def build(
    kinds: Sequence[str], program: Program, into: Path, *, nfpm: Path, quick: bool = False
) -> list[Path]:
    """Make packages of a program; return them. `nfpm` is the tool of that name, for the rpm."""
    work, version, when = program.work, program.version, program.when
    (work / "metainfo.xml").write_text(appstream.metainfo(when), encoding="utf-8")
    architecture = ARCHITECTURES[platform.machine()]
    made = []
    for kind in ("deb", "rpm"):
        if kind in kinds:
            say(f"packing the {kind}")
            target = into / f"{NAME}_{version}_{architecture}.{kind}"
            entries = [*contents(work, program.folder), *_mark(work, kind, HOME)]
            if kind == "deb":
                fields = control(version, architecture)
                debian_package.write(target, entries, fields, when, quick=quick)
            else:
                _nfpm(nfpm, work, target, description(entries, version, when), when)
            made.append(target)
    if {"tar", "run"} & set(kinds):
        say("packing the folder")
        root = f"{NAME}-{version}"
        entries = [*tree(program.folder, root), *_mark(work, "folder", root)]
        packed = into / f"{root}-linux-{platform.machine()}.tar.xz"
        folder_package.archive(entries, when, packed, quick=quick)
        made.append(packed)
        if "run" in kinds:
            installer = packed.with_name(packed.name.replace(".tar.xz", ".run"))
            folder_package.self_extracting(packed, version, installer)
            made.append(installer)
    return made


def contents(work: Path, folder: Path) -> Iterator[Entry]:
    """Yield what a package puts into the system; `work` has metainfo and icons."""
    icons = work / "icons"
    yield from tree(folder, HOME)
    yield Entry(f"usr/bin/{NAME}", link=f"../lib/{NAME}/{NAME}")
    yield Entry(f"usr/share/applications/{NAME}.desktop", HERE / "linux" / "conclave.desktop")
    yield Entry(f"usr/share/metainfo/{APP_ID}.metainfo.xml", work / "metainfo.xml")
    yield Entry(f"usr/share/doc/{NAME}/copyright", HERE.parent / "LICENSE")
    theme = "usr/share/icons/hicolor"
    yield Entry(f"{theme}/scalable/apps/{NAME}.svg", icons / "conclave.svg")
    symbolic = HERE / "linux" / "conclave-symbolic.svg"
    yield Entry(f"{theme}/symbolic/apps/{NAME}-symbolic.svg", symbolic)
    for size in (size for size in SIZES if size <= LARGEST_ICON):
        yield Entry(f"{theme}/{size}x{size}/apps/{NAME}.png", icons / f"conclave-{size}.png")


def depends(manager: str) -> list[str]:
    """Return the packages whose libraries Conclave uses, as one package manager calls them."""
    found = next(m for m in bootstrap.PACKAGE_MANAGERS if m.program == manager)
    needs = [need for need in bootstrap.TO_RUN if need.present is bootstrap.loads]
    return bootstrap.packages_for(needs, found)


def control(version: str, architecture: str) -> Mapping[str, str]:
    """Return the fields of the package for Debian (deb-control(5))."""
    return {
        "Package": NAME,
        "Version": version,
        "Architecture": architecture,
        "Maintainer": MAINTAINER,
        "Section": "net",
        "Priority": "optional",
        "Depends": ", ".join([f"libc6 (>= {OLDEST_GLIBC})", *depends("apt-get")]),
        "Description": "\n ".join([SUMMARY, *DESCRIPTION.splitlines()]),
    }


def description(entries: Sequence[Entry], version: str, when: int) -> dict[str, Any]:
    """Return nfpm's description of the package for Fedora and its kin."""
    return {
        "name": NAME,
        "arch": ARCHITECTURES[platform.machine()],
        "version": version,
        "maintainer": MAINTAINER,
        "description": f"{SUMMARY}\n{DESCRIPTION}",
        "license": "GPL-3.0-or-later",
        "mtime": datetime.datetime.fromtimestamp(when, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "umask": 0o022,
        "depends": depends("dnf"),
        "contents": [_as_nfpm(entry) for entry in sorted(entries, key=lambda entry: entry.place)],
        "rpm": {"compression": "zstd"},  # nfpm's xz takes ten minutes for it
    }


def _as_nfpm(entry: Entry) -> dict[str, Any]:
    place = f"/{entry.place}"
    if entry.link:
        return {"src": entry.link, "dst": place, "type": "symlink"}
    if entry.source is None:
        return {"dst": place, "type": "dir", "file_info": {"mode": entry.mode}}
    return {"src": str(entry.source), "dst": place, "file_info": {"mode": entry.mode}}


def _nfpm(program: Path, work: Path, target: Path, words: Mapping[str, Any], when: int) -> None:
    description = work / "nfpm.json"
    description.write_text(json.dumps(words, indent=1), encoding="utf-8")
    command = [str(program), "package", "--packager", target.suffix[1:]]
    command += ["--config", str(description), "--target", str(target)]
    settled = os.environ | {"SOURCE_DATE_EPOCH": str(when)}
    subprocess.run(command, check=True, env=settled, stdout=subprocess.DEVNULL)


def _mark(work: Path, kind: str, home: str) -> Iterator[Entry]:
    source = work / f"packaged-{kind}"
    source.write_text(f"{kind}\n", encoding="ascii")
    yield Entry(f"{home}/{MARK}", source)
