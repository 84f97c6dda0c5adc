"""Carries what an allocation says to its relay: in datagrams, over TCP, or inside TLS."""

import asyncio
import contextlib
import hashlib
import socket
import ssl
from collections.abc import Callable
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from media.path.gate import OPEN, Gate
from media.path.outside_servers import Server, Way
from media.path.relay import Allocation, Trouble
from media.path.stun import HEADER_BYTES, Peer

SOCKET_BUFFER = 262_144  # bytes: the packets of a key frame come together
MAX_STREAM_QUEUED = 98_304  # bytes that wait in a stream; what is later is dropped, as on a path
LONGEST_FRAME = 2048  # bytes of one message in a stream


class RelayError(Exception):
    """A relay gave no address; `trouble` says why."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(f"a relay does not serve: {trouble}")
        self.trouble = trouble


class RelaySocket:
    """An address on a relay that is used as a UDP socket is: aioice's transport for one candidate.

    `on_datagram` gets what peers send, `on_lost` is told once when the relay is gone.
    """

    def __init__(self, server: Server, gate: Gate = OPEN) -> None:
        self.server = server
        self._gate = gate
        self.relayed: Peer = ("", 0)
        self.on_datagram: Callable[[bytes, Peer], None] = lambda _data, _peer: None
        self.on_lost: Callable[[], None] = lambda: None
        self.heard_at = float("-inf")  # when a peer's datagram came, the loop's clock
        self.trouble: Trouble | None = None  # why it is gone, if the relay is to blame
        self._loop = asyncio.get_running_loop()
        self._wire: Any = None
        self._timer: asyncio.TimerHandle | None = None
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self._closing = False
        self._allocation: Allocation | None = None

    async def open(self) -> None:
        """Ask the relay for an address; raises RelayError. Cancelled, nothing stays open."""
        try:
            await self._connect()
            self._allocation = Allocation(
                self.server.username,
                self.server.password,
                reliable=self.server.way is not Way.UDP,
                now=self._loop.time(),
            )
            self._tend()
            await self._ready
        except RelayError:
            self.close()
            raise
        except OSError as error:
            self.close()
            raise RelayError(Trouble.SILENT) from error
        except asyncio.CancelledError:
            self.close()
            raise

    @property
    def local_host(self) -> str | None:
        """The address of this computer that speaks to the relay."""
        name = None if self._wire is None else self._wire.get_extra_info("sockname")
        return None if name is None else str(name[0])

    def permit(self, host: str) -> None:
        """Let a host's datagrams through, and ours to it."""
        if self._allocation is not None and not self._closing:
            self._allocation.permit((host,), self._loop.time())
            self._tend()

    # -- as a socket ------------------------------------------------------------------------------

    def sendto(self, data: bytes, address: Peer) -> None:
        """Have the relay send a datagram."""
        allocation = self._allocation
        if allocation is None or self._closing:
            return
        wrapped = allocation.wrapped(data, (address[0], address[1]), self._loop.time())
        if wrapped is not None:
            self._write(wrapped)
        if allocation.waiting:
            self._tend()

    def get_write_buffer_size(self) -> int:
        """Return the bytes that wait to be sent to the relay."""
        return 0 if self._wire is None else int(self._wire.get_write_buffer_size())

    def get_extra_info(self, name: str, default: object = None) -> object:
        """Return the relayed address as "sockname", the socket to the relay as "socket"."""
        if name == "sockname":
            return self.relayed
        if name == "socket" and self._wire is not None:
            return self._wire.get_extra_info("socket")
        return default

    def is_closing(self) -> bool:
        """Tell whether it is closed."""
        return self._closing

    def close(self) -> None:
        """Give the address back and close."""
        if self._closing:
            return
        farewell = None if self._allocation is None else self._allocation.farewell()
        if farewell is not None:
            self._write(farewell)
        self._gone()

    # -- the wire ---------------------------------------------------------------------------------

    async def _connect(self) -> None:
        server = self.server
        sock = await self._connected_socket()
        context = _any_certificate() if server.way is Way.TLS else None
        try:
            if server.way is Way.UDP:
                self._wire, _ = await self._loop.create_datagram_endpoint(
                    lambda: _Datagrams(self), sock=sock
                )
                return
            self._wire, _ = await self._loop.create_connection(
                lambda: _Stream(self),
                sock=sock,
                ssl=context,
                server_hostname="" if context is not None else None,
            )
        except ssl.SSLError as error:
            raise RelayError(Trouble.CERTIFICATE) from error
        finally:
            if self._wire is None:
                sock.close()
        if context is not None and not is_pinned(self._wire.get_extra_info("ssl_object"), server):
            raise RelayError(Trouble.CERTIFICATE)

    async def _connected_socket(self) -> socket.socket:
        """Return a socket that the gate has charge of since before its first packet."""
        server = self.server
        family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
        udp = server.way is Way.UDP
        sock = socket.socket(family, socket.SOCK_DGRAM if udp else socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            self._gate.guard(sock)
            if udp:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BUFFER)
            await self._loop.sock_connect(sock, (server.host, server.port))
        except BaseException:
            sock.close()
            raise
        return sock

    def _write(self, data: bytes) -> None:
        if self._wire is None or self._wire.is_closing():
            return
        if self.server.way is Way.UDP:
            self._wire.sendto(data)
        elif self._wire.get_write_buffer_size() <= MAX_STREAM_QUEUED:
            self._wire.write(data)

    def received(self, data: bytes) -> None:
        """Take in one whole message of the relay."""
        allocation = self._allocation
        if allocation is None or self._closing:
            return
        came = allocation.take(data, self._loop.time())
        if came is not None:
            self.heard_at = self._loop.time()
            self.on_datagram(*came)
        else:
            self._tend()

    def failed(self, trouble: Trouble) -> None:
        """Note that the relay is gone, or is none."""
        if not self._closing:
            self.trouble = trouble
        if not self._ready.done():
            self._ready.set_exception(RelayError(trouble))
            self._ready.exception()  # whoever waits gets it; nobody may
        self._gone()

    def _tend(self) -> None:
        """Send what is due, and come back when more is."""
        allocation = self._allocation
        if allocation is None or self._closing:
            return
        for data in allocation.outgoing(self._loop.time()):
            self._write(data)
        if allocation.trouble is not None:
            self.failed(allocation.trouble)
            return
        if allocation.relayed is not None and not self._ready.done():
            if allocation.relayed[0] != self.server.host:
                self.failed(Trouble.BROKEN)  # it would be an address that nobody entered
                return
            self.relayed = allocation.relayed
            self._ready.set_result(None)
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(allocation.next_at, self._tend)

    def _gone(self) -> None:
        if self._closing:
            return
        self._closing = True
        if self._timer is not None:
            self._timer.cancel()
        if self._wire is not None:
            self._wire.close()
        self._loop.call_soon(self.on_lost)


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, owner: RelaySocket) -> None:
        self._owner = owner

    def datagram_received(self, data: bytes, _address: object) -> None:
        self._owner.received(data)

    def error_received(self, error: Exception) -> None:
        if isinstance(error, ConnectionRefusedError):
            self._owner.failed(Trouble.SILENT)


class _Stream(asyncio.Protocol):
    def __init__(self, owner: RelaySocket) -> None:
        self._owner = owner
        self._buffer = bytearray()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (length := framed(self._buffer)) is not None:
            if length > LONGEST_FRAME:
                self._owner.failed(Trouble.BROKEN)
                return
            if len(self._buffer) < length:
                return
            whole = bytes(self._buffer[:length])
            del self._buffer[:length]
            self._owner.received(whole)

    def connection_lost(self, _error: Exception | None) -> None:
        self._owner.failed(Trouble.SILENT)


def framed(buffer: bytes | bytearray) -> int | None:
    """Return the length of the message at the beginning of a stream, None if too little is there.

    Anything that is none counts as longer than any (RFC 8656 section 12.6: frames fill fours).
    """
    if len(buffer) < 4:
        return None
    length = int.from_bytes(buffer[2:4], "big")
    if buffer[0] & 0xC0 == 0x40:
        return 4 + length + -length % 4
    return HEADER_BYTES + length if buffer[0] < 4 else LONGEST_FRAME + 1


def is_pinned(tls: Any, server: Server) -> bool:
    """Tell whether the certificate's public key is the one that was entered."""
    with contextlib.suppress(ValueError, TypeError):
        certificate = x509.load_der_x509_certificate(tls.getpeercert(binary_form=True))
        key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return hashlib.sha256(key).digest() == server.pin
    return False


def _any_certificate() -> ssl.SSLContext:
    """Return TLS without authorities: what counts is the pinned key, looked at before any word."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
