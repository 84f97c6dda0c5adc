"""What the system is told when a person wants it, and told back when they no longer do."""

import plistlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app import mac_entries, program, windows_entries
from app.paths import policy_file
from app.settings import DEFAULTS
from app.storage import PRIVATE_FILE
from app.system_entries import as_it_is, entries, switches
from app.xdg_entries import (
    LINKS_ENTRY,
    MENU_ENTRY,
    SCHEME,
    Autostart,
    LinkHandler,
    UnfitCommandError,
    associations,
    entry,
    folders,
    menus,
    quoted,
    with_association,
)

ROOT = Path(__file__).resolve().parents[2]
COMMAND = ("/opt/Conclave 2/run",)


@pytest.fixture
def handler(tmp_path: Path) -> LinkHandler:
    return LinkHandler(COMMAND, tmp_path / "data", tmp_path / "config")


# Links on a Linux desktop -----------------------------------------------------------------------


def test_links_come_here_only_when_somebody_switched_it_on(handler: LinkHandler, tmp_path: Path):
    assert not handler.is_on
    handler.switch(True)
    assert handler.is_on
    handler.switch(False)
    assert not handler.is_on
    assert list(tmp_path.rglob("*.desktop")) == []


def test_a_link_is_never_taken_for_an_option(handler: LinkHandler, tmp_path: Path) -> None:
    handler.switch(True)
    text = (tmp_path / "data" / "applications" / LINKS_ENTRY).read_text()
    assert 'Exec="/opt/Conclave 2/run" -- %u\n' in text
    assert f"MimeType={SCHEME};\n" in text


@pytest.mark.skipif(shutil.which("xdg-mime") is None, reason="xdg-mime is not installed")
def test_the_desktop_itself_finds_the_program(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "XDG_DATA_DIRS": "/usr/share"}
    data, config = folders(environ)
    handler = LinkHandler(COMMAND, data, config)

    def asked() -> str:
        command = ["xdg-mime", "query", "default", SCHEME]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        return done.stdout.strip()

    handler.switch(True)
    assert asked() == LINKS_ENTRY
    handler.switch(False)
    assert asked() == ""


@pytest.mark.skipif(shutil.which("gio") is None, reason="gio is not installed")
def test_the_desktop_itself_sees_it_as_the_settings_say(
    packaged: LinkHandler, tmp_path: Path
) -> None:
    environ = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    environ |= {"XDG_DATA_DIRS": f"{tmp_path}/shared", "XDG_DATA_HOME": f"{tmp_path}/data"}
    environ |= {"XDG_CONFIG_HOME": f"{tmp_path}/config"}

    def opened_by() -> str:
        command = ["gio", "mime", SCHEME]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        return done.stdout.partition("\n")[0].partition(": ")[2]

    assert opened_by() == MENU_ENTRY
    packaged.switch(False)
    assert opened_by() == ""
    packaged.switch(True)
    assert opened_by() == MENU_ENTRY


LIST = """\
# mine
[Default Applications]
text/html=browser.desktop
x-scheme-handler/conclave=other.desktop;

[Removed Associations]
x-scheme-handler/conclave=bad.desktop;
[Added Associations]
text/plain=editor.desktop;
"""


def test_everything_else_in_a_list_of_associations_stays_as_it_is() -> None:
    on = with_association(LIST, LINKS_ENTRY, on=True)
    assert associations(on)["Default Applications"] == (LINKS_ENTRY, "other.desktop")
    assert associations(on)["Removed Associations"] == ("bad.desktop",)
    kept = [line for line in LIST.splitlines() if SCHEME not in line]
    assert [line for line in on.splitlines() if SCHEME not in line] == kept
    off = with_association(on, LINKS_ENTRY, on=False)
    assert associations(off)["Default Applications"] == ("other.desktop",)
    assert with_association(off, LINKS_ENTRY, on=False) == off


def test_switching_twice_writes_the_same(handler: LinkHandler, tmp_path: Path) -> None:
    handler.switch(True)
    first = (tmp_path / "config" / "mimeapps.list").read_text()
    handler.switch(True)
    assert (tmp_path / "config" / "mimeapps.list").read_text() == first


def test_a_list_that_is_a_link_stays_one(handler: LinkHandler, tmp_path: Path) -> None:
    kept = tmp_path / "dotfiles"
    kept.write_text(LIST)
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "mimeapps.list").symlink_to(kept)
    handler.switch(True)
    assert (tmp_path / "config" / "mimeapps.list").is_symlink()
    assert LINKS_ENTRY in kept.read_text()


def test_bytes_that_are_no_text_survive(handler: LinkHandler, tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    file = tmp_path / "config" / "mimeapps.list"
    file.write_bytes(b"[Default Applications]\nx/\xff=\xfe.desktop\n")
    handler.switch(True)
    handler.switch(False)
    assert b"x/\xff=\xfe.desktop\n" in file.read_bytes()


@pytest.mark.parametrize("path", ["/a b/run", '/a"b/run', "/a$HOME/run", "/a`id`/run", "/a\\b/run"])
def test_a_path_with_signs_of_the_shell_stays_a_path(path: str) -> None:
    written = quoted(path).replace("\\\\", "\\")  # as a string is read, before Exec is
    command = ["sh", "-c", f"printf %s {written}"]  # Exec quotes as a shell does
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == path


def test_a_percent_sign_is_no_field_code_and_a_line_break_is_refused() -> None:
    assert quoted("/100%u") == '"/100%%u"'
    with pytest.raises(UnfitCommandError):
        entry(("/tmp/x\nExec=evil",))


def test_folders_that_are_not_absolute_are_passed_over() -> None:
    data, config = folders({"HOME": "/home/m", "XDG_DATA_HOME": "rel", "XDG_CONFIG_HOME": "/c"})
    assert (data, config) == (Path("/home/m/.local/share"), Path("/c"))


@pytest.fixture
def packaged(tmp_path: Path) -> LinkHandler:
    """A program whose package has put a menu entry into the system."""
    shared = tmp_path / "shared" / "applications"
    shared.mkdir(parents=True)
    (shared / MENU_ENTRY).write_text(entry(("/bin/sh",), "%u", mime=SCHEME))
    (shared / "mimeinfo.cache").write_text(f"[MIME Cache]\n{SCHEME}={MENU_ENTRY};\n")
    data = tmp_path / "data"
    installed = menus(data, {"XDG_DATA_DIRS": f"{tmp_path}/shared"})
    return LinkHandler(COMMAND, data, tmp_path / "config", installed)


def test_a_package_opens_links_by_itself_until_somebody_switches_it_off(
    packaged: LinkHandler, tmp_path: Path
) -> None:
    file = tmp_path / "config" / "mimeapps.list"
    assert packaged.is_on
    packaged.switch(False)
    assert not packaged.is_on
    assert associations(file.read_text())["Removed Associations"] == (MENU_ENTRY,)
    packaged.switch(True)
    assert packaged.is_on
    assert SCHEME not in file.read_text()  # nothing needs to be said
    assert not (tmp_path / "data").exists()


def test_a_package_beside_another_program_for_links_is_chosen_by_name(
    packaged: LinkHandler, tmp_path: Path
) -> None:
    file = tmp_path / "config" / "mimeapps.list"
    file.parent.mkdir()
    file.write_text(LIST)
    assert not packaged.is_on
    packaged.switch(True)
    assert packaged.is_on
    chosen = associations(file.read_text())["Default Applications"]
    assert chosen == (MENU_ENTRY, "other.desktop")
    packaged.switch(False)
    assert file.read_text().count(MENU_ENTRY) == 0  # the other one has them already


def test_what_is_forgotten_leaves_a_package_as_it_was(
    packaged: LinkHandler, tmp_path: Path
) -> None:
    packaged.switch(False)
    packaged.forget()
    assert packaged.is_on
    assert SCHEME not in (tmp_path / "config" / "mimeapps.list").read_text()


def test_a_copy_without_a_package_does_not_take_the_links_of_one_for_its_own(
    packaged: LinkHandler, tmp_path: Path
) -> None:
    copy = LinkHandler(("/elsewhere/run",), tmp_path / "data", tmp_path / "config")
    assert packaged.is_on
    assert not copy.is_on
    copy.switch(True)
    assert copy.is_on
    assert not packaged.is_on


# Starting with the computer ---------------------------------------------------------------------


def test_it_starts_with_the_computer_only_when_somebody_switched_it_on(tmp_path: Path) -> None:
    start = Autostart((*COMMAND, "--in-tray"), tmp_path)
    assert not start.is_on
    start.switch(True)
    assert start.is_on
    file = tmp_path / "autostart" / "conclave.desktop"
    assert 'Exec="/opt/Conclave 2/run" "--in-tray"\n' in file.read_text()
    assert file.stat().st_mode & 0o777 != PRIVATE_FILE  # the desktop reads it too
    start.switch(False)
    assert not start.is_on
    start.switch(False)


@pytest.mark.parametrize("line", ["Hidden=true", "X-GNOME-Autostart-enabled=false"])
def test_what_the_desktop_switched_off_is_off(tmp_path: Path, line: str) -> None:
    start = Autostart(COMMAND, tmp_path)
    start.switch(True)
    file = tmp_path / "autostart" / "conclave.desktop"
    file.write_text(file.read_text() + line + "\n")
    assert not start.is_on


def test_macos_is_told_by_a_file_that_can_be_taken_back(tmp_path: Path) -> None:
    start = mac_entries.Autostart(COMMAND, tmp_path)
    start.switch(True)
    (file,) = tmp_path.rglob("*.plist")
    assert plistlib.loads(file.read_bytes())["ProgramArguments"] == list(COMMAND)
    assert start.is_on
    start.switch(False)
    assert not start.is_on


class FakeRegistry(dict[tuple[str, str], str]):
    """A registry in memory."""

    def read(self, key: str, name: str) -> str | None:
        return self.get((key, name))

    def write(self, key: str, name: str, text: str) -> None:
        self[key, name] = text

    def remove_value(self, key: str, name: str) -> None:
        self.pop((key, name), None)

    def remove_key(self, key: str) -> None:
        for one in [one for one in self if one[0] == key or one[0].startswith(key + "\\")]:
            del self[one]


def test_windows_is_told_in_the_part_of_this_user_and_nothing_stays_behind() -> None:
    registry = FakeRegistry()
    links = windows_entries.LinkHandler((r"C:\Program Files\C\conclave.exe",), registry)
    start = windows_entries.Autostart((r"C:\conclave.exe", "--in-tray"), registry)
    assert not links.is_on
    assert not start.is_on
    links.switch(True)
    start.switch(True)
    assert links.is_on
    assert start.is_on
    line = registry[windows_entries.COMMAND_KEY, ""]
    assert line == r'"C:\Program Files\C\conclave.exe" -- "%1"'
    links.switch(False)
    start.switch(False)
    assert registry == {}


def test_what_windows_starts_opens_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "FROZEN", True)
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(sys, "executable", "/Programs/Conclave/conclave-terminal.exe")
    assert program.start_command() == ("/Programs/Conclave/conclave.exe",)
    assert program.own_process("guest")[0].endswith("conclave-terminal.exe")


# As settings ------------------------------------------------------------------------------------


def test_the_settings_show_what_the_system_was_really_told(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    known = entries(tmp_path / "profile")
    switch = switches(known)
    assert not as_it_is(DEFAULTS, known).open_links
    assert switch["open_links"](True) == ""
    assert switch["autostart"](True) == ""
    told = as_it_is(DEFAULTS, known)
    assert (told.open_links, told.autostart) == (True, True)
    known["open_links"].switch(False)  # as somebody might with another program
    assert not as_it_is(told, known).open_links
    assert f'"--profile" "{tmp_path}' in next(tmp_path.rglob("conclave-*.desktop")).read_text()


def test_what_the_system_does_not_take_is_said(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "config").write_text("this is no folder")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    switch = switches(entries(tmp_path / "profile"))
    assert "did not take it" in switch["autostart"](True)
    assert switches({})["open_links"](True) != ""


def test_inside_a_flatpak_the_system_is_told_nothing(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("app.system_entries.IN_FLATPAK", True)
    known = entries(tmp_path / "profile")
    assert known == {}
    links, start = (switches(known)[name](True) for name in ("open_links", "autostart"))
    assert "" != links != start != ""


def test_inside_a_flatpak_the_policy_is_where_an_administrator_can_put_it(monkeypatch) -> None:
    monkeypatch.setattr("app.paths.IN_FLATPAK", True)
    monkeypatch.setattr("sys.platform", "linux")
    text = (ROOT / "packaging" / "flatpak" / "chat.conclave.Conclave.yaml").read_text()
    assert str(policy_file().parent) == "/app/" + re.findall(r"    directory: (\S+)", text)[0]
