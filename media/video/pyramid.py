"""One picture in all the sizes that somebody gets: scaled once downwards, each encoded once."""

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from media.meter import percentile
from media.path.heartbeat import media_time
from media.stats import EncodedStats
from media.video.camera import CapturedFrame
from media.video.encoder import VideoEncoder, open_encoder
from media.video.layers import Ladder, fit, ladder_for
from media.video.scaling import scaled
from media.video.vp8 import VideoFrame
from media.video.vpx import CPU_USED

LINGER = 2.0  # seconds an encoder that nobody wants is kept: tiles come and go
RATE_STEP = 0.03  # of the rate; less is not worth telling the encoder
PACE_STEP = 0.15  # of the pace, likewise
WINDOW = 100  # frames that the time of encoding is taken over
FPS_WINDOW = 2.0  # seconds that the rates are taken over
MIN_FPS, MAX_FPS = 3.0, 30.0

OpenEncoder = Callable[[int, int, int, int], VideoEncoder]


@dataclass(frozen=True, slots=True)
class EncodingPlan:
    """What to encode: the rate (kbit/s) of each size, how often, how quickly, how large at most.

    `keys` counts the key frames asked for of each size: another number than before is one more.
    """

    rates: Mapping[int, int] = field(default_factory=dict)
    keys: Mapping[int, int] = field(default_factory=dict)
    fps: int = 30
    cpu_used: int = CPU_USED
    max_lines: int = 720


@dataclass(frozen=True, slots=True)
class OutgoingFrame:
    """An encoded frame on its way to the engine; `source` is its camera's (width, height)."""

    frame: VideoFrame
    media_ts: int
    source: tuple[int, int]


class Encoding:
    """One size: its encoder while somebody wants it, its numbers for good."""

    def __init__(self) -> None:
        self.encoder: VideoEncoder | None = None
        self.shape = 0, 0
        self.kbps = 0
        self.frames = 0
        self._cpu_used = CPU_USED
        self._fps = MAX_FPS
        self._picture = 0
        self._group = 0
        self._wanted_at = 0.0
        self._noting = threading.Lock()  # figures are read on other threads
        self._times: deque[float] = deque(maxlen=WINDOW)
        self._sent: deque[tuple[float, int]] = deque(maxlen=WINDOW)

    def prepare(
        self, shape: tuple[int, int], kbps: int, plan: EncodingPlan, fps: float, make: OpenEncoder
    ) -> bool:
        """Have an encoder of this shape and rate; return whether it is a new one."""
        fresh = self.encoder is None or shape != self.shape
        if fresh:
            self.close()
            self.encoder = make(*shape, kbps, round(fps))
            self.shape, self.kbps = shape, kbps
            self._fps, self._cpu_used = float(round(fps)), CPU_USED
        assert self.encoder is not None
        if abs(kbps - self.kbps) > RATE_STEP * self.kbps:
            self.encoder.set_rate(kbps)
            self.kbps = kbps
        if abs(fps - self._fps) > PACE_STEP * self._fps:
            self.encoder.set_pace(fps)
            self._fps = fps
        if plan.cpu_used != self._cpu_used:
            self.encoder.set_speed(plan.cpu_used)
            self._cpu_used = plan.cpu_used
        return fresh

    def encode(
        self, size: int, picture: CapturedFrame, key: bool, clock: Callable[[], float]
    ) -> VideoFrame | None:
        """Return the frame of an I420 picture; None if the encoder dropped it."""
        assert self.encoder is not None
        began = clock()
        encoded = self.encoder.encode(picture.pixels, key)
        ended = clock()
        with self._noting:
            self._times.append(ended - began)
            if encoded is not None:
                self._sent.append((ended, len(encoded.data)))
        self._wanted_at = ended
        if encoded is None:
            return None
        if encoded.layer == 0:
            self._group = (self._group + 1) & 0xFF
        self._picture = (self._picture + 1) & 0xFFFF
        self.frames += 1
        return VideoFrame(
            size,
            encoded.key,
            encoded.layer,
            encoded.needs_layer_1,
            self._picture,
            self._group,
            encoded.data,
        )

    def is_idle(self, now: float) -> bool:
        """Whether nobody has wanted this size for a while."""
        return self.encoder is not None and now - self._wanted_at > LINGER

    def close(self) -> None:
        """Free the encoder; the next one goes on counting."""
        if self.encoder is not None:
            self.encoder.close()
            self.encoder = None

    @property
    def quantizer(self) -> int:
        """How coarse the last frame was, from 0 to 63."""
        return self.encoder.quantizer if self.encoder is not None else 0

    def stats(self, now: float) -> EncodedStats:
        """Return the numbers of this moment; called on any thread."""
        with self._noting:
            times, sent = tuple(self._times), tuple(self._sent)
        recent = [octets for at, octets in sent if at > now - FPS_WINDOW]
        return EncodedStats(
            width=self.shape[0],
            height=self.shape[1],
            fps=len(recent) / FPS_WINDOW,
            kbps=self.kbps,
            frames=self.frames,
            encode_ms=1000 * percentile(times, 0.5),
            encode_p95_ms=1000 * percentile(times, 0.95),
        )


class Pyramid:
    """The encoders of one source; belongs to one thread."""

    def __init__(
        self,
        ladder: Ladder,
        clock: Callable[[], float],
        *,
        make: OpenEncoder = open_encoder,
        fps: float = MAX_FPS,
    ) -> None:
        self.counters: Counter[str] = Counter()
        self.encodings = tuple(Encoding() for _ in ladder)
        self.fps = fps  # pictures a second that really come
        self._ladder = ladder
        self._clock = clock
        self._make = make
        self._keys: dict[int, int] = {}  # what the plan asked for when each last had one

    def encode(self, captured: CapturedFrame, plan: EncodingPlan) -> Iterator[OutgoingFrame]:
        """Yield the frames of a picture, the smallest first: it is soon done. EncoderError.

        A size above what the source has becomes the largest there is.
        """
        source = captured.width, captured.height
        ladder = ladder_for(source, plan.max_lines, self._ladder)
        rates: dict[int, int] = {}
        for size, kbps in plan.rates.items():
            there = min(size, len(ladder) - 1)
            rates[there] = max(kbps, rates.get(there, 0))
        self._close_idle(rates)
        pictures = self._scaled(captured, {size: fit(source, ladder[size].lines) for size in rates})
        media_ts = media_time(captured.captured, 90_000)
        for size in sorted(rates):
            encoding, picture = self.encodings[size], pictures[size]
            shape = picture.width, picture.height
            if encoding.prepare(shape, rates[size], plan, self.fps, self._make):
                self.counters["encoder_opened"] += 1
            asked = plan.keys.get(size, 0)
            frame = encoding.encode(size, picture, asked != self._keys.get(size, 0), self._clock)
            if frame is None:
                self.counters["encoder_dropped"] += 1
                continue
            if frame.key:
                self._keys[size] = asked
            yield OutgoingFrame(frame, media_ts, source)

    def close(self) -> None:
        """Free all encoders."""
        for encoding in self.encodings:
            encoding.close()

    @property
    def quantizer(self) -> int:
        """How coarse the last frame of the largest size was, from 0 to 63."""
        return next((each.quantizer for each in reversed(self.encodings) if each.encoder), 0)

    def stats(self, now: float) -> tuple[EncodedStats, ...]:
        """Return the numbers of the sizes that have an encoder, smallest first; on any thread."""
        return tuple(each.stats(now) for each in self.encodings if each.encoder is not None)

    def _close_idle(self, wanted: Mapping[int, int]) -> None:
        now = self._clock()
        for size, encoding in enumerate(self.encodings):
            if size not in wanted and encoding.is_idle(now):
                encoding.close()

    def _scaled(
        self, captured: CapturedFrame, shapes: Mapping[int, tuple[int, int]]
    ) -> dict[int, CapturedFrame]:
        """Scale once, each size from the next larger one, which is quicker and no worse."""
        made: dict[int, CapturedFrame] = {}
        larger = captured
        for size in sorted(shapes, reverse=True):
            width, height = shapes[size]
            pixels = scaled(larger, width, height)
            larger = CapturedFrame(pixels, "i420", width, height, captured.captured)
            made[size] = larger
        return made
