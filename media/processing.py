"""Echo, noise and gain: WebRTC's audio processing, 10 ms at a time, where it is installed."""

from dataclasses import dataclass
from typing import Any

from media.ring import Ring
from media.samples import BLOCK, RATE, Samples, silence

MOST_GAIN = 12.0  # dB: AGC2 alone would lift a quiet room's noise by 50
ECHO_DELAY = 0.009  # seconds the echo canceller holds sound back
NOISE_DELAY = 0.006  # seconds more with noise suppression
REFERENCE = 0.4  # seconds of played sound kept for comparison: more than any echo path has
_NOISE_LEVEL = 1  # of 0..3, 12 dB: what is stronger is heard as water in the voice


@dataclass(frozen=True)
class Cleaning:
    """What is done to the sound of a real microphone; all of it unless somebody objects."""

    echo: bool = True
    noise: bool = True
    gain: bool = True


EVERYTHING = Cleaning()
NOTHING = Cleaning(echo=False, noise=False, gain=False)


class Processing:
    """Cleans one microphone. For one thread.

    Where the library is missing sound passes unchanged and `missing` says why.
    """

    def __init__(self, cleaning: Cleaning = EVERYTHING) -> None:
        self.cleaning = cleaning
        self.missing: str | None = None
        self.speech: float | None = None  # probability that the last 10 ms were speech
        self._processor: Any = None
        if cleaning.echo or cleaning.noise or cleaning.gain:
            self._processor = self._make()

    @property
    def delay(self) -> float:
        """Seconds by which what comes out is older than what goes in."""
        if self._processor is None:
            return 0.0
        return ECHO_DELAY * self.cleaning.echo + NOISE_DELAY * self.cleaning.noise

    def clean(self, near: Samples, far: Samples, path: float = 0.0) -> Samples:
        """Return 10 ms without the echo of `far`, which was played `path` seconds before."""
        if self._processor is None:
            return near
        self._processor.stream_delay_ms = round(1000 * path)
        cleaned: Samples = self._processor.process(near, far if self.cleaning.echo else None)
        self.speech = float(self._processor.speech_probability)
        return cleaned

    def _make(self) -> Any:
        try:
            from pywebrtc_audio import AudioProcessor
        except (ImportError, OSError) as problem:
            self.missing = f"echo and noise stay in the sound: {problem}"
            return None
        return AudioProcessor(
            sample_rate=RATE,
            num_channels=1,
            echo_cancellation=self.cleaning.echo,
            noise_suppression=self.cleaning.noise,
            high_pass_filter=True,
            auto_gain_control=self.cleaning.gain,
            ns_level=_NOISE_LEVEL,
            agc_max_gain_db=MOST_GAIN,
        )


class Reference:
    """What was played, kept for the echo canceller: written by the mixer, read by the microphone.

    One block is taken for each block heard. The two devices have clocks of their own: what piles
    up is thinned out by fractions of a millisecond, which the canceller follows.
    """

    def __init__(self) -> None:
        self._ring = Ring(int(REFERENCE * RATE))
        self._least = RATE  # samples that waited in this second
        self._taken = 0
        self.missed = 0

    def played(self, block: Samples) -> None:
        """Mixer: this was just written to the speaker."""
        self._ring.put(block)

    def take(self) -> Samples:
        """Microphone: return the oldest block not compared yet, silence when there is none."""
        if self._ring.filled > int(REFERENCE * RATE) - 4 * BLOCK:
            self._ring.skip(self._ring.filled - 2 * BLOCK)  # nobody listened for a while
        self._thin_out()
        far = silence()
        if self._ring.filled >= BLOCK:
            self._ring.take(far)
        else:
            self.missed += 1
        return far

    def begin(self) -> None:
        """Microphone: forget what was played before it was opened."""
        self._ring.skip(self._ring.filled)

    @property
    def waiting(self) -> float:
        """Seconds of played sound that were not compared yet."""
        return self._ring.filled / RATE

    def _thin_out(self) -> None:
        self._least = min(self._least, self._ring.filled)
        self._taken += 1
        if self._taken == 100:
            self._ring.skip(max(self._least - BLOCK, 0) // 8)
            self._taken, self._least = 0, RATE
