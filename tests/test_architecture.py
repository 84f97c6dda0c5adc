"""Who may import whom, and where the outside libraries may be touched."""

import ast
import functools
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = ("app", "crypto", "media")

# What the window may know of the rest: what it paints, and what people may wish for.
FOR_THE_WINDOW = (
    "app.__version__",
    "app.file_words",
    "app.findings",
    "app.handed_over",
    "app.help_pages",
    "app.i18n",
    "app.intents",
    "app.links",
    "app.live_words",
    "app.meeting.events",
    "app.meeting.view",
    "app.meeting.wishes",
    "app.names",
    "app.paths",
    "app.path_words",
    "app.person_words",
    "app.quality_words",
    "app.rules",
    "app.screens",
    "app.settings",
    "app.texts",
    "app.tidings",
    "app.ui",
    "media.video.picture",
    "media.slot",
    "media.stats",
    "media.verdict",
)


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@functools.cache
def sources_of(package: str) -> tuple[tuple[str, ast.Module], ...]:
    folder = ROOT.joinpath(*package.split("."))
    assert folder.is_dir(), package
    return tuple(
        (module_of(path), ast.parse(path.read_text(encoding="utf-8"), str(path)))
        for path in sorted(folder.rglob("*.py"))
    )


def sources(*packages: str) -> Iterator[tuple[str, ast.Module]]:
    """Yield module name and syntax tree of every file of these packages."""
    for package in packages:
        yield from sources_of(package)


def imported(module: str, tree: ast.Module) -> Iterator[str]:
    """Yield the full name of everything a module imports, also inside functions."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=source, names=names, level=level):
                assert level == 0, f"{module} imports relatively; say the whole name"
                yield from (f"{source}.{alias.name}" for alias in names)


def is_within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def importers_of(*libraries: str, packages: tuple[str, ...] = OURS) -> set[str]:
    return {
        module
        for module, tree in sources(*packages)
        if any(is_within(name, libraries) for name in imported(module, tree))
    }


def test_the_import_contracts_of_the_project_are_kept():
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("package", ["crypto", "app.meeting"])
def test_what_must_be_right_has_no_clock_no_thread_and_no_socket(package):
    forbidden = ("asyncio", "threading", "socket", "time", "aiortc", "aioice", "zeroconf")
    assert importers_of(*forbidden, packages=(package,)) == set()


@pytest.mark.parametrize("package", ["crypto", "app.meeting"])
def test_what_must_be_right_opens_no_file_and_starts_no_program(package):
    assert importers_of("os", "pathlib", "subprocess", "io", packages=(package,)) == set()


def test_a_meeting_knows_crypto_and_nothing_else_of_ours():
    beyond = {
        f"{module} -> {name}"
        for module, tree in sources("app.meeting")
        for name in imported(module, tree)
        if is_within(name, OURS) and not is_within(name, ("app.meeting", "crypto"))
    }
    assert beyond == set()


def test_crypto_and_media_know_neither_each_other_nor_the_app():
    assert importers_of("media", "app", packages=("crypto",)) == set()
    assert importers_of("crypto", "app", packages=("media",)) == set()


def test_only_one_module_speaks_to_libsodium():
    assert importers_of("nacl") == {"crypto.sodium"}


def test_only_the_window_speaks_to_qt():
    outside = {name for name in importers_of("PySide6", "shiboken6") if name.split(".")[1] != "ui"}
    assert outside == set()


def test_only_the_transport_and_its_parts_speak_to_aiortc():
    parts = {
        *("transport", "outside", "sockets", "link_local", "dtls", "data_channel"),
        "private_names",
    }
    speaking = importers_of("aiortc", "aioice", "pylibsrtp")
    assert speaking <= {f"media.path.{part}" for part in parts}


@pytest.mark.parametrize(
    ("library", "package"),
    [
        ("cv2", "media"),
        ("sounddevice", "media"),
        ("mss", "media"),
        ("jeepney", "media"),
        ("zeroconf", "app.net"),
    ],
)
def test_devices_and_discovery_each_have_their_place(library, package):
    assert {name for name in importers_of(library) if not is_within(name, (package,))} == set()


def test_the_window_knows_what_it_paints_and_nothing_of_how_a_meeting_is_held():
    beyond = {
        f"{module} -> {name}"
        for module, tree in sources("app.ui")
        for name in imported(module, tree)
        if is_within(name, OURS) and not is_within(name, FOR_THE_WINDOW)
    }
    assert beyond == set()


def test_nobody_but_the_start_imports_the_start():
    assert importers_of("app.__main__") == set()


def test_no_module_is_a_drawer_for_everything():
    vague = {"utils", "util", "misc", "helpers", "helper", "common", "manager"}
    assert {name for name, _ in sources(*OURS) if vague & set(name.split("."))} == set()


def test_nothing_that_comes_from_others_is_decompressed():
    """A few bytes can become gigabytes. (Qt and OpenCV read pictures in a process of its own.)

    A version of Conclave is unpacked once its length and hash are those that were signed.
    """
    unpackers = ("bz2", "gzip", "lzma", "shutil.unpack_archive", "tarfile", "zipfile", "zlib")
    assert importers_of(*unpackers, "brotli", "zstandard", "websockets") <= {"app.updates.folder"}
