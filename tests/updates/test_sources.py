"""Where updates come from: a folder or a numeric address, bounded and unable to lie."""

import http.server
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fakes.releases import NOW, PACKAGE, Publisher, package_of

from app.net.addresses import AddressError
from app.net.gate import Gate
from app.rules import FREE, STRICTEST, Networks, Rules
from app.updates import sources
from app.updates.errors import UpdateError
from app.updates.fetching import fetch
from app.updates.installation import Installation
from app.updates.metadata import LONGEST
from app.updates.sources import FolderSource, Source, source_of, web_source
from app.updates.updater import KEPT, Updater

CONTENT = b"not really"
DEB = package_of("conclave_0.2.0.deb", b"a package", kind="deb")
HERE = Installation("deb", "linux", "x86_64")

Answers = dict[str, Callable[[http.server.BaseHTTPRequestHandler], None]]


@pytest.fixture
def served() -> Iterator[Callable[[Answers], str]]:
    """Serve what a path answers on this computer; return the address."""
    servers = []

    def begin(answers: Answers) -> str:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answers.get(self.path, lambda handler: handler.send_error(404))(self)

            def log_message(self, *_arguments: object) -> None:
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/conclave"

    yield begin
    for server in servers:
        server.shutdown()
        server.server_close()


def gives(data: bytes) -> Callable[[http.server.BaseHTTPRequestHandler], None]:
    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    return answer


def never_ends(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(bytes(65_536))
    except OSError:
        pass


def drips(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b" ")
            time.sleep(0.05)
    except OSError:
        pass


def redirects(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.send_response(302)
    handler.send_header("Location", "/other")
    handler.end_headers()


def why(source: Source) -> str:
    with pytest.raises(UpdateError) as error:
        source.index()
    return error.value.code


def updater(profile: Path, publisher: Publisher, version: str = "0.1.0") -> Updater:
    return Updater(profile, lambda: publisher.anchor, HERE, version, lambda: NOW)


def published(folder: Path, index: bytes) -> FolderSource:
    folder.mkdir(exist_ok=True)
    (folder / sources.INDEX).write_bytes(index)
    (folder / DEB.name).write_bytes(b"a package")
    return FolderSource(folder)


# Addresses --------------------------------------------------------------------------------------


def test_an_index_comes_over_http(served: Callable[[Answers], str]) -> None:
    address = served({"/conclave/update.json": gives(b"{}"), "/conclave/a.deb": gives(b"x")})
    source = source_of(address)
    assert source.index() == b"{}"
    assert b"".join(source.package("a.deb", 1)) == b"x"


def test_endless_bytes_end_at_what_was_to_come(served: Callable[[Answers], str]) -> None:
    address = served({"/conclave/update.json": never_ends, "/conclave/a.deb": never_ends})
    source = source_of(address)
    assert why(source) == "too_large"
    parts = source.package("a.deb", 100_000)
    with pytest.raises(UpdateError, match="more bytes"):
        assert max(len(part) for part in parts) <= sources.PART


def test_who_only_keeps_us_waiting_is_left(
    served: Callable[[Answers], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "GRACE", 0.3)
    monkeypatch.setattr(sources, "SLOWEST", 10**9)
    assert why(source_of(served({"/conclave/update.json": drips}))) == "unreachable"


def test_no_redirect_is_followed(served: Callable[[Answers], str]) -> None:
    address = served({"/conclave/update.json": redirects, "/other": gives(b"{}")})
    assert why(source_of(address)) == "unreachable"


def test_what_is_not_there_is_not_reached(served: Callable[[Answers], str]) -> None:
    assert why(source_of(served({}))) == "unreachable"
    assert why(source_of("http://127.0.0.1:9/conclave")) == "unreachable"


@pytest.mark.parametrize(
    "text",
    [
        "http://updates.example/conclave",
        "http://localhost/conclave",
        "ftp://192.0.2.7/conclave",
        "http://192.0.2.7/../etc?x",
        "http://192.0.2.7/a b",
        "http://user@192.0.2.7/",
        "http://192.0.2.7:0/",
        "http://" + "1" * 500,
        "http://",
    ],
)
def test_an_address_is_a_number(text: str) -> None:
    with pytest.raises(AddressError):
        source_of(text)


def test_addresses_say_scheme_host_port_and_path() -> None:
    source = web_source("https://[2001:db8::7]:8443/a/b/")
    assert (source.scheme, source.address, source.path) == (
        "https",
        ("2001:db8::7", 8443),
        "/a/b",
    )
    assert web_source("http://192.0.2.7").address.port == 80
    assert web_source("https://192.0.2.7").address.port == 443


@pytest.mark.parametrize(
    ("rules", "host"),
    [
        (Rules(networks=Networks.of(["10.0.0.0/8"])), "192.0.2.7"),
        (Rules(lan_only=True), "203.0.113.7"),
        (STRICTEST, "192.0.2.7"),
        (FREE, "224.0.0.1"),
        (FREE, "0.0.0.0"),
    ],
)
def test_nothing_is_sent_where_packets_may_not_go(
    rules: Rules, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "socket_address", lambda _: pytest.fail("it was dialled"))
    assert why(source_of(f"http://{host}/", Gate.of(rules, lan_only=False))) == "unreachable"


def test_in_the_local_network_the_system_keeps_every_packet_there(
    served: Callable[[Answers], str],
) -> None:
    address = served({"/conclave/update.json": gives(b"{}")})
    assert source_of(address, Gate(lan_only=True)).index() == b"{}"


# Folders ----------------------------------------------------------------------------------------


def test_a_folder_or_the_index_in_it_is_a_source(tmp_path: Path) -> None:
    (tmp_path / "update.json").write_bytes(b"{}")
    assert source_of(str(tmp_path)).index() == b"{}"
    assert source_of(str(tmp_path / "update.json")).index() == b"{}"


def test_a_folder_without_an_index_or_with_an_endless_one(tmp_path: Path) -> None:
    assert why(source_of(str(tmp_path))) == "unreachable"
    assert why(source_of(str(tmp_path / "no such"))) == "unreachable"
    (tmp_path / "update.json").write_bytes(bytes(LONGEST + 1))
    assert why(source_of(str(tmp_path))) == "too_large"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes have names only on POSIX")
def test_a_pipe_in_the_folder_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "update.json")
    assert why(source_of(str(tmp_path))) == "unreachable"


# Fetching ---------------------------------------------------------------------------------------


def test_a_package_is_fetched_whole_and_checked(tmp_path: Path) -> None:
    source = published(tmp_path / "public", b"")
    shares: list[float] = []
    path = fetch(source, DEB, tmp_path, shares.append)
    assert (path.name, path.read_bytes(), shares[-1]) == (DEB.name, b"a package", 1.0)
    assert fetch(source, DEB, tmp_path, shares.append) == path  # it is there already


@pytest.mark.parametrize("content", [b"", b"a packag", b"a packagE", b"a package and more"])
def test_another_package_is_not_taken(tmp_path: Path, content: bytes) -> None:
    source = published(tmp_path / "public", b"")
    (tmp_path / "public" / DEB.name).write_bytes(content)
    into = tmp_path / "into"
    into.mkdir()
    with pytest.raises(UpdateError) as error:
        fetch(source, DEB, into, lambda _share: None)
    assert error.value.code in ("mixed", "too_large")
    assert list(into.iterdir()) == []


def test_a_file_of_the_same_name_stays_as_it_is(tmp_path: Path) -> None:
    source = published(tmp_path / "public", b"")
    (tmp_path / DEB.name).write_bytes(b"mine")
    path = fetch(source, DEB, tmp_path, lambda _share: None)
    assert path != tmp_path / DEB.name
    assert (tmp_path / DEB.name).read_bytes() == b"mine"


# Looking ----------------------------------------------------------------------------------------


def test_something_newer_is_found_and_handed_to_the_system(tmp_path: Path) -> None:
    publisher = Publisher()
    source = published(tmp_path / "public", publisher.index(packages=[PACKAGE, DEB]))
    one = updater(tmp_path / "profile", publisher)
    found = one.look(source)
    assert (found.version, found.newer, found.package) == ("0.2.0", True, DEB)
    path = one.take(found, source, tmp_path)
    assert path is not None
    assert path.read_bytes() == b"a package"


@pytest.mark.parametrize("version", ["0.2.0", "0.10.0"])
def test_no_version_is_ever_lowered(tmp_path: Path, version: str) -> None:
    publisher = Publisher()
    source = published(tmp_path / "public", publisher.index(packages=[DEB]))
    one = updater(tmp_path / "profile", publisher, version)
    found = one.look(source)
    assert not found.newer
    with pytest.raises(UpdateError):
        one.take(found, source, tmp_path)


def test_what_was_seen_is_remembered_in_the_profile(tmp_path: Path) -> None:
    publisher = Publisher()
    updater(tmp_path, publisher).look(published(tmp_path / "new", publisher.index(5)))
    with pytest.raises(UpdateError) as error:
        updater(tmp_path, publisher).look(published(tmp_path / "old", publisher.index(4)))
    assert error.value.code == "old"
    before = (tmp_path / KEPT).read_bytes()
    with pytest.raises(UpdateError):
        updater(tmp_path, publisher).look(published(tmp_path / "bad", b"{}"))
    assert (tmp_path / KEPT).read_bytes() == before


def test_what_is_kept_is_not_trusted_either(tmp_path: Path) -> None:
    publisher = Publisher()
    (tmp_path / KEPT).write_bytes(b"{")
    source = published(tmp_path / "public", publisher.index(3))
    assert updater(tmp_path, publisher).look(source).newer
    stranger = Publisher(roots=[publisher.roots[0]])
    (tmp_path / KEPT).write_bytes(stranger.index(99, release_by=()))
    assert updater(tmp_path, publisher).look(source).newer


def test_a_release_without_a_package_for_here_is_only_told(tmp_path: Path) -> None:
    publisher = Publisher()
    one = updater(tmp_path, publisher)
    found = one.look(published(tmp_path / "public", publisher.index()))
    assert (found.newer, found.package) == (True, None)
