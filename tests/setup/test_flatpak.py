"""The Flatpak: it fetches what the lock says, and asks for no more than Conclave needs."""

import json
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
FLATPAK = ROOT / "packaging" / "flatpak"
MANIFEST = FLATPAK / "chat.conclave.Conclave.yaml"
LOCK = (ROOT / "packaging" / "requirements.lock").read_text(encoding="utf-8")
RIGHTS = [
    "--share=network",
    "--share=ipc",
    "--socket=wayland",
    "--socket=fallback-x11",
    "--socket=pulseaudio",
    "--device=all",
    "--filesystem=xdg-download",
    "--talk-name=org.freedesktop.secrets",
    "--talk-name=org.kde.StatusNotifierWatcher",
]

Entries = list[dict[str, Any]]


@pytest.fixture(autouse=True)
def _beside_the_scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "packaging"))


@pytest.fixture
def entries() -> Entries:
    """What it fetches, and what a test may change."""
    found: Entries = json.loads((FLATPAK / "python-wheels.json").read_text(encoding="utf-8"))
    return found


def test_it_fetches_what_the_lock_says(capsys: pytest.CaptureFixture[str]):
    from flatpak_sources import main

    assert main(["--check"]) == 0, capsys.readouterr().err


def test_all_of_it_is_wheels_of_the_package_index(entries: Entries):
    for entry in entries:
        assert entry["type"] == "file"
        assert entry["url"].startswith("https://files.pythonhosted.org/packages/")
        assert entry["url"].endswith(".whl")


def numpy_for(entries: Entries, machine: str) -> dict[str, Any]:
    return next(
        entry
        for entry in entries
        if "/numpy-" in entry["url"] and machine in entry.get("only-arches", [])
    )


def test_another_file_than_the_locks_is_noticed(entries: Entries):
    from flatpak_sources import differences

    changed = numpy_for(entries, "x86_64")
    changed["sha256"] = "0" * 64
    (line,) = differences(LOCK, entries)
    assert line.startswith("x86_64: numpy-")
    assert line.endswith("has another hash than in the lock")


def test_a_file_for_another_processor_is_noticed(entries: Entries):
    from flatpak_sources import differences

    numpy_for(entries, "x86_64")["only-arches"] = []
    numpy_for(entries, "aarch64")["only-arches"] = ["aarch64", "x86_64"]
    (line,) = differences(LOCK, entries)
    assert line.startswith("x86_64: numpy-")
    assert line.endswith("does not run there")


def test_a_lacking_and_a_strange_library_are_noticed(entries: Entries):
    from flatpak_sources import differences

    entries.remove(numpy_for(entries, "x86_64"))
    assert list(differences(LOCK, entries)) == ["x86_64: numpy is missing"]
    strange = {"type": "file", "url": "https://a/left_pad-1.0-py3-none-any.whl", "sha256": "0" * 64}
    assert [line.partition(":")[0] for line in differences(LOCK, [*entries, strange])] == [
        "aarch64",
        "x86_64",
        "x86_64",
    ]


def test_another_version_is_noticed(entries: Entries):
    from flatpak_sources import differences

    first = numpy_for(entries, "x86_64")
    first["url"] = first["url"].replace("/numpy-2", "/numpy-1")
    assert len(list(differences(LOCK, entries))) == 1


def test_the_wheel_that_fits_best_is_chosen():
    from flatpak_sources import SourceError, Wheel, best

    names = [
        "zeroconf-0.1-cp314-cp314-manylinux_2_28_x86_64.whl",
        "zeroconf-0.1-cp313-cp313-musllinux_1_2_x86_64.whl",
        "zeroconf-0.1-cp313-cp313-manylinux_2_99_x86_64.whl",
        "zeroconf-0.1-cp311-abi3-manylinux_2_28_x86_64.whl",
        "zeroconf-0.1-py3-none-any.whl",
        "zeroconf-0.1-cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
    ]
    wheels = [Wheel(f"https://a/{name}", "") for name in names]
    for last in (5, 3, 4):
        assert best(wheels, "x86_64").file == names[last]
        wheels.remove(best(wheels, "x86_64"))
    with pytest.raises(SourceError):
        best(wheels, "x86_64")


def test_the_lock_is_read_for_the_system_inside():
    from flatpak_sources import locked

    text = (
        f"jeepney==0.9.0 ; sys_platform == 'linux' \\\n    --hash=sha256:{'a' * 64} \\\n"
        f"    --hash=sha256:{'b' * 64}\n    # via\n    #   keyring\n"
        f"pyobjc-core==12.0 ; sys_platform == 'darwin' \\\n    --hash=sha256:{'c' * 64}\n"
        f"zipp==4.1 ; python_full_version < '3.12' \\\n    --hash=sha256:{'d' * 64}\n"
    )
    (found,) = locked(text, "x86_64")
    assert (found.name, found.version) == ("jeepney", "0.9.0")
    assert found.hashes == {"a" * 64, "b" * 64}


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The manifest as flatpak-builder understands it."""
    if shutil.which("flatpak-builder") is None:
        pytest.skip("flatpak-builder is not installed")
    command = ["flatpak-builder", "--show-manifest", str(MANIFEST)]
    place = tmp_path_factory.mktemp("flatpak-builder")  # it leaves a folder where it runs
    shown = subprocess.run(command, cwd=place, capture_output=True, text=True, check=True)
    assert shown.stderr == ""
    read: dict[str, Any] = json.loads(shown.stdout)
    return read


def test_it_asks_for_no_more_than_conclave_needs(manifest: dict[str, Any]):
    from trimming import APP_ID

    assert manifest["id"] == APP_ID == MANIFEST.stem
    assert manifest["finish-args"] == RIGHTS


def test_every_source_is_here_or_has_a_hash(manifest: dict[str, Any], entries: Entries):
    sources = [source for module in manifest["modules"] for source in module["sources"]]
    assert len(sources) > len(entries)
    for source in sources:
        if "url" in source:
            assert len(source["sha256"]) == 64
        else:
            assert (FLATPAK / source["path"]).exists()


@pytest.fixture(scope="module")
def installed(manifest: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the manifest's own commands put into /app, which lies in a folder here."""
    place = tmp_path_factory.mktemp("app")
    python = place / "lib" / "conclave" / "bin" / "python"
    (place / "lib" / "conclave" / "lib" / "python3" / "site-packages").mkdir(parents=True)
    python.parent.mkdir()
    python.symlink_to(sys.executable)
    (conclave,) = (each for each in manifest["modules"] if each["name"] == "conclave")
    environment = os.environ | {"FLATPAK_ID": manifest["id"]}
    for command in conclave["build-commands"]:
        here = command.replace("/app/", f"{place}/")
        subprocess.run(["sh", "-e", "-c", here], cwd=ROOT, env=environment, check=True)
    return place


def test_the_program_knows_that_it_is_a_flatpak(installed: Path):
    resources = installed / "share" / "conclave" / "resources"
    assert (resources / "packaged").read_text() == "flatpak\n"
    assert not (ROOT / "resources" / "packaged").exists()


def test_everything_bears_the_name_of_the_flatpak(installed: Path, manifest: dict[str, Any]):
    name, share = manifest["id"], installed / "share"
    entry = (share / "applications" / f"{name}.desktop").read_text(encoding="utf-8")
    assert f"\nIcon={name}\n" in entry
    assert f"\nExec={manifest['command']} -- %u\n" in entry
    assert (installed / "bin" / manifest["command"]).stat().st_mode & 0o111
    shown = ET.parse(share / "metainfo" / f"{name}.metainfo.xml")
    assert shown.findtext("id") == shown.findtext("icon") == name
    assert shown.findtext("launchable") == f"{name}.desktop"
    icons = share / "icons" / "hicolor"
    assert (icons / "scalable" / "apps" / f"{name}.svg").is_file()
    assert (icons / "symbolic" / "apps" / f"{name}-symbolic.svg").is_file()


def test_python_finds_the_program_from_any_folder(installed: Path):
    (path,) = installed.glob("lib/conclave/lib/python*/site-packages/conclave.pth")
    assert Path(path.read_text().strip()) == installed / "share" / "conclave"
    assert list(installed.glob("share/conclave/app/__pycache__/__main__.*.pyc"))


@pytest.mark.skipif(shutil.which("flatpak") is None, reason="flatpak is not installed")
def test_flatpak_takes_the_rights_and_shows_all_of_it(
    installed: Path, manifest: dict[str, Any], tmp_path: Path
):
    name, folder = manifest["id"], tmp_path / "built"
    shutil.copytree(installed, folder / "files", symlinks=True)
    (folder / "metadata").write_text(f"[Application]\nname={name}\n")
    (extension,) = manifest["add-extensions"].items()
    words = [f"--command={manifest['command']}", *manifest["finish-args"]]
    words += [f"--extension={extension[0]}={key}={value}" for key, value in extension[1].items()]
    finish = ["flatpak", "build-finish", str(folder)]
    subprocess.run([*finish, *words], check=True, capture_output=True)
    shown = {path.name for path in (folder / "export").rglob("*") if path.is_file()}
    assert shown == {
        f"{name}.desktop",
        f"{name}.metainfo.xml",
        f"{name}.svg",
        f"{name}-symbolic.svg",
    }
    wrong = subprocess.run(
        [*finish, "--filesystem=xdg-everything"], capture_output=True, check=False
    )
    assert wrong.returncode != 0
