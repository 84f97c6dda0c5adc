"""What people install, in a Debian where nothing else is: put in, used, replaced, taken away."""

import hashlib
import json
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from fakes.built_packages import Built
from fakes.desktop_libraries import DESKTOP, libraries
from fakes.installed_copy import HOME, InstalledCopy, call_of_two

from bench import netlab
from bench.clean_root import USER, CleanRoot

pytestmark = [pytest.mark.packages, pytest.mark.slow]


@dataclass(frozen=True)
class Kind:
    """One way of installing: what a person types, and what then starts Conclave."""

    ending: str
    there: Sequence[str]  # packages of Debian, before it comes
    install: Callable[[CleanRoot, str], object]
    remove: Callable[[CleanRoot], None]
    program: str
    menu: str  # entry, inside the root
    folder: str  # where the program lies, inside the root


def away_by_apt(root: CleanRoot) -> None:
    root.run(["apt-get", "purge", "-y", "-qq", "conclave"])
    root.run(["apt-get", "autoremove", "--purge", "-y", "-qq"])


def away_by_itself(root: CleanRoot) -> None:
    root.run([f"{HOME}/.local/share/conclave-program/uninstall", "--keep"], user=True)


KINDS = {
    "deb": Kind(
        ".deb",
        DESKTOP,
        CleanRoot.install,
        away_by_apt,
        "/usr/bin/conclave",
        "usr/share/applications/conclave.desktop",
        "usr/lib/conclave",
    ),
    "run": Kind(
        ".run",
        (*DESKTOP, *libraries()),
        lambda root, package: root.run(["sh", package, "--no-start"], user=True),
        away_by_itself,
        f"{HOME}/.local/bin/conclave",
        f"home/{USER}/.local/share/applications/conclave.desktop",
        f"home/{USER}/.local/share/conclave-program",
    ),
}


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    return KINDS[request.param]


@pytest.fixture(scope="module")
def before(kind: Kind, root: CleanRoot) -> set[str]:
    """What the system holds before anything of Conclave comes."""
    root.install(*kind.there)
    return root.files()


@pytest.fixture(scope="module")
def installed(kind: Kind, root: CleanRoot, built: Built, before: set[str]) -> InstalledCopy:
    install(kind, root, built.this(kind.ending))
    return InstalledCopy(root, kind.program)


def install(kind: Kind, root: CleanRoot, package: Path) -> None:
    """Put a package into the root and install it, as a person would who fetched it."""
    root.put(package, package.name)
    kind.install(root, f"/{package.name}")
    (root.folder / package.name).unlink()


def test_it_works_there(installed: InstalledCopy):
    done = installed.run("doctor", check=False)
    assert "✗" not in done.stdout, done.stdout
    assert "✓" in done.stdout


def test_all_its_libraries_are_in_the_list_of_what_it_is_made_of(
    kind: Kind, installed: InstalledCopy, built: Built
):
    bill = json.loads(built.this(".cdx.json").read_text())
    listed = {
        component["hashes"][0]["content"]
        for component in bill["components"]
        if component["type"] == "file"
    }
    folder = installed.root.folder / kind.folder
    libraries = [path for path in folder.rglob("*.so*") if not path.is_symlink()]
    assert len(libraries) > 100
    digests = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in libraries}
    assert [path for path, digest in digests.items() if digest not in listed] == []
    (notices,) = folder.rglob("THIRD_PARTY_NOTICES.md")
    assert "\n| Python |" in notices.read_text()


def test_the_menu_has_it_with_its_picture(kind: Kind, installed: InstalledCopy):
    entry = installed.root.folder / kind.menu
    subprocess.run(["desktop-file-validate", str(entry)], check=True)
    icons = {path.name for path in entry.parents[1].glob("icons/hicolor/*/apps/*")}
    assert "conclave.svg" in icons


def test_a_click_in_the_menu_opens_a_window(
    kind: Kind, installed: InstalledCopy, desktop: dict[str, str]
):
    with installed.window(desktop, f"/{kind.menu}"):
        assert (installed.root.home / ".local/share/Conclave/vault").exists()


def test_links_come_here_and_the_settings_know_it(installed: InstalledCopy):
    done = installed.root.run(["gio", "mime", "x-scheme-handler/conclave"], user=True)
    assert done.stdout.splitlines()[0].endswith(": conclave.desktop")
    told = installed.export()["told_to_this_system"]
    assert told == {"open_links": True, "autostart": False}


@pytest.mark.netlab
def test_two_installed_copies_see_and_hear_each_other(
    installed: InstalledCopy, two_computers: netlab.NetLab
):
    call_of_two(installed, two_computers)


def test_a_newer_one_keeps_the_identity(kind: Kind, installed: InstalledCopy, built: Built):
    version, identity = installed.version(), installed.identity()
    install(kind, installed.root, built.newer(kind.ending))
    assert installed.version() > version
    assert installed.identity() == identity


def test_nothing_is_left_but_what_is_the_persons(
    kind: Kind, installed: InstalledCopy, before: set[str]
):
    kind.remove(installed.root)
    assert installed.root.files() - before == set()
    home = installed.root.home
    kept = (".local/share/Conclave", ".local/state/Conclave", "h1", "h2")
    names = {str(path.relative_to(home)) for path in home.rglob("*onclave*")}
    assert {name for name in names if not name.startswith(kept)} == set()
    assert (home / ".local/share/Conclave/vault").exists()
