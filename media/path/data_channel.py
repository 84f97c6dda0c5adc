"""One reliable channel for small data over a link's DTLS: aiortc's SCTP, guarded."""

import struct
from collections import Counter
from collections.abc import Callable

from aiortc import (
    RTCDataChannel,
    RTCDataChannelParameters,
    RTCDtlsTransport,
    RTCSctpCapabilities,
    RTCSctpTransport,
)
from OpenSSL import SSL

from media.path.sctp_packets import INIT, MAX_AHEAD, is_harmless

MAX_DATA_BYTES = 16 * 1024  # one message; chat and control are smaller
MAX_DATA_QUEUED = 1024 * 1024  # bytes the channel may hold for a slow peer
MAX_DATA_EARLY = 64  # messages kept until the channel opens
SCTP_PORT = 5000
SCTP_MEMORY = 256 * 1024  # bytes a peer may leave in unfinished messages beyond the 1 MiB window

SCTP_FAULTS = (
    AssertionError,
    AttributeError,
    IndexError,
    KeyError,
    TypeError,
    ValueError,
    struct.error,
)
"""What aiortc's SCTP lets escape for bytes of a hostile peer."""


class DataChannel:
    """Messages of 1 to MAX_DATA_BYTES bytes; those that are sent before it is open wait.

    `deliver` gets what the peer sends.
    """

    def __init__(
        self, dtls: RTCDtlsTransport, counters: Counter[str], deliver: Callable[[bytes], None]
    ) -> None:
        self.sctp: RTCSctpTransport | None = None
        self.channel: RTCDataChannel | None = None
        self._dtls = dtls
        self._counters = counters
        self._deliver = deliver
        self._early: list[bytes] = []
        self._begun = False

    async def start(self) -> None:
        """Begin, once DTLS stands."""
        self._say_what_ended()
        self.sctp = RTCSctpTransport(self._dtls, port=SCTP_PORT)
        self.channel = RTCDataChannel(
            self.sctp, RTCDataChannelParameters(negotiated=True, id=0, ordered=True)
        )
        self.channel.on("open", self._opened)
        self.channel.on("message", self._message)
        await self.sctp.start(RTCSctpCapabilities(maxMessageSize=MAX_DATA_BYTES), SCTP_PORT)
        self._begun = True
        self._dtls._data_receiver = SctpGuard(self.sctp, self._counters)

    def send(self, message: bytes) -> bool:
        """Queue a message; False if there is no room for it, ValueError if it is too long."""
        if not 0 < len(message) <= MAX_DATA_BYTES:
            raise ValueError(f"a data message has 1 to {MAX_DATA_BYTES} bytes")
        channel = self.channel
        if channel is None or channel.readyState != "open":
            if channel is not None and channel.readyState != "connecting":
                return False
            if len(self._early) >= MAX_DATA_EARLY:
                self._counters["data_refused"] += 1
                return False
            self._early.append(message)
            return True
        if channel.bufferedAmount + len(message) > MAX_DATA_QUEUED:
            self._counters["data_refused"] += 1
            return False
        channel.send(message)
        return True

    @property
    def waiting(self) -> int:
        """Bytes that were queued and have not gone to SCTP yet."""
        return 0 if self.channel is None else self.channel.bufferedAmount

    def forget_early(self) -> None:
        """Drop the messages that wait for the channel to open."""
        self._early.clear()

    async def stop(self) -> None:
        """Tell the peer, as long as DTLS stands."""
        self._early.clear()
        if self.sctp is not None:
            await self.sctp.stop()

    def leave(self) -> None:
        """Hear nothing of it any more."""
        if self.sctp is not None:
            self.sctp.remove_all_listeners()

    def _say_what_ended(self) -> None:
        """Let SCTP hear in words it knows that DTLS is over: else its end would end ours.

        Once it has begun it sends from tasks and timers that nobody waits for: then what is sent
        after the end is lost like any packet.
        """
        send = self._dtls._send_data

        async def send_data(data: bytes) -> None:
            try:
                await send(data)
            except (SSL.Error, ConnectionError) as error:
                if not self._begun:
                    raise ConnectionError("the DTLS connection is over") from error
                self._counters["data_after_the_end"] += 1

        self._dtls._send_data = send_data  # type: ignore[method-assign]

    def _opened(self) -> None:
        early, self._early = self._early, []
        for message in early:
            self.send(message)

    def _message(self, message: bytes | str) -> None:
        if isinstance(message, str) or not 0 < len(message) <= MAX_DATA_BYTES:
            self._counters["data_malformed"] += 1
        else:
            self._deliver(message)


class SctpGuard:
    """Keeps what a hostile member sends on the data channel from ending more than that."""

    def __init__(self, sctp: RTCSctpTransport, counters: Counter[str]) -> None:
        self._sctp = sctp
        self._counters = counters

    async def _handle_data(self, data: bytes) -> None:
        sctp = self._sctp
        anew = data[12:13] == bytes([INIT]) and sctp.state == "connected"
        if anew or not is_harmless(data):  # no peer of ours begins again on the same path
            self._counters["sctp_refused"] += 1
            return
        try:
            await sctp._handle_data(data)
        except SCTP_FAULTS:
            self._counters["sctp_malformed"] += 1
        pieces = sum(len(stream.reassembly) for stream in sctp._inbound_streams.values())
        if (
            sctp._advertised_rwnd < -SCTP_MEMORY
            or max(pieces, len(sctp._sack_misordered)) > MAX_AHEAD
        ):
            # More unfinished messages than the window we announced: not a peer of ours.
            raise ConnectionError("the peer overran the data channel")
