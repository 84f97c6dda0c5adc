"""The system's key store, where it is a real one, holds the key of the vault."""

import base64
import binascii
from typing import Any, Protocol

SERVICE = "Conclave"  # under this name people find the entry in their key store
KEY_BYTES = 32

# Classes that keep secrets encrypted by the user's login. Not here: null, fail, plaintext files
# (keyrings.alt), and chainers with anything else than these inside.
ALLOWED = frozenset(
    {
        "keyring.backends.SecretService.Keyring",
        "keyring.backends.libsecret.Keyring",
        "keyring.backends.kwallet.DBusKeyring",
        "keyring.backends.kwallet.DBusKeyringKWallet4",
        "keyring.backends.macOS.Keyring",
        "keyring.backends.Windows.WinVaultKeyring",
    }
)
CHAINER = "keyring.backends.chainer.ChainerBackend"


class KeychainError(Exception):
    """The key store did not do what was asked; `code` is "locked", "failed" or "damaged"."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class KeyStore(Protocol):
    """Keeps 32-byte keys under names. Calls may take as long as the user's answer to a dialog."""

    def get(self, name: str) -> bytes | None:
        """Return the key of a name, None where there is none; raises KeychainError."""

    def put(self, name: str, key: bytes) -> None:
        """Keep a key under a name; raises KeychainError."""

    def delete(self, name: str) -> None:
        """Forget a name; raises KeychainError."""


class SystemKeyStore:
    """A key store over one backend of the `keyring` library."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    def get(self, name: str) -> bytes | None:
        """Return the key of a name, None where there is none; raises KeychainError."""
        text = self._call("get_password", SERVICE, name)
        if text is None:
            return None
        try:
            key = base64.b64decode(text, validate=True)
        except (TypeError, ValueError, binascii.Error):
            key = b""
        if len(key) != KEY_BYTES:
            raise KeychainError("damaged", "the entry in the key store is not one of ours")
        return key

    def put(self, name: str, key: bytes) -> None:
        """Keep a key under a name, and make sure it is there; raises KeychainError."""
        if len(key) != KEY_BYTES:
            raise ValueError(f"a key has {KEY_BYTES} bytes")
        self._call("set_password", SERVICE, name, base64.b64encode(key).decode("ascii"))
        if self.get(name) != key:
            raise KeychainError("failed", "the key store did not keep the key")

    def delete(self, name: str) -> None:
        """Forget a name; raises KeychainError."""
        self._call("delete_password", SERVICE, name)

    def _call(self, method: str, *arguments: str) -> Any:
        import keyring.errors

        try:
            return getattr(self._backend, method)(*arguments)
        except keyring.errors.KeyringLocked as error:
            raise KeychainError("locked", "the key store is locked") from error
        except Exception as error:  # backends let through whatever they use
            raise KeychainError(
                "failed", f"the key store failed: {type(error).__name__}"
            ) from error


def system_key_store() -> SystemKeyStore | None:
    """Return the system's key store, or None where there is none that keeps secrets."""
    import keyring

    try:
        backend = keyring.get_keyring()
    except Exception:  # noqa: BLE001 - a broken configuration of keyring is as good as none
        return None
    return SystemKeyStore(backend) if is_trustworthy(backend) else None


def is_trustworthy(backend: object) -> bool:
    """Tell whether a backend, and everything it may pass a secret on to, is on the list."""
    name = f"{type(backend).__module__}.{type(backend).__qualname__}"
    if name == CHAINER:
        inner = list(getattr(backend, "backends", ()))
        return bool(inner) and all(is_trustworthy(one) for one in inner)
    return name in ALLOWED
