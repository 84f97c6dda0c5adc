"""A call: its links, and what passes between them and the pictures, the sound and the computer."""

import asyncio
import math
import secrets
import time
from collections import Counter
from collections.abc import Callable
from functools import partial

from media.call_sound import CallSound, Sound
from media.errors import MediaError
from media.load_gauge import LoadGauge, Work
from media.own_pictures import OwnPictures
from media.path.gate import OPEN, Gate
from media.path.heartbeat import media_time
from media.path.moving_transport import MovingTransport
from media.path.pacer import PaceTimer
from media.path.rtp_packet import CAMERA, SCREEN
from media.path.shares import Uplink, demand_kbps
from media.peer_link import LinkState, PeerLink
from media.sealing import CODEC_DATA, Opener, Sealer
from media.slot import Slot
from media.sound.ends import MicrophoneSource
from media.stats import CallStats
from media.video.camera import CameraSource, CapturedFrame
from media.video.picture import Picture
from media.watching import Watching

__all__ = ["Call", "LinkState", "PeerLink", "Sound"]

TICK = 0.05  # seconds between reports to each peer
CLOSE_TIMEOUT = 3.0  # seconds for threads to let go of their devices
CLOSE_POLL = 0.005


class Call:
    """The media of one call. All methods and callbacks on the engine's thread.

    `own` is the own device: its picture slot shows the own camera. `on_data` gets (dev, context,
    payload) of what peers broadcast; `on_camera_failed` is told once when the camera or the
    encoder gives up (the camera is off then). `gauge` finds out whether the computer keeps up.
    No address outside the `gate` is used.
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
        gate: Gate = OPEN,
    ) -> None:
        self.on_data: Callable[[bytes, int, bytes], None] | None = None
        self.on_camera_failed: Callable[[MediaError], None] | None = None
        self.on_screen_failed: Callable[[MediaError], None] | None = None
        self._sealer = sealer
        self._loop = loop
        self._clock = clock
        self._own_dev = own
        self._random_bits = random_bits
        self._gate = gate
        self._links: dict[bytes, PeerLink] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._sound = CallSound(sound, sealer, self._links, loop, clock)
        self._watching = Watching(self._links, clock)
        self._own = OwnPictures(
            sealer,
            loop,
            clock,
            self.own_slot,
            on_camera_failed=self._camera_failed,
            on_screen_failed=self._screen_failed,
        )
        self._pace = PaceTimer(loop, clock)
        self._uplink: Uplink[bytes] = Uplink()
        self._gauge = gauge or LoadGauge()
        self._follow_load()
        self._ticker: asyncio.TimerHandle | None = None
        self._closed = False

    def add_peer(
        self, dev: bytes, opener: Opener, controlling: bool, *, allow_loopback: bool = False
    ) -> PeerLink:
        """Add a peer; exactly one of the two sides is controlling.

        `allow_loopback` when the peer runs on this computer: then 127.0.0.1 and ::1 are offered
        and accepted as addresses. ValueError if the peer is there already.
        """
        if self._closed or dev in self._links or dev == self._own_dev:
            raise ValueError("the call is closed, or the peer is in it already")
        link = self._links[dev] = PeerLink(
            dev,
            opener=opener,
            transport=MovingTransport(controlling, allow_loopback=allow_loopback, gate=self._gate),
            owner=self,
            pictures=self._watching.begin(dev, partial(self._sound.heard_ts, dev)),
            sound=self._sound.add(dev),
            clock=self._clock,
            pace=self._pace,
            random_bits=self._random_bits,
        )
        self._watching.ask(link)
        if self._ticker is None:
            self._ticker = self._loop.call_later(TICK, self._tick)
        return link

    def remove_peer(self, dev: bytes) -> None:
        """Take a peer out at once: nothing more is sent to it or taken from it."""
        link = self._links.pop(dev, None)
        if link is None:
            return
        link.detach()
        self._sound.remove(dev)
        self._watching.end(dev)
        task = self._loop.create_task(link.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
        self._serve()

    def forget_peer(self, dev: bytes) -> None:
        """Drop what is kept for the return of a peer that was removed: it does not come back."""
        self._watching.forget(dev)

    def set_camera(self, source: CameraSource | None) -> None:
        """Send this camera's picture from now on; None stops and closes the camera."""
        self._own.use_camera(None if self._closed else source)

    def set_screen(self, source: CameraSource | None, *, motion: bool = False) -> None:
        """Share this screen from now on; None ends that. Each picture must be an array of its own.

        Text stays sharp and pictures become fewer; with `motion`, for films, the other way round.
        """
        self._own.use_screen(None if self._closed else source, motion=motion)

    def watch_camera(self, watcher: Slot[CapturedFrame] | None) -> None:
        """Give every picture of the own camera to somebody else on this computer, too."""
        self._own.camera.video.watch(watcher)

    def limit_picture(self, max_height: int) -> None:
        """Send no picture with more lines than this: 360 or 720."""
        self._own.limit(max_height)

    def prefer_motion(self, on: bool) -> None:
        """Send the camera's pictures often rather than large: somebody speaks by signs."""
        self._own.prefer_motion(on)

    def set_microphone(self, source: MicrophoneSource | None) -> None:
        """Send this microphone's sound from now on; None stops and closes the microphone."""
        self._sound.use(source)

    def set_tile(self, dev: bytes, width: int, height: int, visible: bool) -> None:
        """Say how large (device pixels) a peer's pictures are shown; hidden: not decoded.

        For the own device: the size of the preview. A size of 0 leaves the size as it was.
        """
        if dev == self._own_dev:
            self._own.place_preview(width, height, visible)
        else:
            self._watching.place(dev, CAMERA, width, height, visible)

    def set_screen_tile(self, dev: bytes, width: int, height: int, visible: bool) -> None:
        """The same for the screen that a peer shares; until then none is asked for."""
        self._watching.place(dev, SCREEN, width, height, visible)

    def look_at(self, devs: frozenset[bytes]) -> None:
        """Say who is looked at: the others' pictures are the first to be fewer on a slow computer.

        With nobody named it is whoever is shown largest. A shared screen is always looked at.
        """
        self._watching.look_at(devs)

    def picture_slot(self, dev: bytes) -> Slot[Picture]:
        """Return the mailbox of a peer's pictures, the same until `forget_peer`."""
        return self._watching.slot(dev, CAMERA)

    def screen_slot(self, dev: bytes) -> Slot[Picture]:
        """Return the mailbox of the pictures of a peer's screen, the same until `forget_peer`."""
        return self._watching.slot(dev, SCREEN)

    @property
    def own_slot(self) -> Slot[Picture]:
        """The mailbox of the own camera's pictures, not mirrored."""
        return self.picture_slot(self._own_dev)

    def request_key_frame(self) -> None:
        """Begin again with a key frame for everybody, in 500 ms if one was just made."""
        self._own.restart()

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

    def send_to(self, dev: bytes, context: int, payload: bytes) -> bool:
        """Seal and send to one peer reliably; whether it was taken. ValueError above 16 KiB."""
        link = self._links.get(dev)
        sealed = None
        if link is not None:
            timestamp = media_time(self._clock(), 90_000)
            sealed = self._sealer.seal(context, CODEC_DATA, 0, timestamp, payload)
        return link is not None and sealed is not None and link.send_data(context, sealed)

    def room_for_files(self, dev: bytes, among: int) -> int:
        """Return how many bytes of files may go to a peer now, while `among` peers get some."""
        link = self._links.get(dev)
        return 0 if link is None else link.room_for_files(self._clock(), among)

    def spent_on_files(self, dev: bytes, octets: int) -> None:
        """Note that so many bytes of files went to a peer."""
        if (link := self._links.get(dev)) is not None:
            link.sending.bulk.spend(octets, self._clock())

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
        camera = self._own.camera
        return CallStats(
            peers={
                dev: link.stats(self._sound.stats(dev), self._own.given(link))
                for dev, link in self._links.items()
            },
            encoded_frames=camera.video.encoded,
            counters=self._sound.counters | camera.counters | Counter(camera.video.counters),
            encoded=camera.video.encoded_sizes,
            computer=self._gauge.stats,
        )

    async def close(self) -> None:
        """Close every link, thread and device but the sound desk, which is its owner's."""
        self._closed = True
        self._sound.close()
        self._own.close()
        if self._ticker is not None:
            self._ticker.cancel()
        for dev in list(self._links):
            self.remove_peer(dev)
        self._watching.close()
        while self._closing:
            await asyncio.gather(*self._closing, return_exceptions=True)
        for _ in range(int(CLOSE_TIMEOUT / CLOSE_POLL)):
            if not (self._watching.alive or self._own.alive):
                return
            await asyncio.sleep(CLOSE_POLL)

    # what links tell

    def link_changed(self, link: PeerLink) -> None:
        """A link is connected, weak, lost or closed."""
        self._serve()
        if link.state == "connected":
            self._own.restart_for(link)

    def key_frame_wanted(self, link: PeerLink, ssrc: int) -> None:
        """A peer asks for a key frame."""
        self._own.key_frame_asked(link, ssrc)

    def want_changed(self, link: PeerLink) -> None:
        """A peer wants other pictures than before."""
        self._own.replan()

    def data_received(self, link: PeerLink, context: int, payload: bytes) -> None:
        """A peer sent small data."""
        if self.on_data is not None:
            self.on_data(link.dev, context, payload)

    def _screen_failed(self, error: MediaError) -> None:
        if self.on_screen_failed is not None:
            self.on_screen_failed(error)

    def _camera_failed(self, error: MediaError) -> None:
        if self.on_camera_failed is not None:
            self.on_camera_failed(error)

    def _tick(self) -> None:
        now = self._clock()
        for link in list(self._links.values()):
            link.tick(now)
            self._watching.ask(link)
        open_links = [link for link in self._links.values() if link.is_open]
        self._uplink.note({link.dev: link.sending.path for link in open_links}, now)
        shares = self._uplink.shares({x.dev: demand_kbps(x.wants) for x in open_links if x.wants})
        for link in open_links:
            link.sending.share_kbps = shares.get(link.dev, math.inf)
        self._own.tick(now)
        self._sound.tick(open_links, now)
        if self._gauge.is_due(now) and self._gauge.look(self._work(now), now):
            self._follow_load()
        self._ticker = None if self._closed else self._loop.call_later(TICK, self._tick)

    def _work(self, now: float) -> Work:
        """Return how the workers of this call get along."""
        return Work(
            encoding=self._own.busy,
            decoding=self._watching.waited(now),
            dropped=self._watching.dropped,
            overruns=self._sound.overruns,
            underruns=self._sound.underruns,
        )

    def _follow_load(self) -> None:
        """Encode, and ask for, what this computer can do now."""
        plan = self._gauge.plan
        self._own.follow(plan)
        self._watching.limit(plan.far_fps)
        self._sound.follow(plan)

    def _serve(self) -> None:
        self._own.serve(link for link in self._links.values() if link.is_open)
