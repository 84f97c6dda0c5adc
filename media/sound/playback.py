"""The speaker's worker: mixes everybody whenever the device wants more."""

from collections.abc import Callable

from media.sound.device_worker import DeviceWorker
from media.sound.ends import SpeakerSink
from media.sound.mixer import Mixer
from media.sound.processing import Reference
from media.sound.samples import BLOCK, RATE

AT_ONCE = 10  # blocks in one go: after a stall the other duties of the thread come in between

_LEAP = 0.2  # seconds between the even count and the clock: more is a new start
_FOLLOW = 0.02  # of the difference per block


class EvenTime:
    """The time of each block of a device that takes several at once and then none for a while.

    Counts 10 ms a block and follows the clock slowly: what is late or early by the wake-up of a
    thread must not look as if the network were uneven.
    """

    def __init__(self) -> None:
        self._time = float("-inf")

    def next(self, now: float) -> float:
        """Return the time of the next block, taken at `now`."""
        self._time += BLOCK / RATE
        off = now - self._time
        self._time = now if abs(off) > _LEAP else self._time + _FOLLOW * off
        return self._time


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
        self.underruns = 0  # times that a device had nothing to play in time
        self._underruns = 0  # of the device, as far as they are counted
        self._time = EvenTime()

    def _begin(self, device: SpeakerSink) -> None:
        self._underruns = device.underruns
        self.latency = device.latency
        self._time = EvenTime()

    def _turn(self, device: SpeakerSink) -> float:
        for _ in range(AT_ONCE):
            wanted = device.wants()
            self.underruns += device.underruns - self._underruns
            self._underruns = device.underruns
            if wanted < BLOCK:
                return device.wait()
            self.mixed = self._clock()
            block = self._mixer.mix(self._time.next(self.mixed))
            device.write(block)
            self._reference.played(block, self.mixed + device.latency)
            self.latency = device.latency
        return 0.0
