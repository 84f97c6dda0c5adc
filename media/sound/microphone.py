"""Where sound comes in: a device, a WAV file, a test tone, or nothing; all at real-time pace."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from media.errors import SoundError
from media.sound import portaudio
from media.sound.ends import Heard, MicrophoneSource
from media.sound.files import FileMicrophone
from media.sound.resample import Resampler
from media.sound.ring import Ring
from media.sound.samples import BLOCK, RATE, Samples, silence
from media.sound.stand_ins import NoMicrophone, ToneMicrophone

BACKLOG = 0.2  # seconds of sound nobody read: the reader was stopped, so it starts at now again
GONE = 2.0  # seconds without a callback: the device went away, whatever PortAudio says


class DeviceMicrophone:
    """A microphone of this computer, through PortAudio.

    The callback only copies; resampling, where the device insists on a rate of its own, is done by
    the reader.
    """

    live = True

    def __init__(
        self,
        name: str,
        clock: Callable[[], float],
        found: portaudio.SoundDevice | None = None,
    ) -> None:
        """`found` is the device of this name as it was listed a moment ago, if it was."""
        self.name = name
        self._found = found
        self.overflows = 0  # times the system or the ring lost sound because nobody read
        self._clock = clock
        self._stream: Any = None
        self._lost = False

    def open(self) -> None:
        """Start the device; one that went away is replaced by the system's choice."""
        found, self._found = self._found, None
        device = found_or_find("input", self.name, found, lost=self._lost)
        self._ring = Ring(RATE)
        self._stamp = (0, self._clock())  # samples written, and when
        self._ready = silence(0)
        self._stream = portaudio.open_stream("input", device, self._callback)
        self._lost = False
        self._rate: int = round(self._stream.samplerate)
        self._resampler = Resampler(self._rate, RATE)
        self._piece = np.zeros(self._rate // 100, np.float32)
        self._latency = float(self._stream.latency)

    def read(self) -> Heard | None:
        """Return the next 10 ms when they are there."""
        if self._ring.filled > BACKLOG * self._rate:  # late for everybody: only the newest counts
            self._ring.skip(self._ring.filled - 2 * len(self._piece))
            self.overflows += 1
        while len(self._ready) < BLOCK:
            if self._ring.filled < len(self._piece):
                self._check()
                return None
            self._ring.take(self._piece)
            self._ready = np.concatenate([self._ready, self._resampler.process(self._piece)])
        waiting = (self._ready.size - BLOCK) / RATE
        block, self._ready = self._ready[:BLOCK], self._ready[BLOCK:]
        written, when = self._stamp
        age = (written - self._ring.read) / self._rate + waiting + BLOCK / RATE + self._latency
        return Heard(block, when - age)

    def wait(self) -> float:
        """Return the seconds until the callback is likely to have brought more."""
        _, when = self._stamp
        return min(max(when + BLOCK / RATE - self._clock(), 0.0) + 0.0005, BLOCK / RATE)

    def close(self) -> None:
        """Stop the device."""
        stream, self._stream = self._stream, None
        if stream is not None:
            portaudio.close_stream(stream)

    def _check(self) -> None:
        _, when = self._stamp
        if not self._stream.active or self._clock() - when > GONE:
            self._lost = True
            raise SoundError("lost", f"the microphone “{self.name}” went away")

    def _callback(self, incoming: Samples, frames: int, time: object, status: Any) -> None:
        if status.input_overflow:
            self.overflows += 1
        if incoming.shape[1] == 1:
            self._ring.put(incoming[:, 0])
        else:  # a voice may be on one side only
            self._ring.put(incoming.mean(axis=1))
        self._stamp = (self._ring.written, self._clock())


def find_again(
    direction: portaudio.Direction, name: str, *, lost: bool = False
) -> portaudio.SoundDevice:
    """Find a device, also one just plugged in; a `lost` one is replaced by the system's choice."""
    if lost:
        portaudio.renew()
    try:
        return portaudio.find(direction, name)
    except SoundError:
        if not lost and not portaudio.renew():
            raise
    try:
        return portaudio.find(direction, name)
    except SoundError:
        if not lost:
            raise
        return portaudio.find(direction, portaudio.DEFAULT)


def found_or_find(
    direction: portaudio.Direction,
    name: str,
    found: portaudio.SoundDevice | None,
    *,
    lost: bool,
) -> portaudio.SoundDevice:
    """Return what was found before, as long as that holds: looking would be heard as a gap."""
    if found is not None and found.is_fresh and not lost:
        return found
    return find_again(direction, name, lost=lost)


def open_microphone(text: str, clock: Callable[[], float]) -> MicrophoneSource:
    """Return the source that `text` names: NAME | FILE.wav | default | test | none.

    Nothing is opened yet: that is done by the worker of the SoundDesk. Raises SoundError when
    there is no such device or file. May take a second (it asks the system for its devices): not
    for the engine thread.
    """
    match text:
        case "none":
            return NoMicrophone(clock)
        case "test":
            return ToneMicrophone(clock)
        case _ if text.lower().endswith(".wav"):
            return FileMicrophone(Path(text), clock)
        case _:
            found = find_again("input", text)
            name = text if text == portaudio.DEFAULT else found.name
            return DeviceMicrophone(name, clock, found)
