"""The speaker's worker: mixes everybody whenever the device wants more."""

from collections.abc import Callable

from media.device_worker import DeviceWorker
from media.mixer import Mixer
from media.processing import Reference
from media.samples import BLOCK
from media.speaker import SpeakerSink

AT_ONCE = 10  # blocks in one go: after a stall the other duties of the thread come in between


class Playback(DeviceWorker[SpeakerSink]):
    """Keeps a speaker fed, on a thread of its own."""

    def __init__(
        self,
        clock: Callable[[], float],
        mixer: Mixer,
        reference: Reference,
        on_change: Callable[[], None] | None,
    ) -> None:
        super().__init__("speaker", on_change)
        self._clock = clock
        self._mixer = mixer
        self._reference = reference
        self.latency = 0.0  # seconds from mixing to being heard
        self.mixed = 0.0  # when the last block was mixed

    def _begin(self, device: SpeakerSink) -> None:
        self.latency = device.latency

    def _turn(self, device: SpeakerSink) -> float:
        for _ in range(AT_ONCE):
            if device.wants() < BLOCK:
                return device.wait()
            self.mixed = self._clock()
            block = self._mixer.mix(self.mixed)
            device.write(block)
            self._reference.played(block, self.mixed + device.latency)
            self.latency = device.latency
        return 0.0
