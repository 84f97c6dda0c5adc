"""Opens the sockets that wait for others: on every interface, or where the user said."""

import errno
import os
import socket
from collections.abc import Iterable

from app.i18n import _
from app.net.addresses import LISTEN_PORTS, Address, socket_address
from app.net.gate import OPEN, Gate
from app.net.segments import keep_segments_small

BACKLOG = 64  # connections the system holds for us; more are refused by it
EPHEMERAL_TRIES = 8  # a port that is free for IPv4 may be taken for IPv6

_ABSENT = {errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL, errno.EPROTONOSUPPORT}
_BUSY = {errno.EADDRINUSE, errno.EACCES if os.name == "nt" else errno.EADDRINUSE}


class ListenError(OSError):
    """Nobody can be let in here; `code` is busy, not_here or denied, the text is for people."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def open_sockets(
    listen: Address | None = None, ports: Iterable[int] = LISTEN_PORTS, gate: Gate = OPEN
) -> tuple[socket.socket, ...]:
    """Return listening, non-blocking TCP sockets that all have the same port.

    Without an address: IPv4 and IPv6 of every interface, the first free one of `ports`, else any
    free port. With an empty host: every interface and exactly that port (0: any). Otherwise exactly
    that address. All of them are given to the `gate` before they listen. Raises ListenError.
    """
    try:
        if listen is None:
            return _first_free(ports, gate)
        if not listen.host:
            return _everywhere(listen.port, gate)
        return (_listening(*socket_address(listen), gate),)
    except OSError as error:
        raise _explained(error, listen) from error


def _first_free(ports: Iterable[int], gate: Gate) -> tuple[socket.socket, ...]:
    for port in ports:
        try:
            return _everywhere(port, gate)
        except OSError as error:
            if error.errno not in _BUSY:
                raise
    return _everywhere(0, gate)


def _everywhere(port: int, gate: Gate) -> tuple[socket.socket, ...]:
    for attempt in range(EPHEMERAL_TRIES):
        ipv4 = _listening_if_present(socket.AF_INET, ("0.0.0.0", port), gate)
        same = ipv4.getsockname()[1] if ipv4 else port
        try:
            ipv6 = _listening_if_present(socket.AF_INET6, ("::", same, 0, 0), gate)
        except OSError as error:
            if ipv4:
                ipv4.close()
            if port or error.errno not in _BUSY or attempt == EPHEMERAL_TRIES - 1:
                raise
            continue
        found = tuple(sock for sock in (ipv4, ipv6) if sock)
        if found:
            return found
        break
    raise OSError(errno.EADDRNOTAVAIL, "neither IPv4 nor IPv6")


def _listening_if_present(
    family: socket.AddressFamily, address: tuple[str, int] | tuple[str, int, int, int], gate: Gate
) -> socket.socket | None:
    try:
        return _listening(family, address, gate)
    except OSError as error:
        if error.errno in _ABSENT:
            return None
        raise


def _listening(
    family: socket.AddressFamily, address: tuple[str, int] | tuple[str, int, int, int], gate: Gate
) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "nt":  # there, reuse would let another process take the port over
            sock.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_EXCLUSIVEADDRUSE", 0), 1)
        else:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.setblocking(False)
        keep_segments_small(sock)
        gate.guard(sock)
        sock.bind(address)
        sock.listen(BACKLOG)
    except BaseException:
        sock.close()
        raise
    return sock


def _explained(error: OSError, listen: Address | None) -> ListenError:
    where = str(listen.port if listen and not listen.host else listen or "")
    if error.errno in _BUSY:
        return ListenError(
            "busy", _("Port {where} is already in use on this computer.").format(where=where)
        )
    if error.errno in {errno.EADDRNOTAVAIL, errno.ENODEV, errno.ENXIO, errno.EAFNOSUPPORT}:
        return ListenError(
            "not_here", _("{where} is not an address of this computer.").format(where=where)
        )
    if error.errno in {errno.EACCES, errno.EPERM}:
        return ListenError(
            "denied", _("The system does not allow listening on {where}.").format(where=where)
        )
    return ListenError("denied", _("Listening failed: {cause}.").format(cause=error.strerror))
