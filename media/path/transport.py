"""One peer's path on aiortc's ORTC objects: ICE, DTLS-SRTP and one reliable data channel."""

import asyncio
import ipaddress
from collections import Counter, deque
from collections.abc import Callable, Coroutine
from typing import Any, Literal, NoReturn

import aioice.candidate
import aioice.stun
import pylibsrtp
from aiortc import (
    InvalidStateError,
    RTCIceCandidate,
    RTCIceGatherer,
    RTCIceParameters,
    RTCIceTransport,
)

from media.errors import LinkError
from media.path.consent import Consent
from media.path.data_channel import DataChannel
from media.path.dtls import make_dtls, own_fingerprint, shake_hands
from media.path.gate import OPEN, Gate
from media.path.link_local import open_link_local
from media.path.link_parameters import (
    MAX_CANDIDATES,
    Candidate,
    LinkParameters,
    is_usable,
)
from media.path.outside import HEAD_START, IDLE, OutsideCandidates, is_relayed
from media.path.outside_servers import Outside, PathWay, Server, Way
from media.path.private_names import missing_names
from media.path.relay_socket import RelaySocket
from media.path.sockets import SocketGuard

TransportState = Literal["new", "connecting", "connected", "failed", "closed"]

CONNECT_TIMEOUT = 15.0  # seconds for ICE and DTLS; aioice alone would try for 32
MAX_SOCKET_QUEUED = 512 * 1024  # bytes asyncio may hold when the socket is full: two key frames
MAX_EARLY_MEDIA = 64  # datagrams kept until our side of the handshake is done: one key frame
HIGHEST_SSRC = 15  # stream numbers are the SSRCs, see rtp_packet; others never reach SRTP

if missing_names():
    raise ImportError(f"aiortc or aioice has changed inside: {', '.join(missing_names())}")


class PeerTransport:
    """One peer: gather, connect, then RTP, RTCP and small data until closed.

    Exactly one side is controlling. No address outside the `gate` is used, here or there. With
    `link_local` (`fe80::1%2`) the path leaves from this address and from no other. Callbacks
    run on the loop: `on_rtp` and `on_rtcp` with decrypted packets, `on_data` with a message,
    `on_state` with the new state.
    """

    def __init__(
        self,
        controlling: bool,
        *,
        allow_loopback: bool = False,
        link_local: str = "",
        gate: Gate = OPEN,
        outside: Outside | None = None,
        timeout: float = CONNECT_TIMEOUT,
        counters: Counter[str] | None = None,
    ) -> None:
        """With `outside`, its servers are asked for candidates, too."""
        self.on_rtp: Callable[[bytes], None] = _ignore
        self.on_rtcp: Callable[[bytes], None] = _ignore
        self.on_data: Callable[[bytes], None] = _ignore
        self.on_state: Callable[[TransportState], None] | None = None
        self.counters: Counter[str] = Counter() if counters is None else counters
        self.bytes_received = 0
        self.state: TransportState = "new"
        self._allow_loopback = allow_loopback
        self._link_local = link_local
        self._gate = gate
        self._timeout = timeout
        self._loop = asyncio.get_running_loop()
        self._gatherer = RTCIceGatherer(iceServers=[])
        self._ice = RTCIceTransport(self._gatherer)
        self._connection = self._ice._connection
        self._connection.ice_controlling = controlling
        self._outside = (
            OutsideCandidates(self._connection, outside, gate) if outside is not None else None
        )
        self._their_relays: set[tuple[str, int]] = set()
        self._later: asyncio.Task[None] | None = None  # hands the relays to ICE
        self._idle: asyncio.TimerHandle | None = None  # gives back those that are not used
        self._keep_within(gate)
        self._dtls = make_dtls(self._ice)
        self._dtls.on("statechange", self._dtls_changed)
        self._ice.on("statechange", self._ice_changed)
        self._data = DataChannel(self._dtls, self.counters, self._take_data)
        self._early_media: deque[bytes] = deque(maxlen=MAX_EARLY_MEDIA)
        self._protect: Any = None
        self._protect_rtcp: Any = None
        self._unprotect: Any = None
        self._unprotect_rtcp: Any = None
        self._sockets = SocketGuard(
            self._connection, self.counters, self._loop, self._take_media, gate
        )
        self._consent = Consent(self._ask_for_consent, self._loop.time)
        self._closing: asyncio.Task[None] | None = None

    async def gather(self) -> LinkParameters:
        """Open a socket on each address of this computer and return what the peer must know.

        Raises LinkError("no_address") if there is none, LinkError("closed") after close().
        """
        if self._is_closed():
            raise LinkError("closed", "the link is closed")
        await self._gatherer.gather()
        if self._link_local and self._link_local in self._gate:
            self._connection._local_candidates += await open_link_local(
                self._connection, self._link_local
            )
        if self._allow_loopback:
            # aioice leaves out 127.0.0.1 and ::1; two copies on a computer without any network
            # have nothing else.
            await self._gather_loopback()
        for protocol in self._connection._protocols:
            self._sockets.take_over(protocol)
        beyond = await self._gather_outside()
        if self._is_closed():  # close() came while sockets were being opened
            await self._close()
            await self._connection.close()  # aiortc closes once, and did so before these came
            raise LinkError("closed", "the link is closed")
        candidates = [
            Candidate(address, candidate.port, candidate.priority)
            for candidate in self._connection.local_candidates
            if is_usable(
                address := ipaddress.ip_address(candidate.host),
                allow_loopback=self._allow_loopback,
                link_local=bool(self._link_local),
            )
        ]
        there = {(candidate.address, candidate.port) for candidate in candidates}
        beyond = [other for other in beyond if (other.address, other.port) not in there]
        candidates = candidates[: MAX_CANDIDATES - len(beyond)] + beyond
        if not candidates:
            raise LinkError("no_address", "this computer has no network address to call from")
        parameters = self._gatherer.getLocalParameters()
        return LinkParameters(
            parameters.usernameFragment or "",
            parameters.password or "",
            own_fingerprint(self._dtls),
            tuple(candidates),
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
        self._idle = self._loop.call_later(IDLE, self._give_back_relays)
        early, self._early_media = self._early_media, deque(maxlen=0)
        for datagram in early:
            self._take_media(datagram)

    @property
    def local_host(self) -> str | None:
        """The address of this computer that the path leaves from; None without a path."""
        pair = self._connection._nominated.get(1)
        if pair is None:
            return None
        relay = self._relay_of(pair.protocol)
        return str(pair.local_candidate.host) if relay is None else relay.local_host

    @property
    def way(self) -> PathWay | None:
        """How the path reaches the peer; None without a path."""
        pair = self._connection._nominated.get(1)
        if pair is None:
            return None
        relay = self._relay_of(pair.protocol)
        if relay is not None:
            return PathWay(str(relay.server), relay.server.way)
        remote = pair.remote_candidate
        if (remote._network_host, remote.port) in self._their_relays:
            return PathWay(str(Server(remote._network_host, remote.port)), Way.UDP, theirs=True)
        return PathWay()

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
        if self.state not in ("connecting", "connected"):
            return False
        return self._data.send(message)

    @property
    def data_waiting(self) -> int:
        """Bytes that the reliable channel was given and has not sent yet."""
        return self._data.waiting

    def forget_early(self) -> None:
        """Drop the messages that wait for the channel to open."""
        self._data.forget_early()

    async def close(self) -> None:
        """Tell the peer and close everything; safe to call at any time, twice, and cancelled."""
        if self._closing is None:
            if self.state != "closed":
                self._set_state("closed")
            self._closing = self._loop.create_task(self._close())
        await asyncio.shield(self._closing)

    async def _connect(self, remote: LinkParameters) -> None:
        candidates = remote.within(self._gate).candidates
        if not candidates:
            self._fail("no_path", "the other computer has no address that may be used")
        direct = [candidate for candidate in candidates if not is_relayed(candidate)]
        relayed = [candidate for candidate in candidates if is_relayed(candidate)]
        self._their_relays = {(str(candidate.address), candidate.port) for candidate in relayed}
        for number, candidate in enumerate(direct):
            await self._ice.addRemoteCandidate(_ice_candidate(number, candidate))
        if self._outside is not None:
            self._outside.permit(candidates)
        if relayed or (self._outside is not None and self._outside.protocols):
            self._later = self._loop.create_task(self._add_relayed(len(direct), relayed))
        else:
            await self._ice.addRemoteCandidate(None)
        try:
            await self._ice.start(RTCIceParameters(remote.ufrag, remote.password))
        finally:
            self._keep_consent()
            if self._later is not None:
                self._later.cancel()
        if self._ice.state != "completed":
            self._fail("no_path", "no network path to the other computer was found")
        if not await shake_hands(self._dtls, remote.fingerprint):
            self._fail("fingerprint", "the other computer is not the announced one")
        await self._data.start()

    async def _gather_outside(self) -> list[Candidate]:
        if self._outside is None:
            return []
        beyond = await self._outside.gather()
        for protocol in self._outside.protocols:
            self._sockets.take_over(protocol)
        return beyond

    async def _add_relayed(self, number: int, relayed: list[Candidate]) -> None:
        """Try the relays, here and there, after what is direct had its time."""
        await asyncio.sleep(HEAD_START)
        if self._outside is not None:
            self._outside.join()
        for candidate in relayed:
            await self._ice.addRemoteCandidate(_ice_candidate(number, candidate, "relay"))
            number += 1
        await self._ice.addRemoteCandidate(None)

    def _relay_of(self, protocol: Any) -> RelaySocket | None:
        return None if self._outside is None else self._outside.relay_of(protocol)

    def _give_back_relays(self) -> None:
        """Free the relays that neither side uses, again and again: the other side may change."""
        if self._outside is None or not self._outside.protocols or self._is_closed():
            return
        pair = self._connection._nominated.get(1)
        self._outside.let_go(None if pair is None else pair.protocol)
        self._idle = self._loop.call_later(IDLE, self._give_back_relays)

    def _keep_within(self, gate: Gate) -> None:
        """Let aioice open no socket on an address that may not be used."""
        gather = self._connection.get_component_candidates

        def bounded(
            component: int, addresses: list[str], timeout: int = 5
        ) -> Coroutine[Any, Any, list[aioice.candidate.Candidate]]:
            usable = [address for address in addresses if address in gate]
            if self._link_local:
                usable = []
            return gather(component, usable, timeout)

        self._connection.get_component_candidates = bounded  # type: ignore[method-assign]

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

    def _take_data(self, message: bytes) -> None:
        if self.state == "connected":
            self.on_data(message)

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
        for waiting in (self._later, self._idle):
            if waiting is not None:
                waiting.cancel()
        task = self._dtls._task
        await self._data.stop()
        await self._dtls.stop()
        if task is not None:
            await asyncio.gather(task, return_exceptions=True)
        await self._ice.stop()
        if self._outside is not None:
            self._outside.close()
        self._dtls.remove_all_listeners()
        self._data.leave()


def _known_ssrc(datagram: bytes, offset: int) -> bool:
    return int.from_bytes(datagram[offset : offset + 4], "big") <= HIGHEST_SSRC


def _ice_candidate(number: int, candidate: Candidate, kind: str = "host") -> RTCIceCandidate:
    return RTCIceCandidate(
        component=1,
        foundation=str(number),
        ip=str(candidate.address),
        port=candidate.port,
        priority=candidate.priority,
        protocol="udp",
        type=kind,
    )


def _ignore(_: bytes) -> None:
    """Nobody listens yet."""
