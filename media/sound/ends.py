"""The two ends of sound: what every microphone and every speaker of a call can do."""

from dataclasses import dataclass
from typing import Protocol

from media.sound.samples import Samples


@dataclass(frozen=True)
class Heard:
    """10 ms of sound: float32[480] at 48 kHz, and when its first sample was captured (seconds)."""

    samples: Samples
    captured: float


class MicrophoneSource(Protocol):
    """Sound coming in. Opened, read and closed by one worker thread."""

    name: str
    live: bool  # from a room, through a microphone: worth cleaning of echo and noise
    overflows: int  # times that sound was lost because nobody read it in time

    def open(self) -> None:
        """Start; raises SoundError."""

    def read(self) -> Heard | None:
        """Return the next 10 ms, None when not there yet; raises SoundError when lost."""

    def wait(self) -> float:
        """Return the seconds until the next 10 ms are likely to be there."""

    def close(self) -> None:
        """Stop; may be opened again."""


class SpeakerSink(Protocol):
    """Sound going out. Opened, written and closed by one worker thread."""

    name: str
    latency: float  # seconds between a write and being heard
    underruns: int  # times that there was nothing to play in time

    def open(self) -> None:
        """Start; raises SoundError."""

    def wants(self) -> int:
        """Return how many samples should be written now; raises SoundError when lost."""

    def write(self, samples: Samples) -> None:
        """Take 10 ms: float32[480] at 48 kHz."""

    def wait(self) -> float:
        """Return the seconds until more is likely to be wanted."""

    def close(self) -> None:
        """Stop; may be opened again."""
