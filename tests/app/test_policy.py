"""An organisation's policy holds, and what cannot be understood in it leaves nothing open."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.examination import organisation
from app.options import Participation, ProfileChoice
from app.policy import MAX_FILE, RULE_NAMES, SWITCHES, load_policy, parse_policy
from app.rules import (
    EVERYTHING_OFF,
    FREE,
    NOWHERE,
    STRICTEST,
    Function,
    Networks,
    Rules,
)
from app.settings import DEFAULTS
from app.ways import ways_for


def said(**entries: object) -> Rules:
    return parse_policy(json.dumps(entries).encode()).rules


def test_without_a_file_nobody_decides_anything(tmp_path: Path) -> None:
    policy = load_policy(tmp_path / "none")
    assert (policy.settings, policy.rules) == ({}, FREE)
    assert load_policy(None).rules == FREE


def test_an_empty_object_decides_nothing() -> None:
    assert parse_policy(b"{}").rules == FREE


@pytest.mark.parametrize("function", list(Function))
def test_each_function_has_a_switch_of_its_own(function: Function) -> None:
    assert said(**{f"allow_{function}": False}).off == {function}
    assert said(**{f"allow_{function}": True}).off == frozenset()


def test_lobby_and_password_can_be_asked_for() -> None:
    assert said(force_lobby=True) == Rules(lobby=True)
    assert said(require_password=True) == Rules(password=True)


def test_all_that_a_computer_does_can_be_kept_on_the_local_network() -> None:
    assert said(lan_only=True) == Rules(lan_only=True)
    assert said(lan_only=False) == FREE
    assert said(lan_only="maybe").lan_only
    assert said(allow_chatt=False).lan_only  # whatever that was meant to be


def test_networks_are_those_that_are_named_and_this_computer() -> None:
    networks = said(networks=["192.168.7.0/24", "fd00:1::/32"]).networks
    inside = ("192.168.7.9", "fd00:1::9", "127.0.0.1", "::1", "::ffff:192.168.7.9", "fd00:1::1%2")
    outside = ("192.168.8.9", "10.0.0.1", "2001:db8::1", "::ffff:10.0.0.1", "fe80::1%2", "", "a")
    assert [host in networks for host in inside] == [True] * len(inside)
    assert [host in networks for host in outside] == [False] * len(outside)


def test_without_a_list_every_network_is_allowed() -> None:
    assert all(host in FREE.networks for host in ("10.0.0.1", "2001:db8::1", "127.0.0.1"))


def test_settings_in_the_policy_are_decided_by_it() -> None:
    assert parse_policy(b'{"language": "de", "lobby": true}').settings == {
        "language": "de",
        "lobby": True,
    }


def test_what_the_policy_sets_is_decided_also_where_it_cannot_be_understood() -> None:
    assert said(camera="none", lobby=7, allow_chat=True).decided == {"camera", "lobby"}
    assert FREE.decided == frozenset()


def test_nothing_typed_stands_above_what_is_decided() -> None:
    part = Participation(ProfileChoice(), name="Ben", camera="Front", speaker="Desk")
    settings = replace(DEFAULTS, camera="none", name="Room 4")
    rules = said(camera="none", name="Room 4")
    ways = ways_for(settings, part, rules)
    assert (ways.name, ways.choice.camera, ways.choice.speaker) == ("Room 4", "none", "Desk")
    free = ways_for(settings, part)
    assert (free.name, free.choice.camera) == ("Ben", "Front")


def test_where_nothing_may_be_recorded_no_speaker_is_a_file() -> None:
    settings = replace(DEFAULTS, speaker="/tmp/heard.WAV")
    assert ways_for(settings, rules=said(allow_recording=False)).choice.speaker == "none"
    assert ways_for(settings).choice.speaker == "/tmp/heard.WAV"


@pytest.mark.parametrize(
    "broken",
    [b"", b"{{{", b"[]", b"null", b"\xff", b"[" * 60_000, b'{"networks": [], "networks": []}'],
)
def test_a_file_that_is_no_policy_leaves_only_this_computer(tmp_path: Path, broken: bytes) -> None:
    path = tmp_path / "policy.json"
    path.write_bytes(broken)
    rules = load_policy(path).rules
    assert rules == STRICTEST
    assert (rules.lobby, rules.password, rules.off) == (True, True, EVERYTHING_OFF)
    assert "192.168.7.9" not in rules.networks
    assert rules.faults == ("",)


def test_a_file_that_cannot_be_read_leaves_only_this_computer(tmp_path: Path) -> None:
    (tmp_path / "policy.json").mkdir()
    assert load_policy(tmp_path / "policy.json").rules == STRICTEST
    (tmp_path / "large").write_bytes(b" " * (MAX_FILE + 1))
    assert load_policy(tmp_path / "large").rules == STRICTEST


def test_the_file_of_the_organisation_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    path.write_text("{}")
    path.chmod(0o644)
    before = path.stat().st_mode
    load_policy(path)
    assert path.stat().st_mode == before


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_the_file_may_be_a_link_as_administrators_make_them(tmp_path: Path) -> None:
    (tmp_path / "real").write_text('{"allow_chat": false}')
    (tmp_path / "policy.json").symlink_to(tmp_path / "real")
    assert load_policy(tmp_path / "policy.json").rules.off == {Function.CHAT}


@pytest.mark.parametrize("function", list(Function))
@pytest.mark.parametrize("value", ["no", 0, None, []])
def test_a_switch_that_cannot_be_read_is_off(function: Function, value: object) -> None:
    rules = said(**{f"allow_{function}": value})
    assert (rules.off, rules.faults) == ({function}, (f"allow_{function}",))


@pytest.mark.parametrize("value", ["192.168.7.0/24", ["192.168.7.0/33"], [7], ["office"], {}])
def test_networks_that_cannot_be_read_are_none(value: object) -> None:
    rules = said(networks=value)
    assert (rules.networks, rules.faults) == (NOWHERE, ("networks",))


def test_lobby_and_password_that_cannot_be_read_are_asked_for() -> None:
    rules = said(force_lobby="yes", require_password=1)
    assert (rules.lobby, rules.password) == (True, True)
    assert rules.faults == ("force_lobby", "require_password")


def test_a_name_that_is_not_known_may_have_forbidden_anything() -> None:
    rules = said(allow_chatt=False, networks=["10.0.0.0/8"])
    assert (rules.lobby, rules.password, rules.off) == (True, True, EVERYTHING_OFF)
    assert rules.networks == Networks.of(["10.0.0.0/8"])
    assert rules.faults == ("allow_chatt",)


def test_a_setting_that_cannot_be_read_keeps_its_default_and_is_decided() -> None:
    policy = parse_policy(b'{"theme": "pink"}')
    assert (policy.settings, policy.rules.faults) == ({"theme": "system"}, ("theme",))
    assert policy.rules.off == frozenset()


@given(
    st.dictionaries(
        st.sampled_from(RULE_NAMES) | st.text(max_size=8),
        st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.lists(st.text()),
        max_size=6,
    )
)
def test_whatever_stands_there_is_understood_or_named(entries: dict[str, object]) -> None:
    rules = said(**entries)
    for name, value in entries.items():
        if name in SWITCHES and value is not True:
            assert not rules.allow(SWITCHES[name])


def test_the_doctor_says_what_is_decided_and_what_is_not_clear(tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    assert organisation.policy(path).result == "ok"
    path.write_text('{"language": "de", "allow_chat": false, "networks": ["10.0.0.0/8"]}')
    finding = organisation.policy(path)
    assert (finding.result, finding.sentence) == ("ok", "it decides 3 things on this computer.")
    path.write_text('{"allow_chatt": false}')
    finding = organisation.policy(path)
    assert finding.result == "fail"
    assert "allow_chatt" in finding.sentence
    path.write_text("{")
    finding = organisation.policy(path)
    assert finding.result == "fail"
    assert str(path) in finding.cure
