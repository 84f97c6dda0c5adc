"""What a receiver saw: pictures, their sizes, freezes, and how old each was on being painted."""

from typing import Any

import numpy as np
import numpy.typing as npt

from media.video.scene import read_luma_time_code

TOO_OLD_S = 60.0  # an older time code is a misread one
USUAL_WEIGHT = 1 / 30  # of a new interval in the usual one: about the last second
FREEZE_FACTOR, FREEZE_SLACK_S = 3.0, 0.150  # W3C webrtc-stats, freezeCount


class Received:
    """Counts pictures and freezes, and reads the time code of every n-th picture."""

    def __init__(self, every: int = 1) -> None:
        self._every = every
        self._usual: float | None = None
        self.reset()

    def reset(self) -> None:
        """Forget what was seen; the usual interval stays, and the next gap begins now."""
        self.pictures = 0
        self.unreadable = 0
        self.freezes = 0
        self.frozen_s = 0.0
        self.ages: list[float] = []
        self.size = ""
        self._last: float | None = None

    def see(self, luma: npt.NDArray[np.uint8], now: float) -> None:
        """Take in one decoded picture (lines of luma, or of any one channel)."""
        self.pictures += 1
        self.size = f"{luma.shape[1]}x{luma.shape[0]}"
        self._note_interval(now)
        if self.pictures % self._every:
            return
        captured = read_luma_time_code(luma, near=now)
        if captured is None or now - captured > TOO_OLD_S:
            self.unreadable += 1
        else:
            self.ages.append(now - captured)

    def figures(self) -> dict[str, Any]:
        """Return counts, seconds frozen, and ages (milliseconds, one per readable picture)."""
        return {
            "pictures": self.pictures,
            "unreadable": self.unreadable,
            "freezes": self.freezes,
            "frozen_s": round(self.frozen_s, 3),
            "size": self.size,
            "ages_ms": [round(age * 1000, 2) for age in self.ages],
        }

    def _note_interval(self, now: float) -> None:
        last, self._last = self._last, now
        if last is None:
            return
        gap, usual = now - last, self._usual
        if usual is None:
            self._usual = gap
        elif gap >= max(FREEZE_FACTOR * usual, usual + FREEZE_SLACK_S):
            self.freezes += 1
            self.frozen_s += gap
        else:
            self._usual = usual + USUAL_WEIGHT * (gap - usual)
