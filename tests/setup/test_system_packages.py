"""Which packages of the system setting up asks for, and how."""

import dataclasses
import subprocess
import sys
from types import SimpleNamespace

import pytest

SONAMES_AND_DEBIAN = {
    "libportaudio.so.2": "libportaudio2",
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
}


class Computer:
    """A pretended computer: what is installed on it, and every command that was called."""

    def __init__(self, bootstrap, manager, *, root=True, sudo=False, broken=False):
        self.bootstrap = bootstrap
        self.installed: set[str] = set()
        self.calls: list[str] = []
        self.broken = broken
        chosen = next(m for m in bootstrap.PACKAGE_MANAGERS if m.program == manager)
        self.system = bootstrap.System(chosen, root, sudo, self.call)

    def need(self, what, package):
        return self.bootstrap.Need(what, package, package, package, self.installed.__contains__)

    def call(self, command):
        self.calls.append(" ".join(command))
        if self.broken:
            raise subprocess.CalledProcessError(100, command)
        if "install" in command or "-Sy" in command:
            self.installed.update(word.removeprefix("package-of-") for word in command)


@pytest.mark.parametrize(("soname", "package"), SONAMES_AND_DEBIAN.items())
def test_debian_gets_the_package_that_brings_the_library(bootstrap, soname, package):
    (need,) = [each for each in bootstrap.TO_RUN if each.what == soname]
    apt = bootstrap.PACKAGE_MANAGERS[0]
    assert bootstrap.packages_for([need], apt) == [package]


@pytest.mark.parametrize("manager", ["apt-get", "dnf", "pacman"])
def test_every_library_has_a_package_with_every_package_manager(bootstrap, manager):
    (chosen,) = [each for each in bootstrap.PACKAGE_MANAGERS if each.program == manager]
    libraries = [need for need in bootstrap.TO_RUN if need.present is bootstrap.loads]
    assert all(need.package(chosen) for need in libraries)


def test_a_package_that_brings_several_libraries_is_asked_for_once(bootstrap):
    arch = bootstrap.PACKAGE_MANAGERS[2]
    assert bootstrap.packages_for(bootstrap.TO_RUN, arch).count("libxcb") == 1


def test_a_library_that_is_there_is_found_and_one_that_is_not_is_missing(bootstrap):
    if not sys.platform.startswith("linux"):
        pytest.skip("sonames are Linux's")
    libc = bootstrap.Need("libc.so.6", "libc6", "glibc", "glibc")
    nothing = bootstrap.Need("libnothing-of-the-kind.so.1", "x", "x", "x")
    assert bootstrap.missing([libc, nothing]) == [nothing]


def test_nothing_is_installed_when_nothing_is_missing(bootstrap, monkeypatch):
    computer = Computer(bootstrap, "apt-get")
    computer.installed.add("libA.so")
    monkeypatch.setattr(bootstrap, "TO_RUN", (computer.need("libA.so", "a"),))
    monkeypatch.setattr(bootstrap, "TO_TEST", (computer.need("libA.so", "a"),))
    bootstrap.set_up_system(computer.system, for_tests=True)
    assert computer.calls == []


def test_root_installs_only_what_is_missing(bootstrap, monkeypatch):
    computer = Computer(bootstrap, "apt-get")
    computer.installed.add("libA.so")
    needs = (
        computer.need("libA.so", "package-of-libA.so"),
        computer.need("libB.so", "package-of-libB.so"),
    )
    monkeypatch.setattr(bootstrap, "TO_RUN", needs)
    bootstrap.set_up_system(computer.system, for_tests=False)
    assert computer.calls == [
        "apt-get update -qq",
        "apt-get install -y -qq --no-install-recommends package-of-libB.so",
    ]


def test_a_person_with_sudo_is_asked_by_sudo(bootstrap):
    computer = Computer(bootstrap, "dnf", root=False, sudo=True)
    computer.system.install([computer.need("libA.so", "package-of-libA.so")])
    assert computer.calls == ["sudo dnf install -y -q package-of-libA.so"]


@pytest.mark.parametrize(
    ("manager", "line"),
    [
        ("apt-get", "su -c 'apt-get install package-a package-b'"),
        ("dnf", "su -c 'dnf install package-a package-b'"),
        ("pacman", "su -c 'pacman -Sy package-a package-b'"),
    ],
)
def test_without_root_and_sudo_one_line_to_type_is_shown(bootstrap, manager, line):
    computer = Computer(bootstrap, manager, root=False, sudo=False)
    needs = [computer.need("libB.so", "package-b"), computer.need("libA.so", "package-a")]
    with pytest.raises(bootstrap.SetupError) as error:
        computer.system.install(needs)
    assert str(error.value).splitlines()[-1].strip() == line
    assert computer.calls == []


def test_a_person_who_has_sudo_is_shown_a_line_with_sudo(bootstrap):
    computer = Computer(bootstrap, "apt-get", root=False, sudo=True, broken=True)
    with pytest.raises(bootstrap.SetupError, match=r"sudo apt-get install package-a$"):
        computer.system.install([computer.need("libA.so", "package-a")])


def test_an_installation_that_fails_shows_the_line_to_type(bootstrap):
    computer = Computer(bootstrap, "pacman", broken=True)
    with pytest.raises(bootstrap.SetupError, match=r"installing failed.*\n  pacman -Sy package-a"):
        computer.system.install([computer.need("libA.so", "package-a")])


def test_a_package_that_does_not_bring_the_library_is_noticed(bootstrap):
    computer = Computer(bootstrap, "apt-get")
    with pytest.raises(bootstrap.SetupError, match=r"still missing .* libA\.so"):
        computer.system.install([computer.need("libA.so", "something-else")])


def test_a_system_without_a_known_package_manager_names_what_is_missing(bootstrap):
    system = bootstrap.System(None, True, False, pytest.fail)
    with pytest.raises(bootstrap.SetupError, match=r"libA\.so, libB\.so"):
        system.install([bootstrap.Need(what, None, None, None) for what in ("libA.so", "libB.so")])


def test_tests_go_on_without_what_only_they_need(bootstrap, monkeypatch, capsys):
    computer = Computer(bootstrap, "apt-get", root=False)
    monkeypatch.setattr(bootstrap, "TO_RUN", ())
    monkeypatch.setattr(bootstrap, "TO_TEST", (computer.need("Xvfb", "xvfb"),))
    bootstrap.set_up_system(computer.system, for_tests=True)
    assert "some tests will be skipped" in capsys.readouterr().err
    assert computer.calls == []


def test_what_only_tests_need_is_not_installed_for_a_start(bootstrap, monkeypatch):
    computer = Computer(bootstrap, "apt-get")
    monkeypatch.setattr(bootstrap, "TO_RUN", ())
    monkeypatch.setattr(bootstrap, "TO_TEST", (computer.need("Xvfb", "xvfb"),))
    bootstrap.set_up_system(computer.system, for_tests=False)
    assert computer.calls == []


def test_progress_goes_to_standard_error_and_leaves_standard_output_to_the_app(bootstrap, capfd):
    bootstrap.say("installing")
    bootstrap.call([sys.executable, "-c", "print('from a command')"])
    shown = capfd.readouterr()
    assert shown.out == ""
    assert "installing" in shown.err
    assert "from a command" in shown.err


def test_the_libraries_of_qt_and_the_others_are_all_found_here():
    if not sys.platform.startswith("linux"):
        pytest.skip("ldd is Linux's")
    import PySide6

    qt = SimpleNamespace(folder=PySide6.__path__[0] + "/Qt")
    files = [
        *(f"{qt.folder}/lib/libQt6{name}.so.6" for name in ("Widgets", "Network", "DBus", "Svg")),
        f"{qt.folder}/plugins/platforms/libqxcb.so",
        f"{qt.folder}/plugins/platforms/libqoffscreen.so",
        f"{qt.folder}/plugins/platforms/libqwayland.so",
        f"{qt.folder}/plugins/xcbglintegrations/libqxcb-glx-integration.so",
    ]
    linked = subprocess.run(["ldd", *files], capture_output=True, text=True, check=True).stdout
    assert [line.strip() for line in linked.splitlines() if "not found" in line] == []


def test_a_service_that_a_package_would_start_is_masked_first(bootstrap):
    computer = Computer(bootstrap, "apt-get")
    need = bootstrap.Need(
        "turnserver", "coturn", None, None, computer.installed.__contains__, "coturn.service"
    )
    computer.installed.add("turnserver")
    for has_systemd in (False, True):
        computer.calls.clear()
        system = dataclasses.replace(computer.system, has_systemd=has_systemd)
        system.install([need])
        masks = [call for call in computer.calls if "mask" in call]
        assert masks == ["systemctl mask --quiet coturn.service"] * has_systemd
        assert computer.calls[-1].endswith("coturn")
