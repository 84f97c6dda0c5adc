"""The own camera: which source, which encoder, when a key frame; for a call, on its thread."""

import asyncio
from collections.abc import Callable, Mapping

from media.camera import CameraSource, CapturedFrame
from media.congestion import START_KBPS
from media.encoder_worker import PREVIEW, EncoderWorker, OutgoingFrame
from media.errors import CameraError, EncoderError, MediaError
from media.load import STEPS, LoadPlan
from media.picture import Picture
from media.quality import MAX_HEIGHT
from media.slot import Slot
from media.stats import EncodedStats

KEY_FRAME_PAUSE = 0.5  # seconds between two key frames, whoever asks


class OutgoingVideo:
    """One camera after another, each with an encoder of its own.

    `on_frame` and `on_failed` are called on the loop; frames of a camera that was replaced are
    dropped before that. `preview` shows the own picture.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        clock: Callable[[], float],
        preview: Slot[Picture],
        *,
        on_frame: Callable[[OutgoingFrame], None],
        on_failed: Callable[[MediaError], None],
    ) -> None:
        self.target_kbps = START_KBPS
        self._loop = loop
        self._clock = clock
        self._preview = preview
        self._on_frame = on_frame
        self._on_failed = on_failed
        self._camera: CameraSource | None = None
        self._worker: EncoderWorker | None = None
        self._ended: list[tuple[CameraSource, EncoderWorker]] = []
        self._wanted = False
        self._max_height = MAX_HEIGHT
        self._load = STEPS[0]
        self._tile = PREVIEW
        self._preview_visible = True
        self._watcher: Slot[CapturedFrame] | None = None
        self._key_at = -KEY_FRAME_PAUSE
        self._key_timer: asyncio.TimerHandle | None = None

    def use(self, source: CameraSource | None) -> None:
        """Encode this camera's picture from now on; None stops and closes the camera."""
        if self._camera is not None and self._worker is not None:
            self._camera.stop()
            self._worker.stop()
            self._ended.append((self._camera, self._worker))
            self._camera = self._worker = None
            self._preview.take()
        self._ended = [pair for pair in self._ended if _is_alive(pair)]
        if source is None:
            return
        worker: EncoderWorker

        def encoded(frame: OutgoingFrame) -> None:
            call_soon(self._loop, self._encoded, worker, frame)

        def failed(error: CameraError | EncoderError) -> None:
            call_soon(self._loop, self._failed, worker, error)

        worker = EncoderWorker(encoded, failed, self._preview, self._clock)
        self._worker, self._camera = worker, source
        self._tell_worker()
        source.start(worker.frames, failed, self._clock)

    def aim(self, kbps: float) -> None:
        """Let the encoder make what the slowest path bears."""
        self.target_kbps = kbps
        self._tell_worker()

    def limit(self, max_height: int) -> None:
        """Encode no picture with more lines than this."""
        self._max_height = max_height
        self._tell_worker()

    def lighten(self, load: LoadPlan) -> None:
        """Work no harder than this plan allows: the computer is too slow, or no more."""
        self._load = load
        self._tell_worker()

    def want(self, wanted: bool) -> None:
        """Say whether anybody is there to see it; else only the preview is made."""
        self._wanted = wanted
        self._tell_worker()

    def set_preview(self, width: int, height: int, visible: bool) -> None:
        """Say how large the own picture is shown, if at all; 0 leaves the size as it was."""
        if width > 0 and height > 0:
            self._tile = width, height
        self._preview_visible = visible
        self._tell_worker()

    def watch(self, watcher: Slot[CapturedFrame] | None) -> None:
        """Give every picture of the camera to somebody else on this computer, too."""
        self._watcher = watcher
        self._tell_worker()

    def request_key_frame(self) -> None:
        """Make the next frame a key frame, or one after KEY_FRAME_PAUSE if one was just made."""
        if self._worker is None or self._key_timer is not None:
            return
        wait = self._key_at + KEY_FRAME_PAUSE - self._clock()
        if wait > 0:
            self._key_timer = self._loop.call_later(wait, self._key_frame_now)
        else:
            self._key_frame_now()

    def close(self) -> None:
        """Stop the camera and the encoder; returns at once, see `alive`."""
        if self._key_timer is not None:
            self._key_timer.cancel()
            self._key_timer = None
        self.use(None)

    @property
    def alive(self) -> bool:
        """Whether a camera or an encoder that was stopped still has its thread."""
        return any(_is_alive(pair) for pair in self._ended)

    @property
    def active(self) -> bool:
        """Whether there is a camera."""
        return self._worker is not None

    @property
    def size(self) -> tuple[int, int]:
        """The (width, height) that is encoded now, (0, 0) if nothing is."""
        plan = self._worker.plan if self._worker is not None else None
        return (plan.width, plan.height) if plan is not None else (0, 0)

    @property
    def encoded(self) -> int:
        """How many frames of this camera were encoded."""
        return self._worker.encoded if self._worker is not None else 0

    @property
    def busy(self) -> float:
        """The time that encoding takes, as a share of what there is; 1 is too much."""
        return self._worker.busy if self._worker is not None else 0.0

    @property
    def encoded_sizes(self) -> tuple[EncodedStats, ...]:
        """Each size that is encoded now."""
        return (self._worker.stats,) if self._worker is not None and self._worker.plan else ()

    @property
    def counters(self) -> Mapping[str, int]:
        """What was dropped between camera and engine, by name."""
        if self._worker is None:
            return {}
        return dict(self._worker.counters) | {"camera_overwritten": self._worker.frames.overwritten}

    def _tell_worker(self) -> None:
        worker = self._worker
        if worker is not None:
            worker.target_kbps = self.target_kbps
            worker.max_height = self._max_height
            worker.load = self._load
            worker.wanted = self._wanted
            worker.watcher = self._watcher
            worker.preview_tile = self._tile if self._preview_visible else None

    def _encoded(self, worker: EncoderWorker, frame: OutgoingFrame) -> None:
        worker.taken += 1
        if worker is self._worker:
            if frame.encoded.key:
                self._key_at = self._clock()
            self._on_frame(frame)

    def _failed(self, worker: EncoderWorker, error: MediaError) -> None:
        if worker is self._worker:
            self.use(None)
            self._on_failed(error)

    def _key_frame_now(self) -> None:
        self._key_timer = None
        if self._worker is not None:
            self._key_at = self._clock()
            self._worker.want_key_frame()


def call_soon(
    loop: asyncio.AbstractEventLoop, function: Callable[..., None], *arguments: object
) -> None:
    """Call on the loop, from any thread; a loop that has ended takes nothing."""
    try:
        loop.call_soon_threadsafe(function, *arguments)
    except RuntimeError:
        if not loop.is_closed():
            raise


def _is_alive(pair: tuple[CameraSource, EncoderWorker]) -> bool:
    camera, worker = pair
    return worker.alive or not camera.join(0)
