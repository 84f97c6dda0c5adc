"""The doctor: every check is a finding, every problem has a cure, nothing hangs it."""

import io
import json
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.doctor import all_checks, examine, run_doctor
from app.examination import network, program, surroundings
from app.examination.firewalls import firewalls, shuts_out
from app.examination.interfaces import UNKNOWN, InterfaceState, state_of
from app.examination.multicast import multicast
from app.examination.reach import reach
from app.examination.way_out import asks_for_a_sign_in
from app.findings import MARKS, Finding, as_json, as_text, exit_code, summary
from app.net.addresses import Address, InterfaceAddress
from app.net.gate import Gate
from app.options import ByAddress, ByLink, DoctorOptions, ProfileChoice
from app.rules import NOWHERE
from crypto.invite import Invite, InviteFlag

GOOD = Finding("a", "A", "ok", "it works.")
SO_SO = Finding("b", "B", "warn", "it limps.", "Rest.")
BAD = Finding("c", "C", "fail", "it is broken.", "Mend it.")


def test_everything_is_looked_at_once_and_every_problem_has_a_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.examination.way_out._nudge", lambda *_router: None)  # a real one here
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
    assert multicast(lambda: ()).result == "warn"
    assert network.local_network(lambda: ()).result == "ok"


def test_an_interface_without_multicast_is_named() -> None:
    elsewhere = InterfaceAddress("ghost0", 99, "192.0.2.199", 24)
    finding = multicast(lambda: (elsewhere,))
    assert finding.result == "warn"


def test_a_vpn_is_not_blamed_for_carrying_no_announcements() -> None:
    vpn = InterfaceAddress("wg0", 98, "192.0.2.198", 24)
    finding = multicast(lambda: (vpn,), lambda _name: InterfaceState(multicast=False))
    assert "VPN" in finding.sentence
    assert "5353" not in finding.cure


def test_an_interface_without_a_cable_is_no_network() -> None:
    entry = InterfaceAddress("eth0", 2, "192.0.2.9", 24)
    finding = network.network(lambda: (entry,), lambda _name: InterfaceState(running=False))
    assert finding.result == "fail"
    assert "eth0" in finding.sentence


def test_an_interface_that_is_gone_counts_as_usual() -> None:
    assert state_of("no-such-interface") == UNKNOWN


@pytest.mark.parametrize(
    ("chain", "shut"),
    [
        ("type filter hook input priority 0; policy drop;", True),
        ("type filter hook input priority 0; policy accept;\n  drop", True),
        (
            "type filter hook input priority 0; policy accept;\n  counter packets 0 bytes 0 drop",
            True,
        ),
        (
            "type filter hook input priority 0; policy accept;\n  reject with tcp reset",
            True,
        ),
        ("type filter hook input priority 0; policy accept;\n  ip saddr 192.0.2.7 drop", False),
        ("type filter hook input priority 0; policy drop;\n  tcp dport 47100-47115 accept", False),
        ("type filter hook forward priority 0; policy drop;", False),
        ("type filter hook output priority 0; policy drop;", False),
    ],
)
def test_rules_that_shut_newcomers_out_are_told_from_others(chain: str, shut: bool) -> None:
    rules = f"table inet one {{\n chain first {{\n  {chain}\n }}\n}}\n"
    assert shuts_out(rules) is shut
    assert not shuts_out("")
    assert not shuts_out("chain {" * 1000)


def test_a_sign_in_page_is_what_network_manager_says() -> None:
    assert asks_for_a_sign_in(lambda _words: "portal\n")
    for said in ("full\n", "limited\n", "", "Error: NetworkManager is not running.\n"):
        assert not asks_for_a_sign_in(lambda _words, said=said: said)


def test_nobody_is_dialled_whom_the_organisation_shuts_out() -> None:
    finding = reach([Address("192.0.2.7", 47100)], Gate(NOWHERE))
    assert finding.result == "fail"
    assert "may not be reached" in finding.sentence


def test_a_meeting_that_cannot_be_reached_is_tried_where_its_link_leads(tmp_path: Path) -> None:
    link = Invite.create(
        bytes(20),
        flags=InviteFlag(0),
        expiry=2**32 - 1,
        random=bytes,
        addresses=(("192.0.2.7", 47100),),
    ).link()
    choice = ProfileChoice(tmp_path)
    for towards in (ByLink(link), ByAddress(Address("192.0.2.7", 47100))):
        keys = [key for key, _check in all_checks(DoctorOptions(choice, towards=towards))]
        assert keys[-1] == "reach"
    assert "reach" not in [key for key, _check in all_checks(DoctorOptions(choice))]


def test_known_firewalls_are_recognised(tmp_path: Path) -> None:
    assert list(firewalls(tmp_path, "linux", lambda: "")) == []
    (tmp_path / "etc/ufw").mkdir(parents=True)
    (tmp_path / "etc/ufw/ufw.conf").write_text("ENABLED=yes\n")
    (tmp_path / "run/firewalld").mkdir(parents=True)
    (tmp_path / "run/firewalld/x").write_text("")
    assert [name for name, _cure in firewalls(tmp_path, "linux", lambda: "")] == ["ufw"]
    (tmp_path / "etc/ufw/user.rules").write_text("-p tcp -m multiport --dports 47100:47115")
    assert list(firewalls(tmp_path, "linux", lambda: "")) == []
    (tmp_path / "etc/ufw/ufw.conf").write_text("ENABLED=no\n")
    assert [name for name, _cure in firewalls(tmp_path, "linux", lambda: "")] == ["firewalld"]
    assert all(cure for _name, cure in firewalls(tmp_path, "win32"))
    assert all(cure for _name, cure in firewalls(tmp_path, "darwin"))


def test_rules_that_are_loaded_at_the_start_are_read_where_nobody_may_list_them(
    tmp_path: Path,
) -> None:
    wanted = tmp_path / "etc/systemd/system/sysinit.target.wants"
    wanted.mkdir(parents=True)
    rules = "table inet one {\n chain in {\n type filter hook input priority 0; policy drop;\n }\n}"
    (tmp_path / "etc/nftables.conf").write_text(rules)
    assert list(firewalls(tmp_path, "linux", lambda: "")) == []
    (wanted / "nftables.service").write_text("")
    assert [name for name, _cure in firewalls(tmp_path, "linux", lambda: "")] == ["nftables"]


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
