"""The installer for Windows: NSIS puts the folder with the program into one file.

build.py makes it on Windows; elsewhere `python packaging/windows_package.py FOLDER DIR` makes it in
DIR, of a folder that PyInstaller made on Windows. What it does stands in windows/conclave.nsi. On
Windows its 32-bit kind is made, which runs everywhere; elsewhere the 64-bit kind, as Wine wants.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from version import version as version_of

KINDS = ("exe",)
HERE = Path(__file__).resolve().parent
SCRIPT = HERE / "windows" / "conclave.nsi"
PUBLISHER = "The Conclave authors"
USUAL_PLACE = Path(r"C:\Program Files (x86)\NSIS\makensis.exe")
MACHINE = "x86_64"  # a computer with an ARM processor runs it, too

sys.path.insert(0, str(HERE.parent))
from app.windows_entries import (  # noqa: E402 - standard library only, as this is
    COMMAND_KEY,
    IN_TERMINAL,
    LINKS_KEY,
    PROGRAM,
    RUN_KEY,
)


class NoCompilerError(Exception):
    """NSIS is not installed."""


def installer(
    folder: Path, icon: Path, version: str, work: Path, target: Path, *, quick: bool = False
) -> None:
    """Write the installer of the program in `folder`; `work` takes what is made on the way.

    Beside `icon` lies what else icons.py draws for it. The same folder
    gives the same bytes. Raises NoCompilerError and CalledProcessError.
    """
    mark = work / "packaged-exe"
    mark.write_text("exe\n", encoding="ascii")
    files = work / "files.nsh"
    files.write_text(file_list(folder, mark), encoding="utf-8")
    words = {
        "VERSION": version,
        "VERSION_OF_FILE": ".".join(map(str, numbers(version))),
        "PUBLISHER": PUBLISHER,
        "FILES": str(files),
        "ICON": str(icon),
        "SIDE": str(icon.with_name("side.bmp")),
        "OUT": str(target),
        "KILOBYTES": str(kilobytes(folder)),
        "COMPRESSION": "zlib" if quick else "lzma",
        "PROGRAM": PROGRAM,
        "IN_TERMINAL": IN_TERMINAL,
        "LINKS_KEY": LINKS_KEY,
        "COMMAND_KEY": COMMAND_KEY,
        "RUN_KEY": RUN_KEY,
    }
    if os.name != "nt":
        words["TARGET"] = "amd64-unicode"
    subprocess.run(command(words), check=True)


def build(folder: Path, work: Path, into: Path, version: str, *, quick: bool) -> Path:
    """Make the installer in `into`; return it. `work` has the icons."""
    target = into / f"conclave-{version}-windows-{MACHINE}.exe"
    icon = work / "icons" / "conclave.ico"
    installer(folder, icon, version, work, target, quick=quick)
    return target


def command(words: Mapping[str, str]) -> list[str]:
    """Return what compiles the script with these words in it; NoCompilerError."""
    found = shutil.which("makensis")
    if found is None and not USUAL_PLACE.exists():
        raise NoCompilerError("makensis is missing: install NSIS, https://nsis.sourceforge.io")
    options = ["-V2", "-WX", "-INPUTCHARSET", "UTF8"]
    given = [f"-D{name}={value}" for name, value in words.items()]
    return [found or str(USUAL_PLACE), *options, *given, str(SCRIPT)]


def file_list(folder: Path, mark: Path) -> str:
    """Return the lines that unpack the folder: always in the same order, the programs first.

    `mark` is put into its resources: a file that says which kind of package it came in.
    """
    paths = [path for path in folder.rglob("*") if path.is_file()]
    paths.sort(key=lambda path: (len(path.relative_to(folder).parts) > 1, path.as_posix()))
    lines, before = [], None
    for path in paths:
        place = path.relative_to(folder).parent
        if place != before:
            lines.append(f"SetOutPath {_quoted('$INSTDIR', place.parts)}")
            before = place
        lines.append(f'File "{_plain(path)}"')
    lines.append(f"SetOutPath {_quoted('$INSTDIR', ('_internal', 'resources'))}")
    lines.append(f'File "/oname=packaged" "{_plain(mark)}"')
    return "\n".join(lines) + "\n"


def _quoted(root: str, parts: Iterable[str]) -> str:
    inside = "\\".join([root, *map(_plain, parts)])
    return f'"{inside}"'


def _plain(name: object) -> str:
    return str(name).replace("$", "$$")


def kilobytes(folder: Path) -> int:
    """Return how much room the program takes."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) // 1024


def numbers(version: str) -> tuple[int, int, int, int]:
    """Return a version as Windows wants it: four numbers; letters behind them are left out."""
    plain = re.match(r"\d+(\.\d+)*", version)
    found = [int(each) for each in plain[0].split(".")] if plain else []
    first, second, third, fourth = (*found, 0, 0, 0, 0)[:4]
    return first, second, third, fourth


def properties(version: str, program: str) -> str:
    """Return what Windows shows of a program in its properties, as PyInstaller reads it."""
    texts = {
        "CompanyName": PUBLISHER,
        "FileDescription": "Conclave",
        "FileVersion": version,
        "InternalName": program,
        "LegalCopyright": f"{PUBLISHER}, GPL-3.0-or-later",
        "OriginalFilename": f"{program}.exe",
        "ProductName": "Conclave",
        "ProductVersion": version,
    }
    strings = ", ".join(f"StringStruct({name!r}, {text!r})" for name, text in texts.items())
    english, unicode = 0x0409, 1200
    return f"""VSVersionInfo(
  ffi=FixedFileInfo(filevers={numbers(version)}, prodvers={numbers(version)}),
  kids=[
    StringFileInfo([StringTable('{english:04x}{unicode:04x}', [{strings}])]),
    VarFileInfo([VarStruct('Translation', [{english}, {unicode}])]),
  ],
)
"""


def main(arguments: Sequence[str]) -> int:
    """Make the installer of a folder that Windows made; returns the exit code."""
    if len(arguments) != 2:
        print("usage: windows_package.py FOLDER DIR", file=sys.stderr)
        return 2
    folder, into = map(Path, arguments)
    work = HERE.parent / "build" / "package"
    into.mkdir(parents=True, exist_ok=True)
    drawer = [sys.executable, str(HERE / "icons.py"), str(work / "icons")]
    subprocess.run(drawer, check=True)
    try:
        print(build(folder, work, into, version_of(HERE.parent), quick=False))
    except NoCompilerError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
