"""One person's profile on this computer: the sealed identity, the settings, and a lock on both."""

import contextlib
import os
from collections.abc import MutableMapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from app.given import first_line, from_environment
from app.i18n import _
from app.keychain import KEY_BYTES, KeychainError, KeyStore
from app.paths import policy_file
from app.profile_lock import LockedError, ProfileLock
from app.rules import Rules
from app.settings import DEFAULTS, Settings, changed
from app.settings_file import Loaded, load_settings, save_settings
from app.storage import keep_aside, make_private_folder, read_bounded, sweep, write_whole
from crypto.errors import CryptoError, VaultError
from crypto.identity import Identity
from crypto.sodium import ARGON2ID_MODERATE, SEED_BYTES, Random, random_bytes
from crypto.vault import MAX_VAULT, SALT_BYTES, VaultKey, key_kind, open_vault, seal_vault
from crypto.vault_content import Secrets

VAULT = "vault"
BACKUP = "vault.backup"  # the same bytes again: one of the two survives a failing disk
VAULT_ID = "vault.id"  # under which name the key store has the key
SETTINGS = "settings.json"
MAX_BESIDE = 65_536  # bytes of a sealed file beside the vault
PASSPHRASE_VARIABLE = "CONCLAVE_PASSPHRASE"

Notice = Literal["unsaved", "restored", "settings_reset", "settings_unreadable"]
ErrorCode = Literal[
    "in_use", "passphrase_needed", "wrong_passphrase", "key_store", "damaged", "memory"
]


class ProfileError(Exception):
    """The profile cannot be used; the text is one line for people.

    `in_use`: another copy has it. `passphrase_needed`: open it again with a passphrase, for the
    first time if `first_time`. `wrong_passphrase`. `key_store`: locked, gone, or without the key.
    `damaged`: neither the vault nor its backup is one; nothing was changed, see `start_afresh`.
    `memory`: the computer has not the memory that opening with a passphrase takes.
    """

    def __init__(self, code: ErrorCode, text: str, first_time: bool = False) -> None:
        super().__init__(text)
        self.code: ErrorCode = code
        self.first_time = first_time


class Profile:
    """An opened profile; `notices` say what a person should know about how it was opened."""

    def __init__(self, folder: Path, random: Random, limits: tuple[int, int]) -> None:
        self.folder = folder
        self.notices: tuple[Notice, ...] = ()
        self._random = random
        self._limits = limits
        self._lock: ProfileLock | None = None
        self._key: VaultKey | None = None
        self._secrets: Secrets | None = None
        self._loaded = Loaded(DEFAULTS)

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        passphrase: str | None = None,
        key_store: KeyStore | None = None,
        now: datetime | None = None,
        random: Random = random_bytes,
        limits: tuple[int, int] = ARGON2ID_MODERATE,
    ) -> "Profile":
        """Open a profile, or make it; may take seconds, so never on the engine's or GUI thread.

        A new vault is sealed with the passphrase if one is given, else under a key in the key
        store. Where the disk cannot be written and there is no vault, the identity lives in
        memory alone and `notices` has "unsaved". Raises ProfileError.
        """
        profile = cls(folder, random, limits)
        try:
            profile._take_lock()
            profile._load_secrets(passphrase, key_store, now or datetime.now(UTC))
            profile._load_settings(now or datetime.now(UTC))
            if profile.is_saved:
                profile._secrets = None
        except MemoryError as error:
            profile.close()
            text = _("There is not enough free memory to open your identity; 256 MB are needed.")
            raise ProfileError("memory", text) from error
        except BaseException:
            profile.close()
            raise
        return profile

    def close(self) -> None:
        """Let another process use the profile; forget the secrets."""
        self._secrets = self._key = None
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    @property
    def secrets(self) -> Secrets:
        """What the vault holds, read from the disk each time; raises ProfileError.

        Between two readings the identity is not in memory: who steals the memory of a running
        call does not have it. Only secrets that cannot be written stay here.
        """
        if self._secrets is not None:
            return self._secrets
        if self._key is None:
            raise ValueError("the profile is closed")
        for sealed in (self._read(VAULT), self._read(BACKUP)):
            with contextlib.suppress(CryptoError):
                if sealed is not None:
                    return Secrets.parse(open_vault(sealed, self._key))
        raise ProfileError(
            "damaged", _("Your identity in {path} is gone.").format(path=self.folder / VAULT)
        )

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._loaded.settings

    @property
    def locked_settings(self) -> frozenset[str]:
        """The names of the settings that the organisation decides."""
        return self._loaded.locked

    @property
    def rules(self) -> Rules:
        """What the organisation decides beyond the settings."""
        return self._loaded.rules

    @property
    def is_saved(self) -> bool:
        """Whether what changes is kept beyond this run."""
        return self._lock is not None and self._key is not None

    def identity(self) -> Identity:
        """Return the device's signing key; keep it no longer than the signature takes."""
        return Identity(self.secrets.identity_seed)

    def keep_secrets(self, secrets: Secrets) -> bool:
        """Use other secrets from now on; tell whether they could be written.

        Writes to the disk and waits for it: not on the engine's thread.
        """
        if self._secrets is None and self._key is None:
            raise ValueError("the profile is closed")
        self._secrets = secrets
        if self._lock is None or self._key is None:
            return False
        try:
            self._write_vault(seal_vault(secrets.encode(), self._key, self._random))
        except OSError:
            return False
        self._secrets = None
        return True

    def keep_beside(self, name: str, content: bytes) -> bool:
        """Seal something in a file beside the vault; empty content leaves none. Tell whether it
        could be written.

        Writes to the disk and waits for it: not on the engine's thread.
        """
        if self._lock is None or self._key is None:
            return False
        try:
            if content:
                write_whole(self.folder / name, seal_vault(content, self._key, self._random))
            else:
                (self.folder / name).unlink(missing_ok=True)
        except OSError:
            return False
        return True

    def read_beside(self, name: str) -> bytes:
        """Return what was sealed in a file beside the vault; b"" if there is none to be opened."""
        if self._key is None:
            return b""
        try:
            return open_vault(read_bounded(self.folder / name, MAX_BESIDE), self._key)
        except (OSError, CryptoError):
            return b""

    def change_setting(self, name: str, value: object) -> bool:
        """Change a setting; tell whether it could be written. SettingError if it cannot be that.

        What the organisation decides stays as it is.
        """
        if name in self.locked_settings:
            return False
        settings = changed(self.settings, name, value)
        self._loaded = replace(self._loaded, settings=settings)
        if self._lock is None:
            return False
        try:
            save_settings(self.folder / SETTINGS, settings, self._loaded.locked)
        except OSError:
            return False
        return True

    # Opening.

    def _take_lock(self) -> None:
        try:
            make_private_folder(self.folder, mark=VAULT)
            self._lock = ProfileLock.take(self.folder)
        except LockedError as error:
            text = _("Conclave is already open with this profile.")
            raise ProfileError("in_use", text) from error
        except OSError:
            self._notice("unsaved")  # full, read-only, not ours: nothing will be written
            return
        sweep(self.folder)

    def _load_secrets(
        self, passphrase: str | None, key_store: KeyStore | None, now: datetime
    ) -> None:
        vault, backup = self._read(VAULT), self._read(BACKUP)
        if vault is None and backup is None:
            self._make(passphrase, key_store)
            return
        if vault is not None:
            try:
                self._unseal(vault, passphrase, key_store)
                return
            except CryptoError as error:
                if backup is None or backup == vault:
                    raise _explained(error, self.folder / VAULT) from error
        assert backup is not None
        try:
            self._unseal(backup, passphrase, key_store)
        except CryptoError as error:
            raise _explained(error, self.folder / VAULT) from error
        self._restore(vault is not None, backup, now)

    def _read(self, name: str) -> bytes | None:
        """Return the bytes of a file, None if there is none; what cannot be read is damaged."""
        path = self.folder / name
        try:
            return read_bounded(path, MAX_VAULT)
        except FileNotFoundError:
            return None
        except NotADirectoryError:
            return None  # the folder itself could not be made
        except OSError as error:
            text = _("The identity in {path} cannot be read: {cause}.")
            raise ProfileError(
                "damaged", text.format(path=path, cause=error.strerror or error)
            ) from error

    def _make(self, passphrase: str | None, key_store: KeyStore | None) -> None:
        """Make a new identity, and seal it where that is possible."""
        secrets = Secrets(self._random(SEED_BYTES))
        if self._lock is None:
            self._secrets = secrets
            return
        try:
            self._key = self._new_key(passphrase, key_store)
            self._write_vault(seal_vault(secrets.encode(), self._key, self._random))
        except OSError:
            self._key = None
            self._notice("unsaved")
        self._secrets = secrets

    def _new_key(self, passphrase: str | None, key_store: KeyStore | None) -> VaultKey:
        if passphrase:
            return VaultKey.from_passphrase(passphrase, self._random(SALT_BYTES), self._limits)
        if key_store is not None:
            key = self._random(KEY_BYTES)
            name = self._random(8).hex()
            with contextlib.suppress(KeychainError):
                key_store.put(name, key)
                self._name_key(name, key_store)
                return VaultKey.from_system(key)
        text = _("Your system has no key store. Choose a passphrase.")
        raise ProfileError("passphrase_needed", text, first_time=True)

    def _name_key(self, name: str, key_store: KeyStore) -> None:
        """Note under which name the key store has the key; where that fails it keeps none."""
        try:
            write_whole(self.folder / VAULT_ID, name.encode("ascii"))
        except OSError:
            with contextlib.suppress(KeychainError):
                key_store.delete(name)
            raise

    def _unseal(self, vault: bytes, passphrase: str | None, key_store: KeyStore | None) -> None:
        """Open one vault; VaultError or another CryptoError if it is damaged."""
        if key_kind(vault) == "system":
            key = VaultKey.from_system(self._stored_key(key_store))
        elif passphrase:
            key = VaultKey.from_passphrase_for(vault, passphrase)
        else:
            raise ProfileError("passphrase_needed", _("A passphrase opens your identity."))
        self._secrets = Secrets.parse(open_vault(vault, key))
        self._key = key

    def _stored_key(self, key_store: KeyStore | None) -> bytes:
        try:
            name = read_bounded(self.folder / VAULT_ID, 100).decode("ascii").strip()
            key = key_store.get(name) if key_store is not None else None
        except KeychainError as error:
            text = _("Your system's key store does not open: {cause}.")
            raise ProfileError("key_store", text.format(cause=error)) from error
        except (OSError, UnicodeDecodeError):
            key = None
        if key is None:
            text = _("The key of your identity is not in the system's key store.")
            raise ProfileError("key_store", text)
        return key

    def _restore(self, damaged: bool, backup: bytes, now: datetime) -> None:
        """Put the backup in the place of a vault that is damaged or gone."""
        self._notice("restored")
        if self._lock is None:
            return
        with contextlib.suppress(OSError):
            if damaged:
                keep_aside(self.folder / VAULT, now)
            write_whole(self.folder / VAULT, backup)

    def _write_vault(self, sealed: bytes) -> None:
        write_whole(self.folder / VAULT, sealed)
        write_whole(self.folder / BACKUP, sealed)

    def _load_settings(self, now: datetime) -> None:
        self._loaded = load_settings(self.folder / SETTINGS, now, policy_file())
        if self._loaded.kept_aside is not None:
            self._notice("settings_reset")
        if self._loaded.unreadable:
            self._notice("settings_unreadable")

    def _notice(self, notice: Notice) -> None:
        if notice not in self.notices:
            self.notices = (*self.notices, notice)


def start_afresh(folder: Path, now: datetime) -> tuple[Path, ...]:
    """Keep a vault that does not open aside, so that the next `open` makes a new identity.

    Only when the person asked for it: others will see a stranger. Returns where the old files
    are now; raises ProfileError (`in_use`) or OSError.
    """
    try:
        lock = ProfileLock.take(folder)
    except LockedError as error:
        text = _("Conclave is already open with this profile.")
        raise ProfileError("in_use", text) from error
    try:
        names = (VAULT, BACKUP, VAULT_ID)
        return tuple(keep_aside(folder / n, now) for n in names if os.path.lexists(folder / n))
    finally:
        lock.release()


def asks_the_key_store(folder: Path, passphrase: str | None) -> bool:
    """Tell whether opening a profile takes the system's key store, which is slow to be reached."""
    kinds = set()
    for name in (VAULT, BACKUP):
        with contextlib.suppress(OSError, CryptoError):
            kinds.add(key_kind(read_bounded(folder / name, MAX_VAULT)))
    return "system" in kinds or not (kinds or passphrase)


def given_passphrase(
    file: Path | None, environ: MutableMapping[str, str] = os.environ
) -> str | None:
    """Return the passphrase from a file's first line, else from CONCLAVE_PASSPHRASE, else None.

    The variable is taken out of the environment: processes that we start need not know it.
    Raises OSError or ValueError for a file that cannot be used.
    """
    spoken = from_environment(PASSPHRASE_VARIABLE, environ)
    return first_line(file) if file is not None else spoken or None


def _explained(error: Exception, path: Path) -> ProfileError:
    if isinstance(error, VaultError) and error.code == "passphrase":
        return ProfileError("wrong_passphrase", _("This passphrase does not open your identity."))
    text = _("Your identity in {path} is damaged, and so is its copy. It was left as it is.")
    return ProfileError("damaged", text.format(path=path))
