"""What only the installation in one folder does: it updates itself, and asks when it goes."""

import os
import re
import shutil
import subprocess
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fakes.built_packages import Built
from fakes.desktop_libraries import DESKTOP, libraries
from fakes.installed_copy import HOME, InstalledCopy
from fakes.releases import Publisher, package_of

from app.xdg_entries import entry
from bench.clean_root import USER_ID, CleanRoot

pytestmark = [pytest.mark.packages, pytest.mark.slow]

FOLDER = 'all my "programs" & 100 $ \\ more'  # what the menu entry must survive
PLACE = f"{HOME}/{FOLDER}/conclave"
DATA = (".local/share/Conclave", ".local/state/Conclave")
WITHOUT = re.compile(r"[^/]+/_internal/(PySide6|av|cv2|numpy|opencv)")  # says its version, no more
MENU = f"{HOME}/.local/share/applications/conclave.desktop"


def install(root: CleanRoot, built: Built) -> InstalledCopy:
    root.put(built.this(".run"), "conclave.run")
    root.run(["sh", "/conclave.run", "--no-start", "--to", PLACE], user=True)
    return InstalledCopy(root, f"{PLACE}/conclave")


def home_of(copy: InstalledCopy) -> Path:
    return copy.root.folder / copy.program[1:].rpartition("/")[0]


@pytest.fixture(scope="module")
def prepared(root: CleanRoot) -> CleanRoot:
    """A root with what a desktop has, and no data of a person."""
    root.install(*libraries(), *DESKTOP)
    for name in (*DATA, "h1", "h2"):  # of who tried the packages before
        shutil.rmtree(root.home / name, ignore_errors=True)
    return root


def named(root: CleanRoot) -> set[str]:
    """Return what bears the name at home."""
    return {str(path.relative_to(root.home)) for path in root.home.rglob("*onclave*")}


@pytest.fixture(scope="module")
def there_before(prepared: CleanRoot) -> set[str]:
    """What other tests have left at home."""
    return named(prepared)


@pytest.fixture(scope="module")
def copy(prepared: CleanRoot, built: Built, there_before: set[str]) -> InstalledCopy:
    return install(prepared, built)


@pytest.fixture(scope="module")
def publisher() -> Publisher:
    return Publisher(now=datetime.now(UTC).replace(microsecond=0))


def believe(copy: InstalledCopy, publisher: Publisher) -> None:
    """Give a copy the root of a publisher, as if it had been built with it."""
    resources = home_of(copy) / "current" / "_internal" / "resources"
    (resources / "updates").mkdir(exist_ok=True)
    (resources / "updates" / "root.json").write_bytes(publisher.anchor)
    os.chown(resources / "updates", USER_ID, USER_ID)


def publish(copy: InstalledCopy, publisher: Publisher, number: int, archive: Path) -> str:
    """Lay a release with one archive where the copy can read it; return that place."""
    version = archive.name.split("-")[1]
    public = copy.root.folder / f"release-{number}"
    public.mkdir()
    content = archive.read_bytes()
    (public / archive.name).write_bytes(content)
    packages = [package_of(archive.name, content)]
    index = publisher.index(number, conclave=version, packages=packages)
    (public / "update.json").write_bytes(index)
    return f"/{public.name}"


def without(archive: Path, missing: re.Pattern[str], target: Path) -> Path:
    """Copy an archive without some of its files."""
    with tarfile.open(archive) as old, tarfile.open(target, "w:gz", compresslevel=1) as new:
        for member in old:
            if not missing.match(member.name):
                new.addfile(member, old.extractfile(member) if member.isfile() else None)
    return target


def test_a_damaged_file_is_told_and_changes_nothing(prepared: CleanRoot, built: Built):
    content = bytearray(built.this(".run").read_bytes())
    content[-1000] ^= 1
    (prepared.folder / "damaged.run").write_bytes(content)
    done = prepared.run(["sh", "/damaged.run", "--to", PLACE], user=True, check=False)
    assert done.returncode == 1
    assert "damaged" in done.stderr
    assert not (prepared.home / FOLDER).exists()


def test_a_folder_of_any_name_is_found_by_the_menu(copy: InstalledCopy, desktop: dict[str, str]):
    subprocess.run(["desktop-file-validate", f"{copy.root.folder}{MENU}"], check=True)
    with copy.window(desktop, MENU):
        assert (copy.root.home / DATA[0] / "vault").exists()


def test_a_newer_version_that_opens_no_window_is_taken_back(
    copy: InstalledCopy,
    built: Built,
    publisher: Publisher,
    desktop: dict[str, str],
    tmp_path: Path,
):
    before = copy.version()
    good = built.newer(".tar.xz")
    broken = without(good, WITHOUT, tmp_path / good.name.replace(".xz", ".gz"))
    believe(copy, publisher)
    place = publish(copy, publisher, 2, broken)
    copy.run("update", place, "--install")
    assert copy.version() > before
    with copy.window(desktop):
        assert copy.version() == before
    assert (home_of(copy) / "taken-back").exists()


def test_a_newer_version_is_put_in_place_and_keeps_the_identity(
    copy: InstalledCopy, built: Built, publisher: Publisher, desktop: dict[str, str]
):
    before, identity = copy.version(), copy.identity()
    place = publish(copy, publisher, 3, built.newer(".tar.xz"))
    copy.run("update", place, "--install")
    assert copy.version() > before
    assert (home_of(copy) / "trial").exists()
    with copy.window(desktop, MENU):
        assert not (home_of(copy) / "trial").exists()
    assert copy.identity() == identity


def test_the_version_before_can_be_taken_back_by_hand(copy: InstalledCopy):
    newer, identity = copy.version(), copy.identity()
    copy.run("update", "--roll-back")
    assert copy.version() < newer
    assert copy.identity() == identity


@pytest.fixture
def told(copy: InstalledCopy) -> Path:
    """What the settings write when somebody wants it to start with the computer."""
    file = copy.root.home / ".config" / "autostart" / "conclave.desktop"
    write = 'mkdir -p .config/autostart && printf %s "$1" >.config/autostart/conclave.desktop'
    text = entry((copy.program, "--in-tray"))
    copy.root.run(["sh", "-c", f"cd && {write}", "sh", text], user=True)
    return file


def test_who_removes_it_is_asked_about_their_data(
    copy: InstalledCopy, built: Built, told: Path, there_before: set[str]
):
    remove = [f"{PLACE}/uninstall"]
    assert "Erase your identity" in at_a_terminal(copy.root, remove, "n\n")
    assert not home_of(copy).exists()
    assert not told.exists()
    assert (copy.root.home / DATA[0] / "vault").exists()
    install(copy.root, built)
    at_a_terminal(copy.root, remove, "y\n")
    assert named(copy.root) - there_before == set()


def at_a_terminal(root: CleanRoot, words: list[str], typed: str) -> str:
    """Run a program as somebody who types; return what it said."""
    mine, theirs = os.openpty()
    os.write(mine, typed.encode())
    try:
        done = subprocess.run(
            root.words(words, user=True),
            stdin=theirs,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    finally:
        os.close(mine)
        os.close(theirs)
    assert done.returncode == 0, done.stderr
    return done.stdout
