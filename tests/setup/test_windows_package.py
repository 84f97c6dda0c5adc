"""The installer for Windows, before it is compiled."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
WINDOWS = ROOT / "packaging" / "windows"
WORDS = {
    "English": (WINDOWS / "words_english.nsh").read_text(encoding="utf-8"),
    "German": (WINDOWS / "words_german.nsh").read_text(encoding="utf-8"),
}
SCRIPT = "".join(
    (WINDOWS / name).read_text(encoding="utf-8") for name in ("conclave.nsi", "uninstall.nsh")
)


@pytest.fixture(autouse=True)
def _beside_the_scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "packaging"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A program as PyInstaller leaves it, written in no order."""
    made = tmp_path / "conclave"
    for name in ("_internal/b/two.dll", "conclave.exe", "_internal/a$1.dll", "_internal/b/one.dll"):
        path = made / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 600)
    return made


def names(words: str) -> list[str]:
    return re.findall(r"^LangString (\w+) ", words, re.MULTILINE)


def test_every_sentence_is_there_in_both_languages():
    assert names(WORDS["English"]) == names(WORDS["German"])
    used = set(re.findall(r"\$\((\w+)\)", SCRIPT))
    assert used == set(names(WORDS["English"]))


def test_no_sentence_stands_under_the_wrong_language():
    for language, words in WORDS.items():
        assert len(names(words)) == words.count(f"${{LANG_{language.upper()}}}")


def test_nothing_of_the_whole_computer_is_written():
    assert re.search(r"^RequestExecutionLevel user$", SCRIPT, re.MULTILINE)
    for forbidden in ("HKLM", "HKCR", "SHCTX", "SetShellVarContext", "$PROGRAMFILES", "$WINDIR"):
        assert forbidden not in SCRIPT


def test_an_administrator_is_asked_for_the_firewall_alone():
    asked = [line for line in SCRIPT.splitlines() if '"runas"' in line]
    assert len(asked) == 2
    called = r'"runas" "$SYSDIR\netsh.exe"'
    assert all(f"{called} 'advfirewall firewall " in line for line in asked)


def test_the_files_stand_in_the_same_order_on_every_disk(folder: Path, tmp_path: Path):
    from windows_package import file_list

    listed = file_list(folder, tmp_path / "mark").replace(str(tmp_path), "")
    assert listed.splitlines() == [
        'SetOutPath "$INSTDIR"',
        'File "/conclave/conclave.exe"',
        'SetOutPath "$INSTDIR\\_internal"',
        'File "/conclave/_internal/a$$1.dll"',
        'SetOutPath "$INSTDIR\\_internal\\b"',
        'File "/conclave/_internal/b/one.dll"',
        'File "/conclave/_internal/b/two.dll"',
        'SetOutPath "$INSTDIR\\_internal\\resources"',
        'File "/oname=packaged" "/mark"',
    ]


@pytest.mark.parametrize(
    ("version", "four"),
    [("0.1.0", (0, 1, 0, 0)), ("1.2rc3", (1, 2, 0, 0)), ("1.2.3.4.5", (1, 2, 3, 4))],
)
def test_windows_wants_a_version_of_four_numbers(version: str, four: tuple[int, ...]):
    from windows_package import numbers

    assert numbers(version) == four


def test_the_programs_say_in_their_properties_what_they_are():
    from windows_package import properties

    text = properties("0.1.0", "conclave-terminal")
    compile(text, "properties", "eval")  # PyInstaller evaluates it
    assert "filevers=(0, 1, 0, 0)" in text
    assert "StringStruct('OriginalFilename', 'conclave-terminal.exe')" in text


def test_it_says_how_much_room_the_program_takes(folder: Path):
    from windows_package import kilobytes

    assert kilobytes(folder) == 2  # four files of 600 bytes
