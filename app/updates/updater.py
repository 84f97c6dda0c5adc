"""Looks whether there is a newer Conclave, and takes it: the one way for window and terminal."""

import logging
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app import __version__
from app.paths import policy_file, resource
from app.storage import make_private_folder, read_bounded, write_whole
from app.updates.errors import UpdateError
from app.updates.fetching import Progress, fetch
from app.updates.folder import FolderInstallation
from app.updates.installation import Installation, this_installation
from app.updates.metadata import (
    LONGEST,
    Known,
    Package,
    Release,
    believe,
    believed_before,
    number,
    read_anchor,
)
from app.updates.sources import Source

KEPT = "update.json"  # in the profile: the newest index that was believed
OWN_ROOT = "update-root.json"  # beside the policy file: an organisation that signs for itself
ROOT = ("updates", "root.json")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """What a source has, all of it signed: is it newer, and is there a package for here."""

    release: Release
    newer: bool
    package: Package | None
    taken_back: bool = False  # it did not start here once

    @property
    def version(self) -> str:
        """The version that people see."""
        return self.release.conclave


class Updater:
    """Knows what was believed before; may wait for disk and network, so never on a busy thread."""

    def __init__(
        self,
        profile: Path,
        anchor: Callable[[], bytes],
        here: Installation,
        version: str = __version__,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`anchor` returns the root to begin with, or raises UpdateError (`no_root`)."""
        self._kept = profile / KEPT
        self._anchor = anchor
        self.here = here
        self._version = version
        self._now = now

    def look(self, source: Source) -> Found:
        """Return what a source has; raises UpdateError."""
        known = self._known()
        index = source.index()
        _known, release = believe(known, index, self._now())
        self._keep(index)
        folder = self.here.folder
        return Found(
            release,
            number(release.conclave) > number(self._version),
            self.here.package(release),
            folder is not None and folder.taken_back == release.conclave,
        )

    def take(
        self,
        found: Found,
        source: Source,
        downloads: Path,
        progress: Progress = lambda _share: None,
    ) -> Path | None:
        """Put a newer version in place, or return its checked package in `downloads`.

        Raises UpdateError; then the version in use stays as it is.
        """
        if found.package is None or not found.newer:
            raise UpdateError("install", "nothing newer for this computer")
        folder = self.here.folder if self.here.installs_itself else None
        if folder is None:
            return fetch(source, found.package, downloads, progress)
        self._install(folder, found, source, found.package, progress)
        return None

    def _install(
        self,
        folder: FolderInstallation,
        found: Found,
        source: Source,
        package: Package,
        progress: Progress,
    ) -> None:
        try:
            with tempfile.TemporaryDirectory(prefix=".update-", dir=folder.home) as place:
                path = fetch(source, package, Path(place), progress)
                folder.install(path, found.version)
        except OSError as error:
            raise UpdateError("install", str(error)) from error

    def _known(self) -> Known:
        """Return what is known; what was kept and is damaged counts as never seen."""
        anchor = read_anchor(self._anchor())
        try:
            return believed_before(anchor, read_bounded(self._kept, LONGEST))
        except FileNotFoundError:
            return anchor
        except (OSError, UpdateError) as error:
            log.warning("what was known of updates is lost: %s", type(error).__name__)
            return anchor

    def _keep(self, index: bytes) -> None:
        try:
            make_private_folder(self._kept.parent)
            write_whole(self._kept, index)
        except OSError as error:
            log.warning("an index was not kept: %s", type(error).__name__)


def updater_for(profile: Path) -> Updater:
    """Return the updater of this copy for a profile."""
    return Updater(profile, shipped_root, this_installation(sys.platform))


def shipped_root() -> bytes:
    """Return the root to begin with: the organisation's, or that of this copy.

    Raises UpdateError (`no_root`).
    """
    own, shipped = policy_file().with_name(OWN_ROOT), resource(*ROOT)
    try:
        return _read(own if own.exists() else shipped)
    except OSError as error:
        raise UpdateError("no_root", type(error).__name__) from error


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LONGEST)
