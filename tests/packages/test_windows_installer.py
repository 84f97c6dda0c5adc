"""The installer for Windows, compiled and run under Wine: put in, replaced, taken away.

The program inside is a stand-in (tests/fakes/windows_program.c): Conclave itself is not run here,
and neither is Windows. What the installer writes for Conclave is read as Conclave reads it.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from fakes.wine import UserRegistry, Wine, compiled, until, why_not

from app.windows_entries import IN_TERMINAL, LINKS_KEY, PROGRAM, RUN_KEY, Autostart, LinkHandler
from bench.desktop import x_server

pytestmark = [pytest.mark.packages, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
STAND_IN = ROOT / "tests" / "fakes" / "windows_program.c"
UNINSTALL_KEY = r"Software\Microsoft\Windows\CurrentVersion\Uninstall\Conclave"
STILL_OPEN, FOREIGN_FOLDER, DATA_NOT_ERASED, DOES_NOT_START = 3, 5, 6, 7
Make = Callable[..., Path]


@pytest.fixture(scope="module", autouse=True)
def _can_be_tried() -> None:
    if not os.environ.get("CONCLAVE_PACKAGES"):
        pytest.skip("./run package-test builds and tries packages")
    if reason := why_not():
        pytest.skip(reason)


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Make]:
    """Yield what makes an installer: of a version, with these files inside."""
    folder = tmp_path_factory.mktemp("installers")
    drawer = [sys.executable, str(ROOT / "packaging" / "icons.py"), str(folder)]
    subprocess.run(drawer, check=True)

    def made(version: str, *files: str, options: tuple[str, ...] = (), at: int = 0) -> Path:
        from windows_package import installer

        work = folder / f"{version}-{at}{''.join(options)}"
        frozen = work / "conclave"
        compiled(STAND_IN, frozen / PROGRAM, f'-DVERSION="{version}"', *options)
        shutil.copyfile(frozen / PROGRAM, frozen / IN_TERMINAL)
        for name in files:
            path = frozen / "_internal" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{name} of {version}")
        for path in frozen.rglob("*"):
            os.utime(path, (at, at))
        target = work / "conclave.exe"
        installer(frozen, folder / "conclave.ico", version, work, target, quick=True)
        return target

    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "packaging"))
        yield made


@pytest.fixture(scope="module")
def older(make: Make) -> Path:
    return make("0.1.0", "resources/help.txt", "gone/old.dll")


@pytest.fixture(scope="module")
def newer(make: Make) -> Path:
    return make("0.2.0", "resources/help.txt", "come/new.dll")


@pytest.fixture(scope="module")
def broken(make: Make) -> Path:
    return make("0.3.0", "resources/help.txt", options=("-DBROKEN",))


@pytest.fixture(scope="module")
def wine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wine]:
    with x_server() as display, Wine(tmp_path_factory.mktemp("wine"), display) as made:
        compiled(STAND_IN, made.drive / "windows" / "system32" / "netsh.exe", '-DVERSION=""')
        yield made


class Computer:
    """Somebody's Windows, and what can be seen of Conclave on it."""

    def __init__(self, wine: Wine) -> None:
        self.wine = wine
        self.registry = UserRegistry(wine)
        self.program = wine.local / "Programs" / "Conclave"
        self.data = wine.local / "Conclave"
        self.command = (wine.windows_path(self.program / PROGRAM),)
        self.links = LinkHandler(self.command, self.registry)
        self.menu = self._programs() / "Conclave.lnk"
        self.desktop = wine.home / "Desktop" / "Conclave.lnk"
        self.firewall = wine.local / "netsh.txt"

    def install(self, installer: Path, *options: str) -> int:
        return self.wine.code(installer, "/S", *options)

    def uninstall(self, *options: str) -> int:
        """Remove the program and wait for that; its uninstaller is left, as it runs."""
        place = self.wine.windows_path(self.program)
        return self.wine.code(self.program / "uninstall.exe", "/S", *options, f"_?={place}")

    def keep_data(self) -> None:
        self.data.mkdir(exist_ok=True)
        (self.data / "vault").write_text("an identity")

    def files(self) -> set[str]:
        return {
            path.relative_to(self.program).as_posix()
            for path in self.program.rglob("*")
            if path.is_file()
        }

    def shown(self, name: str) -> str | None:
        return self.registry.read(UNINSTALL_KEY, name)

    def _programs(self) -> Path:
        menu = self.wine.home / "AppData" / "Roaming" / "Microsoft" / "Windows" / "Start Menu"
        return menu / "Programs"


@pytest.fixture
def computer(wine: Wine) -> Iterator[Computer]:
    made = Computer(wine)
    yield made
    shutil.rmtree(made.program, ignore_errors=True)
    shutil.rmtree(made.data, ignore_errors=True)
    for path in (made.menu, made.desktop, made.firewall):
        path.unlink(missing_ok=True)
    for key in (UNINSTALL_KEY, LINKS_KEY, RUN_KEY):
        made.registry.remove_key(key)


def test_the_same_program_gives_the_same_bytes(make: Make, older: Path):
    again = make("0.1.0", "gone/old.dll", "resources/help.txt", at=1_700_000_000)
    assert sha256(again.read_bytes()).digest() == sha256(older.read_bytes()).digest()


def test_it_is_installed_for_one_person_without_a_question(computer: Computer, older: Path):
    assert computer.install(older) == 0
    assert computer.files() == {
        PROGRAM,
        IN_TERMINAL,
        "uninstall.exe",
        "_internal/resources/help.txt",
        "_internal/resources/packaged",
        "_internal/gone/old.dll",
    }
    assert (computer.program / "_internal/resources/packaged").read_text() == "exe\n"
    assert computer.menu.exists()
    assert not computer.desktop.exists()
    assert not computer.firewall.exists()
    computer.wine.settle()
    assert "conclave" not in (computer.wine.drive.parent / "system.reg").read_text().lower()


def test_the_system_lists_it_with_version_and_size(computer: Computer, older: Path):
    computer.install(older)
    folder = computer.wine.windows_path(computer.program)
    assert computer.shown("DisplayName") == "Conclave"
    assert computer.shown("DisplayVersion") == "0.1.0"
    assert computer.shown("Publisher") == "The Conclave authors"
    assert computer.shown("InstallLocation") == folder
    assert computer.shown("UninstallString") == rf'"{folder}\uninstall.exe"'
    assert computer.shown("QuietUninstallString") == rf'"{folder}\uninstall.exe" /S'
    size = sum(path.stat().st_size for path in computer.program.rglob("*.exe"))
    assert 0 < int(computer.shown("EstimatedSize") or "0", 16) <= size / 1024


def test_links_lead_to_conclave_as_its_own_settings_say_it(computer: Computer, older: Path):
    computer.install(older)
    assert computer.links.is_on
    assert computer.registry.read(LINKS_KEY, "URL Protocol") == ""
    assert not Autostart(computer.command, computer.registry).is_on
    computer.links.switch(False)
    assert not computer.registry.has(LINKS_KEY)


def test_a_newer_one_replaces_the_program_and_nothing_else(
    computer: Computer, older: Path, newer: Path
):
    computer.install(older, "/DESKTOP")
    computer.keep_data()
    computer.links.switch(False)
    start = Autostart((*computer.command, "--in-tray"), computer.registry)
    start.switch(True)
    (computer.program / "my notes.txt").write_text("put there by somebody")
    assert computer.install(newer) == 0
    assert computer.files() == {
        PROGRAM,
        IN_TERMINAL,
        "uninstall.exe",
        "my notes.txt",
        "_internal/resources/help.txt",
        "_internal/resources/packaged",
        "_internal/come/new.dll",
    }
    assert computer.shown("DisplayVersion") == "0.2.0"
    assert (computer.data / "vault").read_text() == "an identity"
    assert computer.desktop.exists()
    assert not computer.links.is_on
    assert start.is_on


def test_it_stays_where_it_was_put_first(computer: Computer, older: Path, newer: Path):
    elsewhere = computer.wine.drive / "Elsewhere"
    assert computer.install(older, rf"/D={computer.wine.windows_path(elsewhere)}") == 0
    computer.program = elsewhere
    assert "_internal/gone/old.dll" in computer.files()
    assert computer.install(newer) == 0
    assert "_internal/come/new.dll" in computer.files()
    assert not (computer.wine.local / "Programs" / "Conclave").exists()


def test_one_that_does_not_start_leaves_everything_as_it_was(
    computer: Computer, older: Path, broken: Path
):
    assert computer.install(broken) == DOES_NOT_START
    assert not computer.program.exists()
    computer.install(older)
    before = computer.files(), (computer.program / PROGRAM).read_bytes()
    assert computer.install(broken) == DOES_NOT_START
    assert (computer.files(), (computer.program / PROGRAM).read_bytes()) == before
    assert computer.shown("DisplayVersion") == "0.1.0"


def test_one_that_was_cut_short_is_made_whole_by_the_next(
    computer: Computer, older: Path, newer: Path
):
    computer.install(older)
    before = computer.program / "version-before"
    before.mkdir()
    for name in ("_internal", PROGRAM, IN_TERMINAL):
        (computer.program / name).rename(before / name)
    (computer.program / "_internal").mkdir()
    (computer.program / "_internal" / "half.dll").write_text("ha")
    assert computer.install(newer) == 0
    assert "_internal/come/new.dll" in computer.files()
    assert not before.exists()
    assert "_internal/half.dll" not in computer.files()


def test_one_that_is_open_is_left_alone_or_closed(computer: Computer, older: Path, newer: Path):
    computer.install(older)
    with computer.wine.start(computer.program / PROGRAM) as window:
        until(lambda: computer.install(newer) == STILL_OPEN, "the window opens")
        assert window.poll() is None
        assert computer.shown("DisplayVersion") == "0.1.0"
        assert computer.uninstall() == STILL_OPEN
        assert computer.install(newer, "/CLOSE") == 0
        assert window.wait(60) == 0
    assert computer.shown("DisplayVersion") == "0.2.0"


def test_a_folder_of_another_program_is_not_touched(computer: Computer, older: Path):
    (computer.program / "_internal").mkdir(parents=True)
    (computer.program / "_internal" / "theirs.dll").write_text("theirs")
    assert computer.install(older) == FOREIGN_FOLDER
    assert computer.files() == {"_internal/theirs.dll"}


def test_the_firewall_lets_others_in_to_this_program_and_no_more_after(
    computer: Computer, older: Path, newer: Path
):
    computer.install(older, "/FIREWALL")
    computer.install(newer, "/FIREWALL")
    program = computer.wine.windows_path(computer.program / PROGRAM)
    (made,) = computer.firewall.read_text().splitlines()
    words = f'add rule name="Conclave" dir=in action=allow program="{program}" profile=private'
    assert made.endswith(f"advfirewall firewall {words}")
    assert computer.uninstall("/FIREWALL") == 0
    taken = computer.firewall.read_text().splitlines()[-1]
    words = f'delete rule name="Conclave" dir=in program="{program}"'
    assert taken.endswith(f"advfirewall firewall {words}")


def test_removed_it_leaves_what_belongs_to_the_person(computer: Computer, older: Path):
    computer.install(older, "/DESKTOP")
    computer.keep_data()
    Autostart((*computer.command, "--in-tray"), computer.registry).switch(True)
    other = (*computer.command, "--profile", r"C:\Two Words", "--in-tray")
    Autostart(other, computer.registry, "Conclave-1a2b3c4d").switch(True)
    computer.registry.write(RUN_KEY, "Theirs", r"C:\theirs.exe")
    assert computer.wine.code(computer.program / "uninstall.exe", "/S") == 0
    until(lambda: not computer.program.exists(), "the program is gone")
    until(lambda: not computer.registry.has(UNINSTALL_KEY), "it is listed no more")
    assert (computer.data / "vault").read_text() == "an identity"
    assert not computer.menu.exists()
    assert not computer.desktop.exists()
    assert not computer.registry.has(LINKS_KEY)
    assert not computer.firewall.exists()
    assert computer.registry.read(RUN_KEY, "Theirs") == r"C:\theirs.exe"
    assert computer.registry.read(RUN_KEY, "Conclave") is None
    assert computer.registry.read(RUN_KEY, "Conclave-1a2b3c4d") is None


def test_what_another_program_took_over_stays_its_own(computer: Computer, older: Path):
    computer.install(older)
    theirs = LinkHandler((r"C:\theirs.exe",), computer.registry)
    theirs.switch(True)
    (computer.program / "my notes.txt").write_text("put there by somebody")
    assert computer.uninstall() == 0
    assert theirs.is_on
    assert computer.files() == {"uninstall.exe", "my notes.txt"}


def test_the_data_is_erased_where_that_is_said(computer: Computer, older: Path):
    computer.install(older)
    computer.keep_data()
    assert computer.uninstall("/ERASE", "/KEEP") == 0
    assert computer.data.exists()
    computer.install(older)
    assert computer.uninstall("/ERASE") == 0
    assert not computer.data.exists()


def test_data_that_cannot_be_erased_keeps_the_program(computer: Computer, older: Path):
    computer.install(older)
    computer.keep_data()
    (computer.data / "somebody else's").write_text("stays")
    assert computer.uninstall("/ERASE") == DATA_NOT_ERASED
    assert PROGRAM in computer.files()
    assert computer.links.is_on
    assert computer.shown("DisplayVersion") == "0.1.0"
