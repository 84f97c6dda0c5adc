"""The others' pictures: decoded for the tiles they are shown in, and asked for as those need."""

from collections.abc import Callable, Iterable, Mapping

from media.freshness import AGELESS
from media.path.rtp_packet import CAMERA, SCREEN, STREAMS, Stream
from media.peer_link import PeerLink
from media.slot import Slot
from media.video.decode_pool import DecodePool
from media.video.looking import Looking
from media.video.picture import Picture
from media.video.stream import VideoStream

Shown = tuple[bytes, int]  # whose, and which context


class Watching:
    """Tiles of cameras and screens, and what each link is asked for because of them."""

    def __init__(self, links: Mapping[bytes, PeerLink], clock: Callable[[], float]) -> None:
        self._links = links
        self._clock = clock
        self._pool = DecodePool(clock=clock)
        self._slots: dict[Shown, Slot[Picture]] = {}
        self._looking: Looking[Shown] = Looking()

    def begin(self, dev: bytes, heard_ts: Callable[[], int | None]) -> dict[int, VideoStream]:
        """Return the streams of a peer who comes, by SSRC; `heard_ts` is where its sound is."""
        self._looking.add((dev, CAMERA.context))
        self._looking.add((dev, SCREEN.context), visible=False)
        streams = {
            CAMERA.ssrc: VideoStream(self._pool, self.slot(dev, CAMERA), self._clock, heard_ts),
            SCREEN.ssrc: VideoStream(
                self._pool, self.slot(dev, SCREEN), self._clock, oldest=AGELESS
            ),
        }
        for ssrc, pictures in streams.items():
            pictures.set_tile(*self._looking.placed((dev, STREAMS[ssrc].context)))
        return streams

    def end(self, dev: bytes) -> None:
        """A peer went, and may come back: nothing of it is shown any more."""
        for stream in (CAMERA, SCREEN):
            self.slot(dev, stream).take()
            self._looking.rest((dev, stream.context))

    def forget(self, dev: bytes) -> None:
        """A peer that went does not come back: drop its mailboxes, and how large it was shown."""
        for stream in (CAMERA, SCREEN):
            self._slots.pop((dev, stream.context), None)
            self._looking.forget((dev, stream.context))

    def slot(self, dev: bytes, stream: Stream) -> Slot[Picture]:
        """Return the mailbox of a peer's pictures, the same until the peer is forgotten."""
        return self._slots.setdefault((dev, stream.context), Slot())

    def place(self, dev: bytes, stream: Stream, width: int, height: int, visible: bool) -> None:
        """Say how large (device pixels) a peer's pictures are shown; hidden: not decoded."""
        shown = dev, stream.context
        self._looking.place(shown, width, height, visible)
        link = self._links.get(dev)
        if link is not None:
            link.pictures[stream.ssrc].set_tile(*self._looking.placed(shown))
            self.ask(link)

    def look_at(self, devs: Iterable[bytes]) -> None:
        """Say who is looked at; with them every screen, with nobody whoever is shown largest."""
        cameras = {(dev, CAMERA.context) for dev in devs}
        screens = {(dev, SCREEN.context) for dev in self._links} if cameras else set()
        self._looking.near = frozenset(cameras | screens)
        self.ask_all()

    def limit(self, far_fps: int) -> None:
        """Ask whoever is not looked at for so many pictures a second, at most."""
        self._looking.far_fps = far_fps
        self.ask_all()

    def ask(self, link: PeerLink) -> None:
        """Ask a peer for the pictures that fit the tiles they are shown in."""
        now, is_open = self._clock(), link.is_open
        for ssrc in link.pictures:
            context = STREAMS[ssrc].context
            want = self._looking.asks((link.dev, context), now, at_once=not is_open)
            if want is not None:
                link.ask_for(context, want.lines, want.fps)

    def ask_all(self) -> None:
        """The same with everybody."""
        for link in self._links.values():
            self.ask(link)

    @property
    def dropped(self) -> int:
        """Pictures of all peers that no decoder had time for."""
        return sum(stream.dropped.no_time for stream in self._streams())

    def waited(self, now: float) -> float:
        """Return the seconds that the oldest picture has waited for a decoder."""
        return max((stream.waited(now) for stream in self._streams()), default=0.0)

    def close(self) -> None:
        """Decode nothing any more; returns at once, see `alive`."""
        self._pool.close()
        for slot in self._slots.values():
            slot.close()

    @property
    def alive(self) -> bool:
        """Whether a decoder's thread still runs."""
        return self._pool.alive

    def _streams(self) -> list[VideoStream]:
        return [each for link in self._links.values() for each in link.pictures.values()]
