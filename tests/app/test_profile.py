"""A profile: sealed, restored, never replaced in silence, never used twice."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.keychain import KeychainError
from app.profile import (
    Profile,
    ProfileError,
    asks_the_key_store,
    given_passphrase,
    start_afresh,
)
from crypto.vault_content import Pin

NOW = datetime(2026, 11, 21, 19, 30, 5, tzinfo=UTC)
FAST = (1, 8192)  # argon2id for tests: one pass, 8 KiB
PASSPHRASE = "seven quiet herons"


class Store:
    """A key store in memory."""

    def __init__(self) -> None:
        self.keys: dict[str, bytes] = {}
        self.locked = False

    def get(self, name: str) -> bytes | None:
        if self.locked:
            raise KeychainError("locked", "the key store is locked")
        return self.keys.get(name)

    def put(self, name: str, key: bytes) -> None:
        if self.locked:
            raise KeychainError("locked", "the key store is locked")
        self.keys[name] = key

    def delete(self, name: str) -> None:
        self.keys.pop(name, None)


def opened(folder: Path, store: Store | None = None, passphrase: str | None = PASSPHRASE):
    return Profile.open(folder, passphrase=passphrase, key_store=store, now=NOW, limits=FAST)


def refused(folder: Path, store: Store | None = None, passphrase: str | None = PASSPHRASE):
    with pytest.raises(ProfileError) as refusal:
        opened(folder, store, passphrase)
    assert "\n" not in str(refusal.value)
    return refusal.value


def device(folder: Path, store: Store | None = None, passphrase: str | None = PASSPHRASE) -> bytes:
    profile = opened(folder, store, passphrase)
    dev = profile.identity().dev
    profile.close()
    return dev


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_identity_is_made_once_and_kept_under_the_passphrase(tmp_path: Path) -> None:
    first = device(tmp_path)
    assert device(tmp_path) == first
    assert device(tmp_path / "other") != first


def test_nothing_on_disk_contains_the_identity_in_the_clear(tmp_path: Path) -> None:
    profile = opened(tmp_path)
    seed = profile.secrets.identity_seed
    profile.keep_secrets(profile.secrets.with_pin(Pin(bytes(range(32)), "Ada Lovelace", 7)))
    profile.close()
    for data in content(tmp_path).values():
        assert seed not in data
        assert b"Ada" not in data
        assert PASSPHRASE.encode() not in data


def test_with_a_key_store_no_passphrase_is_needed(tmp_path: Path) -> None:
    store = Store()
    first = device(tmp_path, store, None)
    assert len(store.keys) == 1
    assert device(tmp_path, store, None) == first


def test_the_key_store_is_asked_only_where_it_has_or_shall_have_the_key(tmp_path: Path) -> None:
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    assert asks_the_key_store(theirs, None)
    assert not asks_the_key_store(theirs, PASSPHRASE)
    opened(theirs).close()
    assert not asks_the_key_store(theirs, None)
    opened(ours, Store(), None).close()
    assert asks_the_key_store(ours, None)
    assert asks_the_key_store(ours, PASSPHRASE)


def test_two_profiles_have_two_keys_in_the_key_store(tmp_path: Path) -> None:
    store = Store()
    assert device(tmp_path / "a", store, None) != device(tmp_path / "b", store, None)
    assert len(set(store.keys.values())) == 2


def test_without_key_store_and_passphrase_one_is_asked_for_and_nothing_is_written(
    tmp_path: Path,
) -> None:
    store = Store()
    store.locked = True
    for one in (None, store):
        error = refused(tmp_path, one, None)
        assert error.code == "passphrase_needed"
        assert error.first_time
    assert "vault" not in content(tmp_path)
    device(tmp_path)
    error = refused(tmp_path, None, None)
    assert error.code == "passphrase_needed"
    assert not error.first_time


def test_a_locked_or_emptied_key_store_is_named_and_changes_nothing(tmp_path: Path) -> None:
    store = Store()
    first = device(tmp_path, store, None)
    before = content(tmp_path)
    store.locked = True
    assert refused(tmp_path, store, None).code == "key_store"
    store.locked = False
    assert refused(tmp_path, Store(), None).code == "key_store"
    assert refused(tmp_path, None, PASSPHRASE).code == "key_store"
    assert content(tmp_path) == before
    assert device(tmp_path, store, None) == first


def test_a_wrong_passphrase_changes_nothing(tmp_path: Path) -> None:
    first = device(tmp_path)
    before = content(tmp_path)
    assert refused(tmp_path, passphrase="eight loud herons").code == "wrong_passphrase"
    assert content(tmp_path) == before
    assert device(tmp_path) == first


def test_what_was_kept_is_there_the_next_time(tmp_path: Path) -> None:
    profile = opened(tmp_path)
    pin = Pin(bytes(range(32)), "Ada", 7)
    assert profile.keep_secrets(profile.secrets.with_pin(pin))
    assert profile.change_setting("name", "Grace")
    profile.close()
    again = opened(tmp_path)
    assert again.secrets.pins == {pin.dev: pin}
    assert again.settings.name == "Grace"
    assert again.is_saved
    assert again.notices == ()
    again.close()


@pytest.mark.parametrize("damage", ["zero", "cut", "flip", "empty", "header", "gone"])
def test_a_damaged_vault_is_restored_from_its_copy_and_kept_aside(
    tmp_path: Path, damage: str
) -> None:
    first, vault = device(tmp_path), tmp_path / "vault"
    good = vault.read_bytes()
    bad = {
        "zero": bytes(len(good)),
        "cut": good[: len(good) // 2],
        "flip": good[:-1] + bytes([good[-1] ^ 1]),
        "empty": b"",
        "header": b"X" + good[1:],
        "gone": None,
    }[damage]
    vault.unlink()
    if bad is not None:
        vault.write_bytes(bad)
    profile = opened(tmp_path)
    assert profile.identity().dev == first
    assert profile.notices == ("restored",)
    profile.close()
    assert vault.read_bytes() == good
    kept = [path.read_bytes() for path in tmp_path.glob("vault.broken-*")]
    assert kept == ([] if bad is None else [bad])
    assert device(tmp_path) == first


def test_an_identity_that_is_damaged_twice_is_never_replaced_in_silence(tmp_path: Path) -> None:
    first = device(tmp_path)
    (tmp_path / "vault").write_bytes(b"ruined")
    (tmp_path / "vault.backup").write_bytes(b"ruined too")
    before = content(tmp_path)
    for _ in range(2):
        assert refused(tmp_path).code == "damaged"
    assert content(tmp_path) == before
    aside = start_afresh(tmp_path, NOW)
    assert {path.read_bytes() for path in aside} == {b"ruined", b"ruined too"}
    assert device(tmp_path) != first


def test_a_profile_belongs_to_one_process(tmp_path: Path) -> None:
    profile = opened(tmp_path)
    assert refused(tmp_path).code == "in_use"
    with pytest.raises(ProfileError):
        start_afresh(tmp_path, NOW)
    profile.close()
    opened(tmp_path).close()


@pytest.mark.skipif(os.name != "posix", reason="kills as POSIX does")
def test_a_killed_process_does_not_keep_the_profile(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from app.profile_lock import ProfileLock\n"
        "lock = ProfileLock.take(Path(sys.argv[1])); print('held', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parent.parent.parent,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert refused(tmp_path).code == "in_use"
        holder.kill()
    opened(tmp_path).close()


def test_where_nothing_can_be_written_the_identity_lives_in_memory_and_that_is_said(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_bytes(b"")
    profile = opened(tmp_path / "file" / "profile", passphrase=None)
    assert profile.notices == ("unsaved",)
    assert not profile.is_saved
    assert not profile.keep_secrets(profile.secrets)
    assert not profile.change_setting("name", "Ada")
    assert profile.settings.name == "Ada"
    profile.close()


def test_a_full_disk_is_said_and_does_not_stop_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.profile.write_whole", full)
    profile = opened(tmp_path)
    assert profile.notices == ("unsaved",)
    assert not profile.is_saved
    profile.close()


def test_a_key_store_keeps_no_key_for_a_disk_that_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.profile.write_whole", full)
    store = Store()
    profile = opened(tmp_path, store, None)
    assert profile.notices == ("unsaved",)
    assert store.keys == {}
    profile.close()


def test_damaged_settings_are_said_and_do_not_touch_the_identity(tmp_path: Path) -> None:
    first = device(tmp_path)
    (tmp_path / "settings.json").write_bytes(b"{{{")
    profile = opened(tmp_path)
    assert profile.notices == ("settings_reset",)
    assert profile.identity().dev == first
    profile.close()


def test_the_passphrase_comes_from_the_file_before_the_environment(tmp_path: Path) -> None:
    path = tmp_path / "passphrase"
    path.write_text("from the file\nnot this\n")
    environment = {"CONCLAVE_PASSPHRASE": "from the environment", "HOME": "/"}
    assert given_passphrase(path, dict(environment)) == "from the file"
    assert given_passphrase(None, environment) == "from the environment"
    assert environment == {"HOME": "/"}
    assert given_passphrase(None, {}) is None
    for useless in (b"", b"\n", bytes(5000), b"\xff\xfe"):
        path.write_bytes(useless)
        with pytest.raises(ValueError, match=r"."):
            given_passphrase(path, {})
