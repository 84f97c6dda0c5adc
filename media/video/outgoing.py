"""The own camera or screen: which source, which encoders; for a call, on its thread."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Protocol

from media.duty import Duty
from media.errors import CameraError, EncoderError, MediaError
from media.slot import Slot
from media.stats import EncodedStats
from media.video.camera import CameraSource, CapturedFrame
from media.video.pyramid import EncodingPlan, OutgoingFrame, Pyramid


class Worker(Protocol):
    """The thread behind a source: media.video.encoder_worker.EncoderWorker or a screen's."""

    frames: Slot[CapturedFrame]
    taken: int
    pyramid: Pyramid
    duty: Duty
    preview_tile: tuple[int, int] | None
    watcher: Slot[CapturedFrame] | None

    @property
    def counters(self) -> Mapping[str, int]:
        """What was left out, by name."""

    @property
    def alive(self) -> bool:
        """Whether the thread is still there."""

    def follow(self, plan: EncodingPlan) -> None:
        """Encode by this plan from the next picture on."""

    def stop(self) -> None:
        """End soon; returns at once."""


MakeWorker = Callable[
    [Callable[[OutgoingFrame], None], Callable[[EncoderError], None], Callable[[], float]], Worker
]


class OutgoingVideo:
    """One source after another, each with encoders of its own.

    `on_frame` and `on_failed` are called on the loop; frames of a source that was replaced are
    dropped before that.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        clock: Callable[[], float],
        *,
        on_frame: Callable[[OutgoingFrame], None],
        on_failed: Callable[[MediaError], None],
    ) -> None:
        self._loop = loop
        self._clock = clock
        self._on_frame = on_frame
        self._on_failed = on_failed
        self._source: CameraSource | None = None
        self._worker: Worker | None = None
        self._ended: list[tuple[CameraSource, Worker]] = []
        self._plan = EncodingPlan()
        self._preview: tuple[int, int] | None = None
        self._watcher: Slot[CapturedFrame] | None = None

    def use(self, source: CameraSource, make: MakeWorker) -> None:
        """Encode this source's pictures from now on instead of those of the one there was."""
        self.end()
        worker: Worker

        def encoded(frame: OutgoingFrame) -> None:
            call_soon(self._loop, self._encoded, worker, frame)

        def failed(error: CameraError | EncoderError) -> None:
            call_soon(self._loop, self._failed, worker, error)

        worker = make(encoded, failed, self._clock)
        self._worker, self._source = worker, source
        worker.follow(self._plan)
        worker.preview_tile = self._preview
        worker.watcher = self._watcher
        source.start(worker.frames, failed, self._clock)

    def end(self) -> None:
        """Stop and close the source and its encoders; returns at once, see `alive`."""
        if self._source is not None and self._worker is not None:
            self._source.stop()
            self._worker.stop()
            self._ended.append((self._source, self._worker))
            self._source = self._worker = None
        self._ended = [pair for pair in self._ended if _is_alive(pair)]

    def follow(self, plan: EncodingPlan) -> None:
        """Encode by this plan from the next picture on."""
        self._plan = plan
        if self._worker is not None:
            self._worker.follow(plan)

    def set_preview(self, tile: tuple[int, int] | None) -> None:
        """Make the own picture so large, or not at all."""
        self._preview = tile
        if self._worker is not None:
            self._worker.preview_tile = tile

    def watch(self, watcher: Slot[CapturedFrame] | None) -> None:
        """Give every picture of the source to somebody else on this computer, too."""
        self._watcher = watcher
        if self._worker is not None:
            self._worker.watcher = watcher

    @property
    def alive(self) -> bool:
        """Whether a source or an encoder that was stopped still has its thread."""
        return any(_is_alive(pair) for pair in self._ended)

    @property
    def active(self) -> bool:
        """Whether there is a source."""
        return self._worker is not None

    @property
    def encoded_sizes(self) -> tuple[EncodedStats, ...]:
        """The sizes that are encoded now, smallest first."""
        return self._worker.pyramid.stats(self._clock()) if self._worker is not None else ()

    @property
    def encoded(self) -> int:
        """How many pictures of this source were encoded, in any size."""
        encodings = self._worker.pyramid.encodings if self._worker is not None else ()
        return sum(each.frames for each in encodings)

    @property
    def busy(self) -> float:
        """The share of its time that the encoders' thread works; 1 is too much."""
        return self._worker.duty.share if self._worker is not None else 0.0

    @property
    def counters(self) -> Mapping[str, int]:
        """What was left out between source and engine, by name."""
        worker = self._worker
        if worker is None:
            return {}
        counters = dict(worker.counters) | dict(worker.pyramid.counters)
        return counters | {"camera_overwritten": worker.frames.overwritten}

    def _encoded(self, worker: Worker, frame: OutgoingFrame) -> None:
        worker.taken += 1
        if worker is self._worker:
            self._on_frame(frame)

    def _failed(self, worker: Worker, error: MediaError) -> None:
        if worker is self._worker:
            self.end()
            self._on_failed(error)


def call_soon(
    loop: asyncio.AbstractEventLoop, function: Callable[..., None], *arguments: object
) -> None:
    """Call on the loop, from any thread; a loop that has ended takes nothing."""
    try:
        loop.call_soon_threadsafe(function, *arguments)
    except RuntimeError:
        if not loop.is_closed():
            raise


def _is_alive(pair: tuple[CameraSource, Worker]) -> bool:
    source, worker = pair
    return worker.alive or not source.join(0)
