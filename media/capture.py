"""The microphone's worker: device, cleaning, level, Opus, packets; rests when muted for long."""

from collections.abc import Callable

from media.device_worker import DeviceWorker
from media.processing import NOTHING, Cleaning, Processing, Reference
from media.samples import silence
from media.sound_ends import MicrophoneSource
from media.voice import Voice

MUTED_OPEN = 5.0  # seconds a muted device stays open: unmuting at once is then at once

OnPacket = Callable[[bytes, int], None]


class Capture(DeviceWorker[MicrophoneSource]):
    """Turns what a microphone hears into packets, on a thread of its own."""

    def __init__(
        self,
        clock: Callable[[], float],
        reference: Reference,
        cleaning: Cleaning,
        on_change: Callable[[], None] | None,
    ) -> None:
        super().__init__("microphone", on_change)
        self._clock = clock
        self._reference = reference
        self.cleaning = cleaning
        self.on_packet: OnPacket | None = None
        self.expected_loss = 0.0
        self.voice = Voice()
        self._muted = False
        self._muted_since = 0.0
        self._loss_told = 0.0
        self.silent = False  # a real microphone gives nothing but zeros

    def mute(self, muted: bool) -> None:
        """Encode nothing from now on, or go on."""
        if muted and not self._muted:
            self._muted_since = self._clock()
        self._muted = muted
        if not muted:
            self.rest(False)

    def _begin(self, device: MicrophoneSource) -> None:
        self.silent = False
        self.voice.begin(Processing(self.cleaning if device.live else NOTHING))
        self._reference.begin()

    def _turn(self, device: MicrophoneSource) -> float:
        heard = device.read()
        if heard is None:
            if self._muted and self._clock() - self._muted_since > MUTED_OPEN:
                self.voice.meter.rest()
                self.rest(True)
            return device.wait()
        far = silence()
        if device.live:
            far = self._reference.take(heard.captured)
            if self.cleaning != self.voice.processing.cleaning:
                self.voice.processing = Processing(self.cleaning)
        if self.expected_loss != self._loss_told:
            self._loss_told = self.expected_loss
            self.voice.expect_loss(self._loss_told)
        on_packet = self.on_packet
        encode = on_packet is not None and not self._muted
        for packet, media_ts in self.voice.take(heard, far, encode=encode):
            if on_packet is not None:
                on_packet(packet, media_ts)
        if device.live and self.voice.silent != self.silent:
            self.silent = self.voice.silent
            self._changed()
        return 0.0
