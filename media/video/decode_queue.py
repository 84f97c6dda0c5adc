"""Frames of one stream that wait for a decoder; a computer that is too slow leaves some out. Pure.

Who is late leaves out first what nothing builds on. Whoever is so late that even the first layer
is not decoded in time rests for a while and goes on with a key frame: a picture stands still then,
but nothing piles up and no key frame is asked for that nobody would have time for.
"""

from collections import deque
from dataclasses import dataclass

from media.video.vp8 import Continuity, VideoFrame

MAX_QUEUED = 24  # frames: 800 ms; a repaired loss lets 8 go at once
LATE = (0.500, 0.200, 0.100)  # seconds that a frame of each layer may have waited
REST = 0.5  # seconds without this stream once it is hopelessly late; doubled if that is not enough
LONGEST_REST = 8.0
RESTED = 10.0  # seconds after which a rest is forgotten


@dataclass(frozen=True, slots=True)
class Waiting:
    """A frame, when it was captured if that is known, and when it came."""

    frame: VideoFrame
    media_ts: int
    captured: float | None
    came: float


class DecodeQueue:
    """What `pop` returns can be decoded, whatever was lost on the way or left out here."""

    def __init__(self) -> None:
        self.starving = False  # frames come that only a key frame would make useful
        self.no_time = 0
        self.undecodable = 0
        self._frames: deque[Waiting] = deque()
        self._continuity = Continuity()
        self._layer_1: int | None = None  # the group whose layer 1 frame was decoded
        self._rest = REST
        self._resting_until = float("-inf")

    def __len__(self) -> int:
        return len(self._frames)

    def waited(self, now: float) -> float:
        """Return how long the oldest frame has waited, in seconds."""
        try:
            return now - self._frames[0].came
        except IndexError:
            return 0.0

    def is_resting(self, now: float) -> bool:
        """Whether there is no time for this stream now."""
        return now < self._resting_until

    def push(self, waiting: Waiting) -> bool:
        """Take a frame in; return whether it waits now."""
        if self.is_resting(waiting.came):
            self.no_time += 1
            return False
        frame = waiting.frame
        if not self._continuity.admit(frame):
            self.undecodable += 1
            self.starving = self.starving or self._continuity.needs_key_frame
            return False
        if frame.key:
            self.starving = False
        if len(self._frames) >= MAX_QUEUED:
            self._keep([w for w in self._frames if w.frame.layer == 0])
            if len(self._frames) >= MAX_QUEUED:
                self._give_up(waiting.came)
                return False
        self._frames.append(waiting)
        return True

    def pop(self, now: float) -> Waiting | None:
        """Return the next frame that is worth decoding at `now`, None if none is."""
        while self._frames:
            waiting = self._frames.popleft()
            frame, late = waiting.frame, now - waiting.came if self._frames else 0.0
            if late <= LATE[frame.layer] and self._has_all(frame):
                if frame.layer < 2:
                    self._layer_1 = frame.group if frame.layer else None
                return waiting
            self.no_time += 1
            if frame.layer == 0 and not self._jump():
                self._give_up(now)
        return None

    def lose(self) -> None:
        """Go on with a key frame only: what was decoded is worth nothing any more."""
        self._frames.clear()
        self._continuity.lose()
        self.starving = True

    def _has_all(self, frame: VideoFrame) -> bool:
        """Whether what a frame builds on was not left out here."""
        return not frame.needs_layer_1 or self._layer_1 == frame.group

    def _jump(self) -> bool:
        """Leave out all before the newest key frame; return whether there is one."""
        keys = [place for place, waiting in enumerate(self._frames) if waiting.frame.key]
        if keys:
            self._keep(list(self._frames)[keys[-1] :])
        return bool(keys)

    def _keep(self, frames: list[Waiting]) -> None:
        self.no_time += len(self._frames) - len(frames)
        self._frames = deque(frames)

    def _give_up(self, now: float) -> None:
        fresh = now - self._resting_until > RESTED
        self._rest = REST if fresh else min(2 * self._rest, LONGEST_REST)
        self._resting_until = now + self._rest
        self.no_time += len(self._frames)
        self.lose()
