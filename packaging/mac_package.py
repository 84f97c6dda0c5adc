"""What macOS users get: Conclave.app on a disk image, beside a link to Applications.

The app itself comes from PyInstaller (freeze/conclave.spec), signed with $CONCLAVE_SIGN_AS, a
Developer ID, or, without it, by nobody (ad hoc).
"""

from __future__ import annotations

import os
import platform
import plistlib
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from trimming import APP_ID

HERE = Path(__file__).resolve().parent / "macos"
KINDS = ("dmg",)
APP = "Conclave.app"
LANGUAGES = ("de", "en")
ENTITLEMENTS = HERE / "entitlements.plist"
MARK = "packaged"  # what says in the program which kind of package it came in; freeze adds it
FORMATS = {False: "ULMO", True: "UDZO"}  # hdiutil(1): LZMA; zlib, which is made sooner


class AppError(Exception):
    """What PyInstaller made is no Conclave.app to give away; the text says why."""


def info(version: str) -> dict[str, Any]:
    """Return what the app says of itself (Information Property List)."""
    with (HERE / "Info.plist").open("rb") as file:
        words: dict[str, Any] = plistlib.load(file)
    return words | {"CFBundleVersion": version}


def signing() -> dict[str, str | None]:
    """Return how PyInstaller signs: with whose identity, and what the program may then do."""
    identity = os.environ.get("CONCLAVE_SIGN_AS")
    return {
        "codesign_identity": identity,
        "entitlements_file": str(ENTITLEMENTS) if identity else None,
    }


def sealing(app: Path) -> list[str]:
    """Return the command that signs the app anew, after what was written into it (codesign(1))."""
    identity = os.environ.get("CONCLAVE_SIGN_AS")
    command = ["codesign", "--force", "--sign", identity or "-"]
    if identity:
        command += ["--options", "runtime", "--timestamp", "--entitlements", str(ENTITLEMENTS)]
    return [*command, str(app)]


def resources(work: Path) -> list[tuple[str, str]]:
    """Return the files that only a Mac needs, and the folders of the app they go to."""
    mark = work / MARK
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.write_text(f"{KINDS[0]}\n", encoding="ascii")
    words = [(HERE / f"{code}.lproj" / "InfoPlist.strings", f"{code}.lproj") for code in LANGUAGES]
    return [(str(source), place) for source, place in [*words, (mark, "resources")]]


def problems(app: Path, version: str) -> Iterator[str]:
    """Yield what is missing or wrong in an app, a line each."""
    inside = app / "Contents"
    with (inside / "Info.plist").open("rb") as file:
        said = plistlib.load(file)
    wanted = info(version) | {
        "CFBundleIdentifier": APP_ID,
        "CFBundleShortVersionString": version,
    }
    for key, value in wanted.items():
        if said.get(key) != value:
            yield f"Info.plist: {key} is {said.get(key)!r}, not {value!r}"
    needed = ["Resources/conclave.icns", "Frameworks/resources/packaged", "MacOS/conclave"]
    needed += [f"Resources/{code}.lproj/InfoPlist.strings" for code in LANGUAGES]
    yield from (f"{name} is missing" for name in needed if not (inside / name).is_file())


def arrange(app: Path, stage: Path) -> None:
    """Lay out what the disk image shows: the app, and where to drag it."""
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir(parents=True)
    shutil.copytree(app, stage / app.name, symlinks=True)
    (stage / "Applications").symlink_to("/Applications")


def build(
    kinds: Sequence[str], folder: Path, work: Path, into: Path, version: str, *, quick: bool
) -> list[Path]:
    """Make the disk image of the app beside `folder`; runs on a Mac only. Raises AppError."""
    if "dmg" not in kinds:
        return []
    app = folder.with_name(APP)
    if found := list(problems(app, version)):
        raise AppError("\n".join(found))
    subprocess.run(sealing(app), check=True)
    subprocess.run(["codesign", "--verify", "--deep", "--strict", str(app)], check=True)
    arrange(app, work / "image")
    target = into / f"conclave-{version}-macos-{platform.machine()}.dmg"
    command = ["hdiutil", "create", "-volname", "Conclave", "-srcfolder", str(work / "image")]
    command += ["-fs", "HFS+", "-format", FORMATS[quick], "-ov", str(target)]
    subprocess.run(command, check=True)
    return [target]
