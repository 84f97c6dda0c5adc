"""One peer of a call: its transport, what goes to it, what comes from it, whether it is there."""

import asyncio
import math
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal, Protocol

from media.errors import LinkError
from media.held_frames import Held
from media.incoming_frames import DATA, IncomingFrames
from media.meter import RateMeter
from media.path import rtcp, rtp_packet
from media.path.arrivals import Arrivals
from media.path.congestion import START_KBPS, Estimator, PathReport
from media.path.departures import Departures
from media.path.downlink_meter import DownlinkMeter
from media.path.frame_buffer import Frame
from media.path.heartbeat import INTERVAL, PROBING, Heartbeat, Liveness
from media.path.incoming_packets import IncomingPackets
from media.path.link_parameters import LinkParameters
from media.path.loss_meter import LossMeter
from media.path.moving_transport import MovingTransport
from media.path.pacer import PaceTimer
from media.path.path_meter import PathMeter
from media.path.repair import RepairPlan, plan
from media.path.rtp_packet import CAMERA, MICROPHONE, SCREEN, STREAMS, TAG_BYTES, Stream
from media.path.rtp_sender import RtpSender, overhead
from media.path.shares import PathState
from media.path.transport import TransportState
from media.path.wants import Want, Wants
from media.sealing import OpenedFrame, Opener
from media.stats import AudioStats, FrameStats, PeerStats, SentStats, UplinkStats, VideoStats
from media.video.stream import VideoStream

LinkState = Literal["connecting", "connected", "weak", "lost", "closed"]

FIRST_ROUND_TRIP = 0.020  # seconds, until one is measured
LATE_TICK = 0.075  # seconds between two ticks: this computer did not look at packets in time
PLI_PAUSE = 0.5  # seconds between two requests for a key frame
NAMES = {1: "microphone", 2: "camera", 3: "screen"}  # in counters, by SSRC
MAX_ASKED_PER_SECOND = 512  # requests for packets that one peer may make us look at
MAX_REPORTS_PER_SECOND = 400  # RTCP packets; arrivals, requests and heartbeats are 130 at most


class SoundSink(Protocol):
    """Plays one peer's sound: media.sound.playout.Playout."""

    def push(self, sequence: int, media_ts: int, packet: bytes, now: float) -> None:
        """Take an Opus packet; the sequence never wraps."""


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
        self.estimator = Estimator()
        self.counters: Counter[str] = Counter()
        self.sealed = 0
        self.incoming = IncomingFrames(opener, self._deliver)
        self.on_path_report: Callable[[PathReport, float], None] | None = None
        self.share_kbps = math.inf
        """The most this peer may get of an uplink that several share; the call decides."""
        self.given = (0, 0)
        """Lines and temporal layers of the camera's picture that this peer gets; the call tells."""
        self.losses = LossMeter()
        self.plan = RepairPlan()
        self._transport = transport
        self._owner = owner
        self._sound = sound
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._heartbeat = Heartbeat(clock)
        self._path = PathMeter(random_bits(16))
        self._pace = pace
        self._departures = Departures(
            transport.send_rtp, self._path, clock, random_bits, wake=pace.wake
        )
        self._senders = {
            stream.ssrc: RtpSender(stream, self._departures, random_bits(15), random_bits(32))
            for stream in STREAMS.values()
        }
        self._packets = IncomingPackets()
        self._downlink = DownlinkMeter()
        self._arrivals = Arrivals()
        self._wants = Wants()
        self._audio_sent = RateMeter()
        self._video_sent = RateMeter()
        self._received = {ssrc: RateMeter() for ssrc in pictures}
        self._asking: asyncio.TimerHandle | None = None
        self._asking_at = math.inf
        self._ticked_at = 0.0
        self._busy = False
        self._beat_due = 0.0
        self._pli_sent = dict.fromkeys(pictures, -PLI_PAUSE)
        self._asked_budget = float(MAX_ASKED_PER_SECOND)
        self._reports_budget = MAX_REPORTS_PER_SECOND
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

    async def gather(self, number: int = 0) -> LinkParameters:
        """Open sockets and return what the peer must know. LinkError: "no_address", "closed"."""
        return await self._transport.gather(number)

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
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None
        for sender in self._senders.values():
            sender.forget()
        self._departures.forget()
        self._pace.leave_out(self._departures)
        for pictures in self.pictures.values():
            pictures.close()
        self._sound = None
        self.incoming.forget()
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
    def budget_kbps(self) -> float:
        """What this path bears now for pictures with their headers, once repair has its part."""
        bears = self._bears(self._clock())
        free = max(0.0, min(self.share_kbps, bears) - self._audio_sent.kbps)
        return free / (1.0 + self.overhead)

    @property
    def path(self) -> PathState:
        """How full this path is."""
        return PathState(self.estimator.queue, self.estimator.received_kbps)

    @property
    def microphone_loss(self) -> float:
        """The share of our sound that the peer's player misses, as far as its coder can help."""
        return self.plan.sound_loss

    @property
    def overhead(self) -> float:
        """Bytes of repair over bytes of pictures that this peer gets."""
        pictures = (self._senders[stream.ssrc] for stream in (CAMERA, SCREEN))
        return overhead(pictures, self._clock())

    @property
    def backlog(self) -> float:
        """Seconds that pictures for this peer wait before they leave."""
        return self._departures.backlog

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
            self._send_rtcp(rtcp.want(report))

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
        self.sealed += 1
        self._senders[stream.ssrc].send_frame(payloads, media_ts, now, layer=layer, key=key)

    def send_data(self, context: int, sealed: bytes) -> bool:
        """Send small data that is sealed; whether the link took it."""
        if not self._transport.send_data(bytes((context,)) + sealed):
            return False
        self.sealed += 1
        return True

    def forget_sent(self) -> None:
        """Nothing sealed so far is sent again, or late: its key is a removed member's too."""
        for sender in self._senders.values():
            sender.forget()
        self._departures.forget()
        self._transport.forget_early()

    def try_held(self) -> None:
        """A key came: try what was held for it."""
        self.incoming.try_held(self._clock())

    def tick(self, now: float) -> None:
        """Each 50 ms: report arrivals, beat, ask for a key frame, notice silence."""
        if self.state == "closed" or self._transport.state != "connected":
            return
        self._busy = self._busy or now - self._ticked_at > LATE_TICK
        self._ticked_at = now
        due = self._arrivals.is_due(now)
        arrived = self._arrivals.report(busy=self._busy) if due else None
        self._busy = self._busy and not due
        if arrived is not None:
            self._send_rtcp(rtcp.arrivals(arrived))
        if now >= self._beat_due:
            self._beat_due = now + (INTERVAL if self.state == "connected" else PROBING)
            self._asked_budget = float(MAX_ASKED_PER_SECOND)
            self._reports_budget = MAX_REPORTS_PER_SECOND
            self._beat()
        self._ask_for_key_frames(now)
        self.incoming.expire(now)
        self._departures.aim(self._bears(now))
        for ssrc in self.pictures:
            self._senders[ssrc].pause(now)
        self._audio_sent.count_to(self._departures.sound_octets, now)
        self._video_sent.count_to(self._departures.other_octets, now)
        self._downlink.note(self._packets.streams.values(), now)
        for ssrc, received in self._received.items():
            received.count_to(self._packets.streams[ssrc].octets, now)
        if self.state in ("connected", "weak", "lost"):
            self._notice(self._heartbeat.liveness)

    def stats(self, audio: AudioStats) -> PeerStats:
        """Return the numbers of this moment; the sound's come from its player."""
        now = self._clock()
        counters = Counter(self.counters)
        for source in (self._transport.counters, self.video.counters):
            counters.update(dict(source))  # copied in one step: a decoder's thread adds to it
        for stream in STREAMS.values():
            name = NAMES[stream.ssrc]
            for what, count in self._packets.streams[stream.ssrc].counters.items():
                counters[f"{name}_{what}"] += count
            counters[f"{name}_repeated"] += self._senders[stream.ssrc].repeated
        counters["pacer_dropped"] += self._departures.dropped
        refused = self.incoming.refused
        counters.update({f"refused_{reason}": count for reason, count in refused.items()})
        round_trip = self._heartbeat.round_trip
        return PeerStats(
            rtt_ms=None if round_trip is None else round_trip * 1000,
            audio=audio,
            video=self._video_stats(CAMERA, now),
            screen=self._video_stats(SCREEN, now),
            sent=SentStats(
                self._audio_sent.kbps, self._video_sent.kbps, *self.given, self._wanted_lines
            ),
            frames=FrameStats(self.sealed, self.incoming.opened, refused.total()),
            counters={name: count for name, count in sorted(counters.items()) if count},
            uplink=UplinkStats(
                estimate_kbps=self.estimator.target_kbps,
                budget_kbps=self.budget_kbps,
                backlog_ms=self.backlog * 1000,
                loss=self.estimator.loss,
            ),
            downlink=self._downlink.stats(
                self._packets.streams[MICROPHONE.ssrc].jitter * 1000 / MICROPHONE.clock_rate
            ),
        )

    @property
    def _wanted_lines(self) -> int:
        want = self.wants.get(CAMERA.context)
        return want.lines if want is not None else 0

    def _video_stats(self, stream: Stream, now: float) -> VideoStats:
        pictures = self.pictures.get(stream.ssrc)
        if pictures is None:
            return VideoStats()
        asked = self._wants.asked(stream.context)
        return replace(
            pictures.meter.snapshot(now, self._received[stream.ssrc].kbps),
            asked_lines=asked.lines,
            asked_fps=asked.fps,
            dropped=pictures.dropped,
        )

    def _transport_changed(self, state: TransportState) -> None:
        if state == "connected":
            self.estimator = Estimator(min(START_KBPS, self.estimator.target_kbps))
            self._heartbeat.heard()
            self._beat_due = 0.0
            self._set_state("connected", again=True)
            self._beat()
        elif state == "failed":
            self._set_state("lost")

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
        if self.state == "closed":
            return
        self._heartbeat.heard()
        parsed = rtp_packet.parse(packet)
        if parsed is None:
            self.counters["rtp_malformed"] += 1
            return
        now = self._clock()
        self._arrivals.note(parsed.number, len(packet) + TAG_BYTES, now)
        frames = self._packets.take(parsed, now)
        if frames is None:
            self.counters["rtp_malformed"] += 1
            return
        self._open(frames, now)
        self._ask_when_due(now)

    def _open(self, frames: Iterable[Frame], now: float) -> None:
        for frame in frames:
            self.incoming.take(Held(frame.ssrc, frame.sequence, frame.sealed, now))

    def _ask_when_due(self, now: float) -> None:
        """Look at what is missing once it is time to ask for it."""
        due = self._packets.due
        if due >= self._asking_at or self._transport.state != "connected":
            return
        if self._asking is not None:
            self._asking.cancel()
        self._asking_at = due
        self._asking = self._loop.call_later(max(0.0, due - now), self._ask)

    def _ask(self) -> None:
        """Ask for what is missing, give up on what will not come."""
        self._asking = None
        self._asking_at = math.inf
        if self.state == "closed":
            return
        now = self._clock()
        round_trip = self._heartbeat.round_trip or FIRST_ROUND_TRIP
        for ssrc, wanted, frames in self._packets.ask(now, round_trip):
            if wanted:
                self._send_rtcp(rtcp.nack(ssrc, wanted))
            self._open(frames, now)
        self._ask_when_due(now)

    def _plan_repair(self) -> None:
        """Repair what this path loses as it does now."""
        path = self.losses.path(self._heartbeat.round_trip or FIRST_ROUND_TRIP)
        self.plan = plan(path, self.budget_kbps, self.plan)
        for sender in self._senders.values():
            sender.plan = self.plan

    def _deliver(self, frame: Held, opened: OpenedFrame) -> None:
        """Something authentic came: to whom it belongs."""
        if frame.ssrc == DATA:
            self._owner.data_received(self, frame.sealed[0], opened.frame)
        elif frame.ssrc == MICROPHONE.ssrc:
            if self._sound is not None:
                self._sound.push(frame.sequence, opened.media_ts, opened.frame, frame.at)
        elif (pictures := self.pictures.get(frame.ssrc)) is not None:
            captured = self._heartbeat.captured(opened.media_ts, CAMERA.clock_rate)
            pictures.push(opened.flags, opened.frame, opened.media_ts, captured)
            self._ask_for_key_frames(self._clock())

    def _data(self, message: bytes) -> None:
        if self.state != "closed":
            self._heartbeat.heard()
            self.incoming.take(Held(DATA, 0, message, self._clock()))

    def _rtcp(self, packet: bytes) -> None:
        if self.state == "closed":
            return
        self._heartbeat.heard()
        self._reports_budget -= 1
        if self._reports_budget < 0:
            self.counters["rtcp_flood"] += 1
            return
        reports = rtcp.parse(packet)
        if reports is None:
            self.counters["rtcp_malformed"] += 1
            return
        now = self._clock()
        for report in reports:
            self._take_report(report, now)

    def _take_report(self, report: rtcp.Report, now: float) -> None:
        match report:
            case rtcp.Nack(ssrc, sequences):
                sender = self._senders.get(ssrc)
                self._asked_budget -= len(sequences)
                if sender is None or self._asked_budget < 0:
                    self.counters["nack_refused"] += 1
                    return
                sender.repeat(sequences, now)
            case rtcp.PictureLoss(ssrc):
                if ssrc in self.pictures:
                    self.counters["key_frames_asked_of_us"] += 1
                    self._owner.key_frame_wanted(self, ssrc)
            case rtcp.HeartbeatReport():
                if self._heartbeat.incoming(report):
                    self._beat()
            case rtcp.ArrivalReport():
                path = self._path.report(report, now)
                if path is None:
                    self.counters["arrivals_refused"] += 1
                else:
                    self._follow(path, now)
                    self.losses.report(report, now)
                    self._plan_repair()
            case rtcp.WantReport():
                if self._wants.take(report):
                    self._owner.want_changed(self)
            case _:
                pass

    def _bears(self, now: float) -> float:
        """Return the rate of the path, less while what was sent is not answered."""
        return self.estimator.allowed(now, self._path.waiting_since)

    def _follow(self, path: PathReport, now: float) -> None:
        """Send what the path bears, and try at times whether it bears more."""
        if self.on_path_report is not None:
            self.on_path_report(path, now)
        self._departures.aim(self.estimator.report(path, now))
        cluster = self.estimator.take_cluster(now)
        if cluster:
            self._departures.send_cluster(cluster)

    def _beat(self) -> None:
        report = rtcp.heartbeat(self._heartbeat.outgoing())
        self._send_rtcp(report + b"".join(map(rtcp.want, self._wants.ours)))

    def _ask_for_key_frames(self, now: float) -> None:
        for ssrc, pictures in self.pictures.items():
            if pictures.wants_key_frame and now - self._pli_sent[ssrc] >= PLI_PAUSE:
                self._pli_sent[ssrc] = now
                self.counters["key_frames_asked"] += 1
                self._send_rtcp(rtcp.picture_loss(ssrc))

    def _send_rtcp(self, packet: bytes) -> None:
        self._transport.send_rtcp(packet)
