"""What a receiver saw: pictures, their sizes, and how old each was when it could be painted."""

from typing import Any

import numpy as np
import numpy.typing as npt

from media.scene import read_luma_time_code

TOO_OLD_S = 60.0  # an older time code is a misread one


class Received:
    """Counts pictures and reads the time code of each."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget what was seen."""
        self.pictures = 0
        self.unreadable = 0
        self.ages: list[float] = []
        self.size = ""

    def see(self, luma: npt.NDArray[np.uint8], now: float) -> None:
        """Take in one decoded picture (lines of luma, or of any one channel)."""
        self.pictures += 1
        self.size = f"{luma.shape[1]}x{luma.shape[0]}"
        captured = read_luma_time_code(luma, near=now)
        if captured is None or now - captured > TOO_OLD_S:
            self.unreadable += 1
        else:
            self.ages.append(now - captured)

    def figures(self) -> dict[str, Any]:
        """Return counts and ages (milliseconds, one per readable picture)."""
        return {
            "pictures": self.pictures,
            "unreadable": self.unreadable,
            "size": self.size,
            "ages_ms": [round(age * 1000, 2) for age in self.ages],
        }
