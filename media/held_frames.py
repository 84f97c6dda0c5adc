"""Frames whose key has not come yet, kept for a moment: a new key and the first frame race."""

from collections import deque
from typing import NamedTuple

MAX_AGE = 1.0  # seconds
MAX_FRAMES = 64
MAX_OCTETS = 2 * 1024 * 1024


class Held(NamedTuple):
    """A sealed frame as it arrived: the stream's SSRC (0: data), its sequence, the bytes."""

    ssrc: int
    sequence: int
    sealed: bytes
    at: float


class HeldFrames:
    """One sender's frames of an unknown key, oldest first, within all three bounds."""

    def __init__(self) -> None:
        self._frames: deque[Held] = deque()
        self._octets = 0
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._frames)

    def hold(self, held: Held) -> None:
        """Keep a frame; the oldest go if there are too many."""
        self._frames.append(held)
        self._octets += len(held.sealed)
        while len(self._frames) > MAX_FRAMES or self._octets > MAX_OCTETS:
            self._drop()

    def expire(self, now: float) -> None:
        """Drop what has waited too long."""
        while self._frames and self._frames[0].at < now - MAX_AGE:
            self._drop()

    def take(self, now: float) -> list[Held]:
        """Return what is still held, oldest first, and keep nothing."""
        self.expire(now)
        frames = list(self._frames)
        self._frames.clear()
        self._octets = 0
        return frames

    def _drop(self) -> None:
        self._octets -= len(self._frames.popleft().sealed)
        self.dropped += 1
