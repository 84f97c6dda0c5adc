"""An adaptive jitter buffer for one person's sound: packets go in, 10 ms blocks come out."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]

RATE = 48_000  # samples a second everywhere inside Conclave
BLOCK = 480  # samples in 10 ms, the step of everything that is played or processed


@dataclass(frozen=True)
class SoundStats:
    """What one received stream of sound is like.

    `packets` taken in, `lost` not there when it was their turn, `concealed_ratio` the part of
    what was played that had to be made up (0..1; what in-band FEC brought back is not in it),
    `buffer_ms` between arrival and playing, `level_db` loudness of the last moments in dB below
    full scale (-100 is silence).
    """

    packets: int = 0
    lost: int = 0
    concealed_ratio: float = 0.0
    buffer_ms: float = 0.0
    level_db: float = -100.0
    recovered: int = 0  # lost, then brought back by FEC
    late: int = 0  # came after their turn
    duplicates: int = 0
    refused: int = 0  # not a packet of Opus that a call may hold
    dropped: int = 0  # thrown away to keep the buffer bounded


class Playout:
    """The sound of one person. `push` and `pull` may be called by two different threads."""

    def push(self, sequence: int, media_ts: int, packet: bytes, now: float) -> None:
        """Take in one Opus packet; `sequence` is extended (never wraps), `now` in seconds."""
        raise NotImplementedError

    def pull(self, now: float) -> Samples:
        """Return the next 10 ms: float32[480] at 48 kHz. Always succeeds."""
        raise NotImplementedError

    @property
    def playing_ts(self) -> int | None:
        """The sender's media_ts of what is being played now; None while there is nothing."""
        raise NotImplementedError

    @property
    def stats(self) -> SoundStats:
        """A snapshot; safe from any thread."""
        raise NotImplementedError
