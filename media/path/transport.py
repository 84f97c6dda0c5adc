"""One peer's link on aiortc's ORTC objects: ICE, DTLS-SRTP and one reliable data channel.

The only module that reaches into private names of aiortc and aioice. It checks at import that
each still exists; `tests/media/test_aiortc_contract.py` fails loudly when one moves.
"""

import asyncio
import ipaddress
import struct
from collections import Counter, deque
from collections.abc import Callable
from typing import Any, Literal, NoReturn

import aioice.candidate
import aioice.ice
import aioice.stun
import pylibsrtp
from aiortc import (
    InvalidStateError,
    RTCCertificate,
    RTCDataChannel,
    RTCDataChannelParameters,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    RTCIceCandidate,
    RTCIceGatherer,
    RTCIceParameters,
    RTCIceTransport,
    RTCSctpCapabilities,
    RTCSctpTransport,
)
from aiortc.rtcdtlstransport import (
    SRTP_AEAD_AES_128_GCM,
    SRTP_AEAD_AES_256_GCM,
    SRTP_PROFILES,
    SRTPProtectionProfile,
)
from OpenSSL import SSL

from media.errors import LinkError
from media.path.consent import Consent
from media.path.datagram_guard import DatagramGuard
from media.path.link_parameters import MAX_CANDIDATES, Candidate, LinkParameters, is_usable
from media.path.sctp_packets import INIT, MAX_AHEAD, is_harmless

__all__ = ["LinkParameters", "PeerTransport", "TransportState"]

TransportState = Literal["new", "connecting", "connected", "failed", "closed"]

CONNECT_TIMEOUT = 15.0  # seconds for ICE and DTLS; aioice alone would try for 32
MAX_DATA_BYTES = 16 * 1024  # one message on the data channel; chat and control are smaller
MAX_DATA_QUEUED = 1024 * 1024  # bytes the data channel may hold for a slow peer
MAX_DATA_EARLY = 64  # messages kept until the data channel opens
MAX_SOCKET_QUEUED = 512 * 1024  # bytes asyncio may hold when the socket is full: two key frames
BURST = 8  # datagrams of one socket before others have their turn
NOT_ALONE = 400  # bytes; sound is smaller, and after it nothing more is there to be read
LARGEST_DATAGRAM = 2048  # bytes; what is longer is cut off, and refused for it
MAX_DTLS_QUEUED = 256  # datagrams between a socket and the DTLS task
MAX_DTLS_PER_SECOND = 1000  # datagrams; each costs about 50 us, chat and states need a handful
MAX_EARLY_MEDIA = 64  # datagrams kept until our side of the handshake is done: one key frame
SCTP_PORT = 5000
SCTP_MEMORY = 256 * 1024  # bytes a peer may leave in unfinished messages beyond the 1 MiB window
HIGHEST_SSRC = 15  # stream numbers are the SSRCs, see rtp_packet; others never reach SRTP
_NO_CODE = compile("", "", "exec")

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

PRIVATE_NAMES: dict[Any, tuple[str, ...]] = {
    # set in a constructor
    aioice.ice.Connection.__init__: (
        "ice_controlling", "remote_password", "_local_candidates", "_nominated", "_protocols",
        "_query_consent_task", "_queue", "_remote_candidates",
    ),
    aioice.candidate.Candidate.__init__: ("_network_host",),
    aioice.ice.CandidatePair.__init__: ("protocol", "remote_candidate"),
    aioice.ice.StunProtocol.__init__: ("transactions",),
    RTCIceGatherer.__init__: ("_connection",),
    RTCIceTransport.__init__: ("_connection",),
    RTCDtlsTransport.__init__: (
        "_data_receiver", "_rx_srtp", "_srtp_profiles", "_tx_srtp", "_task",
    ),
    RTCSctpTransport.__init__: ("_advertised_rwnd", "_inbound_streams", "_sack_misordered"),
    # called
    aioice.ice.Connection: ("build_request", "data_received", "get_component_candidates"),
    aioice.ice.CandidatePair: ("local_candidate", "remote_addr"),
    aioice.ice.StunProtocol: ("datagram_received", "request"),
    RTCSctpTransport: ("_handle_data",),
    RTCCertificate: ("_create_ssl_context",),
    # relied on to be called
    RTCSctpTransport._send_chunk: ("_send_data",),
    RTCSctpTransport._abort: ("_send_chunk",),
    RTCDtlsTransport.start: ("_create_ssl_context",),
    RTCDtlsTransport._recv_next: ("_data_receiver", "_handle_data"),
    aioice.ice.StunProtocol.datagram_received: ("receiver", "request_received"),
    aioice.ice.Connection.connect: ("_early_checks", "check_incoming"),
    aioice.ice.Connection.request_received: ("_early_checks", "check_incoming"),
    aioice.ice.Connection.close: ("_query_consent_task", "cancel"),
}  # fmt: skip
"""Where aiortc and aioice have the names that this module relies on: a class, or a function."""


def missing_names() -> list[str]:
    """Return the private names that are no longer where this module expects them."""
    return [
        f"{place.__qualname__}: {name}"
        for place, names in PRIVATE_NAMES.items()
        for name in names
        if not (hasattr(place, name) or name in getattr(place, "__code__", _NO_CODE).co_names)
    ]


if missing_names():
    raise ImportError(f"aiortc or aioice has changed inside: {', '.join(missing_names())}")


class PeerTransport:
    """One peer: gather, connect, then RTP, RTCP and small data until closed.

    Exactly one side is controlling. Callbacks run on the loop: `on_rtp` and `on_rtcp` with
    decrypted packets, `on_data` with a message, `on_state` with the new state.
    """

    def __init__(
        self,
        controlling: bool,
        *,
        allow_loopback: bool = False,
        timeout: float = CONNECT_TIMEOUT,
        counters: Counter[str] | None = None,
    ) -> None:
        self.on_rtp: Callable[[bytes], None] = _ignore
        self.on_rtcp: Callable[[bytes], None] = _ignore
        self.on_data: Callable[[bytes], None] = _ignore
        self.on_state: Callable[[TransportState], None] | None = None
        self.counters: Counter[str] = Counter() if counters is None else counters
        self.bytes_received = 0
        self.state: TransportState = "new"
        self._allow_loopback = allow_loopback
        self._timeout = timeout
        self._loop = asyncio.get_running_loop()
        self._gatherer = RTCIceGatherer(iceServers=[])
        self._ice = RTCIceTransport(self._gatherer)
        self._connection = self._ice._connection
        self._connection.ice_controlling = controlling
        self._dtls = RTCDtlsTransport(self._ice, [_Certificate.generateCertificate()])
        # Only authenticated encryption; without it in libsrtp there is no call.
        self._dtls._srtp_profiles = [
            p for p in SRTP_PROFILES if p in (SRTP_AEAD_AES_256_GCM, SRTP_AEAD_AES_128_GCM)
        ]
        self._dtls.on("statechange", self._dtls_changed)
        self._ice.on("statechange", self._ice_changed)
        self._sctp: RTCSctpTransport | None = None
        self._channel: RTCDataChannel | None = None
        self._early_data: list[bytes] = []
        self._early_media: deque[bytes] = deque(maxlen=MAX_EARLY_MEDIA)
        self._protect: Any = None
        self._protect_rtcp: Any = None
        self._unprotect: Any = None
        self._unprotect_rtcp: Any = None
        name = self._connection.local_username
        self._guard = DatagramGuard(name, self.counters, self._loop.time)
        self._known: frozenset[tuple[str, int]] = frozenset()
        self._known_count = -1
        self._dtls_second = self._dtls_taken = 0
        self._checked: set[tuple[str, int]] = set()
        self._note_checks()
        self._consent = Consent(self._ask_for_consent, self._loop.time)
        self._closing: asyncio.Task[None] | None = None

    async def gather(self) -> LinkParameters:
        """Open a socket on each address of this computer and return what the peer must know.

        Raises LinkError("no_address") if there is none, LinkError("closed") after close().
        """
        if self._is_closed():
            raise LinkError("closed", "the link is closed")
        await self._gatherer.gather()
        if self._allow_loopback:
            # aioice leaves out 127.0.0.1 and ::1; two copies on a computer without any network
            # have nothing else.
            await self._gather_loopback()
        if self._is_closed():  # close() came while sockets were being opened
            await self._close()
            await self._connection.close()  # aiortc closes once, and did so before these came
            raise LinkError("closed", "the link is closed")
        for protocol in self._connection._protocols:
            self._take_over(protocol)
        candidates = [
            Candidate(address, candidate.port, candidate.priority)
            for candidate in self._connection.local_candidates
            if is_usable(
                address := ipaddress.ip_address(candidate.host),
                allow_loopback=self._allow_loopback,
            )
        ]
        if not candidates:
            raise LinkError("no_address", "this computer has no network address to call from")
        parameters = self._gatherer.getLocalParameters()
        return LinkParameters(
            parameters.usernameFragment or "",
            parameters.password or "",
            self._own_fingerprint(),
            tuple(candidates[:MAX_CANDIDATES]),
        )

    async def connect(self, remote: LinkParameters) -> None:
        """Find a path, shake hands, check the certificate; return when media may flow.

        Raises LinkError: "no_path", "fingerprint", "timeout", "closed". Afterwards only close().
        """
        if self.state != "new":
            raise LinkError("closed", "a link connects once")
        self._set_state("connecting")
        try:
            async with asyncio.timeout(self._timeout):
                await self._connect(remote)
        except TimeoutError:
            self._fail("timeout", "the other computer did not answer in time")
        except (ConnectionError, InvalidStateError):  # closed by one side in the middle of it
            self._fail("no_path", "the other computer closed the link")
        self._protect = self._dtls._tx_srtp.protect
        self._protect_rtcp = self._dtls._tx_srtp.protect_rtcp
        self._unprotect_rtcp = self._dtls._rx_srtp.unprotect_rtcp
        self._unprotect = self._dtls._rx_srtp.unprotect
        self._set_state("connected")
        early, self._early_media = self._early_media, deque(maxlen=0)
        for datagram in early:
            self._take_media(datagram)

    @property
    def local_host(self) -> str | None:
        """The address of this computer that the path leaves from; None without a path."""
        pair = self._connection._nominated.get(1)
        return None if pair is None else str(pair.local_candidate.host)

    def send_rtp(self, packet: bytes) -> int:
        """Encrypt and send an RTP packet; return the bytes on the wire, 0 if it was not sent."""
        if self.state != "connected":
            return 0
        return self._send(self._protect, packet)

    def send_rtcp(self, packet: bytes) -> int:
        """Encrypt and send an RTCP packet; return the bytes on the wire, 0 if it was not sent."""
        if self.state != "connected":
            return 0
        return self._send(self._protect_rtcp, packet)

    def send_data(self, message: bytes) -> bool:
        """Queue a message on the reliable channel; False if the link or the queue cannot take it.

        A message before the channel is open waits; more than 16 KiB is a ValueError.
        """
        if not 0 < len(message) <= MAX_DATA_BYTES:
            raise ValueError(f"a data message has 1 to {MAX_DATA_BYTES} bytes")
        if self.state not in ("connecting", "connected"):
            return False
        channel = self._channel
        if channel is None or channel.readyState != "open":
            if channel is not None and channel.readyState != "connecting":
                return False
            if len(self._early_data) >= MAX_DATA_EARLY:
                self.counters["data_refused"] += 1
                return False
            self._early_data.append(message)
            return True
        if channel.bufferedAmount + len(message) > MAX_DATA_QUEUED:
            self.counters["data_refused"] += 1
            return False
        channel.send(message)
        return True

    def forget_early(self) -> None:
        """Drop the messages that wait for the channel to open."""
        self._early_data.clear()

    async def close(self) -> None:
        """Tell the peer and close everything; safe to call at any time, twice, and cancelled."""
        if self._closing is None:
            if self.state != "closed":
                self._set_state("closed")
            self._closing = self._loop.create_task(self._close())
        await asyncio.shield(self._closing)

    async def _connect(self, remote: LinkParameters) -> None:
        for number, candidate in enumerate(remote.candidates):
            await self._ice.addRemoteCandidate(_ice_candidate(number, candidate))
        await self._ice.addRemoteCandidate(None)
        try:
            await self._ice.start(RTCIceParameters(remote.ufrag, remote.password))
        finally:
            self._keep_consent()
        if self._ice.state != "completed":
            self._fail("no_path", "no network path to the other computer was found")
        fingerprint = remote.fingerprint.hex(":").upper()
        await self._dtls.start(RTCDtlsParameters([RTCDtlsFingerprint("sha-256", fingerprint)]))
        if self._dtls.state != "connected":
            self._fail("fingerprint", "the other computer is not the announced one")
        self._say_what_ended()
        self._sctp = RTCSctpTransport(self._dtls, port=SCTP_PORT)
        self._channel = RTCDataChannel(
            self._sctp, RTCDataChannelParameters(negotiated=True, id=0, ordered=True)
        )
        self._channel.on("open", self._channel_open)
        self._channel.on("message", self._message)
        await self._sctp.start(RTCSctpCapabilities(maxMessageSize=MAX_DATA_BYTES), SCTP_PORT)
        self._dtls._data_receiver = _SctpGuard(self._sctp, self)

    def _keep_consent(self) -> None:
        """Ask for consent in aioice's place, which would close the link after 30 s of silence."""
        connection = self._connection
        if connection._query_consent_task is not None:  # even if close() came meanwhile
            connection._query_consent_task.cancel()
            connection._query_consent_task = None
        if not self._is_closed() and self._ice.state == "completed":
            connection._query_consent_task = self._loop.create_task(self._consent.keep())

    async def _ask_for_consent(self) -> bool:
        connection = self._connection
        pair = connection._nominated.get(1)
        if pair is None:
            return False
        try:
            await pair.protocol.request(
                connection.build_request(pair, nominate=False),
                pair.remote_addr,
                integrity_key=(connection.remote_password or "").encode(),
                retransmissions=0,
            )
        except aioice.stun.TransactionError:
            return False
        return True

    def _say_what_ended(self) -> None:
        """Let SCTP hear in words it knows that DTLS is over: else its end would end ours."""
        send = self._dtls._send_data

        async def send_data(data: bytes) -> None:
            try:
                await send(data)
            except SSL.Error as error:
                raise ConnectionError("the DTLS connection is over") from error

        self._dtls._send_data = send_data  # type: ignore[method-assign]

    def _is_closed(self) -> bool:
        return self.state == "closed"

    def _fail(self, code: str, text: str) -> NoReturn:
        if self._is_closed():
            raise LinkError("closed", "the link was closed while it was connecting")
        self._set_state("failed")
        raise LinkError(code, text)

    async def _gather_loopback(self) -> None:
        present = {candidate.host for candidate in self._connection._local_candidates}
        wanted = [host for host in ("127.0.0.1", "::1") if host not in present]
        self._connection._local_candidates += await self._connection.get_component_candidates(
            component=1, addresses=wanted
        )

    def _own_fingerprint(self) -> bytes:
        for fingerprint in self._dtls.getLocalParameters().fingerprints:
            if fingerprint.algorithm == "sha-256":
                return bytes.fromhex(fingerprint.value.replace(":", ""))
        raise AssertionError("aiortc always offers SHA-256")

    def _take_over(self, protocol: Any) -> None:
        """Stand between a socket and aioice: media the short way, junk to the counters."""
        original = protocol.datagram_received
        receiver = protocol.receiver
        awaited = protocol.transactions

        def datagram_received(data: bytes, address: tuple[Any, ...]) -> None:
            source = address[0], address[1]
            first = data[0] if data else 0xFF
            if 128 <= first < 192:
                if source in self._sources():
                    self._take_media(data)
                else:
                    self.counters["foreign_media"] += 1
            elif 20 <= first < 64:
                if source not in self._checked:
                    self.counters["foreign_dtls"] += 1
                elif receiver._queue.qsize() >= MAX_DTLS_QUEUED or not self._dtls_budget():
                    self.counters["dtls_overflow"] += 1
                else:
                    receiver.data_received(data, 1)
            elif first < 4:
                known = source in self._sources()
                if not known and len(receiver._remote_candidates) >= 2 * MAX_CANDIDATES:
                    self.counters["too_many_paths"] += 1
                    return
                self._guard.stun(data, source, known, original, awaited)
            else:
                self.counters["junk"] += 1

        protocol.datagram_received = datagram_received
        _read_bursts(self._loop, protocol)

    def _sources(self) -> frozenset[tuple[str, int]]:
        """Addresses the peer may send from: those it announced and those ICE has authenticated."""
        candidates = self._connection._remote_candidates
        if len(candidates) != self._known_count:
            self._known = frozenset((c._network_host, c.port) for c in candidates)
            self._known_count = len(candidates)
        return self._known

    def _note_checks(self) -> None:
        """Keep the addresses from which an authentic check of the path came."""
        take_in = self._connection.check_incoming

        def check_incoming(
            message: aioice.stun.Message, addr: tuple[str, int], protocol: aioice.ice.StunProtocol
        ) -> None:
            self._checked.add(addr)
            take_in(message, addr, protocol)

        self._connection.check_incoming = check_incoming  # type: ignore[method-assign]

    def _dtls_budget(self) -> bool:
        second = int(self._loop.time())
        if second != self._dtls_second:
            self._dtls_second, self._dtls_taken = second, 0
        self._dtls_taken += 1
        return self._dtls_taken <= MAX_DTLS_PER_SECOND

    def _take_media(self, datagram: bytes) -> None:
        if self._unprotect is None:
            if self.state == "connecting":
                self._early_media.append(datagram)
            return
        if self.state != "connected":
            return
        try:
            if 192 <= datagram[1] < 224:  # RTCP beside RTP, RFC 5761 section 4
                if not _known_ssrc(datagram, 4):
                    self.counters["foreign_ssrc"] += 1
                    return
                packet = self._unprotect_rtcp(datagram)
                deliver = self.on_rtcp
            else:
                if not _known_ssrc(datagram, 8):
                    self.counters["foreign_ssrc"] += 1
                    return
                packet = self._unprotect(datagram)
                deliver = self.on_rtp
        except (pylibsrtp.Error, ValueError, IndexError):
            self.counters["srtp_refused"] += 1
            return
        self.bytes_received += len(datagram)
        deliver(packet)

    def _send(self, protect: Callable[[bytes], bytes], packet: bytes) -> int:
        pair = self._connection._nominated.get(1)
        if pair is None:
            return 0
        if not self._consent.given:
            self.counters["without_consent"] += 1
            return 0
        candidate = pair.remote_candidate
        transport: Any = pair.protocol.transport
        if transport.get_write_buffer_size() > MAX_SOCKET_QUEUED:
            self.counters["socket_overflow"] += 1
            return 0
        try:
            datagram = protect(packet)
        except pylibsrtp.Error:  # a repetition that left libsrtp's window
            self.counters["srtp_unsent"] += 1
            return 0
        transport.sendto(datagram, (candidate._network_host, candidate.port))
        return len(datagram)

    def _channel_open(self) -> None:
        early, self._early_data = self._early_data, []
        for message in early:
            self.send_data(message)

    def _message(self, message: bytes | str) -> None:
        if isinstance(message, str) or not 0 < len(message) <= MAX_DATA_BYTES:
            self.counters["data_malformed"] += 1
        elif self.state == "connected":
            self.on_data(message)

    def _dtls_changed(self) -> None:
        if self._dtls.state in ("closed", "failed") and self.state == "connected":
            self._set_state("failed")

    def _ice_changed(self) -> None:
        if self._ice.state in ("closed", "failed") and self.state == "connected":
            self._set_state("failed")

    def _set_state(self, state: TransportState) -> None:
        if state != self.state:
            self.state = state
            if self.on_state is not None:
                self.on_state(state)

    async def _close(self) -> None:
        self._early_media.clear()
        self._early_data.clear()
        task = self._dtls._task
        if self._sctp is not None:
            await self._sctp.stop()
        await self._dtls.stop()
        if task is not None:
            await asyncio.gather(task, return_exceptions=True)
        await self._ice.stop()
        for emitter in (self._dtls, self._sctp):
            if emitter is not None:
                emitter.remove_all_listeners()


def _read_bursts(loop: Any, protocol: Any) -> None:
    """Read up to BURST datagrams at a turn of the loop, where asyncio reads one.

    The packets of a picture come together: waiting for the socket once for all of them saves a
    third of what receiving costs, the more the busier the computer is. Where asyncio works
    otherwise (Windows), everything stays as it is.
    """
    sock = getattr(protocol.transport, "_sock", None)
    if sock is None or not hasattr(loop, "_add_reader"):
        return

    def readable() -> None:
        for _ in range(BURST):
            if protocol.transport.is_closing():
                return
            try:
                data, address = sock.recvfrom(LARGEST_DATAGRAM)
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                protocol.error_received(error)
                return
            protocol.datagram_received(data, address)
            if len(data) < NOT_ALONE:
                return

    loop._add_reader(sock.fileno(), readable)


class _Certificate(RTCCertificate):
    """A certificate with which nobody shakes hands twice: that costs as much as a first time."""

    def _create_ssl_context(self, srtp_profiles: list[SRTPProtectionProfile]) -> SSL.Context:
        context = super()._create_ssl_context(srtp_profiles)
        context.set_options(SSL.OP_NO_RENEGOTIATION)
        return context


class _SctpGuard:
    """Keeps what a hostile member sends on the data channel from ending more than that."""

    def __init__(self, sctp: RTCSctpTransport, transport: PeerTransport) -> None:
        self._sctp = sctp
        self._transport = transport

    async def _handle_data(self, data: bytes) -> None:
        sctp = self._sctp
        anew = data[12:13] == bytes([INIT]) and sctp.state == "connected"
        if anew or not is_harmless(data):  # no peer of ours begins again on the same path
            self._transport.counters["sctp_refused"] += 1
            return
        try:
            await sctp._handle_data(data)
        except SCTP_FAULTS:
            self._transport.counters["sctp_malformed"] += 1
        pieces = sum(len(stream.reassembly) for stream in sctp._inbound_streams.values())
        if (
            sctp._advertised_rwnd < -SCTP_MEMORY
            or max(pieces, len(sctp._sack_misordered)) > MAX_AHEAD
        ):
            # More unfinished messages than the window we announced: not a peer of ours.
            raise ConnectionError("the peer overran the data channel")


def _known_ssrc(datagram: bytes, offset: int) -> bool:
    return int.from_bytes(datagram[offset : offset + 4], "big") <= HIGHEST_SSRC


def _ice_candidate(number: int, candidate: Candidate) -> RTCIceCandidate:
    return RTCIceCandidate(
        component=1,
        foundation=str(number),
        ip=str(candidate.address),
        port=candidate.port,
        priority=candidate.priority,
        protocol="udp",
        type="host",
    )


def _ignore(_: bytes) -> None:
    """Nobody listens yet."""
