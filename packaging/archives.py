"""Archives with the same bytes whoever makes them, whenever, in whatever folder: tar, ar, xz."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

FILE, PROGRAM = 0o644, 0o755
BLOCK = "64MiB"  # a fixed size: the same bytes on any number of cores
BEST = ("--x86", "--lzma2=preset=9") if platform.machine() == "x86_64" else ("-9",)
QUICK = ("-0",)


@dataclass(frozen=True)
class Entry:
    """What stands at a place in a package, without `/` before it: a link, or the file `source`.

    Without either it is a folder.
    """

    place: str
    source: Path | None = None
    link: str = ""
    mode: int = FILE


def tree(folder: Path, place: str) -> Iterator[Entry]:
    """Yield a folder and all it holds, as it stands at `place`."""
    yield Entry(place, mode=PROGRAM)
    for path in folder.rglob("*"):
        there = f"{place}/{path.relative_to(folder).as_posix()}"
        if path.is_symlink():
            yield Entry(there, link=os.readlink(path))
        elif path.is_dir():
            yield Entry(there, mode=PROGRAM)
        else:
            yield Entry(there, path, mode=PROGRAM if path.stat().st_mode & 0o100 else FILE)


def with_parents(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Yield the entries and every folder above them, in the order of their names."""
    known = {entry.place: entry for entry in entries}
    for place in list(known):
        for parent in list(PurePosixPath(place).parents)[:-1]:
            known.setdefault(str(parent), Entry(str(parent), mode=PROGRAM))
    yield from (known[place] for place in sorted(known))


def write_tar(out: BinaryIO, entries: Iterable[Entry], when: int, before: str = "") -> None:
    """Write entries as they come, owned by root, made at `when` (Unix seconds).

    `before` is what every name begins with.
    """
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for entry in entries:
            member = tarfile.TarInfo(before + entry.place)
            member.mtime, member.mode = when, entry.mode
            if entry.link:
                member.type, member.linkname, member.mode = tarfile.SYMTYPE, entry.link, 0o777
                tar.addfile(member)
            elif entry.source is None:
                member.type = tarfile.DIRTYPE
                tar.addfile(member)
            else:
                with entry.source.open("rb") as file:
                    member.size = os.fstat(file.fileno()).st_size
                    tar.addfile(member, file)


def compress(plain: Path, *, quick: bool = False) -> Path:
    """Put `plain.xz` in the place of a file, on all cores; return it."""
    filters = QUICK if quick else BEST
    command = ["xz", "--force", "--threads=0", f"--block-size={BLOCK}", *filters, str(plain)]
    subprocess.run(command, check=True)
    return plain.with_name(f"{plain.name}.xz")


def write_ar(out: BinaryIO, members: Sequence[tuple[str, bytes | Path]], when: int) -> None:
    """Write bytes and files under short names, owned by root, made at `when`, as `ar` does."""
    out.write(b"!<arch>\n")
    for name, data in members:
        size = data.stat().st_size if isinstance(data, Path) else len(data)
        head = f"{name:<16}{when:<12}{0:<6}{0:<6}{'100644':<8}{size:<10}`\n"
        out.write(head.encode("ascii"))
        if isinstance(data, Path):
            with data.open("rb") as file:
                shutil.copyfileobj(file, out)
        else:
            out.write(data)
        out.write(b"\n" * (size % 2))
