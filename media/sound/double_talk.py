"""Who speaks: only the far side, out of the loudspeaker, or somebody in the room as well."""

import math
from enum import Enum

from media.sound.samples import Samples

NEAR = 10.0  # dB more than what echo leaves behind: somebody in the room
HOLD = 20  # blocks of 10 ms that somebody in the room is believed to go on speaking
TRUSTED = -22.0  # dB of the echo that may be left behind, for what subtracts it to be relied on
PROVEN = 200  # blocks of 10 ms in a row that no more was left behind: then it is relied on
_LOST = 6.0  # dB above TRUSTED where that ends

_WORST = -6.0  # dB: at the beginning, and where nothing is learned
_STEP = 0.3  # dB in 10 ms towards what is left behind: its median, so that peaks do not count
_SLOWLY = 0.01  # dB in 10 ms upwards while somebody seems to speak: else only his own voice counts
_FADE = 0.75  # power that a room keeps after 10 ms: reverberation of half a second
_RISE = 1.003  # of the noise in 10 ms
_AUDIBLE = 6.0  # times the power of the noise: below that there is no echo to speak of
_ABOVE_NOISE = 4.0  # times the power of the noise: what is left may be a voice
_SEEN = 0.003  # of the power left: what a strict canceller lets pass of a voice at the least
_SMOOTH = 0.3  # of new powers where these two are compared


class Talk(Enum):
    """Who is heard by the microphone."""

    NO_ECHO = "nothing of the far side, whether somebody speaks in the room or not"
    FAR = "the far side only"
    BOTH = "somebody in the room and the far side"


class DoubleTalk:
    """Compares powers, 10 ms at a time; no clock, no thread."""

    def __init__(self) -> None:
        self._echo = 0.0  # power, with its reverberation
        self._noise = 1e-3
        self._left_db = _WORST  # of the echo, where only the far side speaks
        self._left = self._strict = 0.0
        self._held = self._proven = 0

    def hear(self, echo: Samples, left: Samples, strict: Samples) -> Talk:
        """Return who speaks.

        `echo` was subtracted from the microphone and `left` is the rest; `strict` is what a
        canceller made of it that rather takes away too much.
        """
        power, strictly = _power(left), _power(strict)
        self._echo = max(_power(echo), _FADE * self._echo)
        self._noise = min(max(power, 1e-6), _RISE * self._noise)
        self._left += _SMOOTH * (power - self._left)
        self._strict += _SMOOTH * (strictly - self._strict)
        self._held = max(self._held - 1, 0)
        if self._echo <= _AUDIBLE * self._noise:
            return Talk.NO_ECHO
        ratio = 10 * math.log10(max(power - self._noise, 1e-9) / self._echo)
        speaks = (
            power > _ABOVE_NOISE * self._noise
            and ratio > self._left_db + NEAR
            and self._strict > _SEEN * self._left
        )
        if speaks:
            self._held = HOLD
        self._follow(ratio, power)
        return Talk.BOTH if self._held and self._proven >= PROVEN else Talk.FAR

    def _follow(self, ratio: float, power: float) -> None:
        if power <= 2 * self._noise:  # says nothing of the echo
            return
        if ratio < self._left_db:
            self._left_db -= _STEP
        else:
            self._left_db = min(self._left_db + (_SLOWLY if self._held else _STEP), _WORST)
        if self._left_db < TRUSTED:
            self._proven += 1
        elif self._proven < PROVEN or self._left_db > TRUSTED + _LOST:
            self._proven = 0


def _power(sound: Samples) -> float:
    return float(sound @ sound)
