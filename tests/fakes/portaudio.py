"""PortAudio without PortAudio: devices in a list, streams whose callbacks a test calls."""

from types import SimpleNamespace

import numpy as np

from media.sound.portaudio import SoundDevice

CALM = SimpleNamespace(input_overflow=False, output_underflow=False)


class FakeStream:
    """An open stream; the test is the sound card."""

    def __init__(self, callback, samplerate, channels):
        self.callback = callback
        self.samplerate = float(samplerate)
        self.channels = channels
        self.latency = 0.01
        self.active = True
        self.is_open = True

    def hear(self, sound, status=CALM):
        """Give the microphone's callback these samples."""
        block = np.repeat(np.asarray(sound, np.float32)[:, None], self.channels, axis=1)
        self.callback(block, len(block), None, status)

    def play(self, frames):
        """Ask the speaker's callback for so many samples."""
        block = np.full((frames, self.channels), 9.0, np.float32)
        self.callback(block, frames, None, CALM)
        return block


class FakePortAudio:
    """Stands in for the functions of media.sound.portaudio."""

    def __init__(self, *names, samplerate=48_000, channels=1):
        self.names = list(names)
        self.plugged = None  # names that appear with the next `renew`
        self.samplerate = samplerate
        self.channels = channels
        self.streams = []
        self.opened = []

    def devices(self, direction):
        return [
            SoundDevice(number, name, number == 0, 2, 48_000)
            for number, name in enumerate(self.names)
        ]

    def renew(self):
        if any(stream.is_open for stream in self.streams):
            return False
        if self.plugged is not None:
            self.names, self.plugged = self.plugged, None
        return True

    def open_stream(self, direction, device, callback):
        self.opened.append(device.name)
        self.streams.append(FakeStream(callback, self.samplerate, self.channels))
        return self.streams[-1]

    def close_stream(self, stream):
        stream.is_open = False

    def install(self, monkeypatch):
        """Put these functions in place of the real ones."""
        for name in ("devices", "renew", "open_stream", "close_stream"):
            monkeypatch.setattr(f"media.sound.portaudio.{name}", getattr(self, name))
        return self
