"""TCP segments that fit through every path, even one that swallows larger ones without a word."""

import contextlib
import socket

LARGEST_SEGMENT = 1220  # bytes: what every IPv6 path carries (RFC 8200, section 5: 1280), less 60


def keep_segments_small(sock: socket.socket) -> None:
    """Bound what this TCP socket sends and asks for; before connect() or listen().

    Where routers drop the ICMP messages that say "too big", a handshake of several thousand bytes
    would hang for ever. Systems that let nobody choose keep their own size.
    """
    with contextlib.suppress(OSError, AttributeError):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, LARGEST_SEGMENT)
