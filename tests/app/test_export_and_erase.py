"""Everything kept of a person can be read in one file, and can be gone without a trace."""

import dataclasses
import json
import logging
import sys
from pathlib import Path

import pytest

from app import data_commands
from app.__main__ import main
from app.erasing import Traces, erase
from app.exit_codes import ExitCode
from app.export import EXPORTED
from app.keychain import KeychainError
from app.log import start_log
from app.memory import ProfileMemory
from app.paths import default_profile, log_folder
from app.profile import Profile
from app.profile_lock import LockedError, ProfileLock
from app.recent_meetings import Recent
from app.settings import Settings
from app.system_entries import entries
from crypto.identity import device_id
from crypto.invite import InviteFlag
from crypto.vault_content import OpenInvite, Secrets, Verified

FAST = (1, 8192)  # argon2id for tests: one pass, 8 KiB
PASSPHRASE = "seven quiet herons"
BEN = b"B" * 32
LINK = "conclave:join#AUAAAGkgq3yCq0sYmGMu4VfQ"
CONTACT_SECRET, SEED, INVITE_SECRET = b"c" * 32, b"r" * 16, b"s" * 16


class Keys:
    """A key store in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.locked = False

    def get(self, name: str) -> bytes | None:
        self._look()
        return self.kept.get(name)

    def put(self, name: str, key: bytes) -> None:
        self._look()
        self.kept[name] = key

    def delete(self, name: str) -> None:
        self._look()
        del self.kept[name]

    def _look(self) -> None:
        if self.locked:
            raise KeychainError("locked", "locked")


class Told:
    """Something that the system does for the person."""

    def __init__(self, on: bool = True) -> None:
        self.is_on = on

    def switch(self, on: bool) -> None:
        self.is_on = on

    def forget(self) -> None:
        self.is_on = False


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of a person who has never used Conclave."""
    made = tmp_path / "home"
    made.mkdir()
    for name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(made))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    for folder in (".local/share", ".local/state", ".config"):
        (made / folder).mkdir(parents=True)
    monkeypatch.setattr(data_commands, "system_key_store", lambda: None)
    return made


def used(folder: Path, keys: Keys | None = None) -> None:
    """Use Conclave as people do: meet somebody, host, set something, let it log."""
    passphrase = None if keys else PASSPHRASE
    profile = Profile.open(folder, passphrase=passphrase, key_store=keys, limits=FAST)
    log = start_log(log_folder(folder), enabled=True)
    logging.getLogger("app").warning("a line of the log")
    memory = ProfileMemory(profile, lambda: 1_795_000_000.0)
    memory.keep_contact(BEN, "Ben", CONTACT_SECRET)
    memory.remember(BEN, "Ben", Verified.NUMBER)
    link = OpenInvite("for Ben", InviteFlag(0), 1_796_000_000, SEED, INVITE_SECRET)
    memory.keep_invitations((link,))
    memory.keep_recents((Recent("Budget", "Ben", 1_795_000_000, device_id(BEN), LINK),))
    memory.keep_setting("name", "Ada")
    memory.close()
    log.close()
    profile.close()
    (folder / "window").write_text("0 0 800 600")
    (folder / "settings.json.broken-20260101-000000").write_text("{")
    (folder / ".settings.json.00ff.tmp").write_text("half")


def tree(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def conclave(*words: str, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setenv("CONCLAVE_PASSPHRASE", PASSPHRASE)
    return main(words)


def test_one_file_tells_everything_that_is_kept_and_no_secret(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    profile = tmp_path / "profile"
    used(profile)
    file = tmp_path / "mine.json"
    words = ("export", str(file), "--profile", str(profile))
    assert conclave(*words, monkeypatch=monkeypatch) == ExitCode.OK
    text = file.read_text(encoding="utf-8")
    told = json.loads(text)
    (ben,) = told["people"]
    assert (ben["name"], ben["contact"], ben["verified"]) == ("Ben", True, "number")
    assert ben["device"] == device_id(BEN).hex()
    assert told["open_invitations"][0]["for"] == "for Ben"
    assert told["recent_meetings"][0]["title"] == "Budget"
    assert told["settings"]["name"] == "Ada"
    assert set(told["settings"]) == {field.name for field in dataclasses.fields(Settings)}
    assert any(told["log"].values())
    assert "vault" in {entry["name"] for entry in told["files"]}
    opened = Profile.open(profile, passphrase=PASSPHRASE, limits=FAST)
    seed = opened.secrets.identity_seed
    opened.close()
    assert LINK not in text
    for secret in (seed, CONTACT_SECRET, SEED, INVITE_SECRET):
        assert secret.hex() not in text
        assert secret.decode("latin-1") not in text


def test_nothing_of_the_vault_is_forgotten_in_the_export():
    assert {field.name for field in dataclasses.fields(Secrets)} == set(EXPORTED)


def test_after_erasing_a_home_is_as_if_conclave_had_never_been_there(
    home: Path, monkeypatch: pytest.MonkeyPatch
):
    before = tree(home)
    profile = default_profile()
    assert home in profile.parents
    used(profile)
    for entry in entries(profile).values():
        entry.switch(True)
    assert tree(home) > before
    assert conclave("erase", "--yes", monkeypatch=monkeypatch) == ExitCode.OK
    assert tree(home) - before <= {
        ".config/mimeapps.list",
        ".config/autostart",
        ".local/share/applications",
    }
    left = [name for name in tree(home) if (home / name).is_file()]
    assert not any("conclave" in (home / name).read_text().lower() for name in left)
    assert not any("conclave" in name.lower() for name in tree(home))


def test_in_a_folder_that_a_person_named_only_conclaves_own_files_go(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    profile = tmp_path / "shared"
    profile.mkdir()
    (profile / "letter.txt").write_text("not Conclave's")
    (profile / "log").mkdir()
    (profile / "log" / "other.log").write_text("not Conclave's")
    before = tree(tmp_path)
    used(profile)
    words = ("erase", "--yes", "--profile", str(profile))
    assert conclave(*words, monkeypatch=monkeypatch) == ExitCode.OK
    assert tree(tmp_path) == before


def test_nothing_is_erased_while_nobody_can_be_asked(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    used(tmp_path / "profile")
    before = tree(tmp_path)
    words = ("erase", "--profile", str(tmp_path / "profile"))
    assert conclave(*words, monkeypatch=monkeypatch) == ExitCode.USAGE
    assert "--yes" in capsys.readouterr().err
    assert tree(tmp_path) == before


@pytest.mark.parametrize(("typed", "gone"), [("erase", True), ("yes", False), ("", False)])
def test_only_the_word_erases(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str, gone: bool
):
    profile = tmp_path / "profile"
    used(profile)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _question: typed)
    code = conclave("erase", "--profile", str(profile), monkeypatch=monkeypatch)
    assert code == (ExitCode.OK if gone else ExitCode.PROBLEM)
    assert profile.exists() is not gone


def test_a_profile_in_use_is_not_erased(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    profile = tmp_path / "profile"
    used(profile)
    lock = ProfileLock.take(profile)
    words = ("erase", "--yes", "--profile", str(profile))
    assert conclave(*words, monkeypatch=monkeypatch) == ExitCode.PROFILE_IN_USE
    lock.release()
    assert (profile / "vault").is_file()


def test_the_key_leaves_the_key_store_and_the_system_is_told_to_stop(tmp_path: Path):
    keys, told = Keys(), Told()
    used(tmp_path / "profile", keys)
    assert keys.kept
    traces = Traces(tmp_path / "profile", tmp_path / "profile" / "log", tmp_path / "run")
    assert erase(traces, keys, {"autostart": told}) == ()
    assert (keys.kept, told.is_on) == ({}, False)
    assert tree(tmp_path) == set()


def test_what_cannot_be_erased_is_named(tmp_path: Path):
    keys = Keys()
    used(tmp_path / "profile", keys)
    keys.locked = True
    traces = Traces(tmp_path / "profile", tmp_path / "profile" / "log", tmp_path / "run")
    assert erase(traces, keys, {}) == ("a key in the system's key store",)
    assert tree(tmp_path) == set()


def test_erasing_what_is_not_there_is_no_fault(tmp_path: Path):
    traces = Traces(tmp_path / "none", tmp_path / "none" / "log", tmp_path / "run")
    assert erase(traces, Keys(), {}) == ()


def test_a_locked_profile_says_so(tmp_path: Path):
    used(tmp_path)
    lock = ProfileLock.take(tmp_path)
    with pytest.raises(LockedError):
        erase(Traces(tmp_path, tmp_path / "log", tmp_path / "run"), Keys(), {})
    lock.release()
