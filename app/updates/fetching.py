"""Fetches a package and checks it while it comes; nothing unchecked keeps its name."""

import contextlib
import hashlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from app.updates.errors import UpdateError
from app.updates.metadata import Package
from app.updates.sources import Source
from crypto.sodium import equal

Progress = Callable[[float], None]
"""Is told which share of the bytes is there, 0 to 1."""


def fetch(source: Source, package: Package, folder: Path, progress: Progress) -> Path:
    """Return the package in a folder, whole and as it was signed; raises UpdateError.

    What has its name already stays, and is taken if it is the same.
    """
    wanted = _free_name(folder, package)
    if wanted.exists():
        return wanted
    hidden = folder / f".{package.name}.{secrets.token_hex(8)}.part"
    digest, length = hashlib.sha256(), 0
    try:
        with open(hidden, "xb") as file:
            for part in source.package(package.name, package.length):
                digest.update(part)
                length += len(part)
                file.write(part)
                progress(length / package.length)
            file.flush()
            os.fsync(file.fileno())
        if length != package.length or not equal(digest.digest(), package.sha256):
            raise UpdateError("mixed", f"{package.name} is not what was signed")
        hidden.replace(wanted)
    except OSError as error:
        raise UpdateError("install", f"{folder}: {error.strerror}") from error
    finally:
        with contextlib.suppress(OSError):
            hidden.unlink(missing_ok=True)
    return wanted


def _free_name(folder: Path, package: Package) -> Path:
    """Return where the package is already, or a name that nothing has."""
    for number in range(1, 1000):
        name = package.name if number == 1 else f"{number}-{package.name}"
        path = folder / name
        if not os.path.lexists(path) or (path.is_file() and _is(path, package)):
            return path
    raise UpdateError("install", f"{folder} is full of {package.name}")


def _is(path: Path, package: Package) -> bool:
    try:
        if path.stat().st_size != package.length:
            return False
        with path.open("rb") as file:
            return equal(hashlib.file_digest(file, "sha256").digest(), package.sha256)
    except OSError:
        return False
