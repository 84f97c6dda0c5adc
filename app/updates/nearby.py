"""Updates from a computer in the same network: it carries them, and is not trusted with anything.

Who shares announces it as meetings are announced, under a key that everybody has; who looks asks
only computers in its own subnets, and believes what is signed.
"""

import asyncio
import contextlib
import http.server
import os
import selectors
import shutil
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from app.net.addresses import Address, normalised
from app.net.candidates import Candidate
from app.net.discovery import Discovery
from app.net.gate import Gate
from app.net.room_tags import matches
from app.rules import Rules
from app.updates.errors import UpdateError
from app.updates.metadata import Release
from app.updates.sources import INDEX, FolderSource, Source, WebSource
from app.updates.updater import Found, Updater
from crypto.kdf import labelled_hash
from crypto.sodium import random_bytes

UPDATES_KEY = labelled_hash("updates nearby")
LOOK_S = 4.0  # for announcements to come in
MOST_MIRRORS = 8  # asked at the same time
MOST_VISITORS = 8  # served at the same time
VISIT_S = 30.0  # without a byte

Result = TypeVar("Result")


def local_gate(rules: Rules) -> Gate:
    """Return where packets to and from neighbours may go: nowhere else, whatever is set."""
    return Gate.of(replace(rules, lan_only=True))


# Looking ----------------------------------------------------------------------------------------


class NearbySource:
    """A computer in this network, once it has said what it has."""

    def __init__(self, web: WebSource, index: bytes) -> None:
        self.web, self._index = web, index

    def index(self) -> bytes:
        """Return what it said."""
        return self._index

    def package(self, name: str, length: int) -> Iterator[bytes]:
        """Yield a package."""
        yield from self.web.package(name, length)


def look_nearby(updater: Updater, mirrors: tuple[Address, ...], gate: Gate) -> tuple[Found, Source]:
    """Return the newest that one of them has, and which one; raises UpdateError.

    One that lies or keeps us waiting does not keep the others from being believed.
    """
    webs = [WebSource("http", address, "", gate) for address in mirrors[:MOST_MIRRORS]]
    best: tuple[Found, Source] | None = None
    failed = UpdateError("unreachable", "nobody in this network shares an update")
    with ThreadPoolExecutor(MOST_MIRRORS, "mirror") as threads:
        for web, index in zip(webs, threads.map(_index_of, webs), strict=True):
            if isinstance(index, UpdateError):
                failed = index
                continue
            source = NearbySource(web, index)
            try:
                found = updater.look(source)
            except UpdateError as error:
                failed = error
                continue
            if best is None or found.release.version > best[0].release.version:
                best = found, source
    if best is None:
        raise failed
    return best


def find_mirrors(seconds: float = LOOK_S) -> tuple[Address, ...]:
    """Return who in this network says that it shares updates; waits so long."""
    return _run(_find(seconds))


async def _find(seconds: float) -> tuple[Address, ...]:
    def note(_candidates: tuple[Candidate, ...]) -> None:
        """Look at all of them at the end."""

    discovery = Discovery(note, random=random_bytes, now=time.time)
    await discovery.start()
    try:
        await asyncio.sleep(seconds)
        found = [one for one in discovery.candidates if matches(one, UPDATES_KEY, time.time())]
    finally:
        await discovery.close()
    each = (next((a for a in one.addresses if ":" not in a.host), None) for one in found)
    return tuple(dict.fromkeys(address for address in each if address is not None))


def _index_of(web: WebSource) -> bytes | UpdateError:
    try:
        return web.index()
    except UpdateError as error:
        return error


# Sharing ----------------------------------------------------------------------------------------


class Mirror(http.server.ThreadingHTTPServer):
    """Serves one release over IPv4 to computers in the same subnets: index, packages, no more."""

    daemon_threads = True
    allow_reuse_address = False

    def __init__(self, folder: Path, release: Release, index: bytes, gate: Gate) -> None:
        """Listen on every interface; raises OSError."""
        self.index = index
        self.packages = {package.name: folder / package.name for package in release.packages}
        self._gate = gate
        self._room = threading.BoundedSemaphore(MOST_VISITORS)
        super().__init__(("0.0.0.0", 0), _Visit)
        gate.guard(self.socket)

    def verify_request(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: object
    ) -> bool:
        """Let in who is a neighbour, while there is room."""
        host = normalised(client_address).host if isinstance(client_address, tuple) else ""
        return host in self._gate and self._room.acquire(blocking=False)

    def process_request_thread(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: object
    ) -> None:
        """Serve, and make room again."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: visitors come and go."""


class _Visit(http.server.BaseHTTPRequestHandler):
    """One request; there is no second one."""

    timeout = VISIT_S
    server: Mirror

    def do_GET(self) -> None:
        """Give the index or a package."""
        name = self.path.removeprefix("/")
        if name == INDEX:
            self._begin(len(self.server.index))
            self.wfile.write(self.server.index)
            return
        path = self.server.packages.get(name)
        if path is None or not path.is_file():
            self.send_error(http.HTTPStatus.NOT_FOUND)
            return
        with path.open("rb") as file:
            self._begin(os.fstat(file.fileno()).st_size)
            shutil.copyfileobj(file, self.wfile)

    def _begin(self, length: int) -> None:
        self.send_response_only(http.HTTPStatus.OK)
        self.send_header("Content-Length", str(length))
        self.send_header("Connection", "close")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Keep no list of who was here."""


def share(updater: Updater, folder: FolderSource, gate: Gate, ready: Callable[[int], None]) -> None:
    """Serve a folder to this network until interrupted; raises UpdateError and OSError.

    What would be refused here is not passed on either. `ready(port)` is called once it is there.
    """
    found = updater.look(folder)
    mirror = Mirror(folder.folder, found.release, folder.index(), gate)
    thread = threading.Thread(target=mirror.serve_forever, name="mirror", daemon=True)
    thread.start()
    try:
        ready(mirror.server_port)
        _run(_announce(mirror.server_port))
    finally:
        mirror.shutdown()
        mirror.server_close()


async def _announce(port: int) -> None:
    discovery = Discovery(lambda _candidates: None, random=random_bytes, now=time.time)
    await discovery.start()
    try:
        await discovery.advertise(port, (UPDATES_KEY,))
        await asyncio.Event().wait()
    finally:
        with contextlib.suppress(OSError):
            await discovery.close()


def _run(work: Coroutine[Any, Any, Result]) -> Result:
    with asyncio.Runner(
        loop_factory=lambda: asyncio.SelectorEventLoop(selectors.DefaultSelector())
    ) as runner:
        return runner.run(work)
