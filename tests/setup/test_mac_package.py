"""What a Mac is told of Conclave. Nothing of it runs on another system; what is written is read."""

import plistlib
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.handed_over import LINK_SCHEME
from app.net.discovery import SERVICE

ROOT = Path(__file__).resolve().parents[2]
MACOS = ROOT / "packaging" / "macos"
INFO = plistlib.loads((MACOS / "Info.plist").read_bytes())
REASONS = {key for key in INFO if key.endswith("UsageDescription")}
LINE = re.compile(r'"(\w+)" = "([^"\\]+)";\n')
VERSION = "0.1.0"


@pytest.fixture(autouse=True)
def _beside_the_scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "packaging"))
    monkeypatch.delenv("CONCLAVE_SIGN_AS", raising=False)


def words(language: str) -> dict[str, str]:
    """Return the sentences in a language, of a file that holds nothing else."""
    text = (MACOS / f"{language}.lproj" / "InfoPlist.strings").read_text(encoding="utf-8")
    assert LINE.sub("", text) == ""
    return dict(LINE.findall(text))


def test_the_system_is_told_what_conclave_announces_and_opens():
    assert [f"{name}.local." for name in INFO["NSBonjourServices"]] == [SERVICE]
    (kind,) = INFO["CFBundleURLTypes"]
    assert [f"{scheme}:" for scheme in kind["CFBundleURLSchemes"]] == [LINK_SCHEME]


def test_there_is_a_reason_for_camera_microphone_and_network_in_every_language():
    from mac_package import LANGUAGES

    assert {
        "NSCameraUsageDescription",
        "NSLocalNetworkUsageDescription",
        "NSMicrophoneUsageDescription",
    } == REASONS
    spoken = {
        "en",
        *(path.name for path in (ROOT / "resources" / "locale").iterdir() if path.is_dir()),
    }
    assert spoken == set(LANGUAGES) == set(INFO["CFBundleLocalizations"])
    assert words("en") == {key: INFO[key] for key in REASONS}
    for language in spoken - {"en"}:
        said = words(language)
        assert said.keys() == REASONS
        assert all(said[key] != INFO[key] for key in REASONS)


def test_it_asks_for_the_oldest_macos_that_all_libraries_are_made_for():
    from lock import OLDEST_MACOS

    assert INFO["LSMinimumSystemVersion"] == OLDEST_MACOS


def test_the_hardened_program_may_do_no_more_than_it_needs():
    given = plistlib.loads((MACOS / "entitlements.plist").read_bytes())
    assert given == dict.fromkeys(
        [
            "com.apple.security.device.audio-input",
            "com.apple.security.device.camera",
        ],
        True,
    )


def test_who_signs_decides_what_the_program_is_given(monkeypatch: pytest.MonkeyPatch):
    from mac_package import ENTITLEMENTS, sealing, signing

    app = Path("Conclave.app")
    assert signing() == {"codesign_identity": None, "entitlements_file": None}
    assert sealing(app) == ["codesign", "--force", "--sign", "-", "Conclave.app"]
    monkeypatch.setenv("CONCLAVE_SIGN_AS", "Developer ID Application: Ada")
    assert signing() == {
        "codesign_identity": "Developer ID Application: Ada",
        "entitlements_file": str(ENTITLEMENTS),
    }
    assert ENTITLEMENTS.is_file()
    words = sealing(app)
    assert words[words.index("--sign") + 1] == "Developer ID Application: Ada"
    assert words[words.index("--entitlements") + 1] == str(ENTITLEMENTS)
    assert words[words.index("--options") + 1] == "runtime"


def run_spec(monkeypatch: pytest.MonkeyPatch, work: Path) -> dict[str, Any]:
    """Run the specification as PyInstaller does on a Mac; return what each step was given."""
    asked: dict[str, Any] = {}

    def step(name: str) -> Callable[..., SimpleNamespace]:
        def note(*_parts: object, **words: Any) -> SimpleNamespace:
            asked[name] = words
            return SimpleNamespace(binaries=[], datas=[], pure=[], scripts=[])

        return note

    monkeypatch.setattr(sys, "platform", "darwin")
    spec = ROOT / "packaging" / "freeze" / "conclave.spec"
    names: dict[str, Any] = {
        name: step(name) for name in ("Analysis", "PYZ", "EXE", "COLLECT", "BUNDLE")
    }
    names |= {"SPECPATH": str(spec.parent), "workpath": str(work / "work"), "__name__": "spec"}
    exec(compile(spec.read_text(encoding="utf-8"), str(spec), "exec"), names)
    return asked


def test_the_app_is_bundled_with_all_of_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    from trimming import APP_ID

    asked = run_spec(monkeypatch, tmp_path)
    app = asked["BUNDLE"]
    assert app["name"] == "Conclave.app"
    assert app["bundle_identifier"] == APP_ID == INFO["CFBundleURLTypes"][0]["CFBundleURLName"]
    assert app["info_plist"] == INFO | {"CFBundleVersion": app["version"]}
    assert Path(app["icon"]).name == "conclave.icns"
    assert asked["EXE"]["console"] is False
    placed = {(Path(source).parent.name, place) for source, place in asked["Analysis"]["datas"]}
    assert {("de.lproj", "de.lproj"), ("en.lproj", "en.lproj")} <= placed


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """An app as PyInstaller lays one out."""
    from mac_package import info
    from trimming import APP_ID

    inside = tmp_path / "Conclave.app" / "Contents"
    for name in (
        "MacOS/conclave",
        "Resources/conclave.icns",
        "Resources/de.lproj/InfoPlist.strings",
        "Resources/en.lproj/InfoPlist.strings",
        "Frameworks/resources/packaged",
    ):
        (inside / name).parent.mkdir(parents=True, exist_ok=True)
        (inside / name).write_text(name)
    said = info(VERSION) | {
        "CFBundleIdentifier": APP_ID,
        "CFBundleShortVersionString": VERSION,
        "CFBundleExecutable": "conclave",
    }
    (inside / "Info.plist").write_bytes(plistlib.dumps(said))
    return inside.parent


def test_an_app_that_lacks_something_is_not_packed(app: Path):
    from mac_package import problems

    assert list(problems(app, VERSION)) == []
    assert len(list(problems(app, "0.2.0"))) == 2
    (app / "Contents" / "Resources" / "de.lproj" / "InfoPlist.strings").unlink()
    (app / "Contents" / "Frameworks" / "resources" / "packaged").unlink()
    assert list(problems(app, VERSION)) == [
        "Frameworks/resources/packaged is missing",
        "Resources/de.lproj/InfoPlist.strings is missing",
    ]


def test_the_disk_image_shows_the_app_beside_applications(app: Path, tmp_path: Path):
    from mac_package import arrange

    (app / "Contents" / "Resources" / "link").symlink_to("../MacOS/conclave")
    stage = tmp_path / "image"
    (stage / "left over").mkdir(parents=True)
    arrange(app, stage)
    assert {path.name for path in stage.iterdir()} == {"Applications", "Conclave.app"}
    assert (stage / "Applications").readlink() == Path("/Applications")
    assert (stage / "Conclave.app" / "Contents" / "Resources" / "link").is_symlink()
