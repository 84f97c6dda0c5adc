"""The thread between camera and engine: each picture in all sizes wanted, and the preview."""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable

from media.duty import Duty
from media.errors import EncoderError
from media.slot import Slot
from media.video.camera import CapturedFrame
from media.video.encoder import open_encoder
from media.video.layers import CAMERA_LADDER, Ladder
from media.video.picture import Picture
from media.video.pyramid import MAX_FPS, MIN_FPS, EncodingPlan, OpenEncoder, OutgoingFrame, Pyramid
from media.video.scaling import own_picture

MAX_PENDING = 6  # frames the engine has not sent yet, two of each size; more are not even encoded
PREVIEW = (640, 360)  # pixels of the own picture until the tile says otherwise
PACE_WINDOW = 16  # pictures that the real pace is taken over


class EncoderWorker:
    """Owns the encoders. `frames` is the camera's mailbox; `on_frame` is called on this thread."""

    def __init__(
        self,
        on_frame: Callable[[OutgoingFrame], None],
        on_error: Callable[[EncoderError], None],
        clock: Callable[[], float] = time.monotonic,
        *,
        preview: Slot[Picture] | None = None,
        ladder: Ladder = CAMERA_LADDER,
        make: OpenEncoder = open_encoder,
    ) -> None:
        self.frames: Slot[CapturedFrame] = Slot()
        self.preview_tile: tuple[int, int] | None = PREVIEW
        self.watcher: Slot[CapturedFrame] | None = None  # who else looks at the pictures
        self.taken = 0  # frames the engine has taken over; only it counts here
        self.handed_over = 0
        self.counters: Counter[str] = Counter()
        self.duty = Duty()
        self.pyramid = Pyramid(ladder, clock, make=make)
        self._on_frame = on_frame
        self._on_error = on_error
        self._preview = preview
        self._clock = clock
        self._plan = EncodingPlan()
        self._due = 0.0
        self._captured: deque[float] = deque(maxlen=PACE_WINDOW)
        self._thread = threading.Thread(target=self._run, name="encoder", daemon=True)
        self._thread.start()

    def follow(self, plan: EncodingPlan) -> None:
        """Encode by this plan from the next picture on."""
        self._plan = plan

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
                began = self._clock()
                self._show(captured)
                if (watcher := self.watcher) is not None:
                    watcher.put(captured)
                self._encode(captured, self._plan)
                self.duty.note(began, self._clock())
        except EncoderError as error:
            self.frames.close()
            self._on_error(error)
        finally:
            self.pyramid.close()

    def _encode(self, captured: CapturedFrame, plan: EncodingPlan) -> None:
        if plan.fps <= 0 or captured.captured < self._due - 0.25 / plan.fps:
            self.counters["camera_too_fast"] += 1
            return
        self._due = max(self._due + 1.0 / plan.fps, captured.captured)
        if self.handed_over - self.taken >= MAX_PENDING:
            self.counters["engine_behind"] += 1
            return
        self._note_pace(captured.captured)
        for frame in self.pyramid.encode(captured, plan):
            self.handed_over += 1
            self._on_frame(frame)

    def _note_pace(self, captured: float) -> None:
        """Tell the encoders how often pictures really come: the rate is divided by that."""
        self._captured.append(captured)
        passed = captured - self._captured[0]
        if passed > 0.0 and len(self._captured) == PACE_WINDOW:
            fps = (PACE_WINDOW - 1) / passed
            self.pyramid.fps = min(MAX_FPS, max(MIN_FPS, fps))

    def _show(self, captured: CapturedFrame) -> None:
        """Put the own picture into its mailbox, not mirrored."""
        tile = self.preview_tile
        if tile is not None and self._preview is not None:
            self._preview.put(own_picture(captured, tile))
