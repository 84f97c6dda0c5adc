"""How much heard speech is like what was said: PESQ where that is installed, else a distance.

PESQ (ITU-T P.862.2, wide band, 1 to 4.6) is asked of the package `pesq`, which Conclave itself
does not need: `pip install pesq` where there is a compiler. The substitute is the log-spectral
distance in dB over 20 ms frames of speech (0: the same; 10: hard to follow).
"""

import numpy as np
import numpy.typing as npt

from media.sound.resample import Resampler
from media.sound.samples import RATE, Samples

WIDE_BAND = 16_000
PESQ, DISTANCE = "PESQ-WB", "log-spectral distance, dB"
MEASURE = DISTANCE  # what this computer judges by

try:
    from pesq import pesq as _pesq
except ImportError:
    _pesq = None
else:
    MEASURE = PESQ


def likeness(said: Samples, heard: Samples) -> float:
    """Return PESQ-WB or the log-spectral distance, see MEASURE; both at 48 kHz, aligned roughly."""
    if _pesq is None:
        return spectral_distance(said, heard)
    narrow = [Resampler(RATE, WIDE_BAND).process(sound) for sound in (said, heard)]
    return float(_pesq(WIDE_BAND, *narrow, "wb"))


def spectral_distance(said: Samples, heard: Samples) -> float:
    """Return the mean distance of log spectra (dB) of 20 ms frames where something was said.

    Both at 48 kHz and aligned; up to 4 kHz in bands of 200 Hz, where speech is understood.
    """
    count = min(len(said), len(heard)) // 960
    bands = [_bands(sound[: count * 960]) for sound in (said, heard)]
    loud = bands[0].max(axis=1) > bands[0].max() - 40
    difference = np.maximum(bands[0], -60) - np.maximum(bands[1], -60)
    return float(np.sqrt(np.mean(difference[loud] ** 2, axis=1)).mean())


def _bands(sound: Samples) -> npt.NDArray[np.float64]:
    frames = sound.reshape(-1, 960) * np.hanning(960)
    power = np.abs(np.fft.rfft(frames, axis=1)[:, 4:80]) ** 2  # 50 Hz a line
    return np.asarray(10 * np.log10(power.reshape(len(frames), -1, 4).sum(axis=2) + 1e-9))
