"""What comes from one peer: put in order, asked for again, opened, and given to whom it is for."""

import asyncio
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Protocol

from media.freshness import is_old
from media.held_frames import Held
from media.incoming_frames import DATA, IncomingFrames
from media.meter import RateMeter
from media.path import rtcp, rtp_packet
from media.path.arrivals import Arrivals
from media.path.downlink_meter import DownlinkMeter
from media.path.frame_buffer import Frame
from media.path.heartbeat import Heartbeat
from media.path.incoming_packets import IncomingPackets
from media.path.moving_transport import MovingTransport
from media.path.rtp_packet import CAMERA, MICROPHONE, NAMES, TAG_BYTES, Stream
from media.sealing import OpenedFrame, Opener
from media.stats import DownlinkStats, VideoStats
from media.video.stream import VideoStream

PLI_PAUSE = 0.5  # seconds between two requests for a key frame


class SoundSink(Protocol):
    """Plays one peer's sound: media.sound.playout.Playout."""

    def push(self, sequence: int, media_ts: int, packet: bytes, now: float) -> None:
        """Take an Opus packet; the sequence never wraps."""


class Receiving:
    """One link's packets on their way to pictures, sound and data.

    What is said about them leaves as RTCP over `transport`; `on_data` gets a context and small
    data, opened.
    """

    def __init__(
        self,
        opener: Opener,
        transport: MovingTransport,
        heartbeat: Heartbeat,
        clock: Callable[[], float],
        *,
        pictures: Mapping[int, VideoStream],
        sound: SoundSink | None,
        on_data: Callable[[int, bytes], None],
    ) -> None:
        self.packets = IncomingPackets()
        self.frames = IncomingFrames(opener, self._deliver)
        self._transport = transport
        self._heartbeat = heartbeat
        self._clock = clock
        self._pictures = pictures
        self._sound = sound
        self._on_data = on_data
        self._counted: Counter[str] = Counter()
        self._loop = asyncio.get_running_loop()
        self._arrivals = Arrivals()
        self._meter = DownlinkMeter()
        self._rates = {ssrc: RateMeter() for ssrc in pictures}
        self._asking: asyncio.TimerHandle | None = None
        self._asking_at = math.inf
        self._pli_sent = dict.fromkeys(pictures, -math.inf)

    @property
    def stats(self) -> DownlinkStats:
        """What the path is like now."""
        jitter = self.packets.streams[MICROPHONE.ssrc].jitter
        return self._meter.stats(jitter * 1000 / MICROPHONE.clock_rate)

    @property
    def counters(self) -> Counter[str]:
        """What came, was repaired, refused or asked for, by name."""
        counted = self._counted.copy()
        for ssrc, name in NAMES.items():
            for what, count in self.packets.streams[ssrc].counters.items():
                counted[f"{name}_{what}"] += count
        for reason, count in self.frames.refused.items():
            counted[f"refused_{reason}"] += count
        return counted

    def video_stats(self, stream: Stream, now: float) -> VideoStats:
        """Return how the pictures of one stream come through."""
        pictures = self._pictures[stream.ssrc]
        found = pictures.meter.snapshot(now, self._rates[stream.ssrc].kbps)
        return replace(found, dropped=pictures.dropped)

    def take(self, packet: bytes) -> None:
        """Take an RTP packet."""
        parsed = rtp_packet.parse(packet)
        if parsed is None:
            self._counted["rtp_malformed"] += 1
            return
        now = self._clock()
        self._arrivals.note(parsed.number, len(packet) + TAG_BYTES, now)
        frames = self.packets.take(parsed, now)
        if frames is None:
            self._counted["rtp_malformed"] += 1
            return
        self._open(frames, now)
        self._ask_when_due(now)

    def take_data(self, message: bytes) -> None:
        """Take what came over the data channel."""
        self.frames.take(Held(DATA, 0, message, self._clock()))

    def try_held(self) -> None:
        """A key came: try what was held for it."""
        self.frames.try_held(self._clock())

    def tick(self, now: float) -> None:
        """Each 50 ms: tell what arrived, ask for key frames, give up on what is too old."""
        arrived = self._arrivals.tick(now)
        if arrived is not None:
            self._transport.send_rtcp(rtcp.arrivals(arrived))
        self._ask_for_key_frames(now)
        self.frames.expire(now)
        self._meter.note(self.packets.streams.values(), now)
        for ssrc, rate in self._rates.items():
            rate.count_to(self.packets.streams[ssrc].octets, now)

    def close(self) -> None:
        """Take nothing any more."""
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None
        for pictures in self._pictures.values():
            pictures.close()
        self._sound = None
        self.frames.forget()

    def _open(self, frames: Iterable[Frame], now: float) -> None:
        for frame in frames:
            self.frames.take(Held(frame.ssrc, frame.sequence, frame.sealed, now))

    def _ask_when_due(self, now: float) -> None:
        """Look at what is missing once it is time to ask for it."""
        due = self.packets.due
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
        now = self._clock()
        for ssrc, wanted, frames in self.packets.ask(now, self._heartbeat.likely_round_trip):
            if wanted:
                self._transport.send_rtcp(rtcp.nack(ssrc, wanted))
            self._open(frames, now)
        self._ask_when_due(now)

    def _deliver(self, frame: Held, opened: OpenedFrame) -> None:
        """Something authentic came: to whom it belongs."""
        if frame.ssrc == DATA:
            self._on_data(frame.sealed[0], opened.frame)
        elif frame.ssrc == MICROPHONE.ssrc:
            said = self._heartbeat.captured(opened.media_ts, MICROPHONE.clock_rate)
            if is_old(said, frame.at):
                self._counted["sound_old"] += 1
            elif self._sound is not None:
                self._sound.push(frame.sequence, opened.media_ts, opened.frame, frame.at)
        elif (pictures := self._pictures.get(frame.ssrc)) is not None:
            captured = self._heartbeat.captured(opened.media_ts, CAMERA.clock_rate)
            pictures.push(opened.flags, opened.frame, opened.media_ts, captured)
            self._ask_for_key_frames(self._clock())

    def _ask_for_key_frames(self, now: float) -> None:
        for ssrc, pictures in self._pictures.items():
            if pictures.wants_key_frame and now - self._pli_sent[ssrc] >= PLI_PAUSE:
                self._pli_sent[ssrc] = now
                self._counted["key_frames_asked"] += 1
                self._transport.send_rtcp(rtcp.picture_loss(ssrc))
