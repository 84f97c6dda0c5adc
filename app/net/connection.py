"""One signalling connection: whole messages over TCP and the hybrid TLS channel, within limits."""

import asyncio
from collections.abc import Callable
from enum import StrEnum
from typing import Protocol, TypeVarTuple, cast

from app.net.addresses import Address, normalised
from app.net.limits import Limits, TokenBucket
from crypto.channel import Channel, ChannelError

Parts = TypeVarTuple("Parts")

KEEP_ALIVE = b""  # an empty message: it only shows that its sender still runs
SLICE = 0.004  # seconds of one peer's messages at a time; then sound and pictures have their turn


class CloseReason(StrEnum):
    """Why a connection is closed."""

    CLOSED = "closed"  # this side closed it
    ENDED = "ended"  # the other side closed it in good order
    LOST = "lost"  # the network or the other process broke it off
    BETWEEN = "between"  # the meeting point that passed it on broke it off
    DISPLACED = "displaced"  # a stranger who took too long, while others wait for the place
    HANDSHAKE = "handshake"  # not authenticated in time
    NOT_HYBRID = "not_hybrid"  # the other side knows no post-quantum key exchange
    PROTOCOL = "protocol"  # what came was not the protocol
    FLOOD = "flood"  # more came than anybody needs
    IDLE = "idle"  # nothing came for too long
    STALLED = "stalled"  # the other side does not read what it is sent
    INTERNAL = "internal"  # an error of our own, reported to the loop's exception handler


class Owner(Protocol):
    """Who made a connection and hears about the steps of its life."""

    def connection_established(self, connection: "Connection") -> None:
        """Take over a connection whose channel stands; call its `start` now or later."""

    def connection_authenticated(self, connection: "Connection") -> None:
        """Note that the connection is no longer half-open."""

    def connection_gone(self, connection: "Connection") -> None:
        """Forget the connection; its socket is closed."""


class Connection(asyncio.Protocol):
    """Messages to and from one peer; made by Listener and dial, used on the loop's thread only.

    Nothing is read before `start`. The peer counts as a stranger, with small limits and little
    time, until the caller sets `authenticated`.
    """

    def __init__(self, channel: Channel, owner: Owner, limits: Limits, incoming: bool) -> None:
        self.incoming = incoming
        self.remote = Address("", 0)
        self.local = Address("", 0)
        self.reason: CloseReason | None = None
        self._channel = channel
        self._owner = owner
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        now = self._loop.time()
        self._messages = TokenBucket(0.0, limits.early_messages, now)
        self._bytes = TokenBucket(0.0, limits.early_bytes, now)
        self._heard = self._spoke = now
        self._full_since: float | None = None
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._established = False
        self._exporter = b""
        self._held: list[bytes] = []  # not read yet: before `start`, and what is too much at once
        self._on_message: Callable[[bytes], None] | None = None
        self._on_closed: Callable[[CloseReason], None] | None = None
        self._gone = self._loop.create_future()

    def __repr__(self) -> str:
        """Show neither address nor key."""
        direction = "incoming" if self.incoming else "outgoing"
        return f"<Connection {direction} {self.reason or 'open'}>"

    @property
    def exporter(self) -> bytes:
        """The 32 bytes that both ends of exactly this channel share (RFC 9266)."""
        return self._exporter

    @property
    def is_open(self) -> bool:
        """Whether messages can be sent."""
        return self._established and self.reason is None

    @property
    def authenticated(self) -> bool:
        """Whether the caller has said who the peer is; lifts the limits for strangers."""
        return self._channel.authenticated

    @authenticated.setter
    def authenticated(self, value: bool) -> None:
        if not value:
            raise ValueError("a peer that proved itself does not become a stranger again")
        if self._channel.authenticated:
            return
        self._channel.authenticated = True
        if self.reason is not None:
            return
        now = self._loop.time()
        self._messages = TokenBucket(self._limits.message_rate, self._limits.message_burst, now)
        self._bytes = TokenBucket(self._limits.byte_rate, self._limits.byte_burst, now)
        self._arm(self._limits.keep_alive / 2, self._watch)
        self._owner.connection_authenticated(self)

    def start(
        self, on_message: Callable[[bytes], None], on_closed: Callable[[CloseReason], None]
    ) -> None:
        """Begin to read. `on_closed` is called exactly once, and after it nothing more.

        An exception of `on_message` closes this connection and is reported to the loop.
        """
        self._on_message = on_message
        self._on_closed = on_closed
        if self.reason is not None:
            self._loop.call_soon(self._tell_closed)
            return
        self._loop.call_soon(self._deliver_held)

    def send(self, message: bytes) -> None:
        """Send one message; after the end it goes nowhere, without an error."""
        if not self.is_open:
            return
        try:
            self._channel.send(message)
        except ChannelError as error:
            self._fail(reason_of(error))
            return
        self._flush()
        transport = self._transport
        if transport and transport.get_write_buffer_size() > self._limits.write_buffer:
            self._fail(CloseReason.STALLED)

    def close(self, reason: CloseReason = CloseReason.CLOSED) -> None:
        """Send what is waiting, say goodbye, close; at most `linger` seconds later all is gone."""
        if self.reason is not None:
            return
        self._finish(reason)
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        try:
            self._channel.close()
            self._flush()
            transport.write_eof()  # a full close with unread bytes would destroy the last message
            transport.resume_reading()
        except (ChannelError, OSError):
            transport.abort()
            return
        self._arm(self._limits.linger, transport.abort)

    def abort(self, reason: CloseReason = CloseReason.CLOSED) -> None:
        """Close at once: nothing that waits is sent any more, and no goodbye is said."""
        self._fail(reason)

    async def wait_gone(self) -> None:
        """Wait until the socket is closed."""
        await asyncio.shield(self._gone)

    # What asyncio calls. No exception leaves these.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport, begin the handshake."""
        self._transport = cast(asyncio.Transport, transport)
        if self.reason is not None:  # closed before it was made
            self._transport.abort()
            return
        try:
            self.remote = normalised(transport.get_extra_info("peername"))
            self.local = normalised(transport.get_extra_info("sockname"))
        except (TypeError, ValueError, IndexError):  # reset before it was looked at
            self._fail(CloseReason.LOST)
            return
        self._transport.set_write_buffer_limits(high=self._limits.write_buffer // 16)
        self._arm(self._limits.handshake, self._handshake_is_late)
        self._guard(self._flush)

    def data_received(self, data: bytes) -> None:
        """Feed the channel."""
        if self.reason is None:
            self._guard(self._take, data)

    def eof_received(self) -> bool:
        """End: in good order, or truncated. The transport closes itself."""
        if self.reason is None:
            self._guard(self._take_end)
        return False

    def pause_writing(self) -> None:
        """Note since when the peer reads too slowly."""
        self._full_since = self._loop.time()

    def resume_writing(self) -> None:
        """Note that the peer has caught up."""
        self._full_since = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell everybody that the socket is closed."""
        if self.reason is None:
            self._finish(CloseReason.LOST)
        if self._timer is not None:
            self._timer.cancel()
        self._transport = None
        if not self._gone.done():
            self._gone.set_result(None)
        self._owner.connection_gone(self)

    # Inside.

    def _take(self, data: bytes) -> None:
        now = self._heard = self._loop.time()
        if not self._bytes.take(now, len(data)):
            self._fail(CloseReason.FLOOD)
            return
        try:
            messages = self._channel.receive(data)
        except ChannelError as error:
            self._flush()  # the alert that says so
            self._fail(reason_of(error))
            return
        self._flush()
        if not self._established and self._channel.established:
            self._established = True
            self._exporter = self._channel.exporter
            if self._on_message is None and self._transport is not None:
                self._transport.pause_reading()
            self._owner.connection_established(self)
        self._deliver(messages)

    def _take_end(self) -> None:
        try:
            self._channel.end()
        except ChannelError as error:
            self._finish(reason_of(error))
        else:
            self._finish(CloseReason.ENDED)

    def _deliver(self, messages: list[bytes]) -> None:
        """Hand messages over for a moment; what is left waits for the loop's next turn."""
        until = self._loop.time() + SLICE
        for position, message in enumerate(messages):
            if self.reason is not None:
                return
            if self._on_message is not None and self._loop.time() > until:
                self._hold(messages[position:])
                return
            if not self._messages.take(self._loop.time()):
                self._fail(CloseReason.FLOOD)
                return
            if message == KEEP_ALIVE:
                continue
            if self._on_message is None:
                self._held += messages[position:]
                return
            self._on_message(message)
        if self._channel.finished and self.reason is None:
            self._fail(CloseReason.ENDED)

    def _hold(self, messages: list[bytes]) -> None:
        self._held += messages
        if self._transport is not None:
            self._transport.pause_reading()
            self._loop.call_soon(self._deliver_held)

    def _deliver_held(self) -> None:
        if self.reason is None and self._transport is not None:
            held, self._held = self._held, []
            self._transport.resume_reading()
            self._guard(self._deliver, held)

    def _flush(self) -> None:
        data = self._channel.outgoing()
        if data and self._transport is not None and not self._transport.is_closing():
            self._spoke = self._loop.time()
            self._transport.write(data)

    def _watch(self) -> None:
        """Keep the connection alive, and notice when it is not."""
        now = self._loop.time()
        if self._full_since is not None and now - self._full_since > self._limits.idle:
            self._fail(CloseReason.STALLED)
        elif now - self._heard > self._limits.idle:
            self._fail(CloseReason.IDLE)
        else:
            if now - self._spoke >= self._limits.keep_alive:
                self._guard(self.send, KEEP_ALIVE)
            if self.reason is None:
                self._arm(self._limits.keep_alive / 2, self._watch)

    def _handshake_is_late(self) -> None:
        self._fail(CloseReason.HANDSHAKE)

    def _guard(self, action: Callable[[*Parts], None], *parts: *Parts) -> None:
        """Run what may contain an error of our own: it ends this connection, never the loop."""
        try:
            action(*parts)
        except Exception as error:  # noqa: BLE001 - reported, and the connection is closed
            self._fail(CloseReason.INTERNAL)
            self._loop.call_exception_handler(
                {"message": "a signalling connection failed", "exception": error, "protocol": self}
            )

    def _fail(self, reason: CloseReason) -> None:
        """Close at once; nothing that waits is sent any more."""
        if self.reason is None:
            self._finish(reason)
        if self._transport is not None:
            self._transport.abort()

    def _finish(self, reason: CloseReason) -> None:
        self.reason = reason
        self._held.clear()
        if self._timer is not None:
            self._timer.cancel()
        self._loop.call_soon(self._tell_closed)

    def _tell_closed(self) -> None:
        on_closed, self._on_closed, self._on_message = self._on_closed, None, None
        if on_closed is not None and self.reason is not None:
            on_closed(self.reason)

    def _arm(self, delay: float, action: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(delay, action)


def reason_of(error: ChannelError) -> CloseReason:
    """Return what the death of a channel means for its connection."""
    match error.code:
        case "group":
            return CloseReason.NOT_HYBRID
        case "truncated":
            return CloseReason.LOST
        case "flood":
            return CloseReason.FLOOD
        case "tls" | "too_long" | "closed":
            return CloseReason.PROTOCOL
