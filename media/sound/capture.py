"""The microphone's worker: device, cleaning, level, Opus, packets; rests when muted for long."""

import math
from collections.abc import Callable
from dataclasses import replace

from media.sound.device_worker import DeviceWorker
from media.sound.ends import MicrophoneSource
from media.sound.processing import NOTHING, Cleaning, Processing, Reference
from media.sound.rate import SoundRate
from media.sound.samples import Samples, silence
from media.sound.voice import Voice

MUTED_OPEN = 5.0  # seconds a muted device stays open: unmuting at once is then at once

OnPacket = Callable[[bytes, int], None]
OnBlock = Callable[[Samples], None]


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
        self.path_kbps = math.inf  # what the narrowest path bears
        self.shortest_packet = 0  # samples: a slow computer is spared shorter ones
        self.music = False
        self.echo_of_music = False  # whether it goes although music is sent
        self._stays_open = False  # also while muted
        self._listener: OnBlock | None = None  # gets what is heard here, muted or not
        self.voice = Voice()
        self._rate = SoundRate()
        self._muted = False
        self._muted_since = 0.0
        self._loss_told = 0.0
        self.silent = False  # a real microphone gives nothing but zeros
        self.overruns = 0  # times that sound was lost because this worker had no time
        self._overflows = 0  # of the device, as far as they are counted

    def mute(self, muted: bool) -> None:
        """Encode nothing from now on, or go on."""
        if muted and not self._muted:
            self._muted_since = self._clock()
        self._muted = muted
        if not muted:
            self.rest(False)

    def stay_open(self, stays: bool) -> None:
        """Keep the device open while muted, or close it then as usual."""
        self._stays_open = stays
        if stays:
            self.rest(False)

    def listen(self, listener: OnBlock | None) -> None:
        """Give what is heard to a listener here as well; it needs the device open."""
        self._listener = listener
        if listener is not None:
            self.rest(False)

    def _begin(self, device: MicrophoneSource) -> None:
        self.silent = False
        self._overflows = device.overflows
        self.voice.begin(self._processing(device))
        self._reference.begin()

    def _turn(self, device: MicrophoneSource) -> float:
        heard = device.read()
        self.overruns += device.overflows - self._overflows
        self._overflows = device.overflows
        if heard is None:
            unneeded = self._muted and not self._stays_open and self._listener is None
            if unneeded and self._clock() - self._muted_since > MUTED_OPEN:
                self.voice.meter.rest()
                self.rest(True)
            return device.wait()
        far = silence()
        if device.live:
            far = self._reference.take(heard.captured)
            if self.wanted_cleaning != self.voice.processing.cleaning:
                self.voice.processing = self._processing(device)
        if self.expected_loss != self._loss_told:
            self._loss_told = self.expected_loss
            self.voice.expect_loss(self._loss_told)
        self.voice.use_plan(
            self._rate.plan(
                self.path_kbps, heard.captured, music=self.music, shortest=self.shortest_packet
            )
        )
        on_packet = self.on_packet
        retuning = self.music != self.voice.music  # faded out before and in again after it
        encode = on_packet is not None and not self._muted and not retuning
        for packet, media_ts in self.voice.take(heard, far, encode=encode):
            if on_packet is not None:
                on_packet(packet, media_ts)
        listener = self._listener
        if listener is not None:
            listener(self.voice.cleaned)
        if retuning:
            self.voice.tune(self.music)
        if device.live and self.voice.silent != self.silent:
            self.silent = self.voice.silent
            self._changed()
        return 0.0

    @property
    def wanted_cleaning(self) -> Cleaning:
        """What is done to a real microphone: of music nothing, or only its echo goes."""
        if not self.music:
            return self.cleaning
        return replace(NOTHING, echo=self.cleaning.echo and self.echo_of_music)

    def _processing(self, device: MicrophoneSource) -> Processing:
        return Processing(self.wanted_cleaning if device.live else NOTHING)
