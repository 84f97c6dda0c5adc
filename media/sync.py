"""When a decoded picture is shown, so that lips and voice belong together: a pure decision.

Times of pictures and of sound come from one clock of the sender, at 90 and at 48 kHz, each modulo
2**32. In their common unit of 1/720000 s both are known modulo 2**32 again, so their difference is
exact as long as it is below 49 minutes.
"""

AHEAD = 0.050  # seconds a picture may lead its sound; nobody notices 125 ms (ITU-R BT.1359-1)
LONGEST = 0.150  # seconds a picture is held at most: a call that lags is worse than loose lips
BEYOND = 1.0  # seconds apart: not one moment, whatever the sender says; nothing is held for it

_TICKS = 720_000  # a second
_PICTURE, _SOUND = 8, 15  # ticks in 1/90000 s and in 1/48000 s
_WRAP = 1 << 32
_FOLLOW = 0.1  # of each new reading: blocks of 10 ms and late threads must not shake pictures
_JUMP = 0.1  # seconds between two readings: a new situation, which is followed at once


def apart(picture_ts: int, sound_ts: int) -> float:
    """Return how many seconds later than the sound the picture was captured (both mod 2**32)."""
    return _signed(_PICTURE * picture_ts - _SOUND * sound_ts) / _TICKS


class LipSync:
    """The pictures of one peer against its sound. For one thread.

    `lead` is how many seconds the picture told last comes before its sound (negative: after it),
    None where there is no sound to compare.
    """

    def __init__(self) -> None:
        self.lead: float | None = None
        self._lag: float | None = None  # from capture to being heard, ticks, by both clocks

    def due(self, picture_ts: int, heard_ts: int | None, now: float) -> float:
        """Return when a picture that is decoded `now` is to be shown (seconds, `now` or later).

        `heard_ts` is what the speaker gives off now, None for nothing.
        """
        if heard_ts is None:
            self.lead = self._lag = None
            return now
        ticks = round(now * _TICKS)
        lag = (ticks - _SOUND * heard_ts) % _WRAP
        if self._lag is None:
            self._lag = lag
        off = _signed(lag - self._lag)
        self._lag += off if abs(off) > _JUMP * _TICKS else _FOLLOW * off
        early = _signed(_PICTURE * picture_ts + self._lag - ticks) / _TICKS
        if abs(early) > BEYOND:
            self.lead = None
            return now
        hold = min(max(early - AHEAD, 0.0), LONGEST)
        self.lead = early - hold
        return now + hold


def _signed(ticks: float) -> float:
    return (ticks + _WRAP // 2) % _WRAP - _WRAP // 2
