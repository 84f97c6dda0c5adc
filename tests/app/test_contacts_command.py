"""`conclave contacts`: who is listed, who is forgotten, and whom a name means."""

import json
from pathlib import Path

import pytest

from app.__main__ import main
from app.argument_checks import UsageError
from app.contacts_command import contact_named
from app.exit_codes import ExitCode
from app.meeting.contacts import Contact, Contacts
from app.memory import ProfileMemory
from app.profile import Profile
from crypto.identity import device_id
from crypto.vault_content import Verified

FAST = (1, 8192)  # argon2id for tests: one pass, 8 KiB
PASSPHRASE = "seven quiet herons"
BEN, CLEO, STRANGER = (bytes([n]) * 32 for n in (1, 2, 3))
WALL = 1_795_000_000.0


@pytest.fixture
def profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A profile that has met three people, two of them contacts."""
    opened = Profile.open(tmp_path, passphrase=PASSPHRASE, key_store=None, limits=FAST)
    memory = ProfileMemory(opened, lambda: WALL)
    memory.keep_contact(CLEO, "Cleo\u202e\u0007", b"c" * 32)
    memory.keep_contact(BEN, "Ben", b"b" * 32)
    memory.remember(BEN, "Ben", Verified.NUMBER)
    memory.remember(STRANGER, "Stranger", Verified.NOT_YET)
    memory.close()
    opened.close()
    return tmp_path


def conclave(profile: Path, *words: str, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setenv("CONCLAVE_PASSPHRASE", PASSPHRASE)
    return main(["contacts", "--profile", str(profile), *words])


def test_contacts_are_listed_by_name_with_how_they_were_verified(
    profile: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    assert conclave(profile, monkeypatch=monkeypatch) == ExitCode.OK
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{device_id(BEN).hex()[:8]}  Ben  verified by the safety number on 20")
    assert second == f"{device_id(CLEO).hex()[:8]}  Cleo  known, not verified"


def test_programs_get_all_of_it_but_the_secrets(
    profile: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    assert conclave(profile, "--json", monkeypatch=monkeypatch) == ExitCode.OK
    printed = capsys.readouterr().out
    ben, cleo = json.loads(printed)
    assert ben == {
        "device": device_id(BEN).hex(),
        "name": "Ben",
        "verified": "number",
        "verified_when": int(WALL),
        "first_seen": int(WALL),
    }
    assert (cleo["verified"], cleo["verified_when"]) == ("not_yet", 0)
    assert (b"b" * 32).hex() not in printed


def test_a_contact_is_forgotten_by_name_or_device(
    profile: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    assert conclave(profile, "--forget", "ben", monkeypatch=monkeypatch) == ExitCode.OK
    device = device_id(CLEO).hex()[:8].upper()
    assert conclave(profile, "--forget", device, monkeypatch=monkeypatch) == ExitCode.OK
    capsys.readouterr()
    assert conclave(profile, monkeypatch=monkeypatch) == ExitCode.OK
    assert capsys.readouterr().out.startswith("No contacts yet.")
    assert conclave(profile, "--forget", "ben", monkeypatch=monkeypatch) == ExitCode.USAGE
    assert capsys.readouterr().err == "conclave: “ben” is not among your contacts.\n"


def test_a_name_means_one_contact_or_none():
    devs = [b"\xaa" * 16, b"\xab" * 16, b"\xac" * 16]
    known = Contacts(
        {
            devs[0]: Contact(BEN, "Ben", secret=bytes(32)),
            devs[1]: Contact(CLEO, "BEN", secret=bytes(32)),
            devs[2]: Contact(STRANGER, "Dan"),
        }
    )
    with pytest.raises(UsageError, match="aaaaaaaa, abababab"):
        contact_named(known, "ben")
    assert contact_named(known, "abababab") == devs[1]
    for nobody in ("Dan", "acacacac", "ab", ""):
        with pytest.raises(UsageError, match="not among"):
            contact_named(known, nobody)
