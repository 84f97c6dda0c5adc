"""How loud sound is, and whether it is somebody speaking; found out locally, never sent."""

import math

import numpy as np

from media.sound.samples import Samples

SILENCE = -100.0  # dB below full scale: what the meter shows for nothing

_FALL = 0.4  # dB per 10 ms: a meter that falls by 40 dB a second can be read
_FLOOR_RISE = 0.02  # dB per 10 ms: 2 dB a second, slower than any pause between words
_FLOOR_FIRST = -60.0
_ABOVE_FLOOR = 9.0  # dB a voice is above the noise around it
_FAINTEST = -50.0  # dB: softer than this is no speech, whatever the noise
_ENTER = 5  # blocks of 10 ms with voice (of balance) before it counts as speaking
_HOLD = 35  # blocks of 10 ms: pauses between words do not make the mark flicker


class LevelMeter:
    """Fed with 10 ms blocks; `level_db` and `speaking` may be read by any thread."""

    def __init__(self) -> None:
        self.level_db = SILENCE
        self.speaking = False
        self._floor = _FLOOR_FIRST
        self._evidence = 0
        self._hold = 0

    def feed(self, block: Samples, speech: float | None = None) -> None:
        """Take in 10 ms; `speech` is a probability where something better than loudness knows."""
        power = float(np.dot(block, block)) / max(len(block), 1)
        loud = 10 * math.log10(power) if power > 1e-10 else SILENCE
        self.level_db = max(loud, self.level_db - _FALL, SILENCE)
        if loud > SILENCE:
            self._floor = min(loud, self._floor + _FLOOR_RISE)
            self._floor = max(self._floor, -90.0)
        voiced = loud > max(self._floor + _ABOVE_FLOOR, _FAINTEST)
        if speech is not None:
            voiced = voiced and speech > 0.5
        self._evidence = (
            min(self._evidence + 1, 2 * _ENTER) if voiced else max(self._evidence - 1, 0)
        )
        if self._evidence >= _ENTER:
            self._hold = _HOLD
        elif self._hold:
            self._hold -= 1
        self.speaking = self._hold > 0

    def rest(self) -> None:
        """Nothing is heard: fall to silence at once."""
        self.level_db = SILENCE
        self.speaking = False
        self._evidence = self._hold = 0
