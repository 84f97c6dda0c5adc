"""Shorten or lengthen sound by one pitch period without a click (WSOLA, Verhelst 1993)."""

import numpy as np
import numpy.typing as npt

from media.sound.samples import Samples

WINDOW = 1_440  # samples in 30 ms: two periods of the lowest voice that is looked for
SHORTEST = 960  # samples in 20 ms: less than this is left alone

_STEP = 4  # the search runs at 12 kHz, then is refined at 48 kHz
_LOWEST_LAG = 120  # samples in 2.5 ms: 400 Hz, the highest voice
_LIKENESS = 0.6  # below this two neighbouring periods are not of one voice: joining them is heard
_QUIET = 0.01  # peak (-40 dB) below which nobody hears any joint


def squeeze(sound: Samples, *, urgent: bool = False) -> tuple[Samples, int]:
    """Return `sound` without one period of its first 30 ms, and the samples removed (0: no good).

    `urgent` takes the best place there is, even where it may be heard.
    """
    period = _usable_period(sound, urgent)
    if period == 0:
        return sound, 0
    fade = _fade(period)
    joint = sound[:period] * (1 - fade) + sound[period : 2 * period] * fade
    return np.concatenate([joint, sound[2 * period :]]), period


def stretch(sound: Samples, *, urgent: bool = False) -> tuple[Samples, int]:
    """Return `sound` with one period twice, and the samples added (0: no good place)."""
    period = _usable_period(sound, urgent)
    if period == 0:
        return sound, 0
    fade = _fade(period)
    joint = sound[period : 2 * period] * (1 - fade) + sound[:period] * fade
    return np.concatenate([sound[:period], joint, sound[period:]]), period


def _usable_period(sound: Samples, urgent: bool) -> int:
    if len(sound) < SHORTEST:
        return 0
    window = sound[:WINDOW]
    period, likeness = _period(window)
    if urgent or likeness >= _LIKENESS or float(np.abs(window).max()) < _QUIET:
        return period
    return 0


def _fade(count: int) -> Samples:
    return np.linspace(0.0, 1.0, count, dtype=np.float32)


def _period(window: Samples) -> tuple[int, float]:
    """Return the lag at which the window is most like itself (normalised correlation)."""
    coarse = window[: len(window) // _STEP * _STEP].reshape(-1, _STEP).mean(axis=1)
    half = len(coarse) // 2
    lowest = _LOWEST_LAG // _STEP
    likeness = _likeness(coarse[:half], coarse[lowest:])
    around = (int(np.argmax(likeness)) + lowest) * _STEP

    half = len(window) // 2
    first = max(around - _STEP, _LOWEST_LAG)
    last = min(around + _STEP, half)
    fine = _likeness(window[:half], window[first : last + half])
    best = int(np.argmax(fine))
    return first + best, float(fine[best])


def _likeness(pattern: Samples, sound: Samples) -> npt.NDArray[np.float64]:
    products = np.correlate(sound, pattern, "valid").astype(np.float64)
    energy = np.concatenate([[0.0], np.cumsum(np.square(sound, dtype=np.float64))])
    local = energy[len(pattern) :] - energy[: len(energy) - len(pattern)]
    ratio: npt.NDArray[np.float64] = products / np.sqrt(local * float(pattern @ pattern) + 1e-9)
    return ratio
