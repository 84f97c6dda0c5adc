"""Signing a release, from the first key to the folder that people get."""

import json
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from app.updates.errors import UpdateError
from app.updates.metadata import believe, read_anchor

PASSPHRASE = "quiet herons over the canal"
Step = Callable[..., int]


@pytest.fixture
def step(signing: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Step:
    """Take one step as somebody at the keyboard would."""

    def taken(*words: object, passphrase: str = PASSPHRASE) -> int:
        monkeypatch.setenv(signing.PASSPHRASE, passphrase)
        return int(signing.main([str(word) for word in words]))

    monkeypatch.setattr(signing.sodium, "ARGON2ID_MODERATE", (1, 8192))  # seconds for nothing
    return taken


@pytest.fixture
def keys(step: Step, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """Make three keys for the root, one for releases, one for timestamps."""
    public = {}
    for name in ("one", "two", "three", "release", "time"):
        assert step("key", tmp_path / name) == 0
        public[name] = capsys.readouterr().out.strip()
    return public


def make_root(step: Step, desk: Path, keys: dict[str, str], *roots: str, release: str) -> None:
    given = ["root", desk, "--root", *(keys[name] for name in roots), "--root-threshold", 2]
    given += ["--release", keys[release], "--timestamp", keys["time"]]
    assert step(*given) == 0


def sign_all(step: Step, desk: Path, folder: Path, names: dict[str, tuple[str, ...]]) -> None:
    for file, signing in names.items():
        for name in signing:
            assert step("sign", desk / file, "--key", folder / name) == 0


def test_from_the_first_key_to_a_second_release(
    step: Step, keys: dict[str, str], tmp_path: Path
) -> None:
    desk, public, package = tmp_path / "desk", tmp_path / "public", tmp_path / "conclave.tar.gz"
    package.write_bytes(b"one")
    make_root(step, desk, keys, "one", "two", "three", release="release")
    assert step("release", desk, "0.2.0", package) == 0
    assert step("timestamp", desk) == 0
    assert step("publish", desk, package, "--into", public) == 1  # nobody has signed
    sign_all(
        step,
        desk,
        tmp_path,
        {
            "roots/1.json": ("one", "three"),
            "release.json": ("release",),
            "timestamp.json": ("time",),
        },
    )
    assert step("publish", desk, package, "--into", public) == 0
    known = read_anchor((desk / "roots" / "1.json").read_bytes())
    now = datetime.now(UTC)
    known, release = believe(known, (public / "update.json").read_bytes(), now)
    assert (release.conclave, release.packages[0].name) == ("0.2.0", "conclave.tar.gz")
    assert (public / "conclave.tar.gz").read_bytes() == b"one"

    package.write_bytes(b"two")  # next: another root key, a new release
    make_root(step, desk, keys, "one", "two", "release", release="time")
    assert step("release", desk, "0.3.0", package) == 0
    assert step("timestamp", desk) == 0
    sign_all(
        step,
        desk,
        tmp_path,
        {"roots/2.json": ("one", "two"), "release.json": ("time",), "timestamp.json": ("time",)},
    )
    assert step("publish", desk, package, "--into", public) == 0
    known, release = believe(known, (public / "update.json").read_bytes(), now)
    assert (known.root.version, known.release, release.conclave) == (2, 2, "0.3.0")


def test_a_package_that_changed_after_it_was_signed_is_not_published(
    step: Step, keys: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk, package = tmp_path / "desk", tmp_path / "conclave.tar.gz"
    package.write_bytes(b"one")
    make_root(step, desk, keys, "one", "two", release="release")
    assert step("release", desk, "0.2.0", package) == 0
    assert step("timestamp", desk) == 0
    roots = {"roots/1.json": ("one", "two")}
    rest = {"release.json": ("release",), "timestamp.json": ("time",)}
    sign_all(step, desk, tmp_path, roots | rest)
    package.write_bytes(b"two")
    assert step("publish", desk, package, "--into", tmp_path / "public") == 1
    assert "not what was signed" in capsys.readouterr().err
    assert not (tmp_path / "public").exists()


def test_a_key_is_sealed_and_its_own(step: Step, keys: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "one"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    content = json.loads(path.read_text())
    assert content["public"] == keys["one"]
    (tmp_path / "draft").write_text('{"payload": "", "payloadType": "t", "signatures": []}')
    assert step("sign", tmp_path / "draft", "--key", path, passphrase="another passphrase") == 1
    assert step("sign", tmp_path / "draft", "--key", path) == 0
    assert step("key", path) == 1  # nothing is overwritten
    assert step("key", tmp_path / "weak", passphrase="short") == 1


def test_a_key_never_lies_in_the_repository(signing: ModuleType, step: Step) -> None:
    path = signing.ROOT / "packaging" / "release.key"
    assert step("key", path) == 1
    assert not path.exists()


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("conclave-0.2.0-linux-x86_64.tar.gz", ("linux", "x86_64", "folder")),
        ("conclave_0.2.0_amd64.deb", ("linux", "x86_64", "deb")),
        ("Conclave-0.2.0-aarch64.AppImage", ("linux", "arm64", "appimage")),
        ("Conclave-0.2.0.dmg", ("darwin", "any", "dmg")),
        ("Conclave-0.2.0-setup.exe", ("win32", "any", "exe")),
    ],
)
def test_a_package_says_by_its_name_what_it_is_for(
    signing: ModuleType, tmp_path: Path, name: str, wanted: tuple[str, str, str]
) -> None:
    (tmp_path / name).write_bytes(b"x")
    package = signing.describe(tmp_path / name)
    assert (package.system, package.machine, package.kind) == wanted


def test_a_root_needs_as_many_keys_as_it_asks_for(
    step: Step, keys: dict[str, str], tmp_path: Path
) -> None:
    given = ["root", tmp_path / "desk", "--root", keys["one"], "--root-threshold", 2]
    assert step(*given, "--release", keys["release"], "--timestamp", keys["time"]) == 1


def test_an_index_that_conclave_would_not_believe_is_not_made(
    signing: ModuleType, step: Step, keys: dict[str, str], tmp_path: Path
) -> None:
    desk, package = tmp_path / "desk", tmp_path / "conclave.tar.gz"
    package.write_bytes(b"one")
    make_root(step, desk, keys, "one", "two", release="release")
    assert step("release", desk, "0.2.0", package) == 0
    assert step("timestamp", desk, "--days", 0) == 0
    roots = {"roots/1.json": ("one", "two")}
    rest = {"release.json": ("release",), "timestamp.json": ("time",)}
    sign_all(step, desk, tmp_path, roots | rest)
    with pytest.raises(UpdateError, match="ended"):
        signing.Desk(desk, datetime.now(UTC)).index()
