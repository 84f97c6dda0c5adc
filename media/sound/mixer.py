"""Everybody's sound into one, never above full scale; no device."""

import threading
from collections.abc import Mapping

import numpy as np

from media.sound.playout import Playout
from media.sound.samples import BLOCK, RATE, Samples

LOUDEST = 4.0  # gain one person may be given: 12 dB
MOST_VOLUMES = 256  # people whose volume is kept: more than one call ever has
MOST_ASIDES = 2  # sounds of this computer's own at once: one that rings out and the next
CEILING = 0.95  # of full scale: above it the limiter turns down, and above that nothing is let out
KNEE = 0.85  # where the last rounding begins, for what rises faster than the limiter turns

_TURN = np.linspace(0.0, 1.0, BLOCK // 4, dtype=np.float32)  # turning down takes 2.5 ms
_RECOVERY = float(np.exp(-BLOCK / (0.2 * RATE)))  # of the turning down is left after 10 ms: 0.2 s


class Limiter:
    """Turns loud sound down at once and up again slowly; rounds what still stands out."""

    def __init__(self) -> None:
        self._gain = 1.0

    def limit(self, block: Samples) -> Samples:
        """Return 10 ms within -1..1; what is not a number is silence."""
        peak = float(np.abs(block).max())
        if not np.isfinite(peak):
            return np.zeros_like(block)
        if peak < KNEE and self._gain == 1.0:
            return block
        allowed = min(1.0, CEILING / max(peak, 1e-9))
        recovered = 1.0 - (1.0 - self._gain) * _RECOVERY
        gain = min(allowed, recovered)
        gain = 1.0 if gain > 0.999 else gain
        limited = block * np.float32(gain)
        if gain != self._gain:
            turned = self._gain + (gain - self._gain) * _TURN
            limited[: len(_TURN)] = block[: len(_TURN)] * turned
            self._gain = gain
        return rounded(limited, float(np.abs(limited).max()))


def rounded(block: Samples, peak: float) -> Samples:
    """Return `block` with what is above the knee bent so that it stays below full scale."""
    if peak <= KNEE:
        return block
    size = np.abs(block)
    room = 1.0 - KNEE
    bent = KNEE + room * np.tanh((size - KNEE) / room) * 0.999
    return np.where(size > KNEE, np.copysign(bent, block), block).astype(np.float32)


class Aside:
    """A sound of this computer's own, 10 ms at a time; once it is over, silence."""

    def __init__(self, sound: Samples) -> None:
        self._sound = sound
        self._at = 0
        self._stopping = False

    @property
    def over(self) -> bool:
        """Whether there is nothing left to play."""
        return self._at >= len(self._sound)

    def stop(self) -> None:
        """Fade out with the next 10 ms."""
        self._stopping = True

    def take(self) -> Samples:
        """Return the next 10 ms."""
        block = np.zeros(BLOCK, np.float32)
        piece = self._sound[self._at : self._at + BLOCK]
        block[: len(piece)] = piece
        self._at += BLOCK
        if self._stopping:
            self._at = len(self._sound)
            block *= np.linspace(1.0, 0.0, BLOCK, dtype=np.float32)
        return block


class Mixer:
    """Pulls every stream and adds them up. Streams may come and go on other threads."""

    def __init__(self) -> None:
        self._limiter = Limiter()
        # Replaced as a whole, never changed: the mixing thread always sees a complete one.
        self._streams: dict[bytes, tuple[Playout, float]] = {}
        self._changing = threading.Lock()  # between those who change; mixing never waits
        self._volumes: dict[bytes, float] = {}  # as chosen, also of who is away for a moment
        self._gains: dict[bytes, float] = {}  # what each was last played with
        self._asides: tuple[Aside, ...] = ()
        self.asides_dropped = 0

    def add(self, key: bytes) -> Playout:
        """Return a new stream; it has the volume that was last chosen for this key."""
        playout = Playout()
        with self._changing:
            self._streams = {**self._streams, key: (playout, self._volumes.get(key, 1.0))}
        return playout

    def remove(self, key: bytes) -> None:
        """Forget a stream; unknown keys are ignored."""
        with self._changing:
            self._streams = {at: stream for at, stream in self._streams.items() if at != key}

    def stream(self, key: bytes) -> Playout | None:
        """Return the stream of `key`, if there is one."""
        found = self._streams.get(key)
        return None if found is None else found[0]

    def set_volume(self, key: bytes, gain: float) -> None:
        """Play one stream louder or softer, 0 to LOUDEST; kept also while it is away."""
        gain = min(max(gain, 0.0), LOUDEST)
        with self._changing:
            self._volumes.pop(key, None)
            self._volumes[key] = gain
            while len(self._volumes) > MOST_VOLUMES:
                del self._volumes[next(iter(self._volumes))]
            found = self._streams.get(key)
            if found is not None:
                self._streams = {**self._streams, key: (found[0], gain)}

    @property
    def volumes(self) -> Mapping[bytes, float]:
        """The volumes that were chosen, by key."""
        with self._changing:
            return dict(self._volumes)

    def play(self, sound: Samples) -> bool:
        """Play a sound of this computer's own among the others; False when too many play."""
        with self._changing:
            asides = tuple(aside for aside in self._asides if not aside.over)
            if len(asides) >= MOST_ASIDES:
                self.asides_dropped += 1
                return False
            self._asides = (*asides, Aside(sound))
        return True

    def stop_playing(self) -> None:
        """Fade out the sounds of this computer's own."""
        for aside in self._asides:
            aside.stop()

    def forget_playing(self) -> None:
        """Drop them where nothing is played at all: they must not come later."""
        with self._changing:
            self._asides = ()

    @property
    def playing(self) -> bool:
        """Whether a sound of this computer's own is not over yet."""
        return any(not aside.over for aside in self._asides)

    def mix(self, now: float) -> Samples:
        """Return the next 10 ms of everybody: float32[480] within -1..1."""
        total = np.zeros(BLOCK, np.float32)
        streams = self._streams
        for key, (playout, gain) in streams.items():
            block = playout.pull(now)
            before = self._gains.get(key, gain)
            if gain != before:
                total += block * np.linspace(before, gain, BLOCK, dtype=np.float32)
            elif gain == 1.0:
                total += block
            elif gain:
                total += block * np.float32(gain)
            self._gains[key] = gain
        for aside in self._asides:
            total += aside.take()
        if len(self._gains) > len(streams):
            self._gains = {key: gain for key, gain in self._gains.items() if key in streams}
        return self._limiter.limit(total)
