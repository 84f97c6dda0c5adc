"""An anonymous TLS 1.3 channel with the hybrid key exchange X25519MLKEM768: bytes in, bytes out.

It hides what is said and withstands quantum computers, but says nothing about who is at the other
end: crypto.handshake proves that inside, bound to `exporter`.
"""

from datetime import UTC, datetime
from typing import Final, Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from OpenSSL import SSL

from crypto.errors import ChannelCode, ChannelError
from crypto.wire import MAX_MESSAGE

__all__ = ["Channel", "ChannelCode", "ChannelError"]

GROUP: Final = "X25519MLKEM768"  # draft-ietf-tls-ecdhe-mlkem; nothing else is good enough
LENGTH_BYTES: Final = 4  # in front of every message
MAX_EARLY_MESSAGE: Final = 4096  # bytes of one message before `authenticated`
MAX_EARLY_INPUT: Final = 131_072  # bytes off the wire, in all, before `authenticated`
MAX_HANDSHAKE_INPUT: Final = 16_384  # bytes off the wire before `established`; 3,000 are usual
MAX_AT_ONCE: Final = 1024  # messages that one batch of bytes may complete; more is a flood
_PIECE: Final = 65_536  # bytes taken from TLS at a time, on their way to the peer
_STEP: Final = 16_384  # bytes fed to TLS at a time, so that little ever waits undeciphered
_EXPORTER_LABEL: Final = b"EXPORTER-Channel-Binding"  # RFC 9266
_LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)  # fixed dates: a certificate tells nothing,
_FAR_AHEAD: Final = datetime(2999, 1, 1, tzinfo=UTC)  # not even what time its maker thinks it is


class Channel:
    """One end of a channel; made by initiate() or accept(), used for one connection.

    The owner moves bytes: whatever outgoing() gives goes to the peer, whatever the peer sends goes
    to receive(), the end of its stream to end(). After a ChannelError the channel is dead: what
    outgoing() still gives may be sent, and receive() and end() raise the same error again.
    Set `authenticated` when the peer has proven who it is; before, it may send little.
    """

    def __init__(self, connection: SSL.Connection) -> None:
        self._tls = connection
        self._buffer = bytearray()
        self._received = 0
        self._exporter = b""
        self._failure: tuple[ChannelCode, str] | None = None
        self._closed = False
        self.finished = False
        """Whether the peer has said goodbye."""
        self.authenticated = False
        """Whether the peer has proven who it is; set by the owner, lifts the limits."""
        self._shake_hands()

    def __repr__(self) -> str:
        state = "dead" if self._failure else "open" if self.established else "new"
        return f"<Channel {'closed' if self._closed else state}>"

    @classmethod
    def initiate(cls) -> Self:
        """Return the end that opened the connection; outgoing() has its first bytes."""
        connection = SSL.Connection(_context(), None)
        connection.set_connect_state()
        return cls(connection)

    @classmethod
    def accept(cls) -> Self:
        """Return the end that was connected to, with a certificate for this connection alone."""
        context = _context()
        key = Ed25519PrivateKey.generate()
        context.use_privatekey(key)
        context.use_certificate(_certificate(key))
        connection = SSL.Connection(context, None)
        connection.set_accept_state()
        return cls(connection)

    @property
    def established(self) -> bool:
        """Whether messages can be sent: the handshake is over and the group is the hybrid one."""
        return bool(self._exporter)

    @property
    def exporter(self) -> bytes:
        """The 32 bytes that the two ends of exactly this channel share (RFC 9266)."""
        if not self._exporter:
            raise ValueError("the channel is not established")
        return self._exporter

    def receive(self, data: bytes) -> list[bytes]:
        """Take in bytes off the wire; return the messages that they complete.

        Raises ChannelError. After close() everything is ignored.
        """
        self._check()
        if self._closed:
            return []
        messages: list[bytes] = []
        try:
            for start in range(0, len(data), _STEP):
                self._take(data[start : start + _STEP], messages)
        except ChannelError as error:
            self._fail(error)
            raise
        return messages

    def end(self) -> None:
        """Take note that the peer's stream has ended.

        Raises ChannelError (`truncated`) unless the peer said goodbye first, so nobody in between
        can cut a conversation short unnoticed.
        """
        self._check()
        if not self.finished and not self._closed:
            error = ChannelError("truncated", "the stream was cut off")
            self._fail(error)
            raise error

    def send(self, message: bytes) -> None:
        """Queue a message of at most 64 KiB for outgoing().

        Raises ChannelError if the channel is dead or closed, ValueError if it is not established
        or the message is too long.
        """
        self._check()
        if self._closed:
            raise ChannelError("closed", "the channel is closed")
        if not self.established or len(message) > MAX_MESSAGE:
            raise ValueError("the channel is not established, or the message is too long")
        try:
            self._tls.sendall(len(message).to_bytes(LENGTH_BYTES, "big") + message)
        except SSL.Error as error:
            failure = ChannelError("tls", "TLS has failed")
            self._fail(failure)
            raise failure from error

    def outgoing(self) -> bytes:
        """Return what must go to the peer, and forget it; never raises."""
        parts: list[bytes] = []
        try:
            while not parts or len(parts[-1]) == _PIECE:  # a shorter piece was the last one
                parts.append(self._tls.bio_read(_PIECE))
        except SSL.Error:  # WantReadError: nothing is left
            pass
        return b"".join(parts)

    def close(self) -> None:
        """Queue a goodbye; nothing can be sent or received after it."""
        if self._closed or self._failure:
            return
        self._closed = True
        self._buffer.clear()
        if self.established:
            try:
                self._tls.shutdown()
            except SSL.Error:
                self._fail(ChannelError("tls", "TLS has failed"))

    def _take(self, data: bytes, messages: list[bytes]) -> None:
        if self.finished:
            raise ChannelError("closed", "bytes after the goodbye")
        self._received += len(data)
        limit = MAX_EARLY_INPUT if self.established else MAX_HANDSHAKE_INPUT
        if self._received > limit and not self.authenticated:
            raise ChannelError("too_long", "a stranger sends too much")
        self._tls.bio_write(data)
        if not self.established and not self._shake_hands():
            return
        while not self.finished:
            try:
                plaintext = self._tls.recv(_STEP)
            except SSL.WantReadError:
                return
            except SSL.ZeroReturnError:
                self._take_goodbye()
            except SSL.Error as error:
                raise ChannelError("tls", "what came is not authentic") from error
            else:
                self._buffer += plaintext
                self._split(messages)

    def _shake_hands(self) -> bool:
        try:
            self._tls.do_handshake()
        except SSL.WantReadError:
            return False
        except SSL.Error as error:
            raise ChannelError("tls", "no TLS 1.3 handshake") from error
        if self._tls.get_protocol_version_name() != "TLSv1.3":
            raise ChannelError("tls", "not TLS 1.3")
        if self._tls.get_group_name() != GROUP:
            raise ChannelError("group", "the peer has no hybrid key exchange")
        self._exporter = self._tls.export_keying_material(_EXPORTER_LABEL, 32, b"")
        return True

    def _take_goodbye(self) -> None:
        if self._buffer:
            raise ChannelError("truncated", "the goodbye came within a message")
        self.finished = True

    def _split(self, messages: list[bytes]) -> None:
        """Move whole messages out of the buffer; it never holds more than one and a record."""
        limit = MAX_MESSAGE if self.authenticated else MAX_EARLY_MESSAGE
        while len(self._buffer) >= LENGTH_BYTES:
            size = int.from_bytes(self._buffer[:LENGTH_BYTES], "big")
            if size > limit:
                raise ChannelError("too_long", "a message is longer than it may be")
            end = LENGTH_BYTES + size
            if len(self._buffer) < end:
                return
            if len(messages) >= MAX_AT_ONCE:
                raise ChannelError("flood", "too many messages at once")
            messages.append(bytes(self._buffer[LENGTH_BYTES:end]))
            del self._buffer[:end]

    def _check(self) -> None:
        if self._failure:
            raise ChannelError(*self._failure)

    def _fail(self, error: ChannelError) -> None:
        self._failure = (error.code, str(error))  # not the error: its traceback holds the channel
        self._exporter = b""
        self._buffer.clear()


def _context() -> SSL.Context:
    context = SSL.Context(SSL.TLS_METHOD)
    context.set_min_proto_version(SSL.TLS1_3_VERSION)
    context.set_max_proto_version(SSL.TLS1_3_VERSION)
    # OpenSSL sends two tickets all the same, and pyOpenSSL cannot forbid it. They hold no key, and
    # nobody remembers what they stand for: no cache, and every connection has its own context.
    context.set_options(SSL.OP_NO_TICKET | SSL.OP_NO_RENEGOTIATION | SSL.OP_NO_COMPRESSION)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_verify(SSL.VERIFY_NONE)  # anonymous: crypto.handshake proves who is there
    return context


def _certificate(key: Ed25519PrivateKey) -> x509.Certificate:
    """Return a certificate that is the same for everybody but for its key and signature."""
    nobody = x509.Name([])
    return (
        x509.CertificateBuilder()
        .subject_name(nobody)
        .issuer_name(nobody)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(_LONG_AGO)
        .not_valid_after(_FAR_AHEAD)
        .sign(key, None)
    )
