"""The thread between camera and engine: newest picture, right size, encoded once, preview made."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from media.camera import CapturedFrame
from media.congestion import START_KBPS
from media.encoder import VideoEncoder, open_encoder
from media.errors import EncoderError
from media.heartbeat import media_time
from media.picture import Picture
from media.quality import MAX_HEIGHT, VideoPlan, choose
from media.scaling import own_picture, scaled
from media.slot import Slot
from media.vpx import EncodedFrame

PLAN_EVERY = 0.5  # seconds between looks at the rate
MAX_PENDING = 3  # frames the engine has not sent yet; more are not even encoded
PREVIEW = (640, 360)  # pixels of the own picture until the tile says otherwise


@dataclass(frozen=True, slots=True)
class OutgoingFrame:
    """An encoded frame on its way to the engine; numbers as in media.vp8."""

    encoded: EncodedFrame
    media_ts: int
    picture: int
    group: int


class EncoderWorker:
    """Owns the encoder. `frames` is the camera's mailbox; `on_frame` is called on this thread."""

    def __init__(
        self,
        on_frame: Callable[[OutgoingFrame], None],
        on_error: Callable[[EncoderError], None],
        preview: Slot[Picture],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.frames: Slot[CapturedFrame] = Slot()
        self.target_kbps = START_KBPS
        self.max_height = MAX_HEIGHT
        self.wanted = False  # whether anybody is there to see it
        self.preview_tile: tuple[int, int] | None = PREVIEW
        self.watcher: Slot[CapturedFrame] | None = None  # who else looks at the pictures
        self.taken = 0  # frames the engine has taken over; only it counts here
        self.plan: VideoPlan | None = None
        self.counters: Counter[str] = Counter()
        self.encoded = 0
        self._on_frame = on_frame
        self._on_error = on_error
        self._preview = preview
        self._clock = clock
        self._key = threading.Event()
        self._encoder: VideoEncoder | None = None
        self._source: tuple[int, int] | None = None
        self._planned_at = 0.0
        self._due = 0.0
        self._picture = 0
        self._group = 0
        self._thread = threading.Thread(target=self._run, name="encoder", daemon=True)
        self._thread.start()

    def want_key_frame(self) -> None:
        """Make the next frame a key frame."""
        self._key.set()

    def stop(self) -> None:
        """End after the picture at hand; returns at once."""
        self.frames.close()

    @property
    def alive(self) -> bool:
        """Whether the thread is still there."""
        return self._thread.is_alive()

    def _run(self) -> None:
        try:
            while True:
                captured = self.frames.wait()
                if captured is None:
                    return
                self._show(captured)
                if (watcher := self.watcher) is not None:
                    watcher.put(captured)
                if self.wanted:
                    self._encode(captured)
        except EncoderError as error:
            self.frames.close()
            self._on_error(error)
        finally:
            if self._encoder is not None:
                self._encoder.close()

    def _encode(self, captured: CapturedFrame) -> None:
        plan = self._current_plan(captured)
        if captured.captured < self._due - 0.25 / plan.fps:
            self.counters["camera_too_fast"] += 1
            return
        self._due = max(self._due + 1.0 / plan.fps, captured.captured)
        if self.encoded - self.taken >= MAX_PENDING:
            self.counters["engine_behind"] += 1
            return
        assert self._encoder is not None
        key = self._key.is_set()
        self._key.clear()
        frame = self._encoder.encode(scaled(captured, plan.width, plan.height), key)
        if frame is None:
            self.counters["encoder_dropped"] += 1
            if key:
                self._key.set()
            return
        if frame.layer == 0:
            self._group = (self._group + 1) & 0xFF
        self._picture = (self._picture + 1) & 0xFFFF
        self.encoded += 1
        media_ts = media_time(captured.captured, 90_000)
        self._on_frame(OutgoingFrame(frame, media_ts, self._picture, self._group))

    def _current_plan(self, captured: CapturedFrame) -> VideoPlan:
        source = captured.width, captured.height
        now = self._clock()
        plan = self.plan
        if plan is not None and source == self._source and now < self._planned_at + PLAN_EVERY:
            return plan
        self._source = source
        self._planned_at = now
        new = choose(self.target_kbps, source, plan, max_height=self.max_height)
        if plan is None or self._encoder is None or _shape(new) != _shape(plan):
            if self._encoder is not None:
                self._encoder.close()
                self._encoder = None
            self._encoder = open_encoder(new.width, new.height, new.kbps, new.fps)
            self.counters["encoder_opened"] += 1
        elif new.kbps != plan.kbps:
            self._encoder.set_rate(new.kbps)
        self.plan = new
        return new

    def _show(self, captured: CapturedFrame) -> None:
        """Put the own picture into its mailbox, not mirrored."""
        tile = self.preview_tile
        if tile is None:
            return
        self._preview.put(own_picture(captured, tile))


def _shape(plan: VideoPlan) -> tuple[int, int, int]:
    return plan.width, plan.height, plan.fps
