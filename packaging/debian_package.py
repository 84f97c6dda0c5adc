"""The package for Debian, Ubuntu and their kin (deb(5)), made without any tool of theirs."""

from __future__ import annotations

import hashlib
import io
import lzma
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from archives import Entry, compress, with_parents, write_ar, write_tar


def write(
    target: Path,
    entries: Sequence[Entry],
    fields: Mapping[str, str],
    when: int,
    *,
    quick: bool = False,
) -> None:
    """Write a package that holds the entries; `when` is the time of every file, in Unix seconds.

    `fields` are those of its control file; how much room it takes is added. A `quick` one is as
    large as what it unpacks to.
    """
    everything = list(with_parents(entries))
    plain = target.with_suffix(".tar")
    with plain.open("wb") as out:
        write_tar(out, everything, when, before="./")
    data = plain if quick else compress(plain)
    members: list[tuple[str, bytes | Path]] = [
        ("debian-binary", b"2.0\n"),
        ("control.tar.xz", lzma.compress(_control(everything, fields, when))),
        ("data.tar" if quick else "data.tar.xz", data),
    ]
    with target.open("wb") as out:
        write_ar(out, members, when)
    data.unlink()


def _control(entries: Sequence[Entry], fields: Mapping[str, str], when: int) -> bytes:
    """Return the archive of what is said about the package."""
    files = [(entry.place, entry.source) for entry in entries if entry.source]
    room = sum(-(-source.stat().st_size // 1024) for _place, source in files)
    room += len(entries) - len(files)  # a folder or a link counts as 1 KiB
    said = {**fields, "Installed-Size": str(room)}
    control = "".join(f"{name}: {value}\n" for name, value in said.items())
    checks = "".join(f"{_md5(source)}  {place}\n" for place, source in files)
    return _small_tar({"control": control, "md5sums": checks}, when)


def _small_tar(texts: Mapping[str, str], when: int) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, text in texts.items():
            member = tarfile.TarInfo(f"./{name}")
            member.mtime, member.size = when, len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return out.getvalue()


def _md5(path: Path) -> str:
    """Return what dpkg compares files by: not to be sure of anything, only to notice damage."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
