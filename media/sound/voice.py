"""One's own voice from 10 ms blocks to Opus packets with capture times; no thread, no device."""

import numpy as np

from media.sound.ends import Heard
from media.sound.level import LevelMeter
from media.sound.opus import Encoder
from media.sound.processing import NOTHING, Processing
from media.sound.rate import SPEECH, SoundPlan
from media.sound.samples import BLOCK, RATE, Samples, silence

WRAP = 1 << 32  # media_ts counts modulo this
LEAP = 0.04  # seconds between two clocks: more is a new start, less is drift and followed slowly
SILENT = 5.0  # seconds of exact zeros from a real microphone before somebody should be told

_FOLLOW = 0.02  # of the difference per block
_PER_BLOCK = 2.0  # samples the capture time may be bent per 10 ms: 0.4 %

_FADE_IN = np.linspace(0.0, 1.0, BLOCK, dtype=np.float32)
_FADE_OUT = _FADE_IN[::-1]


class Voice:
    """Cleans, measures, fades and encodes what one microphone hears. For one thread."""

    def __init__(self) -> None:
        self.meter = LevelMeter()
        self.silent = False
        self.processing = Processing(NOTHING)
        self.cleaned = silence()  # the last 10 ms, before they are faded or encoded
        self.music = False
        self._plan = SPEECH[0]
        self._loss = 0.0
        self._encoder = Encoder(self._plan.bitrate)
        self._blocks: list[Samples] = []  # of the packet that is being filled
        self._length = self._plan.samples // BLOCK  # blocks it is to have
        self._first_ts = 0
        self._ts: float | None = None  # capture time of the next block, in samples
        self._on = False  # whether the last block went to the encoder
        self._zeros = 0

    def begin(self, processing: Processing) -> None:
        """A microphone was opened."""
        self.processing = processing
        self.meter.rest()
        self._blocks.clear()
        self._ts = None
        self._on = self.silent = False
        self._zeros = 0

    def take(self, heard: Heard, far: Samples, *, encode: bool = True) -> list[tuple[bytes, int]]:
        """Take in 10 ms; return the packet that is complete, with its media_ts, if any.

        `encode` False (muted, or a preview) fades out within these 10 ms and then makes nothing.
        """
        self._watch_for_zeros(heard.samples)
        block = self.processing.clean(heard.samples, far)
        self.cleaned = block
        self.meter.feed(block, self.processing.speech)
        ts = self._capture_time(heard.captured - self.processing.delay)
        if encode and not self._on:
            block = block * _FADE_IN
        elif self._on and not encode:
            block = block * _FADE_OUT
        elif not encode:
            return []
        self._on = encode
        packets = self._add(block, ts)
        while not encode and self._blocks:
            packets += self._add(silence(), ts)
        return packets

    def expect_loss(self, fraction: float) -> None:
        """Spend bits on FEC for this much loss (0..1)."""
        self._loss = fraction
        self._encoder.expect_loss(fraction)

    def use_plan(self, plan: SoundPlan) -> None:
        """Send so many bits a second from now on, and packets of that length from the next one."""
        if plan != self._plan:
            self._plan = plan
            self._encoder.set_bitrate(plan.bitrate)

    def tune(self, music: bool) -> None:
        """Encode for speech or for music from now on; while nothing is encoded, or it clicks."""
        self.music = music
        self._encoder = Encoder(self._plan.bitrate, music=music)
        self._encoder.expect_loss(self._loss)

    def _add(self, block: Samples, ts: int) -> list[tuple[bytes, int]]:
        if not self._blocks:
            self._first_ts = ts - self._encoder.lookahead
            self._length = self._plan.samples // BLOCK
        self._blocks.append(block)
        if len(self._blocks) < self._length:
            return []
        frame = np.concatenate(self._blocks)
        self._blocks.clear()
        return [(self._encoder.encode(frame), self._first_ts % WRAP)]

    def _capture_time(self, captured: float) -> int:
        """Return the time of this block in samples: as even as the sound, bent to the clock."""
        measured = captured * RATE
        if self._ts is None or abs(measured - self._ts) > LEAP * RATE:
            self._ts = measured
        bend = min(max(_FOLLOW * (measured - self._ts), -_PER_BLOCK), _PER_BLOCK)
        self._ts += bend
        now = round(self._ts)
        self._ts += BLOCK
        return now

    def _watch_for_zeros(self, samples: Samples) -> None:
        self._zeros = 0 if samples.any() else self._zeros + BLOCK
        self.silent = self._zeros >= SILENT * RATE
