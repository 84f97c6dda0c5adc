"""A folder installation in real processes: a version is swapped, confirmed, or taken back.

Small programs stand for versions where only starting counts; at the end Conclave itself, in its
own source, updates itself from a folder.
"""

import io
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fakes.own_release import own_source
from fakes.releases import Publisher, package_of

from app.updates.errors import UpdateError
from app.updates.folder import FolderInstallation

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="such folders are for Linux")

GOOD = """#!/bin/sh
if [ "${1:-}" = --version ]; then echo conclave VERSION; exit; fi
rm -f "${CONCLAVE_FOLDER:-/nowhere}/trial"
echo "VERSION $*"
"""
MUTE = "#!/bin/sh\nexit 1\n"  # does not even say its version
BREAKS = """#!/bin/sh
if [ "${1:-}" = --version ]; then echo conclave VERSION; exit; fi
echo "VERSION fails" >&2
exit 3
"""
KILLED = BREAKS.replace("exit 3", 'kill -9 "$PPID"')  # as if the computer went out in between


def bundle(path: Path, version: str, program: str = GOOD, name: str = "conclave") -> Path:
    """Pack a version as a release has it."""
    with tarfile.open(path / f"{version}.tar.gz", "w:gz") as tar:
        data = program.replace("VERSION", version).encode()
        info = tarfile.TarInfo(f"conclave-{version}/{name}")
        info.size, info.mode = len(data), 0o755
        tar.addfile(info, io.BytesIO(data))
    return path / f"{version}.tar.gz"


@pytest.fixture
def installation(tmp_path: Path) -> FolderInstallation:
    """Return one with version 0.1.0, as its installer leaves it."""
    home = tmp_path / "home"
    first = home / "versions" / "0.1.0"
    first.mkdir(parents=True)
    (first / "conclave").write_text(GOOD.replace("VERSION", "0.1.0"))
    (first / "conclave").chmod(0o755)
    (home / "current").symlink_to("versions/0.1.0")
    shutil.copy(ROOT / "packaging" / "starter.sh", home / "conclave")
    return FolderInstallation(home)


def start(installation: FolderInstallation, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [installation.home / "conclave", *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def everything(home: Path) -> set[str]:
    return {str(path.relative_to(home)) for path in home.rglob("*")} - {"lock"}


def test_a_new_version_counts_from_the_next_start(
    installation: FolderInstallation, tmp_path: Path
) -> None:
    assert start(installation, "host").stdout == "0.1.0 host\n"
    installation.install(bundle(tmp_path, "0.2.0"), "0.2.0")
    assert (installation.current, installation.previous) == ("0.2.0", "0.1.0")
    assert (installation.home / "trial").exists()
    assert start(installation, "host", "two words").stdout == "0.2.0 host two words\n"
    assert not (installation.home / "trial").exists()
    assert start(installation).stdout == "0.2.0 \n"


def test_a_link_to_the_starter_finds_the_installation(
    installation: FolderInstallation, tmp_path: Path
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "conclave").symlink_to(installation.home / "conclave")
    said = subprocess.run(
        [tmp_path / "bin" / "conclave"], capture_output=True, text=True, timeout=60, check=False
    )
    assert said.stdout == "0.1.0 \n"


def test_a_version_that_breaks_at_its_first_start_is_taken_back_and_the_old_one_started(
    installation: FolderInstallation, tmp_path: Path
) -> None:
    installation.install(bundle(tmp_path, "0.2.0", BREAKS), "0.2.0")
    done = start(installation, "host")
    assert (done.stdout, done.returncode) == ("0.1.0 host\n", 0)
    assert "Conclave 0.2.0 did not start; 0.1.0 is taken back." in done.stderr
    assert (installation.current, installation.taken_back) == ("0.1.0", "0.2.0")
    assert "0.2.0" not in start(installation).stderr
    installation.install(bundle(tmp_path, "0.2.1"), "0.2.1")  # mended
    assert start(installation).stdout == "0.2.1 \n"
    assert (installation.previous, installation.taken_back) == ("0.1.0", "")


def test_a_first_start_that_was_cut_off_is_taken_back_at_the_next_one(
    installation: FolderInstallation, tmp_path: Path
) -> None:
    installation.install(bundle(tmp_path, "0.2.0", KILLED), "0.2.0")
    assert start(installation).returncode < 0  # the starter was killed with it
    assert installation.current == "0.2.0"
    assert start(installation).stdout == "0.1.0 \n"
    assert (installation.current, installation.taken_back) == ("0.1.0", "0.2.0")


def test_a_question_for_the_version_neither_ends_the_trial_nor_fails_it(
    installation: FolderInstallation, tmp_path: Path
) -> None:
    installation.install(bundle(tmp_path, "0.2.0", BREAKS), "0.2.0")
    assert start(installation, "--version").stdout == "conclave 0.2.0\n"
    assert (installation.home / "trial").exists()
    assert start(installation).stdout == "0.1.0 \n"


def test_a_second_start_while_the_first_one_is_on_trial_takes_nothing_back(
    installation: FolderInstallation, tmp_path: Path
) -> None:
    slow = GOOD.replace("rm -f", '[ "${1:-}" = slow ] && read line; rm -f')
    installation.install(bundle(tmp_path, "0.2.0", slow), "0.2.0")
    with subprocess.Popen(
        [installation.home / "conclave", "slow"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as first:
        wait_until(lambda: (installation.home / "trial").read_text() == f"{first.pid}\n")
        assert start(installation).stdout == "0.2.0 \n"
        assert first.communicate(b"go on\n", timeout=60)[0] == b"0.2.0 slow\n"
    assert installation.current == "0.2.0"


@pytest.mark.parametrize(
    "broken",
    [
        lambda path: bundle(path, "0.2.0", MUTE),
        lambda path: bundle(path, "0.2.0", GOOD.replace("conclave VERSION", "conclave 0.1.0")),
        lambda path: bundle(path, "0.2.0", "#!/no/such/shell\n"),
        lambda path: bundle(path, "0.2.0", name="other"),
        lambda path: bundle(path, "0.2.0", name="../../../0.1.0/conclave"),
        lambda path: bundle(path, "0.3.0"),
        lambda path: cut(bundle(path, "0.2.0"), 100),
        lambda path: cut(bundle(path, "0.2.0"), 0),
        lambda path: with_link(path, "/etc/passwd"),
        lambda path: with_link(path, "../../../home/current"),
    ],
    ids=["mute", "other version", "no program", "other name", "way out", "other folder", "cut off",
         "empty", "link to the root", "link out"],
)  # fmt: skip
def test_what_is_no_version_that_starts_changes_nothing(
    installation: FolderInstallation, tmp_path: Path, broken: Callable[[Path], Path]
) -> None:
    before = everything(installation.home)
    with pytest.raises(UpdateError):
        installation.install(broken(tmp_path), "0.2.0")
    assert everything(installation.home) == before
    assert start(installation).stdout == "0.1.0 \n"


def test_going_back_and_forth_by_hand(installation: FolderInstallation, tmp_path: Path) -> None:
    with pytest.raises(UpdateError):
        installation.roll_back()
    installation.install(bundle(tmp_path, "0.2.0"), "0.2.0")
    assert installation.roll_back() == "0.1.0"
    assert start(installation).stdout == "0.1.0 \n"
    assert (installation.previous, installation.taken_back) == ("0.2.0", "0.2.0")
    assert installation.roll_back() == "0.2.0"


def test_only_what_started_once_is_gone_back_to(
    installation: FolderInstallation, tmp_path: Path
) -> None:
    installation.install(bundle(tmp_path, "0.2.0"), "0.2.0")
    installation.install(bundle(tmp_path, "0.3.0", BREAKS), "0.3.0")  # 0.2.0 never started
    assert start(installation).stdout == "0.1.0 \n"


def test_old_versions_and_unfinished_ones_are_removed(
    installation: FolderInstallation, tmp_path: Path
) -> None:
    (installation.home / "versions" / ".new-1234").mkdir()
    (installation.home / ".update-1234").mkdir()
    for version in ("0.2.0", "0.3.0", "0.4.0"):
        installation.install(bundle(tmp_path, version), version)
        assert start(installation).stdout == f"{version} \n"
    versions = {path.name for path in (installation.home / "versions").iterdir()}
    assert versions == {"0.2.0", "0.3.0", "0.4.0"}  # the last three: one goes with the next
    assert not (installation.home / ".update-1234").exists()


def test_two_updates_at_once_do_not_mix(installation: FolderInstallation, tmp_path: Path) -> None:
    archive = bundle(tmp_path, "0.2.0")
    with installation._locked(), pytest.raises(UpdateError, match="under way"):
        FolderInstallation(installation.home).install(archive, "0.2.0")


# Conclave itself --------------------------------------------------------------------------------


def test_conclave_updates_itself_from_a_folder(tmp_path: Path) -> None:
    publisher = Publisher(now=datetime.now(UTC).replace(microsecond=0))
    first = own_source(tmp_path, "0.1.0", publisher)
    second = own_source(tmp_path, "0.2.0", publisher)
    public, home = tmp_path / "public", tmp_path / "home"
    public.mkdir()
    archive = public / "conclave-0.2.0.tar.gz"
    with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
        tar.add(second, second.name)
    package = package_of(archive.name, archive.read_bytes())
    (public / "update.json").write_bytes(publisher.index(2, packages=[package]))
    (home / "versions").mkdir(parents=True)
    first.rename(home / "versions" / "0.1.0")
    (home / "current").symlink_to("versions/0.1.0")
    shutil.copy(ROOT / "packaging" / "starter.sh", home / "conclave")

    def conclave(*words: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [home / "conclave", *map(str, words)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env={**os.environ, "HOME": str(tmp_path), "LANGUAGE": "en", "LC_ALL": "C.UTF-8"},
        )

    update = ("update", public, "--profile", tmp_path / "profile")
    archive.write_bytes(archive.read_bytes() + b"x")  # a mirror that lies
    done = conclave(*update, "--install")
    assert (done.returncode, conclave("--version").stdout) == (11, "conclave 0.1.0\n"), done
    archive.write_bytes(archive.read_bytes()[:-1])
    assert conclave(*update).stdout == "Conclave 0.2.0 is there.\n"
    done = conclave(*update, "--install")
    assert "Conclave 0.2.0 is installed." in done.stderr, done
    assert done.returncode == 0
    assert (home / "trial").exists()  # the old version's end says nothing of the new one
    assert conclave(*update).stdout == "Conclave 0.2.0 is the newest version.\n"
    assert not (home / "trial").exists()
    (public / "update.json").write_bytes(publisher.index(1, packages=[package]))
    assert conclave(*update).returncode == 11  # older than what was seen
    assert "Conclave 0.1.0 is back." in conclave("update", "--roll-back").stdout
    assert conclave("--version").stdout == "conclave 0.1.0\n"


# Helpers ----------------------------------------------------------------------------------------


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = datetime.now(UTC).timestamp() + 30
    while not holds():
        assert datetime.now(UTC).timestamp() < deadline
        os.sched_yield()


def cut(path: Path, length: int) -> Path:
    path.write_bytes(path.read_bytes()[:length])
    return path


def with_link(path: Path, target: str) -> Path:
    archive = path / "link.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        info = tarfile.TarInfo("conclave-0.2.0/conclave")
        info.type, info.linkname = tarfile.SYMTYPE, target
        tar.addfile(info)
    return archive
