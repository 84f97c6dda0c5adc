"""Updates from a neighbour: found by mDNS, believed for its signatures only, served to few."""

import os
import shutil
import socket
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fakes.own_release import own_source
from fakes.releases import NOW, Publisher, package_of

from app.net.addresses import Address
from app.net.gate import Gate
from app.updates import nearby, sources
from app.updates.errors import UpdateError
from app.updates.installation import Installation
from app.updates.nearby import Mirror, look_nearby
from app.updates.sources import FolderSource, WebSource
from app.updates.updater import Updater
from bench.netlab import NetLab

DEB = package_of("conclave_0.2.0.deb", b"a package", kind="deb")
HERE = Gate(lan_only=True)


def updater(profile: Path, publisher: Publisher) -> Updater:
    here = Installation("deb", "linux", "x86_64")
    return Updater(profile, lambda: publisher.anchor, here, "0.1.0", lambda: NOW)


@pytest.fixture
def mirrored(tmp_path: Path) -> Iterator[Callable[..., Address]]:
    """Serve an index as a mirror does, whether it is worth anything or not."""
    mirrors: list[Mirror] = []
    (tmp_path / DEB.name).write_bytes(b"a package")
    (tmp_path / "secret.txt").write_bytes(b"nobody's business")

    def begin(index: bytes, gate: Gate = HERE) -> Address:
        release = Publisher().release(packages=[DEB])
        mirror = Mirror(tmp_path, release, index, gate)
        threading.Thread(target=mirror.serve_forever, daemon=True).start()
        mirrors.append(mirror)
        return Address("127.0.0.1", mirror.server_port)

    yield begin
    for mirror in mirrors:
        mirror.shutdown()
        mirror.server_close()


def test_the_newest_that_is_signed_counts_whatever_others_say(
    mirrored: Callable[..., Address], tmp_path: Path
) -> None:
    publisher = Publisher()
    mirrors = (
        mirrored(b"{}"),
        mirrored(publisher.index(9, packages=[DEB], release_by=())),
        mirrored(publisher.index(2, packages=[DEB])),
        mirrored(publisher.index(3, conclave="0.3.0", packages=[DEB])),
        Address("127.0.0.1", 9),
    )
    one = updater(tmp_path / "profile", publisher)
    found, source = look_nearby(one, mirrors, HERE)
    assert found.version == "0.3.0"
    path = one.take(found, source, tmp_path / "profile")
    assert path is not None
    assert path.read_bytes() == b"a package"


def test_where_nobody_tells_the_truth_nothing_is_believed(
    mirrored: Callable[..., Address], tmp_path: Path
) -> None:
    publisher = Publisher()
    with pytest.raises(UpdateError) as error:
        look_nearby(updater(tmp_path, publisher), (mirrored(publisher.index(release_by=())),), HERE)
    assert error.value.code == "forged"
    with pytest.raises(UpdateError) as error:
        look_nearby(updater(tmp_path, publisher), (), HERE)
    assert error.value.code == "unreachable"


@pytest.mark.parametrize("name", ["secret.txt", "../secret.txt", "", "update.json/", "x.deb"])
def test_a_mirror_gives_out_the_release_and_nothing_else(
    mirrored: Callable[..., Address], name: str
) -> None:
    web = WebSource("http", mirrored(b"{}"), "")
    assert b"".join(web.package(DEB.name, DEB.length)) == b"a package"
    with pytest.raises(UpdateError):
        list(web.package(name, 1000))


def test_a_mirror_opens_to_neighbours_only_and_to_few_at_a_time(
    mirrored: Callable[..., Address],
) -> None:
    class Nobody(Gate):
        def __contains__(self, host: object) -> bool:
            return False

    stranger = WebSource("http", mirrored(b"{}", Nobody(lan_only=True)), "")
    with pytest.raises(UpdateError):
        stranger.index()
    address = mirrored(b"{}")
    idle = [socket.create_connection(address) for _visitor in range(nearby.MOST_VISITORS)]
    with pytest.raises(UpdateError):
        WebSource("http", address, "").index()
    for each in idle:
        each.close()
    deadline = time.monotonic() + 30
    while True:
        try:
            assert WebSource("http", address, "").index() == b"{}"
            break
        except UpdateError:
            assert time.monotonic() < deadline


def test_what_would_be_refused_here_is_not_shared(tmp_path: Path) -> None:
    publisher = Publisher()
    (tmp_path / sources.INDEX).write_bytes(publisher.index(release_by=()))
    one = updater(tmp_path / "profile", publisher)
    with pytest.raises(UpdateError):
        nearby.share(one, FolderSource(tmp_path), HERE, lambda _port: pytest.fail("it is shared"))


@pytest.mark.netlab
@pytest.mark.skipif(sys.platform != "linux", reason="a folder installation")
def test_conclave_updates_itself_from_a_neighbour(
    lan: Callable[..., NetLab], tmp_path: Path
) -> None:
    lab = lan(2)
    publisher = Publisher(now=datetime.now(UTC).replace(microsecond=0))
    first = own_source(tmp_path, "0.1.0", publisher)
    second = own_source(tmp_path, "0.2.0", publisher)
    public, home = tmp_path / "public", tmp_path / "home"
    public.mkdir()
    archive = public / "conclave-0.2.0.tar.gz"
    with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
        tar.add(second, second.name)
    package = package_of(archive.name, archive.read_bytes())
    (public / sources.INDEX).write_bytes(publisher.index(2, packages=[package]))
    (home / "versions").mkdir(parents=True)
    shutil.copytree(first, home / "versions" / "0.1.0")
    (home / "current").symlink_to("versions/0.1.0")
    starter = Path(__file__).resolve().parents[2] / "packaging" / "starter.sh"
    shutil.copy(starter, home / "conclave")

    def conclave(host: str, name: str, *words: object) -> subprocess.Popen[str]:
        profile = ("--profile", str(tmp_path / name))
        process: subprocess.Popen[str] = lab.popen(
            host,
            [str(home / "conclave"), "update", *map(str, words), *profile],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "HOME": str(tmp_path), "LANGUAGE": "en", "LC_ALL": "C.UTF-8"},
        )
        return process

    sharing = conclave("h1", "ada", "--share", public)
    try:
        assert sharing.stdout is not None
        assert "Shared with this network" in sharing.stdout.readline()
        asked = conclave("h2", "ben", "--nearby", "--install")
        out, err = asked.communicate(timeout=90)
        assert (asked.returncode, out) == (2, "Conclave 0.2.0 is there.\n"), err
        sure = conclave("h2", "ben", "--nearby", "--install", "--yes")
        out, err = sure.communicate(timeout=90)
        assert (sure.returncode, "Conclave 0.2.0 is installed." in err) == (0, True), (out, err)
        assert os.readlink(home / "current") == "versions/0.2.0"
    finally:
        sharing.terminate()
        sharing.communicate(timeout=30)
