"""What of a computer's screens can be shared, and where it lies. Pure."""

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from media.video.picture import Picture
from media.video.screens.source import ScreenSource


class Kind(Enum):
    """What is shared."""

    WINDOW = "window"
    SCREEN = "screen"
    ASKED = "asked"  # the system asks the person which window or screen it shall be


@dataclass(frozen=True, slots=True)
class Shareable:
    """One window or screen; `preview` is how it looks now, small."""

    key: str  # what Screens.source takes
    kind: Kind
    title: str  # of a window, in its program's words: text from outside
    width: int  # pixels
    height: int
    preview: Picture | None = None
    own: bool = False  # a window of this very program


class Screens(Protocol):
    """The windows and screens of this computer. Not for the engine's thread: each call may wait."""

    def offer(self) -> tuple[Shareable, ...]:
        """Return windows and then screens, as they look now; ScreenError if none can be shared."""

    def source(self, key: str, part: "Part | None", fps: int) -> ScreenSource:
        """Return what gives the pictures of one of them, or of a part of a screen.

        Nothing is opened before it starts. ScreenError "closed" if there is none of this key.
        """

    def close(self) -> None:
        """Let go of what listing took."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a screen, as shares of its width and height, 0 to 1."""

    left: float
    top: float
    width: float
    height: float
