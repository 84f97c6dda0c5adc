"""What goes into a package, before any is built."""

import shutil
import struct
import subprocess
import sys
import tarfile
import tomllib
import xml.etree.ElementTree as ET
from configparser import ConfigParser
from email import message_from_string
from io import BytesIO
from pathlib import Path

import pytest

from app import __version__

ROOT = Path(__file__).parent.parent.parent
WHEN = 1_795_000_000  # in November 2026


@pytest.fixture(autouse=True)
def _beside_the_scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "packaging"))


def test_the_version_comes_from_its_one_place():
    from version import version

    assert version(ROOT) == __version__


@pytest.mark.parametrize(
    "name",
    [
        "libX11.so.6",
        "libxcb.so.1",
        "libasound.so.2",
        "libportaudio.so.2",
        "libstdc++.so.6",
        "libcairo.so.2",
        "libjpeg.so.62",
        "libopus.so.0",
        "PySide6/Qt/plugins/tls/libqopensslbackend.so",
        "PySide6/Qt/plugins/platformthemes/libqgtk3.so",
        "PySide6/Qt/plugins/imageformats/libqtiff.so",
        "PySide6/Qt/translations/qtbase_fr.qm",
        "cv2/data/haarcascade_eye.xml",
        "PySide6/plugins/platforms/qdirect2d.dll",
        "PySide6/plugins/imageformats/qtiff.dll",
        "PySide6/translations/qt_fr.qm",
        "cv2/opencv_videoio_ffmpeg500_64.dll",
        "_sounddevice_data/portaudio-binaries/libportaudio64bit-asio.dll",
        "PySide6/opengl32sw.dll",
        "numpy/_core/tests/test_array.py",
        "zeroconf-0.154.0.dist-info/RECORD",
    ],
)
def test_what_nobody_needs_or_the_system_brings_does_not_ship(name: str):
    from trimming import ships

    assert not ships(name)


@pytest.mark.parametrize(
    "name",
    [
        "av.libs/libasound-c7818c60.so.2.0.0",
        "av.libs/libopus-114e2b1a.so.0.11.1",
        "opencv_python_headless.libs/libxcb-5ddf6756.so.1.1.0",
        "PySide6/Qt/plugins/platforms/libqxcb.so",
        "PySide6/Qt/plugins/platforms/libqwayland.so",
        "PySide6/Qt/plugins/imageformats/libqsvg.so",
        "PySide6/Qt/translations/qtbase_de.qm",
        "resources/locale/de/LC_MESSAGES/conclave.mo",
        "libcrypto.so.3",
        "_sounddevice_data/portaudio-binaries/libportaudio64bit.dll",
        "zeroconf-0.154.0.dist-info/METADATA",
        "keyring-25.7.0.dist-info/entry_points.txt",
        "PySide6/plugins/platforms/qwindows.dll",
        "PySide6/plugins/imageformats/qsvg.dll",
        "PySide6/translations/qtbase_de.qm",
        "av-18.1.0.dist-info/licenses/LICENSE.txt",
    ],
)
def test_what_is_needed_ships(name: str):
    from trimming import ships

    assert ships(name)


def test_the_package_asks_for_the_libraries_that_setting_up_asks_for():
    from linux_packages import depends

    assert {"libportaudio2", "libegl1", "libxcb-cursor0"} <= set(depends("apt-get"))
    assert "python3.11-venv" not in depends("apt-get")
    assert {"portaudio", "xcb-util-cursor"} <= set(depends("dnf"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A program as PyInstaller leaves it, with all that a package takes from beside it."""
    made = tmp_path / "frozen" / "conclave"
    (made / "_internal").mkdir(parents=True)
    (made / "conclave").write_text("#!/bin/sh\necho conclave 0.1.0\n")
    (made / "conclave").chmod(0o700)
    (made / "_internal" / "data").write_bytes(b"data")
    (made / "_internal" / "data").chmod(0o600)
    (made / "_internal" / "link").symlink_to("data")
    (tmp_path / "icons").mkdir()
    for name in ("conclave.svg", *(f"conclave-{size}.png" for size in SIZES)):
        (tmp_path / "icons" / name).write_bytes(b"picture")
    return made


def build_packages(folder: Path, work: Path, into: Path, *, quick: bool = True) -> list[Path]:
    import linux_packages

    into.mkdir()
    program = linux_packages.Program(folder, work, "0.1.0", WHEN)
    kinds, nothing = ("deb", "tar", "run"), Path("/nothing")
    return linux_packages.build(kinds, program, into, nfpm=nothing, quick=quick)


SIZES = (16, 22, 24, 32, 48, 64, 128, 256, 512, 1024)
needs_xz = pytest.mark.skipif(shutil.which("xz") is None, reason="xz is not installed")
needs_dpkg = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg is not installed")


@needs_xz
@needs_dpkg
def test_the_package_has_program_menu_entry_icons_and_licence(folder: Path, tmp_path: Path):
    deb, *_others = build_packages(folder, tmp_path, tmp_path / "dist")
    there = tmp_path / "there"
    subprocess.run(["dpkg-deb", "--raw-extract", str(deb), str(there)], check=True)
    assert {
        "usr/bin/conclave",
        "usr/share/applications/conclave.desktop",
        "usr/share/metainfo/chat.conclave.Conclave.metainfo.xml",
        "usr/share/icons/hicolor/16x16/apps/conclave.png",
        "usr/share/icons/hicolor/512x512/apps/conclave.png",
        "usr/share/icons/hicolor/scalable/apps/conclave.svg",
        "usr/share/icons/hicolor/symbolic/apps/conclave-symbolic.svg",
        "usr/share/doc/conclave/copyright",
    } <= {str(path.relative_to(there)) for path in there.rglob("*")}
    home = there / "usr" / "lib" / "conclave"
    assert (there / "usr" / "bin" / "conclave").resolve() == (home / "conclave").resolve()
    assert (home / "_internal" / "link").readlink() == Path("data")
    assert (home / "_internal" / "resources" / "packaged").read_text() == "deb\n"
    modes = {path.name: path.stat().st_mode & 0o777 for path in home.rglob("*")}
    assert (modes["conclave"], modes["data"], modes["_internal"]) == (0o755, 0o644, 0o755)
    assert {path.lstat().st_mtime for path in there.rglob("*") if path.is_file()} == {WHEN}
    subprocess.run(["md5sum", "--check", "--quiet", "DEBIAN/md5sums"], cwd=there, check=True)


@needs_dpkg
@needs_xz
def test_what_is_given_to_others_is_packed_tightly(folder: Path, tmp_path: Path):
    deb, *_others = build_packages(folder, tmp_path, tmp_path / "dist", quick=False)
    asked = ["dpkg-deb", "--fsys-tarfile", str(deb)]
    packed = subprocess.run(asked, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=BytesIO(packed)) as tar:
        assert "./usr/bin/conclave" in tar.getnames()
    assert deb.stat().st_size < len(packed) / 3


@needs_dpkg
@needs_xz
def test_the_package_says_what_it_is_and_needs(folder: Path, tmp_path: Path):
    deb, *_others = build_packages(folder, tmp_path, tmp_path / "dist")
    asked = ["dpkg-deb", "--field", str(deb)]
    said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    fields = message_from_string(said)
    assert (fields["Package"], fields["Version"]) == ("conclave", "0.1.0")
    assert fields["Depends"].startswith("libc6 (>= 2.34), ")
    assert "libegl1" in fields["Depends"].split(", ")
    assert int(fields["Installed-Size"]) > 10
    assert fields["Description"].startswith("Private meetings")


@needs_xz
def test_the_same_program_gives_the_same_packages_in_any_folder(folder: Path, tmp_path: Path):
    first = build_packages(folder, tmp_path, tmp_path / "dist")
    other = tmp_path / "another"
    other.mkdir()
    shutil.copytree(tmp_path / "icons", other / "icons")
    for name in ("link", "data"):  # in another order, at another time
        (folder / "_internal" / name).rename(other / name)
    shutil.copytree(folder, other / "conclave")
    (other / "data").rename(other / "conclave" / "_internal" / "data")
    (other / "link").rename(other / "conclave" / "_internal" / "link")
    second = build_packages(other / "conclave", other, tmp_path / "dist2")
    assert [path.name for path in first] == [path.name for path in second]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


@needs_xz
def test_what_unpacks_itself_knows_where_its_archive_begins(folder: Path, tmp_path: Path):
    _deb, packed, installer = build_packages(folder, tmp_path, tmp_path / "dist")
    assert installer.read_bytes().endswith(packed.read_bytes())
    with tarfile.open(packed) as tar:
        names = tar.getnames()
    assert names[0] == "conclave-0.1.0"
    assert "conclave-0.1.0/_internal/resources/packaged" in names
    said = subprocess.run(
        ["sh", str(installer), "--help"], capture_output=True, text=True, check=True
    )
    assert "--uninstall" in said.stdout


def test_the_menu_entry_opens_links_and_is_there_in_german():
    entry = ConfigParser(interpolation=None)
    entry.optionxform = str  # type: ignore[assignment,method-assign]
    entry.read(ROOT / "packaging" / "linux" / "conclave.desktop", encoding="utf-8")
    desktop = entry["Desktop Entry"]
    assert desktop["MimeType"] == "x-scheme-handler/conclave;"
    assert desktop["Exec"] == "conclave -- %u"
    assert {"Comment[de]", "GenericName[de]", "Keywords[de]"} <= set(desktop)


def test_software_centres_are_told_version_and_licence():
    from appstream import metainfo

    tree = ET.fromstring(metainfo(WHEN))
    assert tree.findtext("project_license") == "GPL-3.0-or-later"
    release = tree.find("releases/release")
    assert release is not None
    assert release.attrib == {"version": "0.1.0", "type": "development", "date": "2026-11-18"}


def test_icons_of_windows_and_macos_hold_the_pictures():
    from icons import icns, ico

    pictures = {16: b"small", 256: b"the large one"}
    data = ico(pictures)
    assert struct.unpack("<HHH", data[:6]) == (0, 1, 2)
    for number, (size, picture) in enumerate(pictures.items()):
        entry = struct.unpack("<BBBBHHII", data[6 + 16 * number : 22 + 16 * number])
        assert entry[:2] == (size % 256, size % 256)
        assert data[entry[7] : entry[7] + entry[6]] == picture
    data = icns({b"ic08": b"the large one"})
    assert (
        data == b"icns" + struct.pack(">I", 29) + b"ic08" + struct.pack(">I", 21) + b"the large one"
    )


@pytest.mark.skipif(sys.platform != "linux", reason="the package for Linux")
def test_the_project_and_the_packages_agree_on_the_licence():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["license"] == "GPL-3.0-or-later"
