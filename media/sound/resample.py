"""From any sample rate to any other, piece by piece (windowed sinc, Smith, CCRMA 2002)."""

import math

import numpy as np
import numpy.typing as npt

from media.sound.samples import Samples

ZEROS = 16  # crossings of the sinc on each side: images and aliases below -70 dB
_ROLL_OFF = 0.94  # of the lower Nyquist frequency is kept; the rest is for the filter's slope
_BETA = 9.0  # of the Kaiser window


class Resampler:
    """A stream of samples at `source` Hz in, the same sound at `target` Hz out.

    Delays by half its filter; no drift: after n samples in, n * target / source came out.
    """

    def __init__(self, source: int, target: int) -> None:
        common = math.gcd(source, target)
        self._up, self._down = target // common, source // common
        slower = min(1.0, target / source)
        self._half = math.ceil(ZEROS / slower)
        self._table = self._filters(slower * _ROLL_OFF)
        self._past = np.zeros(2 * self._half - 1, np.float32)
        self._phase = 0  # position of the next output, in input samples / up

    def process(self, samples: Samples) -> Samples:
        """Return what is complete after `samples`."""
        if self._up == self._down:
            return samples
        sound = np.concatenate([self._past, samples])
        taps = 2 * self._half
        last = (len(sound) - taps + 1) * self._up  # first position whose filter does not fit
        count = max(-((self._phase - last) // self._down), 0)
        positions = self._phase + self._down * np.arange(count)
        starts, phases = np.divmod(positions, self._up)
        pieces = np.lib.stride_tricks.sliding_window_view(sound, taps)[starts]
        out: Samples = np.einsum("ij,ij->i", pieces, self._table[phases]).astype(np.float32)
        position = self._phase + self._down * count
        done = min(position // self._up, len(sound))
        self._past = sound[done:]
        self._phase = position - done * self._up
        return out

    def _filters(self, cutoff: float) -> npt.NDArray[np.float32]:
        """Return one filter per phase, each of unity gain: float32[up, 2 * half]."""
        taps = np.arange(2 * self._half) - (self._half - 1)
        distance = taps[None, :] - (np.arange(self._up) / self._up)[:, None]
        window = np.i0(_BETA * np.sqrt(np.maximum(1 - (distance / self._half) ** 2, 0)))
        table = np.sinc(cutoff * distance) * window
        table /= table.sum(axis=1, keepdims=True)
        return table.astype(np.float32)
