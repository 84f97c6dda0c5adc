"""The thread between a shared screen and the engine: what does not change is not sent."""

import functools
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from media.duty import Duty
from media.errors import EncoderError
from media.slot import Slot
from media.video.camera import CapturedFrame
from media.video.encoder import open_encoder
from media.video.layers import SCREEN_LADDER
from media.video.pyramid import EncodingPlan, OutgoingFrame, Pyramid
from media.video.screen_pace import SCREEN_FPS, ScreenPace

MAX_PENDING = 4  # frames the engine has not sent yet
SLOWEST_FPS = 1.0  # what the encoder is told of a screen that changed seldom


class ScreenWorker:
    """Owns a screen's encoders. `frames` is the screen's mailbox, each picture an array of its own.

    `on_frame` and `on_error` are called on this thread.
    """

    def __init__(
        self,
        on_frame: Callable[[OutgoingFrame], None],
        on_error: Callable[[EncoderError], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.frames: Slot[CapturedFrame] = Slot()
        self.preview_tile: tuple[int, int] | None = None
        self.watcher: Slot[CapturedFrame] | None = None
        self.duty = Duty()
        self.taken = 0
        self.handed_over = 0
        self.counters: Counter[str] = Counter()
        make = functools.partial(open_encoder, screen=True)
        self.pyramid = Pyramid(SCREEN_LADDER, clock, make=make, fps=SCREEN_FPS)
        self._on_frame = on_frame
        self._on_error = on_error
        self._clock = clock
        self._plan = EncodingPlan()
        self._begun: EncodingPlan | None = None  # what was last encoded by
        self._pace = ScreenPace()
        self._newest: CapturedFrame | None = None
        self._encoded_at = clock()
        self._thread = threading.Thread(target=self._run, name="screen", daemon=True)
        self._thread.start()

    def follow(self, plan: EncodingPlan) -> None:
        """Encode by this plan; a key frame or size it asks for is made of the picture there is."""
        self._plan = plan
        self.frames.wake()

    def stop(self) -> None:
        """End after the picture at hand; returns at once."""
        self.frames.close()

    @property
    def alive(self) -> bool:
        """Whether the thread is still there."""
        return self._thread.is_alive()

    def _run(self) -> None:
        try:
            while not self.frames.closed:
                captured = self.frames.wait(self._until_due())
                began = self._clock()
                if captured is not None:
                    self._take(captured)
                plan = self._plan
                if self._is_asked_for_more(plan):
                    self._pace.change()
                due = self._pace.due
                now = self._clock()
                if self._newest is not None and due is not None and due <= now:
                    self._encode(self._newest, plan, now)
                    self._newest = replace(self._newest, captured=now)  # it still looks so
                self.duty.note(began, self._clock())
        except EncoderError as error:
            self.frames.close()
            self._on_error(error)
        finally:
            self.pyramid.close()

    def _until_due(self) -> float | None:
        due = self._pace.due
        if due is None or self._newest is None or not self._plan.rates:
            return None
        return max(0.010, due - self._clock())

    def _take(self, captured: CapturedFrame) -> None:
        if self._newest is not None and is_same(self._newest.pixels, captured.pixels):
            self.counters["screen_unchanged"] += 1
            return
        self._newest = captured
        self._pace.change()

    def _is_asked_for_more(self, plan: EncodingPlan) -> bool:
        """Whether somebody wants a key frame, or a size that was not made of this picture."""
        begun = self._begun
        return (
            begun is None or plan.keys != begun.keys or not plan.rates.keys() <= begun.rates.keys()
        )

    def _encode(self, picture: CapturedFrame, plan: EncodingPlan, now: float) -> None:
        if not plan.rates:
            self._begun = plan
            return
        if self.handed_over - self.taken >= MAX_PENDING:
            self.counters["engine_behind"] += 1
            return
        self._pace.limit(plan.fps)
        self.pyramid.fps = min(
            SCREEN_FPS, max(SLOWEST_FPS, 1.0 / max(1e-3, now - self._encoded_at))
        )
        octets = 0
        for made in self.pyramid.encode(picture, plan):
            octets = len(made.frame.data)  # the largest comes last
            self.handed_over += 1
            self._on_frame(made)
        size = max(plan.rates)
        self._begun, self._encoded_at = plan, now
        self._pace.encoded(now, octets, plan.rates[size], self.pyramid.quantizer)


def is_same(one: npt.NDArray[np.uint8], two: npt.NDArray[np.uint8]) -> bool:
    """Whether two pictures are alike in every pixel; eight bytes are compared at once."""
    if one.shape != two.shape:
        return False
    if one.flags.c_contiguous and two.flags.c_contiguous and one.nbytes % 8 == 0:
        return bool(
            np.array_equal(one.reshape(-1).view(np.uint64), two.reshape(-1).view(np.uint64))
        )
    return bool(np.array_equal(one, two))
