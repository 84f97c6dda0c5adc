"""An installation that is one folder: versions beside each other, and a link to the one in use.

    HOME/conclave          the starter: runs current, takes the one before back if that fails
    HOME/current           -> versions/0.2.0
    HOME/previous          -> versions/0.1.0
    HOME/versions/0.2.0/   the program `conclave` and all it needs
    HOME/trial             there while no start of the current version has gone well yet
    HOME/taken-back        the version that did not start here

Until the link is replaced, in one step, the old version is what starts; whatever goes wrong.
"""

import contextlib
import os
import re
import secrets
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

from app.updates.errors import UpdateError
from app.updates.first_start import CURRENT, ENVIRONMENT, TRIAL
from app.updates.metadata import NUMBER

PROGRAM = "conclave"
PREVIOUS, VERSIONS, TAKEN_BACK, LOCK = "previous", "versions", "taken-back", "lock"
MOST_FILES = 20_000
MOST_BYTES = 4 * 2**30  # unpacked
FIRST_WORD_S = 120.0  # for the new version to say which one it is; a cold disk is slow


class FolderInstallation:
    """One such folder; every change under its lock."""

    def __init__(self, home: Path) -> None:
        self.home = home

    @property
    def current(self) -> str:
        """The version that starts, "" if there is none."""
        return self._version(CURRENT)

    @property
    def previous(self) -> str:
        """The version that would be taken back to, "" if there is none."""
        previous = self._version(PREVIOUS)
        return previous if previous != self.current else ""

    @property
    def taken_back(self) -> str:
        """The version that did not start here, "" if none."""
        try:
            text = (self.home / TAKEN_BACK).read_text(encoding="ascii", errors="replace").strip()
        except OSError:
            return ""
        return text if NUMBER.fullmatch(text) else ""

    def can_be_changed(self) -> bool:
        """Tell whether this user may write here."""
        return os.access(self.home, os.W_OK) and os.access(self.home / VERSIONS, os.W_OK)

    def install(self, archive: Path, version: str) -> None:
        """Unpack a version, try whether it starts, and make it the current one.

        Raises UpdateError (`install`, `malformed`); then everything is as it was before.
        """
        with self._locked():
            self._sweep(archive.parent)
            place = self.home / VERSIONS / version
            if version == self.current:
                raise UpdateError("install", f"{version} is the current version")
            new = self.home / VERSIONS / f".new-{secrets.token_hex(8)}"
            try:
                root = _unpack(archive, new, version)
                _try_out(root / PROGRAM, version)
                if place.exists():  # one that was taken back from before
                    shutil.rmtree(place)
                root.replace(place)
                os.sync()  # a link must not last longer than what it leads to
                self._switch(version)
            except OSError as error:
                raise UpdateError("install", f"{version}: {error}") from error
            finally:
                shutil.rmtree(new, ignore_errors=True)

    def roll_back(self) -> str:
        """Make the version before the current one again, and return it; raises UpdateError."""
        with self._locked():
            current, previous = self.current, self.previous
            if not previous or not (self.home / VERSIONS / previous / PROGRAM).exists():
                raise UpdateError("install", "there is no version to go back to")
            try:
                self._note(TAKEN_BACK, current)
                self._link(CURRENT, previous)
                self._link(PREVIOUS, current)
                (self.home / TRIAL).unlink(missing_ok=True)
            except OSError as error:
                raise UpdateError("install", str(error)) from error
            return previous

    def _switch(self, version: str) -> None:
        before = self.current
        if before and not (self.home / TRIAL).exists():  # only to what started once is gone back
            self._link(PREVIOUS, before)
        self._note(TRIAL, "new")
        (self.home / TAKEN_BACK).unlink(missing_ok=True)
        self._link(CURRENT, version)

    def _link(self, name: str, version: str) -> None:
        hidden = self.home / f".{name}.{secrets.token_hex(8)}"
        hidden.symlink_to(Path(VERSIONS) / version)
        hidden.replace(self.home / name)

    def _note(self, name: str, text: str) -> None:
        hidden = self.home / f".{name}.{secrets.token_hex(8)}"
        hidden.write_text(f"{text}\n", encoding="ascii")
        hidden.replace(self.home / name)

    def _version(self, link: str) -> str:
        try:
            name = os.path.basename(os.readlink(self.home / link))
        except OSError:
            return ""
        return name if NUMBER.fullmatch(name) else ""

    def _sweep(self, in_use: Path) -> None:
        """Remove what nobody needs: unfinished ones, and all but the last two versions."""
        kept = {self.current, self._version(PREVIOUS)}
        for path in (self.home / VERSIONS).iterdir():
            if path.name not in kept and (NUMBER.fullmatch(path.name) or path.name[0] == "."):
                shutil.rmtree(path, ignore_errors=True)
        for path in self.home.glob(".update-*"):
            if path != in_use:
                shutil.rmtree(path, ignore_errors=True)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        import fcntl  # only on POSIX, as such folders are

        try:
            descriptor = os.open(self.home / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise UpdateError("install", f"{self.home}: {error.strerror}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError as error:
            raise UpdateError("install", "another update is under way") from error
        finally:
            os.close(descriptor)


def this_folder() -> FolderInstallation | None:
    """Return the installation that this program was started from, if it is one."""
    named = os.environ.get(ENVIRONMENT, "")
    home = Path(named)
    if not named or not home.is_absolute() or not (home / CURRENT).is_symlink():
        return None
    return FolderInstallation(home)


def _unpack(archive: Path, into: Path, version: str) -> Path:
    """Unpack the one folder of an archive; links and paths lead nowhere out of it."""
    wanted = f"{PROGRAM}-{version}"
    into.mkdir()
    count = size = 0
    try:
        with tarfile.open(archive) as tar:
            for member in tar:
                count, size = count + 1, size + member.size
                if count > MOST_FILES or size > MOST_BYTES:
                    raise UpdateError("too_large", "more than a version of Conclave holds")
                if not re.match(rf"{re.escape(wanted)}(/|$)", member.name):
                    raise UpdateError("malformed", f"{member.name[:80]} is not in {wanted}")
                tar.extract(member, into, filter="data")
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise UpdateError("malformed", f"no archive of {version}: {error}") from error
    return into / wanted


def _try_out(program: Path, version: str) -> None:
    """Let the new program say which version it is."""
    surroundings = {name: os.environ[name] for name in os.environ if name != ENVIRONMENT}
    try:
        done = subprocess.run(
            [program, "--version"],
            capture_output=True,
            timeout=FIRST_WORD_S,
            stdin=subprocess.DEVNULL,
            env=surroundings,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UpdateError("install", f"{version} does not start") from error
    if done.returncode != 0 or done.stdout.split() != [PROGRAM.encode(), version.encode()]:
        raise UpdateError("install", f"{version} does not start (code {done.returncode})")
