"""A linear canceller that goes on learning while both sides speak: it takes nothing but echo away.

A frequency-domain Kalman filter in partitions (Enzner and Vary, Signal Processing 86, 2006; Kuech,
Mabande and Enzner, ICASSP 2014): what is not known of the room steers how fast it is learned, and
what cannot be echo, a voice in the room, slows it down by itself.
"""

import numpy as np
import numpy.typing as npt

from media.sound.samples import BLOCK, Samples

PARTITIONS = 40  # of 10 ms: what comes later of a room's echo is 30 dB softer, or more
BINS = 241  # of 50 Hz each, up to 12 kHz: what is above is too soft in a voice to matter
_STAYS = 0.9999  # of what is known of a room after 10 ms: people move
_UNKNOWN = 0.1  # power by which the first 10 ms of a room's response may differ from nothing
_DECAY = 6  # partitions after which that is e times less
_HEARD = 0.9  # of the mean power that is not explained by echo, which each 10 ms keep
_FEW = 4  # partitions cut to their 10 ms at a time: all of them at once is what costs most
_LEAST = 1e-6  # power of a bin: nothing is divided by nothing


Spectra = npt.NDArray[np.complex64]
Powers = npt.NDArray[np.float32]


class EchoPath:
    """Learns how a room answers a loudspeaker. For one thread; 10 ms at a time, no delay."""

    def __init__(self) -> None:
        shape = (PARTITIONS, BINS)
        self._two = np.zeros(2 * BLOCK, np.float32)  # the last 20 ms that were played
        self._error = np.zeros(2 * BLOCK, np.float32)
        # Twice, so that the newest PARTITIONS of them always stand in one piece, newest first.
        self._played = np.zeros((2 * PARTITIONS, BINS), np.complex64)
        self._power = np.zeros((2 * PARTITIONS, BINS), np.float32)
        self._at = 0
        self._quiet = PARTITIONS  # blocks since something was played
        self._response = np.zeros(shape, np.complex64)
        first = _UNKNOWN * np.exp(-np.arange(PARTITIONS, dtype=np.float32) / _DECAY)
        self._doubt = np.repeat(first[:, None], BINS, axis=1)
        self._other = np.full(BINS, 1e-3, np.float32)
        self._cut = 0

    def subtract(self, near: Samples, far: Samples) -> Samples:
        """Return 10 ms of the microphone without the echo of what was played until then."""
        self._quiet = 0 if far.any() else self._quiet + 1
        if self._quiet > PARTITIONS + 1:  # no echo is left, and there is nothing to learn from
            return near
        played, power = self._push(far)
        echo = np.einsum("pk,pk->k", played, self._response)
        left = np.asarray(near - _in_time(echo)[BLOCK:], np.float32)
        self._error[BLOCK:] = left
        self._learn(played, power, np.fft.rfft(self._error)[:BINS].astype(np.complex64))
        return left

    def _push(self, far: Samples) -> tuple[Spectra, Powers]:
        self._two[:BLOCK] = self._two[BLOCK:]
        self._two[BLOCK:] = far
        self._at = (self._at - 1) % PARTITIONS
        newest = np.fft.rfft(self._two)[:BINS]
        for at in (self._at, self._at + PARTITIONS):
            self._played[at] = newest
            self._power[at] = np.square(np.abs(newest))
        window = slice(self._at, self._at + PARTITIONS)
        return self._played[window], self._power[window]

    def _learn(self, played: Spectra, power: Powers, error: Spectra) -> None:
        self._other += (1 - _HEARD) * (np.square(np.abs(error)) - self._other)
        explained = 0.5 * np.einsum("pk,pk->k", power, self._doubt)
        step = self._doubt / (explained + self._other + _LEAST)
        self._response += step * played.conj() * error
        kept = _STAYS * _STAYS
        self._doubt *= kept * (1 - 0.5 * step * power)
        self._doubt += (1 - kept) * (self._response.real**2 + self._response.imag**2)
        some = np.arange(self._cut, self._cut + _FEW) % PARTITIONS
        self._cut = (self._cut + _FEW) % PARTITIONS
        responses = _in_time(self._response[some])
        responses[:, BLOCK:] = 0
        self._response[some] = np.fft.rfft(responses, axis=1)[:, :BINS]


def _in_time(spectrum: Spectra) -> Samples:
    return np.asarray(np.fft.irfft(spectrum, 2 * BLOCK, axis=-1), np.float32)
