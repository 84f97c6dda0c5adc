"""The key store of a Linux desktop, reached over a real bus: locked, silent, not there."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import keyring.backends.SecretService
import pytest
from fakes.session_bus import session_bus

from app import keychain
from app.keychain import KeychainError, SystemKeyStore
from app.profile import Profile, ProfileError

jeepney = pytest.importorskip("jeepney", reason="D-Bus is spoken on Linux only")
pytestmark = pytest.mark.skipif(
    shutil.which("dbus-daemon") is None, reason="dbus-daemon is not installed"
)

from jeepney import (  # noqa: E402
    DBusAddress,
    HeaderFields,
    MessageType,
    new_error,
    new_method_return,
    new_signal,
)
from jeepney.bus_messages import message_bus  # noqa: E402
from jeepney.io.blocking import open_dbus_connection  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
NAME, COLLECTION = "org.freedesktop.secrets", "/org/freedesktop/secrets/collection/login"
PROMPT = "/org/freedesktop/secrets/prompt/1"
PATIENT = 60.0  # seconds, on a busy computer


class Store(threading.Thread):
    """A key store's program that answers nothing, or is locked and finds nobody to unlock it."""

    def __init__(self, address: str, silent: bool) -> None:
        super().__init__(daemon=True)
        self._silent = silent
        self.asked: list[str] = []
        self._bus = open_dbus_connection(address)
        self._bus.send_and_get_reply(message_bus.RequestName(NAME), timeout=5.0)
        self.start()

    def run(self) -> None:
        while True:
            try:
                message = self._bus.receive()
            except (OSError, ValueError):
                return
            if message.header.message_type is MessageType.method_call:
                self.asked.append(str(message.header.fields[HeaderFields.member]))
                if not self._silent:
                    self._answer(message)

    def _answer(self, message: "jeepney.Message") -> None:
        match message.header.fields[HeaderFields.member]:
            case "OpenSession":
                answer = new_method_return(message, "vo", (("s", ""), "/session/1"))
            case "ReadAlias":
                answer = new_method_return(message, "o", (COLLECTION,))
            case "Get":
                locked = message.body[1] == "Locked"
                answer = new_method_return(message, "v", (("b", True) if locked else ("s", "x"),))
            case "Unlock":
                answer = new_method_return(message, "aoo", ([], PROMPT))
            case "Prompt":  # the person closes the window that asks
                self._bus.send(new_method_return(message))
                where = DBusAddress(PROMPT, NAME, "org.freedesktop.Secret.Prompt")
                answer = new_signal(where, "Completed", "bv", (True, ("ao", [])))
            case _:
                answer = new_error(message, "org.freedesktop.DBus.Error.UnknownMethod")
        self._bus.send(answer)

    def close(self) -> None:
        self._bus.sock.shutdown(2)
        self.join(5.0)
        self._bus.close()


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A session bus of this test's own; return its address."""
    with session_bus() as address:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        yield address


def key_store() -> SystemKeyStore:
    return SystemKeyStore(keyring.backends.SecretService.Keyring())


def new_profile(folder: Path) -> None:
    Profile.open(folder, key_store=key_store())


def test_a_locked_store_that_nobody_unlocks_leads_to_a_passphrase(bus: str, tmp_path: Path) -> None:
    store = Store(bus, silent=False)
    try:
        with pytest.raises(ProfileError) as error:
            new_profile(tmp_path)
        assert error.value.code == "passphrase_needed"
        assert "Prompt" in store.asked
        assert not (tmp_path / "vault").exists()
    finally:
        store.close()


def test_a_silent_store_is_given_up_and_leads_to_a_passphrase(
    bus: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keychain, "PATIENCE", 1.0)
    store = Store(bus, silent=True)
    try:
        with pytest.raises(KeychainError) as silence:
            key_store().get("v")
        assert silence.value.code == "silent"
        with pytest.raises(ProfileError) as error:
            new_profile(tmp_path)
        assert error.value.code == "passphrase_needed"
        assert not (tmp_path / "vault").exists()
    finally:
        store.close()


@pytest.mark.slow
def test_while_a_store_is_silent_the_window_lives_and_can_be_closed(
    bus: str, tmp_path: Path
) -> None:
    store = Store(bus, silent=True)
    with tempfile.TemporaryDirectory() as runtime:
        environment = os.environ | {
            "HOME": str(tmp_path),
            "XDG_RUNTIME_DIR": runtime,
            "QT_QPA_PLATFORM": "offscreen",
        }
        environment.pop("CONCLAVE_PASSPHRASE", None)
        command = (sys.executable, "-m", "app", "--profile", str(tmp_path / "profile"))
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        window = subprocess.Popen(command, cwd=ROOT, env=environment, **quiet)
        try:
            until = time.monotonic() + PATIENT
            while not store.asked:
                assert time.monotonic() < until, "the key store was not asked"
                time.sleep(0.1)

            def rings() -> int:
                ring = (*command, "--toggle-mute")
                return subprocess.run(
                    ring, cwd=ROOT, env=environment, check=False, timeout=PATIENT, **quiet
                ).returncode

            while rings() != 0:  # the window answers, though nothing is open yet
                assert time.monotonic() < until, "no window came"
            assert window.poll() is None
            window.send_signal(signal.SIGINT)
            assert window.wait(PATIENT / 3) == 0
        finally:
            if window.poll() is None:
                window.kill()
                window.wait()
            store.close()
