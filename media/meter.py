"""Rates, freezes and latency of a stream, counted as they happen."""

import threading
from collections import deque
from collections.abc import Iterable

from media.stats import VideoStats

WINDOW = 2.0  # seconds that rates and the latency are taken over
# A freeze, as W3C webrtc-stats has it (freezeCount, totalFreezesDuration): a picture comes after
# at least three times the mean of the last 30 intervals, and at least so much later than that.
FREEZE_SLACK = 0.150  # seconds
FREEZE_FACTOR = 3.0
INTERVALS = 30
USUAL = 1 / 30  # seconds between pictures, before any came
SMOOTHING = 0.1  # of a new value in the mean of the last ones
PAUSE = 2.0  # seconds; a sender that skipped so long without losing a frame had its camera off
MAX_SAMPLES = 512


def percentile(values: Iterable[float], share: float) -> float:
    """Return the value that this share of them, below 1, is not above; 0 if there are none."""
    ordered = sorted(values)
    return ordered[int(share * len(ordered))] if ordered else 0.0


class RateMeter:
    """Kilobits per second over the last WINDOW."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque(maxlen=MAX_SAMPLES)
        self._total = 0

    def count_to(self, total_octets: int, now: float) -> None:
        """Note the running total of octets."""
        self._samples.append((now, total_octets))
        while len(self._samples) > 2 and self._samples[1][0] <= now - WINDOW:
            self._samples.popleft()

    @property
    def kbps(self) -> float:
        """The rate between the oldest and the newest note."""
        if len(self._samples) < 2:
            return 0.0
        (since, before), (until, after) = self._samples[0], self._samples[-1]
        return (after - before) * 8 / 1000 / (until - since) if until > since else 0.0


class VideoMeter:
    """Frame rate, freezes and latency of the pictures that were decoded from one peer."""

    def __init__(self) -> None:
        self.width = 0
        self.height = 0
        self.frames = 0
        self.freezes = 0
        self.freeze_s = 0.0
        self._noting = threading.Lock()  # the decoder's thread adds, others read
        self._shown: deque[float] = deque(maxlen=256)
        self._latencies: deque[tuple[float, float]] = deque(maxlen=256)
        self._intervals: deque[float] = deque((USUAL,), maxlen=INTERVALS)
        self._work = 0.0
        self._held = 0.0
        self._picture: int | None = None
        self._media_ts = 0

    def decoded(
        self, size: tuple[int, int], place: tuple[int, int], captured: float | None, now: float
    ) -> None:
        """Note a decoded picture: (width, height), (number, media_ts) and when it was captured."""
        picture, media_ts = place
        if self._shown:
            self._note_gap(now - self._shown[-1], picture, media_ts)
        self.width, self.height = size
        self.frames += 1
        with self._noting:
            self._shown.append(now)
            if captured is not None:
                self._latencies.append((now, now - captured))
        self._picture, self._media_ts = picture, media_ts

    def worked(self, took: float, held: float) -> None:
        """Note the seconds that decoding took, and how long the picture waits for its sound."""
        self._work += SMOOTHING * (took - self._work) if self._work else took
        self._held += SMOOTHING * (held - self._held)

    def snapshot(self, now: float, kbps: float) -> VideoStats:
        """Return the numbers of this moment."""
        with self._noting:
            all_shown, latencies = tuple(self._shown), tuple(self._latencies)
        recent = [shown for shown in all_shown if shown > now - WINDOW]
        span = min(WINDOW, now - all_shown[0]) if all_shown else 0.0
        late = [latency for shown, latency in latencies if shown > now - WINDOW]
        return VideoStats(
            width=self.width,
            height=self.height,
            fps=(len(recent) - (span < WINDOW)) / span if span > 0.2 else 0.0,
            kbps=kbps,
            frames=self.frames,
            freezes=self.freezes,
            freeze_s=self.freeze_s,
            latency_ms=percentile(late, 0.5) * 1000 if late else None,
            decode_ms=self._work * 1000,
            held_ms=self._held * 1000,
        )

    def _note_gap(self, gap: float, picture: int, media_ts: int) -> None:
        usual = sum(self._intervals) / len(self._intervals)
        skipped = (media_ts - self._media_ts) % 2**32 / 90_000
        consecutive = self._picture is not None and picture == (self._picture + 1) & 0xFFFF
        if consecutive and skipped > PAUSE:
            return  # the camera was off
        if gap >= max(FREEZE_FACTOR * usual, usual + FREEZE_SLACK):
            self.freezes += 1
            self.freeze_s += gap
        self._intervals.append(gap)
