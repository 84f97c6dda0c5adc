"""The doctor: every check is a finding, every problem has a cure, nothing hangs it."""

import io
import json
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.doctor import all_checks, examine, run_doctor
from app.examination import network, program, surroundings
from app.findings import MARKS, Finding, as_json, as_text, exit_code, summary
from app.net.addresses import InterfaceAddress
from app.options import DoctorOptions, ProfileChoice

GOOD = Finding("a", "A", "ok", "it works.")
SO_SO = Finding("b", "B", "warn", "it limps.", "Rest.")
BAD = Finding("c", "C", "fail", "it is broken.", "Mend it.")


def test_everything_is_looked_at_once_and_every_problem_has_a_cure(tmp_path: Path) -> None:
    found = list(examine(all_checks(DoctorOptions(ProfileChoice(tmp_path / "profile")))))
    keys = [finding.key for finding in found]
    assert len(set(keys)) == len(keys)
    assert {"python", "libraries", "encryption", "disk", "network", "listening"} <= set(keys)
    for finding in found:
        assert finding.title
        assert finding.sentence.endswith(".")
        assert "\n" not in finding.sentence + finding.cure
        assert bool(finding.cure) == (finding.result != "ok"), finding
    assert not (tmp_path / "profile").exists()  # looking leaves nothing behind


def test_encryption_and_libraries_work_where_the_tests_run() -> None:
    assert program.encryption().result == "ok"
    assert program.libraries().result == "ok"
    assert program.python().result in {"ok", "warn"}


def test_a_missing_key_exchange_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crypto.channel.GROUP", "a group that is not there")
    finding = program.encryption()
    assert finding.result == "fail"
    assert "X25519MLKEM768" in finding.sentence


def test_a_library_that_does_not_load_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "LIBRARIES", (("Nothing", "no.such.module"),))
    finding = program.libraries()
    assert finding.result == "fail"
    assert "Nothing" in finding.sentence


def test_a_place_that_cannot_be_written_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    finding = surroundings.disk(tmp_path / "file" / "profile")
    assert finding.result == "fail"
    assert "--profile" in finding.cure


def test_a_clock_that_cannot_be_right_is_a_failure() -> None:
    assert surroundings.clock(lambda: datetime(2027, 3, 1, tzinfo=UTC)).result == "ok"
    assert surroundings.clock(lambda: datetime(1970, 1, 1, tzinfo=UTC)).result == "fail"
    assert surroundings.clock(lambda: datetime(2106, 1, 1, tzinfo=UTC)).result == "fail"


def test_without_a_network_that_is_said_and_nothing_breaks() -> None:
    assert network.network(lambda: ()).result == "fail"
    assert network.multicast(lambda: ()).result == "warn"


def test_an_interface_without_multicast_is_named() -> None:
    elsewhere = InterfaceAddress("ghost0", 99, "192.0.2.199", 24)
    finding = network.multicast(lambda: (elsewhere,))
    assert finding.result == "warn"


def test_known_firewalls_are_recognised(tmp_path: Path) -> None:
    assert list(network._firewalls(tmp_path, "linux")) == []
    (tmp_path / "etc/ufw").mkdir(parents=True)
    (tmp_path / "etc/ufw/ufw.conf").write_text("ENABLED=yes\n")
    (tmp_path / "run/firewalld").mkdir(parents=True)
    (tmp_path / "run/firewalld/x").write_text("")
    names = [name for name, _cure in network._firewalls(tmp_path, "linux")]
    assert names == ["ufw", "firewalld"]
    assert all(cure for _name, cure in network._firewalls(tmp_path, "win32"))
    assert all(cure for _name, cure in network._firewalls(tmp_path, "darwin"))


def test_a_check_that_breaks_or_never_answers_is_itself_a_finding() -> None:
    never = threading.Event()

    def breaks() -> Finding:
        raise RuntimeError("secret detail")

    def hangs() -> Finding:
        never.wait()
        return GOOD

    found = list(examine([("x", breaks), ("y", hangs), ("a", lambda: GOOD)], patience=0.2))
    never.set()
    assert [finding.result for finding in found] == ["fail", "fail", "ok"]
    assert "secret" not in found[0].sentence


def test_only_a_failure_makes_the_exit_code_one() -> None:
    assert exit_code([GOOD, SO_SO]) == 0
    assert exit_code([GOOD, BAD, SO_SO]) == 1


def test_programs_get_json(tmp_path: Path) -> None:
    data = json.loads(as_json([GOOD, BAD]))
    assert data["ok"] is False
    assert data["findings"][1] == {
        "key": "c",
        "title": "C",
        "result": "fail",
        "sentence": "it is broken.",
        "cure": "Mend it.",
    }


def test_people_get_one_line_and_the_cure_beneath() -> None:
    assert as_text(GOOD, MARKS) == "✓ A: it works."
    assert as_text(BAD, MARKS) == "✗ C: it is broken.\n  → Mend it."
    assert summary([GOOD]) == "Everything works here."
    assert "2 things" in summary([BAD, BAD])
    assert "1 thing could" in summary([SO_SO])


def test_a_terminal_without_unicode_gets_plain_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "app.doctor.all_checks", lambda _options: [("c", lambda: BAD), ("a", lambda: GOOD)]
    )
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii", newline="\n")
    assert run_doctor(DoctorOptions(ProfileChoice()), out) == 1
    out.flush()
    assert raw.getvalue().decode("ascii").startswith("FAIL C: it is broken.\n     -> Mend it.\n")
    text = io.StringIO()
    assert run_doctor(DoctorOptions(ProfileChoice(), as_json=True), text) == 1
    assert json.loads(text.getvalue())["ok"] is False
