"""Settings: strict when read, bounded, never lost without a word."""

import contextlib
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.settings import (
    DEFAULTS,
    TABLE,
    SettingError,
    Settings,
    changed,
    checked,
)
from app.settings_file import _parse, load_settings, save_settings

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def test_every_setting_is_described_and_its_default_allowed() -> None:
    assert {field.name for field in fields(Settings)} == set(TABLE)
    for name, description in TABLE.items():
        assert checked(name, getattr(DEFAULTS, name)) == getattr(DEFAULTS, name)
        assert description.title
        assert description.why


def test_what_is_saved_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    chosen = replace(DEFAULTS, name="Änne", theme="dark", listen_port=5000, mirror_self=False)
    save_settings(path, chosen)
    assert load_settings(path, NOW).settings == chosen


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    loaded = load_settings(tmp_path / "none", NOW)
    assert loaded.settings == DEFAULTS
    assert loaded.kept_aside is None


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"[" * 60_000,
        b"null",
        b'{"name": "a", "name": "b"}',
        b'{"listen_port": NaN}',
        b'{"listen_port": ' + b"9" * 60_000 + b"}",
        bytes(65_537),
    ],
)
def test_a_damaged_file_is_kept_aside_and_the_defaults_hold(tmp_path: Path, damaged: bytes) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(damaged)
    loaded = load_settings(path, NOW)
    assert loaded.settings == DEFAULTS
    assert loaded.kept_aside is not None
    assert loaded.kept_aside.read_bytes() == damaged
    assert not path.exists()


def test_unknown_names_and_impossible_values_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(
        '{"name": "Ada", "future": [1], "theme": "pink", "listen_port": 70000, "visible": 1,'
        ' "camera": "a\\nb", "microphone": null, "picture_height": true}'
    )
    loaded = load_settings(path, NOW)
    assert loaded.settings == replace(DEFAULTS, name="Ada")
    assert loaded.kept_aside is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("nothing", 1),
        ("name", "x" * 65),
        ("name", 7),
        ("visible", "yes"),
        ("visible", 1),
        ("listen_port", True),
        ("listen_port", -1),
        ("theme", ""),
        ("picture_height", 480),
        ("camera", "a\x00b"),
    ],
)
def test_a_setting_takes_only_what_it_can_be(name: str, value: object) -> None:
    with pytest.raises(SettingError):
        changed(DEFAULTS, name, value)


def test_a_policy_decides_and_is_not_written_into_the_persons_file(tmp_path: Path) -> None:
    path, policy = tmp_path / "settings.json", tmp_path / "policy.json"
    policy.write_text('{"visible": false, "listen_port": 47100}')
    path.write_text('{"visible": true, "name": "Ada"}')
    loaded = load_settings(path, NOW, policy)
    assert loaded.settings == replace(DEFAULTS, name="Ada", listen_port=47100)
    assert loaded.locked == {"visible", "listen_port"}
    save_settings(path, loaded.settings, loaded.locked)
    assert "47100" not in path.read_text()


def test_what_a_setting_was_called_in_an_older_file_is_understood(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"noise_suppression": false}')
    assert load_settings(path, NOW).settings.noise_suppression == "off"
    path.write_text('{"noise_suppression": true}')
    assert load_settings(path, NOW).settings.noise_suppression == "mild"  # what it was


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_undocumented(data: bytes) -> None:
    with contextlib.suppress(ValueError, RecursionError):
        _parse(data)
