"""How well a long recording of endlessly repeated speech is like that speech, piece by piece."""

import math

import numpy as np

from bench.likeness import MEASURE, PESQ, likeness
from media.sound.samples import RATE, Samples

__all__ = ["MEASURE", "judge", "lined_up"]

PIECE_S = 8  # what is judged at a time: the measures are made for pieces of this length
LEAST_S = 3  # a shorter rest says nothing
SILENT = 1e-4  # of full scale: nothing was heard at all
WORST = {PESQ: 1.0}.get(MEASURE, 60.0)


def judge(recording: Samples, speech: Samples) -> list[float]:
    """Return one figure per piece of what was played, in order (both 48 kHz; see likeness)."""
    length = PIECE_S * RATE
    pieces = [recording[at : at + length] for at in range(0, len(recording), length)]
    return [_judged(piece, speech) for piece in pieces if len(piece) >= LEAST_S * RATE]


def lined_up(speech: Samples, piece: Samples) -> Samples:
    """Return the part of the endlessly repeated speech that a recorded piece of it fits best."""
    loop = len(speech)
    heard = np.pad(piece[:loop], (0, max(0, loop - len(piece))))
    spectrum = np.fft.rfft(heard).conj() * np.fft.rfft(speech)
    start = int(np.argmax(np.fft.irfft(spectrum, loop)))
    return np.asarray(np.take(speech, np.arange(start, start + len(piece)), mode="wrap"))


def _judged(piece: Samples, speech: Samples) -> float:
    if np.abs(piece).max() < SILENT:
        return WORST
    found = likeness(lined_up(speech, piece), piece)
    return WORST if math.isnan(found) else round(found, 3)
