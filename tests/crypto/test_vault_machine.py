"""A profile whose program dies in the middle of writes and whose disk rots, beside a note of both.

The vault and its copy are written one after the other. Whatever happens, what is read is what one
of them was last written with as a whole, or the damage is said.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from app import storage
from app.profile import BACKUP, VAULT, Profile, ProfileError
from crypto.invite import InviteFlag
from crypto.vault_content import OpenInvite, Pin, Secrets, Verified

CHEAP = (1, 8192)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
keys = st.binary(min_size=32, max_size=32)
calls = st.integers(0, 12)


class Died(BaseException):
    """The program is no more; nothing after this moment happens."""


class Crash:
    """Lets a number of calls to the system through, the next one by half, and no more."""

    def __init__(self, after: int) -> None:
        self.left = after

    def call(self, real: Any) -> Any:
        def called(*arguments: Any, **options: Any) -> Any:
            self.count()
            return real(*arguments, **options)

        return called

    def count(self) -> bool:
        """Tell whether this call is the last one, and goes wrong half way."""
        self.left -= 1
        if self.left < 0:
            raise Died
        return self.left == 0

    def opened(self, real: Any) -> Any:
        def fdopen(*arguments: Any, **options: Any) -> Any:
            file = real(*arguments, **options)
            write = file.write

            class Half:
                def __enter__(self) -> Any:
                    file.__enter__()
                    return self

                def __exit__(self, *error: Any) -> Any:
                    return file.__exit__(*error)

                def __getattr__(self, name: str) -> Any:
                    return getattr(file, name)

                def write(_, data: bytes) -> int:
                    if self.count():
                        write(data[: len(data) // 2])
                        file.flush()
                        raise Died
                    return int(write(data))

            return Half()

        return fdopen

    @contextlib.contextmanager
    def imminent(self) -> Iterator[None]:
        """Count the calls by which a file is replaced."""
        with (
            patch.object(storage.os, "fdopen", self.opened(os.fdopen)),
            patch.object(storage.os, "fsync", self.call(os.fsync)),
            patch.object(Path, "replace", self.call(Path.replace)),
            patch.object(Path, "unlink", self.call(Path.unlink)),
            contextlib.suppress(Died),
        ):
            yield


class VaultMachine(RuleBasedStateMachine):
    """One profile, opened again and again; `files` notes what each file was last written with."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.profile: Profile | None = None
        self.files: dict[str, Secrets | None] = {VAULT: None, BACKUP: None}

    @initialize()
    def somebody_starts_for_the_first_time(self) -> None:
        self._open()
        assert self.profile is not None
        self.files = dict.fromkeys(self.files, self.profile.secrets)

    def _open(self) -> None:
        self.profile = Profile.open(self.folder, passphrase="tea", now=NOW, limits=CHEAP)
        assert self.profile.is_saved

    def _close(self) -> None:
        if self.profile is not None:
            self.profile.close()
            self.profile = None

    # Edits

    def _now(self) -> Secrets:
        assert self.profile is not None
        secrets = self.profile.secrets
        assert secrets in self.files.values()
        return secrets

    def _keep(self, secrets: Secrets) -> None:
        assert self.profile is not None
        assert self.profile.keep_secrets(secrets)
        self.files = dict.fromkeys(self.files, secrets)
        assert self.profile.secrets == secrets

    @rule(key=keys, verified=st.sampled_from(Verified))
    def somebody_is_pinned(self, key: bytes, verified: Verified) -> None:
        self._keep(self._now().with_pin(Pin(key, "Ada", 1, verified, 2)))

    @rule(key=keys)
    def somebody_becomes_a_contact(self, key: bytes) -> None:
        secrets = self._now()
        self._keep(
            replace(secrets, contact_secrets={**secrets.contact_secrets, key[:16]: bytes(32)})
        )

    @rule()
    def everybody_is_forgotten(self) -> None:
        self._keep(replace(self._now(), pins={}, contact_secrets={}))

    @rule(key=keys)
    def a_door_is_opened(self, key: bytes) -> None:
        invite = OpenInvite("for Bob", InviteFlag.SINGLE_USE, 9, key[:16], key[16:])
        self._keep(replace(self._now(), open_invites=(invite,)))

    # What goes wrong

    @rule(key=keys, after=calls)
    def the_program_dies_while_it_writes(self, key: bytes, after: int) -> None:
        before = dict(self.files)
        assert self.profile is not None
        edited = self._now().with_pin(Pin(key, "Eve", 1))
        with Crash(after).imminent():
            self.profile.keep_secrets(edited)
        self._close()  # the system does: a dead program holds no lock
        self._open()
        found = self.profile.secrets
        if found == edited:
            self.files = {VAULT: edited, BACKUP: before[BACKUP]}
            with contextlib.suppress(ProfileError):
                if self._reads(BACKUP) == edited:
                    self.files[BACKUP] = edited
        else:
            assert found == before[VAULT], "neither the old nor the new"
        assert not list(self.folder.glob(".*.tmp")), "rubbish of a dead program stays"

    def _reads(self, name: str) -> Secrets:
        """Return what a file alone says."""
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(self.folder / name, Path(folder) / VAULT)
            profile = Profile.open(Path(folder), passphrase="tea", now=NOW, limits=CHEAP)
            try:
                return profile.secrets
            finally:
                profile.close()

    @rule()
    def the_program_ends_and_starts_again(self) -> None:
        self._close()
        self._open()
        assert self.profile is not None
        assert self.profile.secrets == self.files[VAULT]
        assert self.profile.notices == ()

    def _rot(self, name: str, place: int, bit: int) -> None:
        path = self.folder / name
        data = bytearray(path.read_bytes())
        data[place % len(data)] ^= 1 << bit
        path.write_bytes(data)

    @rule(place=st.integers(0, 10**6), bit=st.integers(0, 7))
    def a_bit_of_the_vault_rots(self, place: int, bit: int) -> None:
        self._close()
        self._rot(VAULT, place, bit)
        self._open()
        assert self.profile is not None
        assert "restored" in self.profile.notices, "a changed bit was not noticed"
        assert self.profile.secrets == self.files[BACKUP]
        self.files[VAULT] = self.files[BACKUP]

    @rule(place=st.integers(0, 10**6), bit=st.integers(0, 7))
    def a_bit_of_both_rots(self, place: int, bit: int) -> None:
        self._close()
        whole = {name: (self.folder / name).read_bytes() for name in self.files}
        for name in self.files:
            self._rot(name, place, bit)
        rotten = {name: (self.folder / name).read_bytes() for name in self.files}
        with pytest.raises(ProfileError):
            self._open()
        assert {name: (self.folder / name).read_bytes() for name in self.files} == rotten
        for name, data in whole.items():
            (self.folder / name).write_bytes(data)
        self._open()

    @precondition(lambda self: self.profile)
    @rule(name=st.sampled_from([VAULT, BACKUP]))
    def a_file_is_lost(self, name: str) -> None:
        other = BACKUP if name == VAULT else VAULT
        self._close()
        (self.folder / name).unlink()
        self._open()
        assert self.profile is not None
        assert self.profile.secrets == self.files[other]
        self._keep(self.profile.secrets)

    def teardown(self) -> None:
        self._close()
        shutil.rmtree(self.folder)


TestVault = VaultMachine.TestCase
TestVault.settings = settings(max_examples=20, stateful_step_count=20, deadline=None)


def test_a_program_that_dies_leaves_half_a_file_only_beside_the_vault(tmp_path: Path):
    """So the machine does try what it says."""
    path = tmp_path / VAULT
    storage.write_whole(path, b"old")
    outcomes = set()
    for after in range(6):
        with Crash(after).imminent():
            storage.write_whole(path, b"new and longer")
        outcomes.add((path.read_bytes(), len(list(tmp_path.glob(".*.tmp"))) > 0))
        for rubbish in tmp_path.glob(".*.tmp"):
            rubbish.unlink()
        storage.write_whole(path, b"old")
    assert outcomes == {(b"old", True), (b"new and longer", False)}


def test_a_writer_that_writes_in_place_would_be_noticed(monkeypatch: pytest.MonkeyPatch):
    def in_place(path: Path, data: bytes) -> None:
        with storage.os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "wb") as file:
            file.write(data)

    def die_at_every_moment() -> None:
        for after in range(4):
            machine.the_program_dies_while_it_writes(bytes(32), after)

    machine = VaultMachine()
    machine.somebody_starts_for_the_first_time()
    die_at_every_moment()
    monkeypatch.setattr("app.profile.write_whole", in_place)
    with pytest.raises((AssertionError, ProfileError)):
        die_at_every_moment()
    machine.teardown()
