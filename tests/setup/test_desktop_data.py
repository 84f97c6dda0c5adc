"""Menu entry, icons and what software centres show, as the tools of the desktops read them."""

import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINUX = ROOT / "packaging" / "linux"
WHEN = 1_795_000_000  # in November 2026
LANG = "{http://www.w3.org/XML/1998/namespace}lang"


@pytest.fixture(autouse=True)
def _beside_the_scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "packaging"))


def needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


def said(*command: str | Path) -> tuple[int, str]:
    quiet = os.environ | {"LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, check=False, env=quiet
    )
    return done.returncode, done.stdout + done.stderr


@needs("desktop-file-validate")
def test_the_menu_entry_is_valid():
    assert said("desktop-file-validate", LINUX / "conclave.desktop") == (0, "")


@needs("desktop-file-validate")
def test_the_validator_would_find_a_fault(tmp_path: Path):
    text = (LINUX / "conclave.desktop").read_text(encoding="utf-8")
    wrong = tmp_path / "conclave.desktop"
    wrong.write_text(text.replace("Terminal=false", "Terminal=maybe"), encoding="utf-8")
    assert said("desktop-file-validate", wrong)[0] != 0


@needs("appstreamcli")
@pytest.mark.parametrize("desktop_id", ["conclave", "chat.conclave.Conclave"])
def test_what_software_centres_show_is_valid(tmp_path: Path, desktop_id: str):
    from appstream import metainfo
    from trimming import APP_ID

    file = tmp_path / f"{APP_ID}.metainfo.xml"
    file.write_text(metainfo(WHEN, desktop_id), encoding="utf-8")
    code, text = said("appstreamcli", "validate", "--no-net", file)
    assert code == 0, text
    # Hints remain: there is no public address of Conclave yet, and each AppStream has its own.
    assert re.findall(r"^[EW]: .*", text, re.MULTILINE) == [], text


@needs("appstreamcli")
def test_the_validator_of_that_would_find_a_fault(tmp_path: Path):
    from appstream import metainfo

    file = tmp_path / "wrong.metainfo.xml"
    text = metainfo(WHEN).replace("<summary>", "<summary>One. ").replace("<p>", "<div>")
    file.write_text(text.replace("</p>", "</div>"), encoding="utf-8")
    assert said("appstreamcli", "validate", "--no-net", file)[0] != 0


def test_every_text_is_there_in_german():
    from appstream import metainfo

    tree = ET.fromstring(metainfo(WHEN))
    for place in ("summary", "description/p", "description/ul/li", "keywords/keyword"):
        found = tree.findall(place)
        german = [each for each in found if each.get(LANG) == "de"]
        assert len(german) >= len(found) - len(german) - (place == "keywords/keyword")
        assert {each.get(LANG) for each in found} == {None, "de"}


def test_the_changelog_becomes_the_notes_of_each_version():
    from appstream import Version, versions

    text = """# What changed

## 0.2.0 (2027-01-31)

- **A hand
  can be `raised`.** And lowered.
- **Somebody [new](docs/x.md) & more**, of
  2.0 kinds: at last. No less.

## 0.1.0 (not released yet)
"""
    assert list(versions(text)) == [
        Version(
            "0.2.0",
            "2027-01-31",
            ("A hand can be raised.", "Somebody new & more, of 2.0 kinds: at last."),
        ),
        Version("0.1.0", "", ()),
    ]


def test_the_version_of_this_checkout_comes_first():
    from appstream import metainfo
    from version import version

    tree = ET.fromstring(metainfo(WHEN))
    release = tree.find("releases/release")
    assert release is not None
    assert release.get("version") == version(ROOT)
    assert release.get("date") == "2026-11-18"
    assert release.get("type") == "development"
    notes = release.findall("description/ul/li")
    assert 3 <= len(notes) <= 10
    assert all(note.text and "*" not in note.text for note in notes)


def test_it_can_be_printed_for_another_name_of_the_menu_entry():
    environment = os.environ | {"SOURCE_DATE_EPOCH": str(WHEN)}
    command = [sys.executable, str(ROOT / "packaging" / "appstream.py"), "--desktop-id", "a.B"]
    done = subprocess.run(command, capture_output=True, check=True, env=environment)
    tree = ET.fromstring(done.stdout.decode("utf-8"))
    assert tree.findtext("launchable") == "a.B.desktop"
    assert tree.findtext("icon") == "a.B"


def test_the_symbolic_icon_has_one_colour_and_the_size_of_symbols():
    tree = ET.fromstring((LINUX / "conclave-symbolic.svg").read_text(encoding="utf-8"))
    assert (tree.get("width"), tree.get("height")) == ("16", "16")
    painted = {
        value
        for each in tree.iter()
        for key, value in each.attrib.items()
        if key in {"fill", "stroke"} and value != "none"
    }
    assert len(painted) == 1
