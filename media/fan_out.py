"""One stream of pictures to everybody who wants it: sealed once per size, each gets its share."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from media.errors import MediaError
from media.path.rtp_packet import Stream, cut
from media.path.wants import Want
from media.peer_link import PeerLink
from media.sealing import Sealer, frame_flags
from media.stats import SentStats
from media.video.camera import CameraSource
from media.video.feed import KEY_FRAME_PAUSE, Feed
from media.video.layers import LAYER_SHARES, Demand, Ladder, Layers, Share, ladder_for
from media.video.outgoing import MakeWorker, OutgoingVideo
from media.video.pyramid import EncodingPlan, OutgoingFrame
from media.video.vp8 import pack

REPLAN_EVERY = 0.1  # seconds between looks at what the paths bear
NOTHING = Want(0, 0)


class FanOut:
    """A camera or a screen, its encoders, and what each link gets of it. On the engine's thread.

    `budget` says what of a link's budget (kbit/s) this stream may take; `patience` is how many
    times longer than a camera's its pictures may wait for a path.
    """

    def __init__(
        self,
        stream: Stream,
        sealer: Sealer,
        loop: asyncio.AbstractEventLoop,
        clock: Callable[[], float],
        *,
        ladder: Ladder,
        budget: Callable[[PeerLink], float],
        patience: float = 1.0,
        on_failed: Callable[[MediaError], None],
    ) -> None:
        self.counters: Counter[str] = Counter()
        self.video = OutgoingVideo(loop, clock, on_frame=self._send, on_failed=on_failed)
        self._stream = stream
        self._sealer = sealer
        self._loop = loop
        self._clock = clock
        self._ladder = ladder
        self._budget = budget
        self._plan = EncodingPlan()
        self._source: tuple[int, int] | None = None  # width and height, with the first picture
        self._patience = patience
        self._layers: Layers[PeerLink] = Layers(ladder)
        self._feeds: dict[PeerLink, Feed] = {}
        self._granted: dict[int, float] = {}
        self._key_timer: asyncio.TimerHandle | None = None
        self._replan_due = 0.0

    def use(
        self,
        source: CameraSource | None,
        make: MakeWorker,
        *,
        shares: Sequence[float] = LAYER_SHARES,
    ) -> None:
        """Send this source's pictures from now on; None stops and closes the one there is.

        `shares` are those of its temporal layers.
        """
        self.video.end()
        self._layers.shares = shares
        if source is not None:
            self.video.use(source, make)
        self.replan()

    def follow(self, *, max_lines: int, fps: int, cpu_used: int) -> None:
        """Encode no larger, no more often and no more beautifully than this."""
        self._plan = replace(self._plan, max_lines=max_lines, fps=fps, cpu_used=cpu_used)
        self._layers.fps = fps
        self._fit_ladder()

    def prefer_motion(self, on: bool) -> None:
        """Give a smaller size rather than fewer of its layers, or as usual again."""
        self._layers.fluent = on
        self.replan()

    def serve(self, links: Iterable[PeerLink]) -> None:
        """Give to these links, which are open, and to no others."""
        served = list(links)
        for link in self._feeds.keys() - set(served):
            del self._feeds[link]
        for link in served:
            self._feeds.setdefault(link, Feed())
        self.replan()

    def key_frame_asked(self, link: PeerLink) -> None:
        """A peer cannot go on without a key frame."""
        feed = self._feeds.get(link)
        if feed is not None:
            feed.ask(self._clock(), link.round_trip or 0.0)
            self._make_key_frames()

    def restart_for(self, link: PeerLink) -> None:
        """Begin again with a key frame for one peer: it is back."""
        feed = self._feeds.get(link)
        if feed is not None:
            feed.restart()
            self._make_key_frames()

    def restart(self) -> None:
        """Begin again with a key frame for everybody: what was sent before cannot be opened."""
        for feed in self._feeds.values():
            feed.restart()
        self._make_key_frames()

    def tick(self, now: float) -> None:
        """Look now and then what the paths bear."""
        if now >= self._replan_due:
            self.replan()

    def replan(self) -> None:
        """Divide anew: somebody wants something else, or the paths bear something else."""
        now = self._clock()
        self._replan_due = now + REPLAN_EVERY
        demands = {}
        if self.video.active:
            demands = {link: self._demand(link, feed) for link, feed in self._feeds.items()}
        division = self._layers.divide(demands, now)
        rates = dict(division.rates)
        for link, feed in self._feeds.items():
            feed.aim(division.shares.get(link))
            size = feed.size
            if size is not None and size < len(self._layers.ladder) and size in self._plan.rates:
                rates.setdefault(size, self._plan.rates[size])  # until the other's key frame
        self._set_plan(replace(self._plan, rates=rates))
        self._make_key_frames()

    def is_wanted_by(self, link: PeerLink) -> bool:
        """Whether there is something to send, and a link wants it."""
        return self.video.active and link.wants.get(self._stream.context, NOTHING).lines > 0

    def share_of(self, link: PeerLink) -> Share | None:
        """Return the size that goes to a link now and how many layers of it, None for nothing."""
        feed = self._feeds.get(link)
        return Share(feed.size, feed.layers) if feed is not None and feed.size is not None else None

    def given(self, link: PeerLink) -> SentStats:
        """Return what goes to a link now, and what did not."""
        feed, share, ladder = self._feeds.get(link), self.share_of(link), self._layers.ladder
        left_out = feed.left_out if feed is not None else 0
        if share is None:
            return SentStats(left_out=left_out)
        lines = ladder[min(share.size, len(ladder) - 1)].lines
        return SentStats(lines=lines, layers=share.layers, left_out=left_out)

    def kbps_of(self, link: PeerLink) -> float:
        """Return the rate of what goes to a link now."""
        share = self.share_of(link)
        if share is None:
            return 0.0
        return self._layers.shares[share.layers - 1] * self._plan.rates.get(share.size, 0)

    def close(self) -> None:
        """Stop the source; returns at once, see `video.alive`."""
        if self._key_timer is not None:
            self._key_timer.cancel()
            self._key_timer = None
        self._feeds.clear()
        self.video.end()

    def _demand(self, link: PeerLink, feed: Feed) -> Demand:
        want = link.wants.get(self._stream.context, NOTHING)
        backlog = self._backlog(link)
        return Demand(want.lines, want.fps, self._budget(link), backlog, feed.troubled)

    def _backlog(self, link: PeerLink) -> float:
        return link.sending.backlog / self._patience

    def _set_plan(self, plan: EncodingPlan) -> None:
        if plan != self._plan:
            self._plan = plan
            self.video.follow(plan)

    def _fit_ladder(self) -> None:
        """Offer only the sizes that the source and the plan allow."""
        if self._source is not None:
            self._layers.ladder = ladder_for(self._source, self._plan.max_lines, self._ladder)
        self.video.follow(self._plan)
        self.replan()

    def _make_key_frames(self) -> None:
        """Ask the encoders for the key frames that are needed, or remember to."""
        now = self._clock()
        keys = dict(self._plan.keys)
        soonest: float | None = None
        for link, feed in self._feeds.items():
            size = feed.needs_key_frame(now, self._backlog(link))
            if size is None:
                continue
            wait = self._granted.get(size, -KEY_FRAME_PAUSE) + KEY_FRAME_PAUSE - now
            if wait <= 0.0:
                self._granted[size] = now
                keys[size] = keys.get(size, 0) + 1
            elif soonest is None or wait < soonest:
                soonest = wait
        self._set_plan(replace(self._plan, keys=keys))
        if soonest is not None and self._key_timer is None:
            self._key_timer = self._loop.call_later(soonest, self._key_frames_due)

    def _key_frames_due(self) -> None:
        self._key_timer = None
        self._make_key_frames()

    def _send(self, outgoing: OutgoingFrame) -> None:
        """Seal a frame and give it to everybody whose share it is."""
        if outgoing.source != self._source:
            self._source = outgoing.source
            self._fit_ladder()
        frame, now = outgoing.frame, self._clock()
        if frame.key:
            self._granted[frame.size] = now
        takers = [
            (link, feed)
            for link, feed in self._feeds.items()
            if link.is_open and feed.takes(frame, self._backlog(link), now)
        ]
        if not takers:
            self.counters["video_for_nobody"] += 1
            return
        flags = frame_flags(frame.key, frame.layer, frame.needs_layer_1)
        media_ts = outgoing.media_ts
        stream = self._stream
        sealed = self._sealer.seal(stream.context, stream.codec, flags, media_ts, pack(frame))
        try:
            payloads = cut(sealed) if sealed is not None else None
        except ValueError:
            self.counters["video_too_large"] += 1
            payloads = None
        if sealed is None:
            self.counters["video_without_key"] += 1
        for link, feed in takers:
            if payloads is not None:
                link.send(stream, payloads, media_ts, now, layer=frame.layer, key=frame.key)
            else:
                feed.restart()
