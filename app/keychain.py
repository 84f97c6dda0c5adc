"""The system's key store, where it is a real one, holds the key of the vault."""

import base64
import binascii
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

SERVICE = "Conclave"  # under this name people find the entry in their key store
KEY_BYTES = 32
PATIENCE = 60.0  # seconds until a store that says nothing is given up; a person types meanwhile

Answer = TypeVar("Answer")

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
    """The key store did not do what was asked.

    `code` is "locked", "failed", "damaged" or "silent".
    """

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
            return in_time(lambda: getattr(self._backend, method)(*arguments))
        except KeychainError:
            raise
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
        backend = in_time(keyring.get_keyring)
    except Exception:  # noqa: BLE001 - a broken configuration of keyring is as good as none
        return None
    return SystemKeyStore(backend) if is_trustworthy(backend) else None


def in_time(ask: Callable[[], Answer]) -> Answer:
    """Return what a store answers; raises what it raises, and KeychainError if it says nothing.

    On Linux the libraries wait for ever where the store's own program hangs. The thread that waits
    is left behind then; it keeps nobody from ending the program.
    """
    future: Future[Answer] = Future()

    def run() -> None:
        try:
            future.set_result(ask())
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            future.set_exception(error)

    threading.Thread(target=run, name="key store", daemon=True).start()
    try:
        return future.result(PATIENCE)
    except TimeoutError as error:
        if future.done():
            raise  # the store's own
        raise KeychainError("silent", "the key store does not answer") from error


def is_trustworthy(backend: object) -> bool:
    """Tell whether a backend, and everything it may pass a secret on to, is on the list."""
    name = f"{type(backend).__module__}.{type(backend).__qualname__}"
    if name == CHAINER:
        inner = list(getattr(backend, "backends", ()))
        return bool(inner) and all(is_trustworthy(one) for one in inner)
    return name in ALLOWED
