"""The thread between camera and engine: newest picture, right size, encoded once, preview made."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from media.camera import CapturedFrame
from media.congestion import START_KBPS
from media.decoder import cover
from media.encoder import VideoEncoder, open_encoder
from media.errors import EncoderError
from media.heartbeat import media_time
from media.picture import Picture
from media.quality import MAX_HEIGHT, VideoPlan, choose
from media.slot import Slot
from media.vpx import I420, EncodedFrame

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
        frame = self._encoder.encode(_scaled(captured, plan.width, plan.height), key)
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
        import cv2

        width, height = cover(captured.width, captured.height, tile)
        if captured.format == "bgr":
            bgr = cv2.resize(captured.pixels, (width, height), interpolation=cv2.INTER_AREA)
            bgra = cv2.cvtColor(bgr, cv2.COLOR_BGR2BGRA)
        else:
            even = width // 2 * 2, height // 2 * 2
            width, height = even
            bgra = cv2.cvtColor(_scaled(captured, *even), cv2.COLOR_YUV2BGRA_I420)
        self._preview.put(
            Picture(
                width,
                height,
                width * 4,
                np.ascontiguousarray(bgra).data.cast("B"),
                captured.captured,
            )
        )


def _shape(plan: VideoPlan) -> tuple[int, int, int]:
    return plan.width, plan.height, plan.fps


def _scaled(captured: CapturedFrame, width: int, height: int) -> I420:
    """Return a picture as contiguous I420 of this size."""
    import cv2

    same = (captured.width, captured.height) == (width, height)
    pixels = captured.pixels
    if captured.format == "bgr":
        if not same:
            pixels = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2YUV_I420))
    if same:
        return np.ascontiguousarray(pixels)
    made = np.empty((height * 3 // 2, width), np.uint8)
    half = captured.height // 2, captured.width // 2
    chroma = pixels[captured.height :].reshape(2, *half)
    cv2.resize(
        pixels[: captured.height], (width, height), dst=made[:height], interpolation=cv2.INTER_AREA
    )
    planes = made[height:].reshape(2, height // 2, width // 2)
    for source, target in zip(chroma, planes, strict=True):
        cv2.resize(source, (width // 2, height // 2), dst=target, interpolation=cv2.INTER_AREA)
    return made
