"""One peer's pictures: opened frames in, pictures of the tile's size out, all claims checked."""

import threading
from collections import Counter, deque
from collections.abc import Callable
from functools import partial

from media.freshness import OLDEST, is_old
from media.meter import VideoMeter
from media.slot import Slot
from media.stats import DroppedStats
from media.sync import LipSync
from media.video.decode_pool import DecodePool
from media.video.decode_queue import DecodeQueue, Waiting
from media.video.decoder import DecoderError, VideoDecoder
from media.video.picture import Picture
from media.video.vp8 import is_size_allowed, key_frame_size, unpack

MAX_SIZE_CHANGES = 2  # per second; a sender has no reason for more
MAX_ERRORS = 20  # decoder errors within ERROR_WINDOW: the sender is not listened to
ERROR_WINDOW = 10.0  # seconds
PAUSE = 30.0  # seconds without this sender's pictures after that


class VideoStream:
    """The pictures of one peer. The engine pushes, a worker of the pool decodes.

    `clock` is this computer's monotonic clock in seconds. `heard_ts` tells which moment of the
    peer's sound is heard now (see media.sound.desk.SoundDesk): pictures wait for it. None is shown
    that was captured more than `oldest` seconds ago.
    """

    def __init__(
        self,
        pool: DecodePool,
        slot: Slot[Picture],
        clock: Callable[[], float],
        heard_ts: Callable[[], int | None] = lambda: None,
        *,
        oldest: float = OLDEST,
        make_decoder: Callable[[], VideoDecoder] = VideoDecoder,
    ) -> None:
        self._pool = pool
        self._slot = slot
        self._clock = clock
        self._heard_ts = heard_ts
        self._oldest = oldest
        self._make_decoder = make_decoder
        self._decoded = self._shown = 0  # the number of the last picture that was
        self.sync = LipSync()
        self._lock = threading.Lock()
        self._queue = DecodeQueue()
        self._decoder: VideoDecoder | None = None
        self._tile: tuple[int, int] | None = None
        self._visible = True
        self._closed = False
        self._size: tuple[int, int] | None = None
        self._size_changes: deque[float] = deque(maxlen=MAX_SIZE_CHANGES)
        self._errors: deque[float] = deque(maxlen=MAX_ERRORS)
        self._paused_until = 0.0
        self.counters: Counter[str] = Counter()
        self.meter = VideoMeter()

    @property
    def wants_key_frame(self) -> bool:
        """Whether frames arrive that only a key frame would make useful."""
        now = self._clock()
        resting = self._queue.is_resting(now)
        return self._queue.starving and self._visible and not (self.paused or resting)

    @property
    def paused(self) -> bool:
        """Whether the sender's pictures are ignored because too many were broken."""
        return self._clock() < self._paused_until

    @property
    def waiting(self) -> bool:
        """Whether frames wait for a worker."""
        return len(self._queue) > 0

    @property
    def weight(self) -> int:
        """How large the pictures are shown, in device pixels: larger ones are decoded first."""
        return self._tile[0] * self._tile[1] if self._tile is not None else 0

    @property
    def no_time(self) -> int:
        """Frames that this computer was too slow for."""
        return self._queue.no_time

    def waited(self, now: float) -> float:
        """Return the seconds that the oldest frame has waited for a worker."""
        return self._queue.waited(now)

    @property
    def dropped(self) -> DroppedStats:
        """Pictures that came and were not shown, by reason."""
        count = self.counters
        return DroppedStats(
            undecodable=self._queue.undecodable,
            no_time=self._queue.no_time,
            overtaken=count["video_not_shown"] + count["video_old"],
            hidden=count["video_hidden"],
            broken=count["video_malformed"]
            + count["video_size_refused"]
            + count["video_decode_errors"]
            + count["video_paused"],
        )

    def set_tile(self, width: int, height: int, visible: bool) -> None:
        """Say how large the pictures are shown; hidden ones are not decoded."""
        with self._lock:
            if width > 0 and height > 0:
                self._tile = width, height
            if visible != self._visible:
                self._queue.lose()
            self._visible = visible

    def push(self, flags: int, frame: bytes, media_ts: int, captured: float | None) -> None:
        """Take an opened frame: check what it claims, then queue it. Never raises."""
        found = unpack(flags, frame)
        if found is None:
            self.counters["video_malformed"] += 1
            return
        if self.paused:
            self.counters["video_paused"] += 1
            return
        if not self._visible:
            self.counters["video_hidden"] += 1
            return
        if found.key and not self._is_size_acceptable(found.data):
            self.counters["video_size_refused"] += 1
            with self._lock:
                self._queue.lose()
            return
        with self._lock:
            if self._closed:
                return
            queued = self._queue.push(Waiting(found, media_ts, captured, self._clock()))
        if queued:
            self._pool.schedule(self)

    def work(self) -> None:
        """Decode one frame, on a worker's thread."""
        with self._lock:
            waiting = self._queue.pop(self._clock())
            tile = self._tile
        if waiting is None:
            return
        began = self._clock()
        if self._decoder is None:
            self._decoder = self._make_decoder()
        try:
            decoded = self._decoder.decode(waiting.frame.data)
        except DecoderError:
            self._failed()
            return
        if decoded is None:
            return
        if not is_size_allowed((decoded.width, decoded.height)):
            self._failed()
            return
        with self._lock:
            newer = len(self._queue) > 0
            closed = self._closed or not self._visible
        now = self._clock()
        self.meter.decoded(
            (decoded.width, decoded.height),
            (waiting.frame.picture, waiting.media_ts),
            waiting.captured,
            now,
        )
        if closed:
            return
        if is_old(waiting.captured, now, self._oldest):
            self.counters["video_old"] += 1
            return
        due = self.sync.due(waiting.media_ts, self._heard_ts(), now)
        if newer and due <= now:
            self.counters["video_not_shown"] += 1  # the next one is ready: nobody would see this
            return
        picture = self._decoder.picture(decoded, tile, waiting.captured, now)
        self.meter.worked(self._clock() - began, max(0.0, due - now))
        self._decoded += 1
        if due > now:
            self._pool.later(due, partial(self._show, picture, self._decoded))
        else:
            self._show(picture, self._decoded)

    def _show(self, picture: Picture, number: int) -> None:
        """Hand a picture over, unless one after it was faster; on a worker's thread."""
        with self._lock:
            if self._closed or not self._visible:
                return
            if number < self._shown:
                self.counters["video_not_shown"] += 1
                return
            if is_old(picture.captured, self._clock(), self._oldest):  # held while we slept
                self.counters["video_old"] += 1
                return
            self._shown = number
        self._slot.put(picture)

    def close(self) -> None:
        """Take nothing more; what a worker has in hand is its last."""
        with self._lock:
            self._closed = True
            self._queue.lose()

    def _is_size_acceptable(self, data: bytes) -> bool:
        size = key_frame_size(data)
        if size is None or not is_size_allowed(size):
            return False
        if size != self._size:
            now = self._clock()
            changes = self._size_changes
            if self._size is not None:
                if len(changes) == MAX_SIZE_CHANGES and now - changes[0] < 1.0:
                    return False
                changes.append(now)
            self._size = size
        return True

    def _failed(self) -> None:
        """A frame could not be decoded; on a worker's thread."""
        now = self._clock()
        with self._lock:
            self.counters["video_decode_errors"] += 1
            self._queue.lose()
            self._errors.append(now)
            if len(self._errors) == MAX_ERRORS and now - self._errors[0] <= ERROR_WINDOW:
                self._paused_until = now + PAUSE
                self._errors.clear()
                self.counters["video_pauses"] += 1
