"""Where sound goes out: a device, a WAV file, or nothing; all at real-time pace."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from media.errors import SoundError
from media.sound import portaudio
from media.sound.ends import SpeakerSink
from media.sound.files import FileSpeaker
from media.sound.microphone import GONE, find_again, found_or_find
from media.sound.resample import Resampler
from media.sound.ring import Ring
from media.sound.samples import BLOCK, RATE, Samples
from media.sound.stand_ins import NoSpeaker

LEAD = 2 * BLOCK  # samples kept ahead of the device: 20 ms ride out an ordinary wake-up
MOST_LEAD = 10 * BLOCK  # more would be heard as delay; better a click
CALM = 60.0  # seconds without an underrun before 10 ms less are tried


class DeviceSpeaker:
    """A loudspeaker of this computer, through PortAudio.

    The callback only copies. What is kept ahead of it grows with every underrun, up to a limit,
    and shrinks again after a quiet minute.
    """

    def __init__(
        self,
        name: str,
        clock: Callable[[], float],
        found: portaudio.SoundDevice | None = None,
    ) -> None:
        """`found` is the device of this name as it was listed a moment ago, if it was."""
        self.name = name
        self._found = found
        self.underruns = 0
        self.latency = 0.0
        self._clock = clock
        self._stream: Any = None
        self._lost = False

    def open(self) -> None:
        """Start the device; one that went away is replaced by the system's choice."""
        found, self._found = self._found, None
        device = found_or_find("output", self.name, found, lost=self._lost)
        self._ring = Ring(RATE // 2)
        self._called = self._clock()
        self._missed = 0  # underruns since the device was opened, counted by the callback
        self._seen = 0
        self._lead = LEAD
        self._calm_since = self._called
        self._started = False
        self._stream = portaudio.open_stream("output", device, self._callback)
        self._lost = False
        self._rate: int = round(self._stream.samplerate)
        self._resampler = Resampler(RATE, self._rate)

    def wants(self) -> int:
        """Return how many samples at 48 kHz are missing to the lead."""
        now = self._clock()
        if not self._stream.active or now - self._called > GONE:
            self._lost = True
            raise SoundError("lost", f"the speaker “{self.name}” went away")
        if self._missed != self._seen:
            self.underruns += self._missed - self._seen
            self._seen, self._calm_since = self._missed, now
            self._lead = min(self._lead + BLOCK, MOST_LEAD)
        elif now - self._calm_since > CALM:
            self._calm_since = now
            self._lead = max(self._lead - BLOCK, LEAD)
        ahead = self._ring.filled * RATE // self._rate
        self.latency = float(self._stream.latency) + ahead / RATE
        return max(self._lead - ahead, 0)

    def write(self, samples: Samples) -> None:
        """Take 10 ms."""
        self._ring.put(self._resampler.process(samples))
        self._started = True

    def wait(self) -> float:
        """Return the seconds until the callback has likely taken its next 10 ms."""
        due = self._called + BLOCK / RATE - self._clock()
        return min(max(due, 0.0) + 0.0005, BLOCK / RATE)

    def close(self) -> None:
        """Stop the device."""
        stream, self._stream = self._stream, None
        if stream is not None:
            portaudio.close_stream(stream)

    def _callback(self, outgoing: Samples, frames: int, time: object, status: Any) -> None:
        first = outgoing[:, 0]
        count = self._ring.take(first)
        if count < frames:
            outgoing[count:] = 0
            self._missed += self._started
        for channel in range(1, outgoing.shape[1]):
            outgoing[:, channel] = first
        self._called = self._clock()


def open_speaker(text: str, clock: Callable[[], float]) -> SpeakerSink:
    """Return the sink that `text` names: NAME | FILE.wav | default | none.

    Nothing is opened yet: that is done by the worker of the SoundDesk. Raises SoundError when
    there is no such device or the file cannot be written. Not for the engine thread.
    """
    match text:
        case "none":
            return NoSpeaker(clock)
        case _ if text.lower().endswith(".wav"):
            return FileSpeaker(Path(text), clock)
        case _:
            found = find_again("output", text)
            name = text if text == portaudio.DEFAULT else found.name
            return DeviceSpeaker(name, clock, found)
