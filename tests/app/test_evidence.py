"""Proofs that a host lied: kept, written to a file, checked by somebody who was not there."""

import json
from pathlib import Path

import pytest
from fakes.table import Seat, Table

from app.__main__ import main
from app.evidence import MAX_FILE, EvidenceError, accusation, as_text, load, save
from app.exit_codes import ExitCode
from app.meeting.wishes import HandOver
from app.memory import ProfileMemory
from app.profile import Profile
from crypto.errors import CryptoError
from crypto.identity import fingerprint
from crypto.operations import Rekey, Remove
from crypto.vault_content import Proof

FAST = (1, 8192)  # argon2id for tests: one pass, 8 KiB
PASSPHRASE = "seven quiet herons"


def lie_of(seat: Seat, victim: Seat, voucher: bytes) -> Proof:
    """Let who leads sign two blocks for one step."""
    assert seat.meeting is not None
    roster, sign = seat.meeting.roster, seat.meeting._me.sign
    time_ms = roster.state.time_ms + 1
    first, _ = roster.propose([Rekey()], time_ms, sign)
    second, _ = roster.propose([Remove(victim.dev)], time_ms, sign)
    return Proof(1_795_000_000, voucher, first, second)


@pytest.fixture(scope="module")
def lies() -> list[Proof]:
    """One by the host who opened the meeting, one by her successor."""
    table = Table()
    ada, ben = table.person("Ada"), table.person("Ben")
    table.opens(ada, title="Tea", lobby=False)
    table.knocks(ben, ada)
    table.until(lambda: ben.meeting is not None)
    table.run(2)
    assert ada.meeting is not None
    assert ben.meeting is not None
    by_ada = lie_of(ada, ben, ada.meeting.roster.genesis.encode())
    table.wish(ada, HandOver(ben.dev))
    table.run(2)
    request = ben.meeting.roster.members[ben.dev].request.encode()
    return [by_ada, lie_of(ben, ada, request)]


def test_a_proof_shows_who_lied_where_and_how(lies: list[Proof]):
    by_ada, by_ben = (accusation(proof) for proof in lies)
    assert (by_ada.title, by_ada.host_name) == ("Tea", "")
    assert (by_ben.title, by_ben.host_name) == ("", "Ben")
    assert by_ben.epoch > by_ada.epoch > 1
    assert by_ada.fingerprint != by_ben.fingerprint
    assert by_ada.first[0] == "Rekey"
    assert by_ada.second[0].startswith("Remove ")
    assert "“Tea”" in by_ada.summary
    assert "“Ben”" in by_ben.summary


def test_the_fingerprint_is_the_one_that_stands_in_the_liars_invitations(lies: list[Proof]):
    table = Table()
    ada = table.person("Ada")  # the same seed: the same device
    assert accusation(lies[0]).fingerprint == fingerprint(ada.identity.public).hex()


@pytest.mark.parametrize("part", ["voucher", "first", "second"])
def test_a_proof_with_one_byte_changed_proves_nothing(lies: list[Proof], part: str):
    good = lies[0]
    whole = getattr(good, part)
    for place in (0, 6, len(whole) // 2, len(whole) - 1):
        broken = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
        fields = {"voucher": good.voucher, "first": good.first, "second": good.second}
        with pytest.raises(CryptoError):
            accusation(Proof(0, **(fields | {part: broken})))


def test_the_same_block_twice_proves_nothing(lies: list[Proof]):
    good = lies[0]
    with pytest.raises(CryptoError):
        accusation(Proof(0, good.voucher, good.first, good.first))


def test_a_file_is_read_back_and_says_in_words_what_it_proves(lies: list[Proof], tmp_path: Path):
    path = tmp_path / "proof.json"
    save(lies, path)
    assert load(path) == tuple(lies)
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["proofs"][0]["title"] == "Tea"
    assert content["proofs"][1]["host_name"] == "Ben"
    assert content["proofs"][0]["second_says"][0].startswith("Remove ")
    assert path.stat().st_size < MAX_FILE


def test_what_others_wrote_into_the_words_of_a_file_counts_for_nothing(
    lies: list[Proof], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    content = json.loads(as_text(lies[:1]))
    content["proofs"][0] |= {"title": "Another meeting", "host_name": "Somebody else"}
    path = tmp_path / "proof.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    assert main(["evidence", "--check", str(path)]) == ExitCode.OK
    printed = capsys.readouterr().out
    assert "Tea" in printed
    assert "else" not in printed


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        "[]",
        "{}",
        '{"format": "conclave proof 1", "proofs": []}',
        '{"format": "conclave proof 1", "proofs": [1]}',
        '{"format": "conclave proof 1", "proofs": [{"kept": "today"}]}',
        '{"format": "conclave proof 2", "proofs": [{}]}',
        "[" * 100_000,
        '{"format": "conclave proof 1", "proofs": [{"kept": "2026-01-01", "voucher": "%"}]}',
    ],
)
def test_a_file_that_is_none_is_said_in_one_line(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path = tmp_path / "proof.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(EvidenceError, match="no proof"):
        load(path)
    assert main(["evidence", "--check", str(path)]) == ExitCode.USAGE
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_file_that_proves_nothing_has_its_own_exit_code(
    lies: list[Proof], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path = tmp_path / "proof.json"
    save([Proof(0, lies[0].voucher, lies[0].first, lies[0].first)], path)
    assert main(["evidence", "--check", str(path)]) == ExitCode.PROBLEM
    assert "proves nothing" in capsys.readouterr().out


def test_a_profile_lists_its_proofs_and_writes_them(
    lies: list[Proof],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    folder, file = tmp_path / "profile", tmp_path / "proofs.json"
    words = ["evidence", "--profile", str(folder)]
    monkeypatch.setenv("CONCLAVE_PASSPHRASE", PASSPHRASE)
    profile = Profile.open(folder, passphrase=PASSPHRASE, key_store=None, limits=FAST)
    memory = ProfileMemory(profile, lambda: 1_795_000_000.0)
    memory.close()
    profile.close()
    assert main(words) == ExitCode.OK
    assert "No proof" in capsys.readouterr().out
    monkeypatch.setenv("CONCLAVE_PASSPHRASE", PASSPHRASE)
    assert main([*words, str(file)]) == ExitCode.PROBLEM
    assert not file.exists()
    profile = Profile.open(folder, passphrase=PASSPHRASE, key_store=None, limits=FAST)
    memory = ProfileMemory(profile, lambda: 1_795_000_000.0)
    for proof in lies:
        memory.keep_proof(proof.voucher, proof.first, proof.second)
    memory.close()
    profile.close()
    monkeypatch.setenv("CONCLAVE_PASSPHRASE", PASSPHRASE)
    assert main([*words, str(file)]) == ExitCode.OK
    assert capsys.readouterr().out.count("two participant lists") == 2
    assert load(file) == tuple(lies)
