"""One person's sound behind the decoder: decoded, recovered or made up, until it is pulled."""

import numpy as np

from media.errors import MediaError
from media.sound.opus import Decoder
from media.sound.samples import BLOCK, RATE, Samples, silence
from media.sound.stretch import SHORTEST, WINDOW, squeeze, stretch

CONCEAL = 0.24  # seconds of making up in a row, the second half fading out; then silence

_DIP = 240  # samples of fade on both sides of a jump
_RISE = np.linspace(0.0, 1.0, BLOCK, dtype=np.float32)
_GRAIN = 120  # samples: what is made up comes in steps of 2.5 ms (RFC 6716)


class DecodedSound:
    """Samples in the order they are played. For one thread.

    What was decoded joins what was made up without a click: libopus sees to it while little was,
    and after more the sound is faded in.
    """

    def __init__(self) -> None:
        self._decoder = Decoder()
        self._ready: Samples = silence(0)
        self._made_up = 0  # samples in a row
        self._new = True  # nothing was decoded yet

    def __len__(self) -> int:
        """Return how many samples wait to be pulled."""
        return len(self._ready)

    def begin(self) -> None:
        """Forget what waits, and how the sound went on so far: something new begins."""
        self._ready = silence(0)
        self._decoder.reset()
        self._made_up = 0
        self._new = True

    def decode(self, packet: bytes, samples: int) -> bool:
        """Append a packet of that length; False where it cannot be decoded and was made up."""
        try:
            sound = self._decoder.decode(packet)
        except MediaError:
            self.conceal(samples)
            return False
        self._append_heard(sound)
        return True

    def recover(self, following: bytes, samples: int) -> None:
        """Append the packet before `following` from its FEC."""
        self._append_heard(self._decoder.recover(following, _whole(samples)))

    def conceal(self, samples: int) -> None:
        """Append what might have been said, fading out where nothing comes for long."""
        samples = _whole(samples)
        limit = round(CONCEAL * RATE)
        if self._made_up >= limit:
            self._append(silence(samples))
        else:
            sound = self._decoder.conceal(samples)
            if self._made_up + samples > limit // 2:
                at = np.arange(self._made_up, self._made_up + samples, dtype=np.float32)
                sound *= np.clip(2 - 2 * at / limit, 0.0, 1.0)
            self._append(sound)
        self._made_up += samples

    def pull(self) -> Samples:
        """Return the next 10 ms: float32[480]; there must be so many."""
        block, self._ready = self._ready[:BLOCK], self._ready[BLOCK:]
        return block

    def squeeze(self, *, urgent: bool) -> int:
        """Shorten what waits by one period where it is good for it; return the samples."""
        if len(self._ready) < WINDOW:
            return 0
        self._ready, samples = squeeze(self._ready, urgent=urgent)
        return samples

    def stretch(self, *, urgent: bool) -> int:
        """Lengthen what waits by one period where it is good for it; return the samples."""
        if len(self._ready) < SHORTEST:
            return 0
        self._ready, samples = stretch(self._ready, urgent=urgent)
        return samples

    def jump(self) -> Samples:
        """Leave out what waits; return its beginning, for `land` to fade over from."""
        left, self._ready = self._ready[:_DIP], silence(0)
        return left

    def land(self, left: Samples) -> None:
        """Fade from what was left out to what has been appended since: a dip, not a click."""
        rise = np.linspace(0.0, 1.0, _DIP, dtype=np.float32)
        begin = min(_DIP, len(self._ready))
        self._ready[:begin] *= rise[:begin]
        self._ready = np.concatenate([left * rise[::-1][: len(left)], self._ready])

    def _append_heard(self, sound: Samples) -> None:
        if self._new or self._made_up > CONCEAL * RATE / 2:
            rising = sound[:BLOCK]
            rising *= _RISE[: len(rising)]
        self._new = False
        self._made_up = 0
        self._append(sound)

    def _append(self, sound: Samples) -> None:
        self._ready = np.concatenate([self._ready, sound]) if len(self._ready) else sound


def _whole(samples: int) -> int:
    return max(samples // _GRAIN * _GRAIN, _GRAIN)
