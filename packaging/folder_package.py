"""The installation that is one folder: as an archive for updates, and as a program that unpacks it.

What each must be is written in docs/releasing.md; app/updates/folder.py works with it.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).resolve().parent
INSTALLER = HERE / "linux" / "installer.sh"
BLOCK = "32MiB"  # a fixed size: the same bytes on any number of cores
EXECUTABLE = 0o755


def archive(folder: Path, mark: bytes, version: str, when: int, target: Path) -> None:
    """Write the program in `folder` as `.tar.xz`: one folder, sorted, owned by nobody.

    `mark` says in its resources which kind of package it came in; `when` is the time of every file,
    in Unix seconds.
    """
    root = f"conclave-{version}"

    def settled(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = 0
        member.uname = member.gname = ""
        member.mtime = when
        return member

    plain = target.with_suffix("")
    marked = folder / "_internal" / "resources" / "packaged"
    marked.write_bytes(mark)
    try:
        with tarfile.open(plain, "w", format=tarfile.GNU_FORMAT) as tar:
            for path in (folder, *sorted(folder.rglob("*"))):
                name = f"{root}/{path.relative_to(folder)}".removesuffix("/.")
                tar.add(path, name, recursive=False, filter=settled)
    finally:
        marked.unlink()
    command = ["xz", "--force", "--threads=0", f"--block-size={BLOCK}", "-6", str(plain)]
    subprocess.run(command, check=True)


def self_extracting(packed: Path, version: str, target: Path) -> None:
    """Write a shell script that installs an archive which follows it."""
    script = _filled({"VERSION": version, "MACHINE": platform.machine()})
    with open(target, "wb") as out, open(packed, "rb") as payload:
        out.write(script)
        shutil.copyfileobj(payload, out)
    target.chmod(EXECUTABLE)


def _filled(words: Mapping[str, str]) -> bytes:
    """Return the script with its own length in it: the archive begins one byte later."""
    text = INSTALLER.read_text(encoding="utf-8")
    for place, value in words.items():
        text = text.replace(f"@{place}@", value)
    offset, script = 0, b""
    while offset != len(script) + 1:
        offset = len(script) + 1
        script = text.replace("@OFFSET@", str(offset)).encode()
    return script
