"""The installation that is one folder: as an archive for updates, and as a program that unpacks it.

What each must be is written in docs/releasing.md; app/updates/folder.py works with it.
"""

from __future__ import annotations

import hashlib
import platform
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from archives import PROGRAM, Entry, compress, with_parents, write_tar

HERE = Path(__file__).resolve().parent
INSTALLER = HERE / "linux" / "installer.sh"


def archive(entries: Sequence[Entry], when: int, target: Path, *, quick: bool = False) -> None:
    """Write entries as `.tar.xz`; `when` is the time of every file, in Unix seconds."""
    plain = target.with_suffix("")
    with plain.open("wb") as out:
        write_tar(out, with_parents(entries), when)
    compress(plain, quick=quick)


def self_extracting(packed: Path, version: str, target: Path) -> None:
    """Write a shell script that installs an archive which follows it."""
    with open(target, "wb") as out, open(packed, "rb") as payload:
        digest = hashlib.file_digest(payload, "sha256").hexdigest()
        payload.seek(0)
        words = {"VERSION": version, "MACHINE": platform.machine(), "SHA256": digest}
        out.write(_filled(words))
        shutil.copyfileobj(payload, out)
    target.chmod(PROGRAM)


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
