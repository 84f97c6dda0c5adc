"""Set up whatever is missing on this computer, then start Conclave or its tests."""

from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import time
import venv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
RUNTIME_LOCK = ROOT / "packaging" / "requirements.lock"
TEST_LOCK = ROOT / "packaging" / "requirements-test.lock"  # holds the runtime lock too
FUZZ_LOCK = ROOT / "packaging" / "requirements-fuzz.lock"  # comes on top of the tests'
OLDEST_PYTHON = (3, 11)
START_APP = ("-I", "-m", "app")  # of what PYTHONPATH or this folder hold, nothing is taken
RUN_TESTS = ("-m", "pytest", "-n", "auto")  # on every core there is
RUN_FUZZER = ("tests/fuzz/lane.py",)
TRY_PACKAGES = ("tests/packages/lane.py",)
CANNOT_TRY = 77  # exit code of package-test where packages cannot be tried, as automake has it
LANES = {"test": RUN_TESTS, "fuzz": RUN_FUZZER, "package-test": TRY_PACKAGES}


class SetupError(Exception):
    """Something this program cannot mend alone; the text says what a person can do."""


# What the system must have ---------------------------------------------------------------------


def loads(soname: str) -> bool:
    """Whether the dynamic linker finds a library."""
    try:
        ctypes.CDLL(soname)
    except OSError:
        return False
    return True


def runs(program: str) -> bool:
    """Whether a program is on the search path; some live where only root looks."""
    places = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
    return shutil.which(program, path=places) is not None


def imports(module: str) -> bool:
    """Whether this Python has a module of its standard library; Debian splits some off."""
    importlib.invalidate_caches()
    return importlib.util.find_spec(module) is not None


def plugs_into_alsa(plugin: str) -> bool:
    """Whether ALSA finds a plugin."""
    folders = (Path("/usr/lib"), Path("/usr/lib64"), *Path("/usr/lib").glob("*-linux-*"))
    return any((folder / "alsa-lib" / plugin).exists() for folder in folders)


@dataclass(frozen=True)
class Need:
    """Something the system must have, and the package that brings it; None: not needed there."""

    what: str
    apt: str | None
    dnf: str | None
    pacman: str | None
    present: Callable[[str], bool] = loads
    service: str = ""  # of the system, that the package would start; tests start their own

    def package(self, manager: PackageManager) -> str | None:
        """Return what this package manager calls it."""
        return {"apt-get": self.apt, "dnf": self.dnf, "pacman": self.pacman}[manager.program]


@dataclass(frozen=True)
class PackageManager:
    """How a distribution installs packages."""

    program: str
    typed: str  # how a person would write it
    install: tuple[str, ...]
    refresh: tuple[str, ...] = ()


PACKAGE_MANAGERS = (
    PackageManager(
        "apt-get",
        "apt-get install",
        ("apt-get", "install", "-y", "-qq", "--no-install-recommends"),
        refresh=("apt-get", "update", "-qq"),
    ),
    PackageManager("dnf", "dnf install", ("dnf", "install", "-y", "-q")),
    PackageManager("pacman", "pacman -Sy", ("pacman", "-Sy", "--noconfirm", "--needed")),
)

# Only for Linux: the wheels for macOS and Windows bring their libraries along.
TO_RUN = (
    Need("ensurepip", f"python3.{sys.version_info.minor}-venv", None, None, imports),
    Need("libstdc++.so.6", "libstdc++6", "libstdc++", "gcc-libs"),
    Need("libportaudio.so.2", "libportaudio2", "portaudio", "portaudio"),
    Need("libEGL.so.1", "libegl1", "libglvnd-egl", "libglvnd"),
    Need("libGL.so.1", "libgl1", "libglvnd-glx", "libglvnd"),
    Need("libX11-xcb.so.1", "libx11-xcb1", "libX11-xcb", "libx11"),
    Need("libdbus-1.so.3", "libdbus-1-3", "dbus-libs", "dbus"),
    Need("libfontconfig.so.1", "libfontconfig1", "fontconfig", "fontconfig"),
    Need("libfreetype.so.6", "libfreetype6", "freetype", "freetype2"),
    Need("libglib-2.0.so.0", "libglib2.0-0", "glib2", "glib2"),
    Need("libgssapi_krb5.so.2", "libgssapi-krb5-2", "krb5-libs", "krb5"),
    Need("libbrotlidec.so.1", "libbrotli1", "libbrotli", "brotli"),
    Need("libxkbcommon.so.0", "libxkbcommon0", "libxkbcommon", "libxkbcommon"),
    Need("libxkbcommon-x11.so.0", "libxkbcommon-x11-0", "libxkbcommon-x11", "libxkbcommon-x11"),
    Need("libxcb-cursor.so.0", "libxcb-cursor0", "xcb-util-cursor", "xcb-util-cursor"),
    Need("libxcb-glx.so.0", "libxcb-glx0", "libxcb", "libxcb"),
    Need("libxcb-icccm.so.4", "libxcb-icccm4", "xcb-util-wm", "xcb-util-wm"),
    Need("libxcb-image.so.0", "libxcb-image0", "xcb-util-image", "xcb-util-image"),
    Need("libxcb-keysyms.so.1", "libxcb-keysyms1", "xcb-util-keysyms", "xcb-util-keysyms"),
    Need("libxcb-randr.so.0", "libxcb-randr0", "libxcb", "libxcb"),
    Need(
        "libxcb-render-util.so.0",
        "libxcb-render-util0",
        "xcb-util-renderutil",
        "xcb-util-renderutil",
    ),
    Need("libxcb-shape.so.0", "libxcb-shape0", "libxcb", "libxcb"),
    Need("libxcb-sync.so.1", "libxcb-sync1", "libxcb", "libxcb"),
    Need("libxcb-xfixes.so.0", "libxcb-xfixes0", "libxcb", "libxcb"),
    Need("libwayland-client.so.0", "libwayland-client0", "libwayland-client", "wayland"),
    Need("libwayland-cursor.so.0", "libwayland-cursor0", "libwayland-cursor", "wayland"),
    Need("libwayland-egl.so.1", "libwayland-egl1", "libwayland-egl", "wayland"),
)
# Fedora and Arch speak PulseAudio through PipeWire, which a second server would push out.
TO_TEST = (
    Need("Xvfb", "xvfb", "xorg-x11-server-Xvfb", "xorg-server-xvfb", runs),
    Need("openbox", "openbox", "openbox", "openbox", runs),
    Need("xdotool", "xdotool", "xdotool", "xdotool", runs),
    Need("appstreamcli", "appstream", "appstream", "appstream", runs),
    Need("desktop-file-validate", *("desktop-file-utils",) * 3, runs),
    Need("flatpak-builder", *("flatpak-builder",) * 3, runs),
    Need("ip", "iproute2", "iproute", "iproute2", runs),
    Need("nft", "nftables", "nftables", "nftables", runs),
    Need("miniupnpd", "miniupnpd-nftables", None, None, runs),
    Need("turnserver", "coturn", "coturn", None, runs, "coturn.service"),
    Need("gio", "libglib2.0-bin", "glib2", "glib2", runs),  # what a desktop opens links with
    Need("pulseaudio", "pulseaudio", None, None, runs),
    Need("pactl", "pulseaudio-utils", "pulseaudio-utils", "libpulse", runs),
    Need(
        "libasound_module_pcm_pulse.so",
        "libasound2-plugins",
        "alsa-plugins-pulseaudio",
        "alsa-plugins",
        plugs_into_alsa,
    ),
)
TO_PACKAGE = (  # and to try packages: besides what tests need
    Need("debootstrap", "debootstrap", "debootstrap", "debootstrap", runs),
    Need("objcopy", "binutils", "binutils", "binutils", runs),
    Need("xz", "xz-utils", "xz", "xz", runs),
    Need("makensis", "nsis", "mingw32-nsis", None, runs),
    Need("wine", "wine", "wine", "wine", runs),
    Need("x86_64-w64-mingw32-gcc", "gcc-mingw-w64-x86-64", "mingw64-gcc", "mingw-w64-gcc", runs),
)


def missing(needs: Iterable[Need]) -> list[Need]:
    """Return the needs that this system does not meet."""
    return [need for need in needs if not need.present(need.what)]


def packages_for(needs: Iterable[Need], manager: PackageManager) -> list[str]:
    """Return the packages that meet the needs, each once, in order of the alphabet."""
    return sorted({package for need in needs if (package := need.package(manager))})


@dataclass(frozen=True)
class System:
    """The parts of this computer that setting up touches."""

    manager: PackageManager | None
    is_root: bool
    has_sudo: bool
    call: Callable[[Sequence[str]], None]
    has_systemd: bool = False

    def line_to_type(self, packages: Sequence[str]) -> str:
        """Return the one line with which a person installs packages."""
        assert self.manager is not None
        line = " ".join([self.manager.typed, *packages])
        if self.is_root:
            return line
        return f"sudo {line}" if self.has_sudo else f"su -c '{line}'"

    def install(self, needs: Sequence[Need]) -> None:
        """Install what meets the needs, or raise SetupError with what to do instead."""
        if self.manager is None:
            names = ", ".join(need.what for need in needs)
            raise SetupError(f"these are missing, and no apt, dnf or pacman to ask: {names}")
        packages = packages_for(needs, self.manager)
        if not packages:
            names = ", ".join(need.what for need in needs)
            raise SetupError(f"{self.manager.program} has no package that brings {names}")
        advice = f"type this, then start again:\n  {self.line_to_type(packages)}"
        if not self.is_root and not self.has_sudo:
            raise SetupError(f"packages are missing and only root may install them; {advice}")
        prefix = () if self.is_root else ("sudo",)
        say(f"installing {' '.join(packages)}")
        try:
            if self.manager.refresh:
                self.call([*prefix, *self.manager.refresh])
            if self.has_systemd:
                for service in sorted({need.service for need in needs if need.service}):
                    self.call([*prefix, "systemctl", "mask", "--quiet", service])
            self.call([*prefix, *self.manager.install, *packages])
        except subprocess.CalledProcessError as failure:
            raise SetupError(f"installing failed; {advice}") from failure
        if lacking := missing(needs):
            names = ", ".join(need.what for need in lacking)
            raise SetupError(f"still missing after the installation: {names}")


def this_system() -> System:
    """Look at the computer this runs on."""
    found = (manager for manager in PACKAGE_MANAGERS if runs(manager.program))
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    has_systemd = Path("/run/systemd/system").is_dir()
    return System(next(found, None), is_root, runs("sudo"), call, has_systemd)


def set_up_system(system: System, for_tests: bool) -> None:
    """Install what is missing; the tests go on without what only some of them need."""
    if lacking := missing(TO_RUN):
        system.install(lacking)
    if for_tests and (lacking := missing(TO_TEST)):
        try:
            system.install(lacking)
        except SetupError as error:
            say(f"some tests will be skipped: {error}")


# The Python environment ------------------------------------------------------------------------


def python_of(environment: Path) -> Path:
    """Return where an environment keeps its interpreter."""
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def fingerprint(lock: Path) -> str:
    """Return what changes when an installation from this lock would differ."""
    parts = (lock.read_bytes(), sys.version.encode(), str(ROOT).encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


@dataclass(frozen=True)
class Stamp:
    """What an environment was last filled with, so that a second start need not look."""

    path: Path

    def has(self, lock: Path) -> bool:
        """Whether the environment holds what this lock says."""
        try:
            return fingerprint(lock) in self.path.read_text().split()
        except FileNotFoundError:
            return False

    def write(self, locks: Iterable[Path]) -> None:
        """Remember that the environment holds what these locks say, and nothing else."""
        self.path.write_text("\n".join(fingerprint(lock) for lock in locks) + "\n")

    def clear(self) -> None:
        """Forget: the environment is about to change."""
        self.path.unlink(missing_ok=True)


def install_command(python: Path, lock: Path, uv: str | None) -> list[str]:
    """Return the command that installs a lock: wheels only, every one checked by its hash."""
    if uv:
        installer = [uv, "pip", "install", "--python", str(python)]
    else:
        installer = [str(python), "-m", "pip", "install", "--disable-pip-version-check"]
    return [*installer, "--require-hashes", "--only-binary", ":all:", "-r", str(lock)]


def has_pip(python: Path) -> bool:
    """Whether an environment can install into itself."""
    if not python.exists():
        return False
    asked = subprocess.run([python, "-m", "pip", "--version"], check=False, capture_output=True)
    return asked.returncode == 0


def set_up_python(for_tests: bool) -> Path:
    """Make the environment hold what the lock says; return its interpreter."""
    python = python_of(ENVIRONMENT)
    lock = TEST_LOCK if for_tests else RUNTIME_LOCK
    stamp = Stamp(ENVIRONMENT / ".conclave")
    if stamp.has(lock) and python.exists():
        return python
    stamp.clear()
    uv = shutil.which("uv")
    try:
        if not (python.exists() if uv else has_pip(python)):
            say("making .venv")
            clear = Path(sys.prefix).resolve() != ENVIRONMENT  # nobody saws off their own branch
            venv.create(ENVIRONMENT, with_pip=uv is None, clear=clear, symlinks=os.name != "nt")
        say(f"installing what {lock.relative_to(ROOT)} lists; a first time fetches some 200 MB")
        install(python, lock, uv)
    except subprocess.CalledProcessError as failure:
        raise SetupError(
            "the Python packages could not be installed, the lines above say why; "
            "is there room on the disk and a way to pypi.org?"
        ) from failure
    except OSError as failure:
        raise SetupError(f"the folder .venv could not be made: {failure}") from failure
    make_importable(ENVIRONMENT)
    stamp.write([RUNTIME_LOCK, TEST_LOCK] if for_tests else [RUNTIME_LOCK])
    return python


def add_fuzzer(python: Path) -> None:
    """Make the environment hold what the fuzzer needs besides."""
    stamp = Stamp(ENVIRONMENT / ".conclave-fuzz")
    if stamp.has(FUZZ_LOCK):
        return
    try:
        say(f"installing what {FUZZ_LOCK.relative_to(ROOT)} lists; it fetches some 35 MB")
        install(python, FUZZ_LOCK, shutil.which("uv"))
    except subprocess.CalledProcessError as failure:
        raise SetupError(
            "the fuzzer could not be installed; there are wheels of it for Linux on x86-64 only"
        ) from failure
    stamp.write([FUZZ_LOCK])


def install(python: Path, lock: Path, uv: str | None) -> None:
    """Install a lock; raises CalledProcessError."""
    command = install_command(python, lock, uv)
    if uv:
        call(command)
    else:
        call_pip(command)


def make_importable(environment: Path) -> None:
    """Let `python -m app` work from any folder: relative file names stay the caller's."""
    base = {"base": str(environment), "platbase": str(environment)}
    packages = Path(sysconfig.get_path("purelib", scheme="venv", vars=base))
    (packages / "conclave.pth").write_text(f"{ROOT}\n", encoding="utf-8")


# From here to the app --------------------------------------------------------------------------


def say(text: str) -> None:
    """Tell a person; on standard error, because standard output belongs to the app."""
    print(f"Conclave: {text}", file=sys.stderr, flush=True)


def call(command: Sequence[str]) -> None:
    """Run a command whose output is progress; raise CalledProcessError when it fails."""
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(command, check=True, stdout=sys.stderr, env=quiet)


def call_pip(command: Sequence[str]) -> None:
    """Run pip and show one short line for each download; its errors pass unchanged."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, errors="replace") as pip:
        assert pip.stdout is not None
        for line in pip.stdout:
            if progress := pip_progress(line):
                say(progress)
    if pip.returncode:
        raise subprocess.CalledProcessError(pip.returncode, command)


def pip_progress(line: str) -> str | None:
    """Return what a person wants to know of one line of pip's output."""
    words = line.split()
    match words[:1]:
        case ["Downloading"] if len(words) > 2:
            name, version, *_ = words[1].rsplit("/", 1)[-1].split("-")
            return f"  {name} {version} {' '.join(words[2:])}"
        case ["Installing"]:
            return f"  unpacking {len(words) - 3} packages"
    return None


def has_display() -> bool:
    """Whether a window can be opened here."""
    if not sys.platform.startswith("linux"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def app_arguments(arguments: Sequence[str], display: bool) -> list[str]:
    """Return what the app is started with; without a window it shows itself in the terminal."""
    if arguments or display:
        return list(arguments)
    say("there is no display here, so no window. Conclave holds a call with its test guest instead")
    return ["try", "--headless"]


def become(command: list[str]) -> int:
    """Turn into another program where the system can; else wait for it and return its exit code."""
    if os.name != "nt":
        os.execv(command[0], command)
    with subprocess.Popen(command) as program:
        while True:
            try:
                return program.wait()
            except KeyboardInterrupt:
                continue  # the program got it too, and ends in its own way


def main(arguments: Sequence[str]) -> int:
    """Set up, then run; the exit code is the one of the app, the tests or the fuzzer."""
    if sys.version_info < OLDEST_PYTHON:
        say(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}")
        return 1
    lane = arguments[0] if arguments and arguments[0] in LANES else ""
    started = time.monotonic()
    try:
        if sys.platform.startswith("linux"):
            set_up_system(this_system(), for_tests=bool(lane))
        python = set_up_python(for_tests=bool(lane))
        if lane == "fuzz":
            add_fuzzer(python)
    except SetupError as error:
        say(str(error))
        return 1
    if lane == "package-test" and (lacking := missing(TO_PACKAGE)):
        try:
            this_system().install(lacking)
        except SetupError as error:
            say(f"packages cannot be tried here: {error}")
            return CANNOT_TRY
    if (took := time.monotonic() - started) > 1:
        say(f"ready after {took:.0f} s")
    if lane:
        os.chdir(ROOT)
        return become([str(python), *LANES[lane], *arguments[1:]])
    return become([str(python), *START_APP, *app_arguments(arguments, has_display())])


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
