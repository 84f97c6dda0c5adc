"""What the two sides of a call that is compared have in common: the work, and how they meet."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.cast import Mail
from bench.clip import Frame
from bench.clip_file import ClipFile
from bench.witness import Luma, Witness


@dataclass(frozen=True)
class Work:
    """What one side does: who it is, what it shows and says, where what it hears is written."""

    own: str
    other: str
    clip: str  # path; see clip_file
    width: int
    height: int
    speech: str  # path of a WAV file
    heard: str  # path of the WAV file to write

    @property
    def leads(self) -> bool:
        """Whether this side makes the offer: exactly one of the two."""
        return self.own < self.other

    def settings(self) -> dict[str, Any]:
        """Return this as settings of a part of a cast."""
        return asdict(self)

    def open_clip(self) -> ClipFile:
        """Open the clip."""
        return ClipFile(Path(self.clip), self.width, self.height)

    def witness(self, seen_as: Callable[[Frame], Luma] | None = None) -> Witness:
        """Return a fresh witness for what the other side shows."""
        return Witness(self.open_clip(), seen_as)


async def meet(mail: Mail, other: str) -> float:
    """Wait until the other side has loaded everything, too; return when that was."""
    mail.send(other, "here")
    await mail.take("here", other)
    return time.monotonic()
