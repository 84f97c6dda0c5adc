"""Where sound goes out: a device, a WAV file, or nothing; all at real-time pace."""

from collections.abc import Callable
from typing import Protocol

from media.samples import Samples


class SpeakerSink(Protocol):
    """Sound going out. Opened, written and closed by one worker thread."""

    name: str
    latency: float  # seconds between a write and being heard

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


def open_speaker(text: str, clock: Callable[[], float]) -> SpeakerSink:
    """Return the sink that `text` names: NAME | FILE.wav | default | none.

    Nothing is opened yet: that is done by the worker of the SoundDesk. Raises SoundError when
    there is no such device or the file cannot be written. Not for the engine thread.
    """
    raise NotImplementedError
