"""The third-party notices: generated, complete, current."""

import platform
import re
import sys
import tomllib

import pytest

ROW = re.compile(r"^\| ([a-z0-9-]+) \| (\d[^|]*) \| ([^|]+) \| https?://[^|]+ \|$", re.MULTILINE)


def test_every_locked_distribution_has_its_line_with_version_and_licence(root, notices):
    rows = ROW.findall((root / "THIRD_PARTY_NOTICES.md").read_text(encoding="utf-8"))
    wanted = notices.locked((root / "packaging" / "requirements.lock").read_text())
    assert {name: version for name, version, _ in rows} == wanted
    assert all(licence.strip() for _, _, licence in rows)


def test_every_library_inside_a_wheel_is_known(notices):
    names = {part.name for part in notices.vendored_parts()}
    assert {"FFmpeg", "x264", "x265", "libvpx", "Opus", "OpenSSL", "Qt", "libsodium"} <= names


def test_no_library_that_is_gone_is_still_named(root, notices):
    if not sys.platform.startswith("linux") or platform.machine() != "x86_64":
        pytest.skip("the list was made from the wheels for Linux on x86-64")
    known = tomllib.loads((root / "packaging" / "vendored.toml").read_text())["library"]
    carried = {part.name for packaged in (False, True) for part in notices.vendored_parts(packaged)}
    assert [library["name"] for library in known if library["name"] not in carried] == []


def test_packages_have_another_opencv_than_pypi(notices):
    theirs = {part.name for part in notices.vendored_parts(packaged=False)}
    ours = {part.name for part in notices.vendored_parts(packaged=True)}
    assert {"OpenSSL 1.1.1", "Intel IPP"} <= theirs - ours
    assert {"FFmpeg", "libjpeg-turbo", "libpng"} <= ours


def test_every_licence_text_is_there_and_used(root, notices):
    known = tomllib.loads((root / "packaging" / "vendored.toml").read_text())
    used = {each.get("text") for each in (*known["library"], *known["built"])} - {None}
    there = {path.name for path in notices.TEXTS.glob("*.txt")} - {"LGPL-3.0.txt"}
    assert used == there


def test_the_notices_of_a_built_program_tell_what_is_in_it(notices, tmp_path):
    for name in ("libvpx-4fb2.so.11", "libpython3.11.so.1.0", "libcrypto.so.3", "conclave"):
        (tmp_path / name).write_bytes(b"")
    parts = {part.name for part in notices.bundled_parts(tmp_path)}
    assert {"libvpx", "Python", "OpenSSL 3", "PyInstaller's starter", "libsodium"} <= parts
    assert not {"x264", "Qt", "Expat"} & parts
    text = notices.render(tmp_path)
    assert "### libvpx\n" in text
    assert "| x264 |" not in text


def test_the_notices_are_what_the_generator_writes(root, notices):
    here = (sys.platform, platform.machine(), sys.version_info[:2])
    if here != ("linux", "x86_64", (3, 11)):
        pytest.skip("they are generated on Linux, x86-64, with Python 3.11, which locks the most")
    kept = (root / "THIRD_PARTY_NOTICES.md").read_text(encoding="utf-8")
    assert kept == notices.render(), "run: python packaging/notices.py"


def test_the_licence_of_conclave_fits_what_it_carries(root):
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    assert project["license"] == "GPL-3.0-or-later"
    assert "Private :: Do Not Upload" in project["classifiers"]
    assert (
        "GNU GENERAL PUBLIC LICENSE\n                       Version 3"
        in (root / "LICENSE").read_text()
    )
