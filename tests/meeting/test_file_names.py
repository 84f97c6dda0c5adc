"""What a file may be called here: whatever somebody named it, the name is harmless."""

import sys
import unicodedata
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.meeting.files.names import LONGEST, NAMELESS, is_picture, numbered, safe_name

ODD = st.text(alphabet=st.characters() | st.sampled_from("./\\:. \u202e\u2066\0~-_)("), max_size=80)


@pytest.mark.parametrize(("name", "safe"), [
    ("report.pdf", "report.pdf"),
    ("Grüße an alle.odt", "Grüße an alle.odt"),
    ("日本語.txt", "日本語.txt"),
    ("../../etc/passwd", "_.._etc_passwd"),
    ("..\\..\\boot.ini", "_.._boot.ini"),
    ("C:\\Windows\\system.ini", "C__Windows_system.ini"),
    ("/absolute", "_absolute"),
    (".bashrc", "bashrc"),
    ("...hidden", "hidden"),
    ("name. . .", "name"),
    ("ends in space .txt ", "ends in space .txt"),
    ("two\nlines\tand more.txt", "two lines and more.txt"),
    ("invoice\u202efdp.exe", "invoicefdp.exe"),
    ("a\u2066b\u2069\u200e\u200f\u061cc.txt", "abc.txt"),
    ("zero\u200bwidth.txt", "zerowidth.txt"),
    ("nul", "_nul"),
    ("NUL.txt", "_NUL.txt"),
    ("Com1.tar.gz", "_Com1.tar.gz"),
    ("con .txt", "_con .txt"),
    ("LPT\u00b9.doc", "_LPT\u00b9.doc"),
    ("console.txt", "console.txt"),
    ("what?*<>|\".txt", "what______.txt"),
    ("stream.txt:hidden", "stream.txt_hidden"),
    ("", NAMELESS),
    ("...", NAMELESS),
    (" ", NAMELESS),
    ("\u202e\u200b", NAMELESS),
    ("a\0b", "ab"),
    ("\ud800.txt", "txt"),
])  # fmt: skip
def test_a_name_becomes_harmless_and_stays_itself_where_it_is(name: str, safe: str):
    assert safe_name(name) == safe


def test_a_long_name_is_cut_and_keeps_its_suffix():
    made = safe_name("ü" * 500 + ".jpeg")
    assert made.endswith(".jpeg")
    assert len(made.encode()) <= LONGEST
    assert len(numbered(made, 1000).encode()) <= 255


def test_what_only_looks_like_a_suffix_may_be_cut():
    assert len(safe_name("x." + "y" * 500).encode()) <= LONGEST


def test_a_number_stands_before_the_suffix():
    assert numbered("plan.pdf", 2) == "plan (2).pdf"
    assert numbered("archive.tar.gz", 3) == "archive.tar (3).gz"
    assert numbered("README", 2) == "README (2)"


@given(ODD)
def test_whatever_somebody_types_the_name_leads_nowhere(name: str):
    safe = safe_name(name)
    assert safe
    assert len(safe.encode()) <= LONGEST
    for kind in (PurePosixPath, PureWindowsPath):
        assert kind(safe).name == safe
        assert kind(safe).parts == (safe,)
        assert not kind(safe).is_absolute()
    assert safe not in (".", "..")
    assert not safe.startswith((".", " "))
    assert not safe.endswith((".", " "))
    assert not set(safe) & set('<>:"/\\|?*')
    hidden = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert not any(unicodedata.category(sign) in hidden for sign in safe)


@given(ODD)
def test_a_harmless_name_stays_as_it_is(name: str):
    assert safe_name(safe_name(name)) == safe_name(name)


@given(ODD)
def test_no_name_is_one_that_windows_keeps_for_devices(name: str):
    assert not PureWindowsPath(safe_name(name)).is_reserved()


@given(ODD, st.integers(2, 1000))
def test_a_numbered_name_is_still_harmless(name: str, number: int):
    made = numbered(safe_name(name), number)
    assert safe_name(made) == made or len(made.encode()) > LONGEST
    assert len(made.encode()) <= 255


@pytest.mark.skipif(sys.platform == "win32", reason="other systems take more names")
@given(ODD)
def test_every_harmless_name_can_be_a_file(tmp_path_factory: pytest.TempPathFactory, name: str):
    folder = tmp_path_factory.getbasetemp() / "names"
    folder.mkdir(exist_ok=True)
    path = folder / safe_name(name)
    path.write_bytes(b"x")
    assert [Path(p).name for p in folder.iterdir()] == [safe_name(name)]
    path.unlink()


@pytest.mark.parametrize(("name", "is_one"), [
    ("x.png", True), ("x.JPG", True), ("x.jpeg", True), ("x.webp", True), ("x.svg", False),
    ("png", False), ("x.png.exe", False), ("x.pdf", False),
])  # fmt: skip
def test_only_plain_pictures_are_shown_small(name: str, is_one: bool):
    assert is_picture(name) is is_one
