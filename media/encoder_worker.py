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
from media.load import STEPS
from media.picture import Picture
from media.priority import ask_for
from media.quality import MAX_FPS, MAX_HEIGHT, VideoPlan, choose
from media.scaling import own_picture, scaled
from media.slot import Slot
from media.stats import EncodedStats
from media.vpx import EncodedFrame

PLAN_EVERY = 0.5  # seconds between looks at the rate
MAX_PENDING = 3  # frames the engine has not sent yet; more are not even encoded
SMOOTHING = 0.1  # of a new time in the mean of the last ones
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
        self.load = STEPS[0]
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
        self._spent = 0.0  # seconds that one picture takes, mean of the last ones
        self._load = self.load  # what the encoder was told
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

    @property
    def fps(self) -> int:
        """Pictures a second, at most."""
        return min(self.plan.fps if self.plan is not None else MAX_FPS, self.load.fps)

    @property
    def busy(self) -> float:
        """The time that encoding takes, as a share of what there is; 1 is too much."""
        return self._spent * self.fps if self.wanted else 0.0

    @property
    def stats(self) -> EncodedStats:
        """What is encoded now."""
        plan = self.plan or VideoPlan(0, 0, 0, 0)
        spent_ms = self._spent * 1000
        return EncodedStats(plan.width, plan.height, self.fps, plan.kbps, self.encoded, spent_ms)

    def _run(self) -> None:
        ask_for("pictures")
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
        period = 1.0 / self.fps
        if captured.captured < self._due - 0.25 * period:
            self.counters["camera_too_fast"] += 1
            return
        self._due = max(self._due + period, captured.captured)
        if self.encoded - self.taken >= MAX_PENDING:
            self.counters["engine_behind"] += 1
            return
        assert self._encoder is not None
        key = self._key.is_set()
        self._key.clear()
        began = self._clock()
        frame = self._encoder.encode(scaled(captured, plan.width, plan.height), key)
        took = self._clock() - began
        self._spent += SMOOTHING * (took - self._spent) if self._spent else took
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
        new = choose(self.target_kbps, source, plan, max_height=self._most_lines)
        if plan is None or self._encoder is None or _shape(new) != _shape(plan):
            if self._encoder is not None:
                self._encoder.close()
                self._encoder = None
            self._encoder = open_encoder(new.width, new.height, new.kbps, new.fps)
            self.counters["encoder_opened"] += 1
            self._load = STEPS[0]
            self._spent = 0.0
        elif new.kbps != plan.kbps:
            self._encoder.set_rate(new.kbps)
        if self.load is not self._load:
            self._load = self.load
            self._encoder.set_speed(self._load.cpu_used)
            self._encoder.set_pace(min(new.fps, self._load.fps))
        self.plan = new
        return new

    @property
    def _most_lines(self) -> int:
        return min(self.max_height, self.load.max_lines)

    def _show(self, captured: CapturedFrame) -> None:
        """Put the own picture into its mailbox, not mirrored."""
        tile = self.preview_tile
        if tile is None:
            return
        self._preview.put(own_picture(captured, tile))


def _shape(plan: VideoPlan) -> tuple[int, int, int]:
    return plan.width, plan.height, plan.fps
