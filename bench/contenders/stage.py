"""What the contenders of a comparison have in common: the work, and how two sides meet."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
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


@dataclass(frozen=True)
class Role:
    """What one of many does in a call: the same for every contender that is compared.

    Whom `senders` does not name only watches; empty, everybody sends.
    """

    own: str
    names: Sequence[str]  # everybody
    width: int
    height: int  # of the camera
    senders: Sequence[str] = ()
    sound: bool = True  # microphone and speaker besides the camera
    read_every: int = 10  # pictures: to read each one's time code would cost as much as opening it
    tiles: Mapping[str, tuple[int, int]] = field(default_factory=dict)  # if not those of a window
    processes: Mapping[str, str] = field(default_factory=dict)  # who plays whom, if another

    @property
    def shows(self) -> bool:
        """Whether this one sends."""
        return self._sends(self.own)

    @property
    def others(self) -> list[str]:
        """Those this one has a connection with: one of the two sends."""
        others = (name for name in self.names if name != self.own)
        return [name for name in others if self.shows or self._sends(name)]

    @property
    def watched(self) -> list[str]:
        """Those of the others who send."""
        return [name for name in self.others if self._sends(name)]

    def leads(self, other: str) -> bool:
        """Whether this one makes the offer: exactly one of a pair."""
        return self.names.index(self.own) < self.names.index(other)

    def _sends(self, name: str) -> bool:
        return name in (self.senders or self.names)


async def meet(mail: Mail, other: str) -> float:
    """Wait until the other side has loaded everything, too; return when that was."""
    mail.send(other, "here")
    await mail.take("here", other)
    return time.monotonic()
