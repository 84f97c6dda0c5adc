"""What goes into a package, before any is built."""

import struct
import sys
import tomllib
import xml.etree.ElementTree as ET
from configparser import ConfigParser
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
        "PySide6/Qt/plugins/platformthemes/libqgtk3.so",
        "PySide6/Qt/plugins/imageformats/libqtiff.so",
        "PySide6/Qt/translations/qtbase_fr.qm",
        "cv2/data/haarcascade_eye.xml",
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
        "opencv_python_headless.libs/libxcb-5ddf6756.so.1.1.0",
        "PySide6/Qt/plugins/platforms/libqxcb.so",
        "PySide6/Qt/plugins/platforms/libqwayland.so",
        "PySide6/Qt/plugins/imageformats/libqsvg.so",
        "PySide6/Qt/translations/qtbase_de.qm",
        "resources/locale/de/LC_MESSAGES/conclave.mo",
        "libcrypto.so.3",
        "zeroconf-0.154.0.dist-info/METADATA",
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


def test_the_package_has_program_menu_entry_icons_and_licence(tmp_path: Path):
    from linux_packages import description

    words = description(tmp_path, tmp_path / "conclave", "0.1.0", WHEN)
    places = {entry["dst"] for entry in words["contents"]}
    assert {
        "/usr/bin/conclave",
        "/usr/share/applications/conclave.desktop",
        "/usr/share/metainfo/chat.conclave.Conclave.metainfo.xml",
        "/usr/share/icons/hicolor/16x16/apps/conclave.png",
        "/usr/share/icons/hicolor/512x512/apps/conclave.png",
        "/usr/share/icons/hicolor/scalable/apps/conclave.svg",
        "/usr/share/doc/conclave/copyright",
    } <= places
    assert words["mtime"] == "2026-11-18T11:06:40Z"


def test_the_menu_entry_opens_links_and_is_there_in_german():
    entry = ConfigParser(interpolation=None)
    entry.optionxform = str  # type: ignore[assignment,method-assign]
    entry.read(ROOT / "packaging" / "linux" / "conclave.desktop", encoding="utf-8")
    desktop = entry["Desktop Entry"]
    assert desktop["MimeType"] == "x-scheme-handler/conclave;"
    assert desktop["Exec"] == "conclave %u"
    assert {"Comment[de]", "GenericName[de]", "Keywords[de]"} <= set(desktop)


def test_software_centres_are_told_version_and_licence():
    from linux_packages import metainfo

    tree = ET.fromstring(metainfo("0.1.0", WHEN))
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
