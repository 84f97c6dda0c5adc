"""What the packages for Linux hold and need, as nfpm reads it."""

from __future__ import annotations

import datetime
import platform
from pathlib import Path
from typing import Any

import appstream
import bootstrap
from icons import SIZES
from trimming import APP_ID

HERE = Path(__file__).resolve().parent
NAME = "conclave"
HOME = f"/usr/lib/{NAME}"
LARGEST_ICON = 512  # pixels; what the icon theme specification lists
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
SUMMARY = "Private meetings, directly between the people in them"
DESCRIPTION = f"""{SUMMARY}
Video, voice, screen, chat and files go directly between the people in a
meeting, end-to-end encrypted. On one network people find each other
without any server."""


def metainfo(version: str, when: int) -> str:
    """Return what software centres show; `when` is the time of the commit, in Unix seconds."""
    return appstream.metainfo(when)


def depends(manager: str) -> list[str]:
    """Return the packages whose libraries Conclave uses, as one package manager calls them."""
    found = next(m for m in bootstrap.PACKAGE_MANAGERS if m.program == manager)
    needs = [need for need in bootstrap.TO_RUN if need.present is bootstrap.loads]
    return bootstrap.packages_for(needs, found)


def description(
    work: Path, folder: Path, version: str, when: int, *, quick: bool = False
) -> dict[str, Any]:
    """Return nfpm's configuration for the program in `folder`; `work` has metainfo and icons."""
    compression = {"compression": "zstd" if quick else "xz"}
    icons = work / "icons"
    contents = [
        {"src": f"{folder}/", "dst": f"{HOME}/", "type": "tree"},
        _file(work / "packaged", f"{HOME}/_internal/resources/packaged"),
        {"src": f"{HOME}/conclave", "dst": f"/usr/bin/{NAME}", "type": "symlink"},
        _file(HERE / "linux" / "conclave.desktop", f"/usr/share/applications/{NAME}.desktop"),
        _file(work / "metainfo.xml", f"/usr/share/metainfo/{APP_ID}.metainfo.xml"),
        _file(icons / "conclave.svg", f"/usr/share/icons/hicolor/scalable/apps/{NAME}.svg"),
        _file(HERE.parent / "LICENSE", f"/usr/share/doc/{NAME}/copyright"),
    ]
    for size in (size for size in SIZES if size <= LARGEST_ICON):
        place = f"/usr/share/icons/hicolor/{size}x{size}/apps/{NAME}.png"
        contents.append(_file(icons / f"conclave-{size}.png", place))
    return {
        "name": NAME,
        "arch": ARCHITECTURES[platform.machine()],
        "version": version,
        "section": "net",
        "maintainer": "The Conclave authors <conclave@localhost>",
        "description": DESCRIPTION,
        "license": "GPL-3.0-or-later",
        "mtime": datetime.datetime.fromtimestamp(when, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "umask": 0o022,
        "contents": contents,
        "overrides": {
            "deb": {"depends": ["libc6 (>= 2.34)", *depends("apt-get")]},
            "rpm": {"depends": depends("dnf")},
            "archlinux": {"depends": depends("pacman")},
        },
        "deb": compression,
        "rpm": compression,
    }


def _file(source: Path, place: str) -> dict[str, Any]:
    return {"src": str(source), "dst": place, "file_info": {"mode": 0o644}}
