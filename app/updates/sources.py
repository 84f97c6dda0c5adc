"""Where an index and its packages are read from: a folder, or a numeric address. Never trusted.

A source only carries bytes. What they are worth is told by `metadata` and by the signed hashes.
"""

import contextlib
import http.client
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from app.net.addresses import (
    Address,
    AddressError,
    is_diallable,
    parse_address,
    socket_address,
)
from app.net.gate import OPEN, Gate
from app.updates.errors import UpdateError
from app.updates.metadata import LONGEST

INDEX = "update.json"
PART = 65_536  # bytes read at once
PATIENCE = 10.0  # seconds without any byte
SLOWEST = 20_000  # bytes a second; whoever sends less only keeps us waiting
GRACE = 20.0  # seconds on top of that
LONGEST_ADDRESS = 400  # characters
WEB = re.compile(r"(https?)://([^/?#@\s]+)((?:/[A-Za-z0-9._~%+-]+)*)/?")


class Source(Protocol):
    """Carries what somebody has published; all of it may be false."""

    def index(self) -> bytes:
        """Return the index; raises UpdateError (`unreachable`, `too_large`)."""
        ...

    def package(self, name: str, length: int) -> Iterator[bytes]:
        """Yield a package part by part, never more than `length` bytes and one; as `index`."""
        ...


class FolderSource:
    """A folder with an index and packages: a stick, a share of the organisation."""

    def __init__(self, path: Path) -> None:
        """`path` is the folder or the index in it."""
        self.folder = path.parent if path.name == INDEX else path

    def index(self) -> bytes:
        """Return the index."""
        return b"".join(self._read(INDEX, LONGEST))

    def package(self, name: str, length: int) -> Iterator[bytes]:
        """Yield a package."""
        yield from self._read(name, length)

    def _read(self, name: str, limit: int) -> Iterator[bytes]:
        path = self.folder / name
        try:
            if not path.is_file():  # a pipe would never end
                raise UpdateError("unreachable", f"no {name} there")
            with path.open("rb") as file:
                yield from _bounded(file.read, limit)
        except OSError as error:
            raise UpdateError("unreachable", f"{name}: {error.strerror}") from error


class WebSource:
    """An HTTP(S) address with a number for a name; no redirect is followed, no proxy asked.

    The certificate of an HTTPS address must name that number and be trusted by the system.
    """

    def __init__(self, scheme: str, address: Address, path: str, gate: Gate = OPEN) -> None:
        """`gate` says where packets may go."""
        self.scheme, self.address, self.path = scheme, address, path
        self._gate = gate

    def index(self) -> bytes:
        """Return the index."""
        return b"".join(self._get(INDEX, LONGEST))

    def package(self, name: str, length: int) -> Iterator[bytes]:
        """Yield a package."""
        yield from self._get(name, length)

    def _get(self, name: str, limit: int) -> Iterator[bytes]:
        host, port = self.address
        connection = http.client.HTTPConnection(host.partition("%")[0], port)
        end = _End()
        try:
            connection.sock = sock = self._connected()
            end.begin(sock, GRACE + limit / SLOWEST)
            connection.request(
                "GET", f"{self.path}/{quote(name)}", headers={"Accept-Encoding": "identity"}
            )
            answer = end.answer = connection.getresponse()
            if answer.status != http.HTTPStatus.OK:
                raise UpdateError("unreachable", f"{name}: status {answer.status}")
            yield from _bounded(answer.read1, limit)
            if end.came:
                raise UpdateError("unreachable", f"{name}: too slow")
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise UpdateError("unreachable", f"{name}: {type(error).__name__}") from error
        finally:
            end.cancel()
            connection.close()

    def _connected(self) -> socket.socket:
        """Return a socket to the address; raises OSError, UpdateError where it may not go there."""
        host = self.address.host
        if host not in self._gate or not is_diallable(host, allow_loopback=True):
            raise UpdateError("unreachable", "outside the networks that are allowed")
        family, where = socket_address(self.address)
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            self._gate.guard(sock)
            sock.settimeout(PATIENCE)
            sock.connect(where)
            if self.scheme == "https":
                context = ssl.create_default_context()
                return context.wrap_socket(sock, server_hostname=host.partition("%")[0])
        except BaseException:
            sock.close()
            raise
        return sock


def source_of(text: str, gate: Gate = OPEN) -> Source:
    """Return the source that a path or an address names; raises AddressError.

    An address outside the gate is `unreachable`.
    """
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", text):
        return FolderSource(Path(text))
    return web_source(text, gate)


def web_source(text: str, gate: Gate = OPEN) -> WebSource:
    """Return the source at `http://192.0.2.7/conclave`; raises AddressError."""
    found = WEB.fullmatch(text) if len(text) <= LONGEST_ADDRESS else None
    if found is None:
        raise AddressError("not an address such as http://192.0.2.7/conclave")
    scheme, place, path = found.groups()
    address = parse_address(place, default_port=443 if scheme == "https" else 80)
    return WebSource(scheme, address, path, gate)


def _bounded(read: Callable[[int], bytes], limit: int) -> Iterator[bytes]:
    left = limit + 1
    while part := read(min(PART, left)):
        left -= len(part)
        if left <= 0:
            raise UpdateError("too_large", "more bytes than were to come")
        yield part


class _End:
    """Shuts a connection that takes too long, whatever is being waited for."""

    def __init__(self) -> None:
        self.came = False
        self.answer: http.client.HTTPResponse | None = None  # holds the socket, too
        self._timer: threading.Timer | None = None

    def begin(self, sock: socket.socket, seconds: float) -> None:
        """Count from now on."""
        self._timer = threading.Timer(seconds, self._shut, [sock])
        self._timer.daemon = True
        self._timer.start()

    def cancel(self) -> None:
        """Count no more."""
        if self._timer is not None:
            self._timer.cancel()
        if self.answer is not None:
            self.answer.close()

    def _shut(self, sock: socket.socket) -> None:
        self.came = True
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
