"""A socket on a link-local IPv6 address: over which interface it speaks is known only here."""

import asyncio
import socket
from typing import Any

import aioice.candidate
import aioice.ice
import aioice.turn

_PREFIXES = ("fe8", "fe9", "fea", "feb")  # fe80::/10, as addresses are spelled


async def open_link_local(
    connection: aioice.ice.Connection, host: str
) -> list[aioice.candidate.Candidate]:
    """Open a socket on `fe80::1%2` and return its candidate, without the zone; or nothing.

    The zone after the `%` is the number of the interface. It is added to whatever is sent to a
    link-local address, and travels nowhere.
    """
    address, _percent, zone = host.partition("%")
    sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, aioice.turn.UDP_SOCKET_BUFFER_SIZE)
        sock.bind((address, 0, 0, int(zone)))
        transport, protocol = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: aioice.ice.StunProtocol(connection), sock=sock
        )
    except (OSError, ValueError):  # the address is gone, or was none
        sock.close()
        return []
    except BaseException:
        sock.close()
        raise
    protocol.transport = _Zoned(transport, int(zone))  # type: ignore[assignment]
    protocol.local_candidate = aioice.candidate.Candidate(
        foundation=aioice.candidate.candidate_foundation("host", "udp", address),
        component=1,
        transport="udp",
        priority=aioice.candidate.candidate_priority(1, "host"),
        host=address,
        port=sock.getsockname()[1],
        type="host",
    )
    connection._protocols.append(protocol)
    return [protocol.local_candidate]


class _Zoned:
    """A datagram transport that knows which interface a link-local address is meant on."""

    def __init__(self, transport: asyncio.DatagramTransport, zone: int) -> None:
        self._transport = transport
        self._zone = zone

    def sendto(self, data: bytes, address: tuple[str, int]) -> None:
        host, port = address
        if host.startswith(_PREFIXES):
            self._transport.sendto(data, (host, port, 0, self._zone))
        else:
            self._transport.sendto(data, address)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
