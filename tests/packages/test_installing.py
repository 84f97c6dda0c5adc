"""What people install, in a Debian where nothing else is: put in, used, replaced, taken away.

Only where `./run package-test` has built packages: $CONCLAVE_PACKAGES names their folder.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fakes.clean_root import USER, CleanRoot, why_not
from fakes.x_desktop import x_desktop

from bench import netlab

pytestmark = [pytest.mark.packages, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = os.environ.get("CONCLAVE_PACKAGES", "")
PASSPHRASE = {"CONCLAVE_PASSPHRASE": "seven quiet herons over the canal"}
DATA = ".local/share/Conclave"
CALL = ["--headless", "--camera", "test", "--microphone", "test", "--speaker", "none"]
PATIENCE = 60.0  # seconds


@dataclass(frozen=True)
class Kind:
    """One way of installing: what a person types, and what then starts Conclave."""

    ending: str
    install: Callable[[CleanRoot, str], None]
    remove: Callable[[CleanRoot], None]
    program: str
    menu: str  # entry, inside the root


def by_apt(root: CleanRoot, package: str) -> None:
    root.install(f"/{package}")


def by_itself(root: CleanRoot, package: str) -> None:
    root.run(["sh", f"/{package}", "--no-start"], user=True)


def away_by_apt(root: CleanRoot) -> None:
    root.run(["apt-get", "purge", "-y", "-qq", "conclave"])


def away_by_itself(root: CleanRoot) -> None:
    place = f"/home/{USER}/.local/share/conclave-program/uninstall"
    root.run([place, "--uninstall", "--keep"], user=True)


KINDS = {
    "deb": Kind(
        ".deb", by_apt, away_by_apt, "/usr/bin/conclave", "usr/share/applications/conclave.desktop"
    ),
    "run": Kind(
        ".run",
        by_itself,
        away_by_itself,
        f"/home/{USER}/.local/bin/conclave",
        f"home/{USER}/.local/share/applications/conclave.desktop",
    ),
}


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    if not PACKAGES:
        pytest.skip("./run package-test builds and tries packages")
    if reason := why_not() or netlab.why_not():
        pytest.skip(reason)
    return KINDS[request.param]


@pytest.fixture(scope="module")
def root(kind: Kind, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CleanRoot]:
    """A Debian with the libraries of a desktop, the package beside them."""
    with CleanRoot(tmp_path_factory.mktemp("roots") / "root") as made:
        if kind.ending == ".run":  # what a desktop has anyway, and the .deb asks for
            made.install(*libraries(), "xz-utils")
        yield made


def libraries() -> list[str]:
    asked = "import sys; sys.path.insert(0, 'packaging'); import linux_packages, json;"
    asked += "print(json.dumps(linux_packages.depends('apt-get')))"
    done = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, check=True)
    return list(json.loads(done.stdout))


@pytest.fixture(scope="module")
def before(root: CleanRoot) -> set[str]:
    return root.files()


@pytest.fixture(scope="module")
def installed(kind: Kind, root: CleanRoot, before: set[str]) -> CleanRoot:
    (package,) = Path(PACKAGES).glob(f"*{kind.ending}")
    shutil.copyfile(package, root.folder / package.name)
    kind.install(root, package.name)
    (root.folder / package.name).unlink()
    return root


def test_it_says_which_version_it_is(kind: Kind, installed: CleanRoot):
    done = installed.run([kind.program, "--version"], user=True)
    assert done.stdout.split()[0] == "conclave"


def test_it_works_there(kind: Kind, installed: CleanRoot):
    done = installed.run([kind.program, "doctor"], user=True, check=False, environment=PASSPHRASE)
    assert "✗" not in done.stdout, done.stdout


def test_the_menu_has_it_and_links_lead_to_it(kind: Kind, installed: CleanRoot):
    entry = installed.folder / kind.menu
    subprocess.run(["desktop-file-validate", str(entry)], check=True)
    text = entry.read_text()
    assert "MimeType=x-scheme-handler/conclave;" in text
    program = text.split("Exec=")[1].split(" %u")[0].strip('"')
    assert installed.run([program, "--version"], user=True).returncode == 0


def test_a_window_opens(kind: Kind, installed: CleanRoot, tmp_path: Path):
    with x_desktop(str(tmp_path)) as desktop:
        surroundings = PASSPHRASE | {"DISPLAY": desktop["DISPLAY"]}
        words = installed.words([kind.program], user=True, environment=surroundings)
        with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as program:
            try:
                asked = ["xdotool", "search", "--sync", "--onlyvisible", "--name", "Conclave"]
                done = subprocess.run(
                    asked, env=desktop, capture_output=True, timeout=PATIENCE, check=False
                )
                assert done.stdout.strip(), program.poll()
            finally:
                program.terminate()


def test_two_installed_copies_see_and_hear_each_other(kind: Kind, installed: CleanRoot):
    with netlab.NetLab(netlab.one_lan(2)) as lab:
        first = copy(lab, "h1", installed, kind, "host", "--name", "Ada", "--no-lobby")
        assert first.stdout is not None
        link = first.stdout.readline().strip()
        second = copy(lab, "h2", installed, kind, "join", link, "--name", "Ben")
        try:
            for name in ("h1", "h2"):
                wait_for(lambda n=name: hears_and_sees(installed.home / f"{n}.jsonl"), name)
        finally:
            for one in (first, second):
                one.terminate()
                one.communicate()


def copy(
    lab: netlab.NetLab, host: str, root: CleanRoot, kind: Kind, *words: str
) -> subprocess.Popen[str]:
    profile = ["--profile", f"/home/{USER}/{host}", "--stats", f"/home/{USER}/{host}.jsonl"]
    command = [kind.program, *words, *CALL, *profile]
    inside = root.words(command, user=True, environment=PASSPHRASE)
    return lab.popen(host, inside, stdout=subprocess.PIPE, text=True)


def hears_and_sees(stats: Path) -> bool:
    lines = stats.read_text().splitlines() if stats.exists() else []
    peers = [json.loads(line)["peers"] for line in lines[-2:-1]]
    return any(
        peer["state"] == "connected"
        and peer["video"]["frames"] > 20
        and peer["audio"]["packets"] > 50
        for each in peers
        for peer in each.values()
    )


def wait_for(check: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not check():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)


def test_a_newer_one_keeps_the_identity(kind: Kind, installed: CleanRoot):
    vault = installed.home / "h1" / "vault"
    identity = vault.read_bytes()
    (package,) = (Path(PACKAGES) / "newer").glob(f"*{kind.ending}")
    shutil.copyfile(package, installed.folder / package.name)
    kind.install(installed, package.name)
    (installed.folder / package.name).unlink()
    assert vault.read_bytes() == identity
    listing = [kind.program, "contacts", "--profile", f"/home/{USER}/h1"]
    assert installed.run(listing, user=True, environment=PASSPHRASE).returncode == 0


def test_nothing_is_left_but_what_is_the_persons(
    kind: Kind, installed: CleanRoot, before: set[str]
):
    kind.remove(installed)
    left = {name for name in installed.files() - before if "conclave" in name.lower()}
    assert not left
    at_home = {str(path.relative_to(installed.home)) for path in installed.home.rglob("*conclave*")}
    assert not at_home
    assert (installed.home / "h1" / "vault").exists()
