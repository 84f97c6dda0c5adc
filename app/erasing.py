"""Erases everything that Conclave keeps of a person on this computer, and tells what is left."""

import contextlib
import logging
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.i18n import _
from app.keychain import KeychainError, KeyStore
from app.log import FILE as LOG_FILE
from app.outside import PLACE
from app.profile import BACKUP, SETTINGS, VAULT, VAULT_ID
from app.profile_lock import LOCK_FILE, ProfileLock
from app.recent_meetings import FILE as RECENTS
from app.storage import read_bounded
from app.system_entries import Entry
from app.team_secret import FILE as TEAM_SECRET
from app.updates.updater import KEPT as UPDATE_SEEN

OWN_FILES = (
    *(VAULT, BACKUP, VAULT_ID, SETTINGS, RECENTS, TEAM_SECRET, PLACE, UPDATE_SEEN, LOCK_FILE),
)
"""What Conclave writes into a profile; each may have left `NAME.broken-DATE` and `.NAME.X.tmp`."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Traces:
    """Where Conclave keeps something of a person; `own` folders hold nothing of anybody else."""

    profile: Path
    log: Path
    runtime: Path
    own: bool = False  # the profile's folder belongs to Conclave alone: it goes with all it holds


def erase(
    traces: Traces, key_store: KeyStore | None, entries: Mapping[str, Entry]
) -> tuple[str, ...]:
    """Erase it; return in words what could not be. Waits for the disk and the key store.

    Raises LockedError while another process uses the profile.
    """
    left: list[str] = []
    lock = _locked(traces.profile)
    try:
        left += _tell_system(entries)
        left += _forget_keys(traces.profile, key_store)
        left += _remove(traces)
    finally:
        if lock is not None:
            lock.release()
    for folder in (traces.log, traces.runtime, traces.profile):
        left += _remove_last(folder, traces)
    return tuple(dict.fromkeys(left))


def _locked(profile: Path) -> ProfileLock | None:
    """Keep other processes out; None where there is no folder to lock, or none can be made."""
    try:
        return ProfileLock.take(profile) if profile.is_dir() else None
    except OSError:
        return None


def _tell_system(entries: Mapping[str, Entry]) -> Iterable[str]:
    """Let the system know nothing any more of what it was told."""
    for name, entry in entries.items():
        try:
            entry.forget()
        except OSError as error:
            log.warning("%s could not be switched off: %s", name, type(error).__name__)
            yield _("an entry in this system: {name}").format(name=name)


def _forget_keys(profile: Path, key_store: KeyStore | None) -> Iterable[str]:
    """Forget the keys of the vault first: without them its copies on the disk are noise."""
    for path in profile.glob(f"{VAULT_ID}*"):
        try:
            name = read_bounded(path, 100).decode("ascii").strip()
        except (OSError, UnicodeDecodeError):
            continue
        try:
            if key_store is None:
                raise KeychainError("failed", "there is no key store")
            if key_store.get(name) is not None:
                key_store.delete(name)
        except KeychainError as error:
            log.warning("a key could not be forgotten: %s", error.code)
            yield _("a key in the system's key store")


def _remove(traces: Traces) -> Iterable[str]:
    """Remove every file but the lock, which still keeps others out."""
    for folder in (traces.log, traces.runtime, traces.profile):
        for path in _ours(folder, traces):
            if path.name != LOCK_FILE:
                yield from _gone(path)


def _ours(folder: Path, traces: Traces) -> Iterable[Path]:
    """Return what is ours in a folder: in Conclave's own all of it, elsewhere what it wrote."""
    if not folder.is_dir() or folder.is_symlink():
        return []
    if folder == traces.profile and not traces.own:
        patterns = [p for n in OWN_FILES for p in (n, f"{n}.broken-*", f".{n}.*.tmp")]
    elif folder == traces.log:
        patterns = [f"{LOG_FILE}*"]
    else:
        patterns = ["*"]
    return [path for pattern in patterns for path in folder.glob(pattern)]


def _remove_last(folder: Path, traces: Traces) -> Iterable[str]:
    """Remove the lock, then the folder if nothing of others is in it, and Conclave's own above."""
    if folder == traces.profile:
        yield from _gone(folder / LOCK_FILE)
    if not folder.is_dir():
        return
    with contextlib.suppress(OSError):  # somebody else's files are in it
        folder.rmdir()
        if traces.own and folder.parent.name == "Conclave":
            folder.parent.rmdir()


def _gone(path: Path) -> Iterable[str]:
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        log.warning("something could not be erased: %s", type(error).__name__)
        yield str(path)
