"""Where sound comes in: a device, a WAV file, a test tone, or nothing; all at real-time pace."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from media.samples import Samples


@dataclass(frozen=True)
class Heard:
    """10 ms of sound: float32[480] at 48 kHz, and when its first sample was captured (seconds)."""

    samples: Samples
    captured: float


class MicrophoneSource(Protocol):
    """Sound coming in. Opened, read and closed by one worker thread."""

    name: str
    live: bool  # from a room, through a microphone: worth cleaning of echo and noise

    def open(self) -> None:
        """Start; raises SoundError."""

    def read(self) -> Heard | None:
        """Return the next 10 ms, None when not there yet; raises SoundError when lost."""

    def wait(self) -> float:
        """Return the seconds until the next 10 ms are likely to be there."""

    def close(self) -> None:
        """Stop; may be opened again."""


def open_microphone(text: str, clock: Callable[[], float]) -> MicrophoneSource:
    """Return the source that `text` names: NAME | FILE.wav | default | test | none.

    Nothing is opened yet: that is done by the worker of the SoundDesk. Raises SoundError when
    there is no such device or file. May take a second (it asks the system for its devices): not
    for the engine thread.
    """
    raise NotImplementedError
