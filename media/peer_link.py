"""One peer of a call: whether it is there, and what it says of itself and asks of us."""

import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Literal, Protocol

from media.errors import LinkError
from media.path import rtcp
from media.path.bulk_pace import MOST_KBPS
from media.path.heartbeat import INTERVAL, PROBING, Heartbeat, Liveness
from media.path.link_parameters import LinkParameters
from media.path.moving_transport import MovingTransport
from media.path.outside_servers import Outside, PathWay
from media.path.pacer import PaceTimer
from media.path.rtp_packet import CAMERA, SCREEN, Stream
from media.path.transport import TransportState
from media.path.wants import Want, Wants
from media.receiving import Receiving, SoundSink
from media.sealing import Opener
from media.sending import Sending
from media.stats import AudioStats, FrameStats, PathStats, PeerStats, SentStats, VideoStats
from media.video.stream import VideoStream

LinkState = Literal["connecting", "connected", "weak", "lost", "closed"]

MAX_REPORTS_PER_SECOND = 400  # RTCP packets; arrivals, requests and heartbeats are 130 at most


class LinkOwner(Protocol):
    """What a link tells the call it belongs to."""

    def link_changed(self, link: "PeerLink") -> None:
        """The link's state is another one."""

    def key_frame_wanted(self, link: "PeerLink", ssrc: int) -> None:
        """The peer cannot go on without a key frame of one stream."""

    def want_changed(self, link: "PeerLink") -> None:
        """The peer wants other pictures of us than before: see `wants`."""

    def data_received(self, link: "PeerLink", context: int, payload: bytes) -> None:
        """The peer sent small data, opened."""


class PeerLink:
    """One peer. The conductor gathers, connects and closes; the call sends and ticks.

    `on_state` is called with each new state: "weak" after 3 s of silence, "lost" after 5 s or
    when the transport ends; what comes later makes a silent link "connected" again. gather and
    connect may be called again: media go on over the path there is until the new one stands, and
    "connected" is said once more when they moved there. `number` is what gather was given for the
    path in use.
    """

    def __init__(
        self,
        dev: bytes,
        *,
        opener: Opener,
        transport: MovingTransport,
        owner: LinkOwner,
        pictures: Mapping[int, VideoStream],
        sound: SoundSink | None,
        clock: Callable[[], float],
        pace: PaceTimer,
        random_bits: Callable[[int], int] = secrets.randbits,
    ) -> None:
        self.dev = dev
        self.state: LinkState = "connecting"
        self.on_state: Callable[[LinkState], None] | None = None
        self.pictures = pictures
        self.video = pictures[CAMERA.ssrc]
        self._counters: Counter[str] = Counter()
        self._transport = transport
        self._owner = owner
        self._clock = clock
        self._sealed = 0
        self._heartbeat = Heartbeat(clock)
        self._wants = Wants()
        self._beat_due = 0.0
        self._reports_budget = MAX_REPORTS_PER_SECOND
        self.sending = Sending(transport, self._heartbeat, clock, pace, random_bits)
        self.receiving = Receiving(
            opener,
            transport,
            self._heartbeat,
            clock,
            pictures=pictures,
            sound=sound,
            on_data=partial(owner.data_received, self),
        )
        transport.on_rtp = self._rtp
        transport.on_rtcp = self._rtcp
        transport.on_data = self._data
        transport.on_state = self._transport_changed

    @property
    def number(self) -> int:
        """What `gather` was given for the path in use."""
        return self._transport.number

    @property
    def local_host(self) -> str | None:
        """The address of this computer that the path in use leaves from."""
        return self._transport.local_host

    @property
    def way(self) -> PathWay | None:
        """How the path in use reaches the peer; None without one."""
        return self._transport.way

    async def gather(
        self, number: int = 0, link_local: str = "", outside: Outside | None = None
    ) -> LinkParameters:
        """Open sockets and return what the peer must know. LinkError: "no_address", "closed".

        With `link_local` (`fe80::1%2`) media leave from this address and from no other; with
        `outside`, its servers are asked, too.
        """
        return await self._transport.gather(number, link_local, outside)

    async def connect(self, remote: LinkParameters) -> None:
        """Connect; LinkError: "no_path", "fingerprint", "timeout", "closed", "restarted"."""
        try:
            await self._transport.connect(remote)
        except LinkError:
            if self.state != "closed" and self._transport.state != "connected":
                self._set_state("lost")
            raise

    async def close(self) -> None:
        """Close for good: nothing is sent or taken any more. Safe to call twice."""
        self.detach()
        await self._transport.close()

    def detach(self) -> None:
        """Stop sending and taking at once; close() then frees the sockets."""
        self.sending.close()
        self.receiving.close()
        self._set_state("closed")

    @property
    def is_open(self) -> bool:
        """Whether media flows: connected, perhaps weakly."""
        return self._transport.state == "connected" and self.state in ("connected", "weak")

    @property
    def round_trip(self) -> float | None:
        """Seconds there and back; None before the first exchange."""
        return self._heartbeat.round_trip

    @property
    def counters(self) -> Counter[str]:
        """What was dropped, repaired, refused, by name."""
        counters = self._counters + self.sending.counters + self.receiving.counters
        for source in (self._transport.counters, self.video.counters):
            counters.update(dict(source))  # copied in one step: a decoder's thread adds to it
        return +counters

    @property
    def wants(self) -> Mapping[int, Want]:
        """What the peer asked for, by context; before it did, nothing."""
        return self._wants.of_peer

    def ask_for(self, context: int, lines: int, fps: int) -> None:
        """Ask the peer for pictures of a context: at most so many lines (0: none) and a second.

        Said again with each heartbeat, so that it need be said here only once.
        """
        report = self._wants.ask(context, lines, fps)
        if report is not None:
            self._transport.send_rtcp(rtcp.want(report))

    def send(
        self,
        stream: Stream,
        payloads: Sequence[bytes],
        media_ts: int,
        now: float,
        *,
        layer: int = 0,
        key: bool = False,
    ) -> None:
        """Send one sealed frame, cut already; `layer` is its temporal layer."""
        self._sealed += 1
        self.sending.senders[stream.ssrc].send_frame(payloads, media_ts, now, layer=layer, key=key)

    def send_data(self, context: int, sealed: bytes) -> bool:
        """Send small data that is sealed; whether the link took it."""
        if not self._transport.send_data(bytes((context,)) + sealed):
            return False
        self._sealed += 1
        return True

    def room_for_files(self, now: float, among: int) -> int:
        """Return how many bytes of files may go to the peer now, while `among` peers get some."""
        if not self.is_open:
            return 0
        self.sending.bulk.most_kbps = MOST_KBPS / max(1, among)
        return self.sending.room_for_files(now)

    def forget_sent(self) -> None:
        """Nothing sealed so far is sent again, or late: its key is a removed member's too."""
        self.sending.forget()
        self._transport.forget_early()

    def tick(self, now: float) -> None:
        """Each 50 ms: send and take what is due, beat, notice silence."""
        if self.state == "closed" or self._transport.state != "connected":
            return
        if now >= self._beat_due:
            self._beat_due = now + (INTERVAL if self.state == "connected" else PROBING)
            self._reports_budget = MAX_REPORTS_PER_SECOND
            self.sending.look_anew()
            self._beat()
        self.receiving.tick(now)
        self.sending.tick(now)
        if self.state in ("connected", "weak", "lost"):
            self._notice(self._heartbeat.liveness)

    def stats(self, audio: AudioStats, given: SentStats) -> PeerStats:
        """Return the numbers of this moment.

        Those of the sound come from its player, and what the peer is given from who gives it.
        """
        wanted = self.wants.get(CAMERA.context)
        round_trip = self._heartbeat.round_trip
        sending, receiving = self.sending, self.receiving
        return PeerStats(
            rtt_ms=None if round_trip is None else round_trip * 1000,
            path=self._path_stats(),
            audio=audio,
            video=self._video_stats(CAMERA),
            screen=self._video_stats(SCREEN),
            sent=replace(
                given,
                audio_kbps=sending.audio.kbps,
                video_kbps=sending.video.kbps,
                wanted_lines=wanted.lines if wanted is not None else 0,
            ),
            frames=FrameStats(
                self._sealed, receiving.frames.opened, receiving.frames.refused.total()
            ),
            counters=dict(sorted(self.counters.items())),
            uplink=sending.stats,
            downlink=receiving.stats,
        )

    def _path_stats(self) -> PathStats:
        way = self.way
        if way is None:
            return PathStats()
        if not way.relay:
            return PathStats("direct")
        return PathStats("relay", way.relay, way.by.value, way.theirs)

    def _video_stats(self, stream: Stream) -> VideoStats:
        asked = self._wants.asked(stream.context)
        found = self.receiving.video_stats(stream, self._clock())
        return replace(found, asked_lines=asked.lines, asked_fps=asked.fps)

    def _transport_changed(self, state: TransportState) -> None:
        if state == "connected":
            self.sending.begin_path()
            self._heartbeat.heard()
            self._beat_due = 0.0
            self._set_state("connected", again=True)
            self._beat()
        elif state == "failed":
            self._set_state("lost")

    def _heard(self) -> None:
        """Something authentic came: who was silent is back at once."""
        self._heartbeat.heard()
        if self.state in ("weak", "lost"):
            self._notice(self._heartbeat.liveness)

    def _notice(self, liveness: Liveness) -> None:
        if liveness == "connected" != self.state:
            self._transport.stay()  # the path that was silent is back: no other one is needed
        self._set_state(liveness)

    def _set_state(self, state: LinkState, again: bool = False) -> None:
        if self.state == "closed" or (state == self.state and not again):
            return
        if self.state == "lost" and self._transport.state != "connected" and state != "closed":
            return  # a transport that ended does not come back
        self.state = state
        self._owner.link_changed(self)
        if self.on_state is not None:
            self.on_state(state)

    def _rtp(self, packet: bytes) -> None:
        if self.state != "closed":
            self._heard()
            self.receiving.take(packet)

    def _data(self, message: bytes) -> None:
        if self.state != "closed":
            self._heard()
            self.receiving.take_data(message)

    def _rtcp(self, packet: bytes) -> None:
        if self.state == "closed":
            return
        self._heard()
        self._reports_budget -= 1
        if self._reports_budget < 0:
            self._counters["rtcp_flood"] += 1
            return
        reports = rtcp.parse(packet)
        if reports is None:
            self._counters["rtcp_malformed"] += 1
            return
        now = self._clock()
        for report in reports:
            self._take_report(report, now)

    def _take_report(self, report: rtcp.Report, now: float) -> None:
        match report:
            case rtcp.Nack(ssrc, sequences):
                self.sending.repeat(ssrc, sequences, now)
            case rtcp.PictureLoss(ssrc):
                if ssrc in self.pictures:
                    self._counters["key_frames_asked_of_us"] += 1
                    self._owner.key_frame_wanted(self, ssrc)
            case rtcp.HeartbeatReport():
                if self._heartbeat.incoming(report):
                    self._beat()
            case rtcp.ArrivalReport():
                self.sending.arrived(report, now)
            case rtcp.WantReport():
                if self._wants.take(report):
                    self._owner.want_changed(self)

    def _beat(self) -> None:
        beat = rtcp.heartbeat(self._heartbeat.outgoing())
        self._transport.send_rtcp(beat + b"".join(map(rtcp.want, self._wants.ours)))
