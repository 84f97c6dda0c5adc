"""One end of a signalling connection in the hands of an attacker: blocking, and without manners."""

import contextlib
import select
import socket

from crypto.channel import Channel, ChannelError

PATIENCE = 12.0  # seconds until an attacker gives up on a connection


class Line:
    """A connection whose channel stands; `read` waits for one message."""

    def __init__(self, sock: socket.socket, channel: Channel) -> None:
        self._sock = sock
        self._channel = channel
        self._messages: list[bytes] = []
        channel.authenticated = True  # the attacker sets itself no limits
        sock.settimeout(PATIENCE)
        self._flush()
        while not channel.established:
            self._take()

    @classmethod
    def dial(cls, target: tuple[str, int], source: str = "") -> "Line":
        """Connect; OSError where nobody answers or the other side hangs up."""
        where = (source, 0) if source else None
        sock = socket.create_connection(target, timeout=PATIENCE, source_address=where)
        return cls(sock, Channel.initiate())

    @classmethod
    def answer(cls, sock: socket.socket) -> "Line":
        """Answer as a listener does."""
        return cls(sock, Channel.accept())

    @property
    def exporter(self) -> bytes:
        """What binds a handshake to this channel."""
        return self._channel.exporter

    def send(self, message: bytes) -> None:
        """Send one message; OSError if the line is dead."""
        try:
            self._channel.send(message)
        except ChannelError as error:
            raise ConnectionError from error
        self._flush()

    def read(self) -> bytes:
        """Return the next message that is no sign of life; OSError at the end."""
        while True:
            while not self._messages:
                if self._channel.finished:
                    raise ConnectionError("goodbye")
                self._take()
            if message := self._messages.pop(0):
                return message

    def waits(self, seconds: float) -> bool:
        """Tell whether something comes within so many seconds, be it the end."""
        return bool(self._messages or select.select([self._sock], [], [], seconds)[0])

    def close(self) -> None:
        """Hang up."""
        self._channel.close()
        with contextlib.suppress(OSError):
            self._flush()
        self._sock.close()

    def _take(self) -> None:
        data = self._sock.recv(65_536)
        if not data:
            raise ConnectionError("hung up")
        try:
            self._messages += self._channel.receive(data)
        except ChannelError as error:
            raise ConnectionError("the channel is dead") from error
        finally:
            self._flush()

    def _flush(self) -> None:
        self._sock.sendall(self._channel.outgoing())
