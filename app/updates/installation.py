"""How this copy of Conclave came onto the computer, which decides how a newer one does."""

import platform
from dataclasses import dataclass

from app.paths import resource
from app.program import PACKAGED
from app.updates.folder import FolderInstallation, this_folder
from app.updates.metadata import WORD, Package, Release

SOURCE = "source"  # no package at all: ./run
FOLDER = "folder"
MACHINES = {"amd64": "x86_64", "x86_64": "x86_64", "arm64": "arm64", "aarch64": "arm64"}


@dataclass(frozen=True, slots=True)
class Installation:
    """Which packages fit here, and the folder if it is one."""

    kind: str
    system: str
    machine: str
    folder: FolderInstallation | None = None

    @property
    def installs_itself(self) -> bool:
        """Tell whether Conclave may put the next version in place; else the system does."""
        return self.folder is not None and self.folder.can_be_changed()

    def package(self, release: Release) -> Package | None:
        """Return the package of a release that fits here, if it has one."""
        machines = (self.machine, "any")
        fitting = (
            package
            for package in release.packages
            if (package.system, package.kind) == (self.system, self.kind)
            and package.machine in machines
        )
        return next(fitting, None)


def this_installation(system: str) -> Installation:
    """Return what this copy is; `system` is that of `sys.platform`."""
    try:
        word = resource(PACKAGED).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        word = SOURCE
    kind = word if WORD.fullmatch(word) else SOURCE
    name = platform.machine().lower()
    folder = this_folder() if kind == FOLDER else None
    return Installation(kind, system, MACHINES.get(name, name), folder)
