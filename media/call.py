"""Everything a call does with media, minus policy: links, fan-out, pictures, sound, statistics."""

import asyncio
import math
import secrets
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Protocol

from media.errors import MediaError
from media.fan_out import FanOut
from media.load_gauge import LoadGauge, Work
from media.path.heartbeat import media_time
from media.path.moving_transport import MovingTransport
from media.path.pacer import PaceTimer
from media.path.rtp_packet import CAMERA, MICROPHONE, SCREEN, STREAMS, Stream
from media.path.shares import Uplink, demand_kbps
from media.peer_link import LinkState, PeerLink
from media.receiving import SoundSink
from media.sealing import CODEC_DATA, Opener, Sealer
from media.slot import Slot
from media.sound.ends import MicrophoneSource
from media.stats import AudioStats, CallStats, EncodedStats, SentStats
from media.video.camera import CameraSource, CapturedFrame
from media.video.decode_pool import DecodePool
from media.video.encoder_worker import PREVIEW, EncoderWorker
from media.video.layers import CAMERA_LADDER, LAYER_SHARES, SCREEN_LADDER
from media.video.looking import Looking
from media.video.outgoing import call_soon
from media.video.picture import Picture
from media.video.screen_worker import ScreenWorker
from media.video.stream import VideoStream

__all__ = ["Call", "LinkState", "PeerLink", "Sound"]

TICK = 0.05  # seconds between reports to each peer
LOSS_EVERY = 1.0  # seconds between looks at what sound loses
MAX_SOUND_PENDING = 25  # packets the engine has not sent yet: half a second
CLOSE_TIMEOUT = 3.0  # seconds for threads to let go of their devices
CLOSE_POLL = 0.005
SCREEN_KBPS = 200.0  # of a path are kept for a shared screen, whatever the camera could use
SCREEN_PATIENCE = 10.0  # times longer may a page wait for its path than a picture of a face

Shown = tuple[bytes, int]  # whose, and which context


class Sound(Protocol):
    """What a call needs of media.sound.desk.SoundDesk."""

    def start_microphone(
        self, source: MicrophoneSource, on_packet: Callable[[bytes, int], None] | None = None
    ) -> None:
        """Open the source and call back with each Opus packet and its media_ts, on a worker."""

    def stop_microphone(self) -> None:
        """Close the microphone."""

    def add_stream(self, key: bytes) -> SoundSink:
        """Return a player for one peer's sound."""

    def remove_stream(self, key: bytes) -> None:
        """Forget one peer's sound."""

    @property
    def overruns(self) -> int:
        """How often sound of the microphone was lost because nobody took it."""

    @property
    def underruns(self) -> int:
        """How often the speaker had nothing to play in time."""

    def set_expected_loss(self, fraction: float) -> None:
        """Tell the encoder what is lost on the way."""

    def set_path(self, kbps: float) -> None:
        """Tell the encoder what the narrowest path bears, pictures and all."""

    def heard_ts(self, key: bytes) -> int | None:
        """Return the media_ts of what is heard of one peer now; None for nothing."""

    def stats(self, key: bytes) -> AudioStats:
        """Return what one peer's sound is like."""


class Call:
    """The media of one call. All methods and callbacks on the engine's thread.

    `own` is the own device: its picture slot shows the own camera. `on_data` gets (dev, context,
    payload) of what peers broadcast; `on_camera_failed` is told once when the camera or the
    encoder gives up (the camera is off then). `gauge` finds out whether the computer keeps up.
    """

    def __init__(
        self,
        sealer: Sealer,
        loop: asyncio.AbstractEventLoop,
        sound: Sound | None,
        clock: Callable[[], float] = time.monotonic,
        *,
        own: bytes = b"",
        gauge: LoadGauge | None = None,
        random_bits: Callable[[int], int] = secrets.randbits,
    ) -> None:
        self.on_data: Callable[[bytes, int, bytes], None] | None = None
        self.on_camera_failed: Callable[[MediaError], None] | None = None
        self.on_screen_failed: Callable[[MediaError], None] | None = None
        self.counters: Counter[str] = Counter()
        self._sealer = sealer
        self._loop = loop
        self._sound = sound
        self._clock = clock
        self._own = own
        self._random_bits = random_bits
        self._links: dict[bytes, PeerLink] = {}
        self._slots: dict[bytes, Slot[Picture]] = {}
        self._screen_slots: dict[bytes, Slot[Picture]] = {}
        self._looking: Looking[Shown] = Looking()
        self._own_tile = PREVIEW
        self._max_lines = CAMERA_LADDER[-1].lines
        self._closing: set[asyncio.Task[None]] = set()
        self._pool = DecodePool(clock=clock)
        self._camera = FanOut(
            CAMERA,
            sealer,
            loop,
            clock,
            ladder=CAMERA_LADDER,
            budget=self._camera_budget,
            on_failed=self._camera_failed,
        )
        self._pace = PaceTimer(loop, clock)
        self._gauge = gauge or LoadGauge()
        self._uplink: Uplink[bytes] = Uplink()
        self._camera.video.set_preview(PREVIEW)
        self._screen = FanOut(
            SCREEN,
            sealer,
            loop,
            clock,
            ladder=SCREEN_LADDER,
            budget=self._screen_budget,
            patience=SCREEN_PATIENCE,
            on_failed=self._screen_failed,
        )
        self._follow_plan()
        self._ticker: asyncio.TimerHandle | None = None
        self._sound_encoded_count = 0  # the sound's worker counts
        self._sound_taken = 0  # the engine counts
        self._loss_due = 0.0
        self._closed = False

    def add_peer(
        self, dev: bytes, opener: Opener, controlling: bool, *, allow_loopback: bool = False
    ) -> PeerLink:
        """Add a peer; exactly one of the two sides is controlling.

        `allow_loopback` when the peer runs on this computer: then 127.0.0.1 and ::1 are offered
        and accepted as addresses. ValueError if the peer is there already.
        """
        if self._closed or dev in self._links or dev == self._own:
            raise ValueError("the call is closed, or the peer is in it already")
        sound = self._sound
        video = VideoStream(
            self._pool,
            self.picture_slot(dev),
            self._clock,
            lambda: None if sound is None else sound.heard_ts(dev),
        )
        screen = VideoStream(self._pool, self.screen_slot(dev), self._clock)
        self._looking.add((dev, CAMERA.context))
        self._looking.add((dev, SCREEN.context), visible=False)
        link = PeerLink(
            dev,
            opener=opener,
            transport=MovingTransport(controlling, allow_loopback=allow_loopback),
            owner=self,
            pictures={CAMERA.ssrc: video, SCREEN.ssrc: screen},
            sound=sound.add_stream(dev) if sound is not None else None,
            clock=self._clock,
            pace=self._pace,
            random_bits=self._random_bits,
        )
        self._links[dev] = link
        for ssrc, pictures in link.pictures.items():
            pictures.set_tile(*self._looking.placed((dev, STREAMS[ssrc].context)))
        self._ask(link)
        if self._ticker is None:
            self._ticker = self._loop.call_later(TICK, self._tick)
        return link

    def remove_peer(self, dev: bytes) -> None:
        """Take a peer out at once: nothing more is sent to it or taken from it."""
        link = self._links.pop(dev, None)
        if link is None:
            return
        link.detach()
        if self._sound is not None:
            self._sound.remove_stream(dev)
        self.picture_slot(dev).take()
        self.screen_slot(dev).take()
        for context in (CAMERA.context, SCREEN.context):
            self._looking.forget((dev, context))
        task = self._loop.create_task(link.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
        self._serve()

    def set_camera(self, source: CameraSource | None) -> None:
        """Send this camera's picture from now on; None stops and closes the camera."""
        make = partial(EncoderWorker, preview=self.own_slot)
        self._camera.use(None if self._closed else source, make)
        self.own_slot.take()

    def set_screen(self, source: CameraSource | None, *, motion: bool = False) -> None:
        """Share this screen from now on; None ends that. Each picture must be an array of its own.

        Text stays sharp and pictures become fewer; with `motion`, for films, the other way round.
        """
        used = None if self._closed else source
        if motion:
            self._screen.use(used, partial(EncoderWorker, ladder=SCREEN_LADDER))
        else:
            self._screen.use(used, ScreenWorker, shares=LAYER_SHARES[-1:])

    def watch_camera(self, watcher: Slot[CapturedFrame] | None) -> None:
        """Give every picture of the own camera to somebody else on this computer, too."""
        self._camera.video.watch(watcher)

    def limit_picture(self, max_height: int) -> None:
        """Send no picture with more lines than this: 360 or 720."""
        self._max_lines = max_height
        self._follow_plan()

    def set_microphone(self, source: MicrophoneSource | None) -> None:
        """Send this microphone's sound from now on; None stops and closes the microphone."""
        if self._sound is None:
            raise ValueError("this call has no sound")
        if source is None:
            self._sound.stop_microphone()
        else:
            self._sound.start_microphone(source, self._sound_encoded)

    def set_tile(self, dev: bytes, width: int, height: int, visible: bool) -> None:
        """Say how large (device pixels) a peer's pictures are shown; hidden: not decoded.

        For the own device: the size of the preview. A size of 0 leaves the size as it was.
        """
        if dev == self._own:
            if width > 0 and height > 0:
                self._own_tile = width, height
            self._camera.video.set_preview(self._own_tile if visible else None)
            return
        self._place(dev, CAMERA, width, height, visible)

    def set_screen_tile(self, dev: bytes, width: int, height: int, visible: bool) -> None:
        """The same for the screen that a peer shares; until then none is asked for."""
        self._place(dev, SCREEN, width, height, visible)

    def look_at(self, devs: frozenset[bytes]) -> None:
        """Say who is looked at: the others' pictures are the first to be fewer on a slow computer.

        With nobody named it is whoever is shown largest. A shared screen is always looked at.
        """
        cameras = {(dev, CAMERA.context) for dev in devs}
        screens = {(dev, SCREEN.context) for dev in self._links} if devs else set()
        self._looking.near = frozenset(cameras | screens)
        self._ask_all()

    def picture_slot(self, dev: bytes) -> Slot[Picture]:
        """Return the mailbox of a peer's pictures, the same for the whole call."""
        return self._slots.setdefault(dev, Slot())

    def screen_slot(self, dev: bytes) -> Slot[Picture]:
        """Return the mailbox of the pictures of a peer's screen, the same for the whole call."""
        return self._screen_slots.setdefault(dev, Slot())

    @property
    def own_slot(self) -> Slot[Picture]:
        """The mailbox of the own camera's pictures, not mirrored."""
        return self.picture_slot(self._own)

    def request_key_frame(self) -> None:
        """Begin again with a key frame for everybody, in 500 ms if one was just made."""
        self._camera.restart()
        self._screen.restart()

    def broadcast(self, context: int, payload: bytes) -> frozenset[bytes]:
        """Seal once, send to every peer reliably; return the peers that could not be sent to.

        Peers that are still connecting get it once their channel opens. ValueError above 16 KiB.
        """
        sealed = self._sealer.seal(
            context, CODEC_DATA, 0, media_time(self._clock(), 90_000), payload
        )
        if sealed is None:
            return frozenset(self._links)
        return frozenset(
            dev for dev, link in self._links.items() if not link.send_data(context, sealed)
        )

    def keys_changed(self, dev: bytes) -> None:
        """Try the frames held for an unknown key of this device again."""
        if dev in self._links:
            self._links[dev].receiving.try_held()

    def keys_switched(self, removal: bool) -> None:
        """The sealer uses another key from now on: a key frame follows.

        At a removal nothing sealed before is ever sent again, not even as a repetition.
        """
        if removal:
            for link in self._links.values():
                link.forget_sent()
        self.request_key_frame()

    def stats(self) -> CallStats:
        """Return the numbers of this moment."""
        encoded = self._camera.video.encoded_sizes
        largest = encoded[-1] if encoded else EncodedStats()
        return CallStats(
            peers={
                dev: link.stats(self._heard(dev), self._given(link))
                for dev, link in self._links.items()
            },
            encoded_frames=self._camera.video.encoded,
            encoded_width=largest.width,
            encoded_height=largest.height,
            counters=self.counters | self._camera.counters | Counter(self._camera.video.counters),
            encoded=encoded,
            computer=self._gauge.stats,
        )

    async def close(self) -> None:
        """Close every link, thread and device but the sound desk, which is its owner's."""
        self._closed = True
        if self._sound is not None:
            self._sound.stop_microphone()
        self._camera.close()
        self._screen.close()
        if self._ticker is not None:
            self._ticker.cancel()
        for dev in list(self._links):
            self.remove_peer(dev)
        self._pool.close()
        for slot in (*self._slots.values(), *self._screen_slots.values()):
            slot.close()
        while self._closing:
            await asyncio.gather(*self._closing, return_exceptions=True)
        for _ in range(int(CLOSE_TIMEOUT / CLOSE_POLL)):
            if not (self._pool.alive or self._camera.video.alive or self._screen.video.alive):
                return
            await asyncio.sleep(CLOSE_POLL)

    # what links tell

    def link_changed(self, link: PeerLink) -> None:
        """A link is connected, weak, lost or closed."""
        self._serve()
        if link.state == "connected":
            self._camera.restart_for(link)
            self._screen.restart_for(link)

    def key_frame_wanted(self, link: PeerLink, ssrc: int) -> None:
        """A peer asks for a key frame."""
        (self._screen if ssrc == SCREEN.ssrc else self._camera).key_frame_asked(link)

    def want_changed(self, link: PeerLink) -> None:
        """A peer wants other pictures than before."""
        self._camera.replan()
        self._screen.replan()

    def data_received(self, link: PeerLink, context: int, payload: bytes) -> None:
        """A peer sent small data."""
        if self.on_data is not None:
            self.on_data(link.dev, context, payload)

    # the way out

    def _sound_encoded(self, packet: bytes, media_ts: int) -> None:
        """On the sound's worker."""
        if self._sound_encoded_count - self._sound_taken >= MAX_SOUND_PENDING:
            self.counters["sound_engine_behind"] += 1
            return
        self._sound_encoded_count += 1
        call_soon(self._loop, self._send_sound, packet, media_ts)

    def _send_sound(self, packet: bytes, media_ts: int) -> None:
        self._sound_taken += 1
        sealed = self._sealer.seal(MICROPHONE.context, MICROPHONE.codec, 0, media_ts, packet)
        if sealed is None:
            self.counters["sound_without_key"] += 1
            return
        now = self._clock()
        payloads = (sealed,)
        for link in self._links.values():
            if link.is_open:
                link.send(MICROPHONE, payloads, media_ts, now)

    def _screen_failed(self, error: MediaError) -> None:
        if self.on_screen_failed is not None:
            self.on_screen_failed(error)

    def _camera_failed(self, error: MediaError) -> None:
        if self.on_camera_failed is not None:
            self.on_camera_failed(error)

    # odds and ends

    def _camera_budget(self, link: PeerLink) -> float:
        """A shared screen leaves the camera all but a little: its text may come later."""
        budget = link.sending.budget_kbps
        if not self._screen.is_wanted_by(link):
            return budget
        return max(budget - SCREEN_KBPS, budget / 2)

    def _screen_budget(self, link: PeerLink) -> float:
        return link.sending.budget_kbps - self._camera.kbps_of(link)

    def _place(self, dev: bytes, stream: Stream, width: int, height: int, visible: bool) -> None:
        shown = dev, stream.context
        self._looking.place(shown, width, height, visible)
        link = self._links.get(dev)
        if link is not None:
            link.pictures[stream.ssrc].set_tile(*self._looking.placed(shown))
            self._ask(link)

    def _ask(self, link: PeerLink) -> None:
        """Ask a peer for the pictures that fit the tiles they are shown in."""
        now, is_open = self._clock(), link.is_open
        for ssrc in link.pictures:
            context = STREAMS[ssrc].context
            want = self._looking.asks((link.dev, context), now, at_once=not is_open)
            if want is not None:
                link.ask_for(context, want.lines, want.fps)

    def _ask_all(self) -> None:
        for link in self._links.values():
            self._ask(link)

    def _tick(self) -> None:
        now = self._clock()
        for link in list(self._links.values()):
            link.tick(now)
            self._ask(link)
        open_links = [link for link in self._links.values() if link.is_open]
        self._uplink.note({link.dev: link.sending.path for link in open_links}, now)
        shares = self._uplink.shares({x.dev: demand_kbps(x.wants) for x in open_links if x.wants})
        for link in open_links:
            link.sending.share_kbps = shares.get(link.dev, math.inf)
        self._camera.tick(now)
        self._screen.tick(now)
        if self._sound is not None and now >= self._loss_due:
            self._loss_due = now + LOSS_EVERY
            self._sound.set_expected_loss(
                max((x.sending.plan.sound_loss for x in open_links), default=0.0)
            )
            self._sound.set_path(
                min((x.sending.estimator.target_kbps for x in open_links), default=math.inf)
            )
        if self._gauge.is_due(now) and self._gauge.look(self._work(now), now):
            self._follow_plan()
        self._ticker = None if self._closed else self._loop.call_later(TICK, self._tick)

    def _work(self, now: float) -> Work:
        """Return how the workers of this call get along."""
        streams = [each for link in self._links.values() for each in link.pictures.values()]
        return Work(
            encoding=max(self._camera.video.busy, self._screen.video.busy),  # a thread each
            decoding=max((stream.waited(now) for stream in streams), default=0.0),
            dropped=sum(stream.dropped.no_time for stream in streams),
            overruns=self._sound.overruns if self._sound is not None else 0,
            underruns=self._sound.underruns if self._sound is not None else 0,
        )

    def _follow_plan(self) -> None:
        """Encode, and ask for, what this computer can do now."""
        plan = self._gauge.plan
        lines = min(self._max_lines, plan.max_lines)
        self._camera.follow(max_lines=lines, fps=plan.fps, cpu_used=plan.cpu_used)
        readable = SCREEN_LADDER[-1].lines  # a small text is none, on the slowest computer
        self._screen.follow(max_lines=readable, fps=plan.fps, cpu_used=plan.cpu_used)
        self._looking.far_fps = plan.far_fps
        self._ask_all()

    def _serve(self) -> None:
        links = [link for link in self._links.values() if link.is_open]
        self._camera.serve(links)
        self._screen.serve(links)

    def _heard(self, dev: bytes) -> AudioStats:
        return self._sound.stats(dev) if self._sound is not None else AudioStats()

    def _given(self, link: PeerLink) -> SentStats:
        camera, screen = self._camera.given(link), self._screen.given(link)
        return replace(camera, left_out=camera.left_out + screen.left_out)
