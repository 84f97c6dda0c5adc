"""Which key stores are trusted, and what becomes of their answers."""

import base64
import threading

import keyring.backends.chainer
import keyring.backends.fail
import keyring.backends.null
import keyring.backends.SecretService
import keyring.errors
import pytest

from app.keychain import KeychainError, SystemKeyStore, is_trustworthy, system_key_store

KEY = bytes(range(32))


class Memory:
    """A backend that answers what it is told to."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], str] = {}
        self.error: Exception | None = None
        self.forgets = False

    def get_password(self, service: str, name: str) -> str | None:
        if self.error:
            raise self.error
        return self.entries.get((service, name))

    def set_password(self, service: str, name: str, text: str) -> None:
        if self.error:
            raise self.error
        if not self.forgets:
            self.entries[service, name] = text

    def delete_password(self, service: str, name: str) -> None:
        del self.entries[service, name]


def test_a_key_comes_back_and_can_be_forgotten() -> None:
    store = SystemKeyStore(Memory())
    store.put("vault 1", KEY)
    assert store.get("vault 1") == KEY
    assert store.get("vault 2") is None
    store.delete("vault 1")
    assert store.get("vault 1") is None


@pytest.mark.parametrize(
    "answer", ["", "x", "not base64!", base64.b64encode(KEY[:31]).decode(), "\u2603"]
)
def test_an_answer_that_is_no_key_of_ours_is_refused(answer: str) -> None:
    backend = Memory()
    backend.entries["Conclave", "v"] = answer
    with pytest.raises(KeychainError) as refusal:
        SystemKeyStore(backend).get("v")
    assert refusal.value.code == "damaged"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (keyring.errors.KeyringLocked("no prompt"), "locked"),
        (keyring.errors.NoKeyringError("none"), "failed"),
        (keyring.errors.InitError("dismissed"), "failed"),
        (TimeoutError("D-Bus"), "failed"),
        (KeyError("anything"), "failed"),
    ],
)
def test_whatever_a_backend_raises_becomes_one_error(error: Exception, code: str) -> None:
    backend = Memory()
    backend.error = error
    with pytest.raises(KeychainError) as refusal:
        SystemKeyStore(backend).put("v", KEY)
    assert refusal.value.code == code
    assert KEY.hex() not in str(refusal.value)


def test_a_store_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent(Memory):
        def get_password(self, service: str, name: str) -> str | None:
            over.wait()
            return None

    over = threading.Event()
    monkeypatch.setattr("app.keychain.PATIENCE", 0.2)
    with pytest.raises(KeychainError) as refusal:
        SystemKeyStore(Silent()).get("v")
    assert refusal.value.code == "silent"
    over.set()


def test_a_store_that_forgets_is_noticed_at_once() -> None:
    backend = Memory()
    backend.forgets = True
    with pytest.raises(KeychainError):
        SystemKeyStore(backend).put("v", KEY)


class PlaintextKeyring:
    """What the library `keyrings.alt` calls its readable file."""


def test_only_real_key_stores_are_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    real = keyring.backends.SecretService.Keyring()
    null, chain = keyring.backends.null.Keyring(), keyring.backends.chainer.ChainerBackend()
    assert is_trustworthy(real)
    for other in (null, keyring.backends.fail.Keyring(), PlaintextKeyring(), object()):
        assert not is_trustworthy(other)
    for inside, trusted in (([real], True), ([], False), ([real, null], False)):
        monkeypatch.setattr(keyring.backends.chainer.ChainerBackend, "backends", inside)
        assert is_trustworthy(chain) is trusted


def test_a_configured_store_without_secrecy_counts_as_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keyring, "get_keyring", keyring.backends.null.Keyring)
    assert system_key_store() is None
    monkeypatch.setattr(keyring, "get_keyring", keyring.backends.SecretService.Keyring)
    assert system_key_store() is not None

    def broken() -> None:
        raise ModuleNotFoundError("a module that a configuration names")

    monkeypatch.setattr(keyring, "get_keyring", broken)
    assert system_key_store() is None
