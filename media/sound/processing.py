"""Echo, noise and gain: WebRTC's audio processing, 10 ms at a time, where it is installed."""

from dataclasses import dataclass
from typing import Any

from media.sound.double_talk import Talk
from media.sound.echo import ECHO_DELAY, EchoRemover, faded, ramp
from media.sound.ring import History
from media.sound.samples import BLOCK, RATE, Samples, silence

MOST_GAIN = 12.0  # dB: AGC2 alone would lift a quiet room's noise by 50
NOISE_DELAY = 0.006  # seconds more with each pass of noise suppression
AHEAD = 0.015  # seconds what was played leads its echo, for times that are not exact
_FRESH = 0.01  # seconds the newest that was played is left alone: writing comes in steps
_FOLLOW = 0.01  # of each new reading: callbacks come in steps of 10 ms, which must not matter
_SETTLE = 40  # blocks until the first readings have a mean one can rely on
_SLACK = 0.006  # seconds off before the position is bent at all
_THERE = 0.001  # seconds off where bending ends
_GENTLY = 4  # blocks for each sample bent: 0.05 %, which the canceller follows
_JUMP = 0.012  # seconds off: a device stalled, there is nothing to bend
_NOISE_LEVEL = 1  # of 0..3, 12 dB: what is stronger is heard as water in the voice
_PASSES = 2  # of strong suppression: twice as much steady noise goes, 2 and 3 of the level do not


@dataclass(frozen=True)
class Cleaning:
    """What is done to the sound of a real microphone; all of it unless somebody objects."""

    echo: bool = True
    noise: bool = True
    gain: bool = True
    strongly: bool = False  # more of the noise goes, and a little of the voice


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
        self._echo: EchoRemover | None = None
        self._noise: list[Any] = []  # one pass after the other
        self._gain: Any = None
        self._lift = 1.0  # of the gain that is applied
        if cleaning != NOTHING:
            self._make()

    @property
    def delay(self) -> float:
        """Seconds by which what comes out is older than what goes in."""
        return ECHO_DELAY * (self._echo is not None) + NOISE_DELAY * len(self._noise)

    def clean(self, near: Samples, far: Samples) -> Samples:
        """Return 10 ms without the echo of `far`, what was played then or a moment before."""
        block, talk = near, Talk.NO_ECHO
        if self._echo is not None:
            block, talk = self._echo.remove(near, far)
        for suppressor in self._noise:
            block = suppressor.process(block)
        if self._noise:
            self.speech = float(self._noise[0].speech_probability)
        if self._gain is not None:
            block = self._louder(block, talk)
        return block

    def _louder(self, block: Samples, talk: Talk) -> Samples:
        """Lift a voice in the room, not the rest of an echo, of which nothing is learned either."""
        only_far = talk is Talk.FAR
        chance = 0.0 if only_far else self.speech if self._noise else None
        lifted: Samples = self._gain.process(block, chance)
        if not only_far and not self._noise:
            self.speech = float(self._gain.speech_probability)
        before, self._lift = self._lift, faded(self._lift, 0.0 if only_far else 1.0)
        if before == self._lift == 1.0:
            return lifted
        return block + ramp(before, self._lift) * (lifted - block)

    def _make(self) -> None:
        try:
            from pywebrtc_audio import AudioProcessor, EchoCanceller, GainController
        except (ImportError, OSError) as problem:
            self.missing = f"echo and noise stay in the sound: {problem}"
            return
        wanted = self.cleaning
        if wanted.echo:
            canceller = EchoCanceller(sample_rate=RATE, stream_delay_ms=round(1000 * AHEAD))
            self._echo = EchoRemover(canceller.process)
        if wanted.noise:  # looks at what is left when the echo is gone, not at the echo
            self._noise = [
                AudioProcessor(
                    sample_rate=RATE,
                    noise_suppression=True,
                    high_pass_filter=not wanted.echo,
                    ns_level=_NOISE_LEVEL,
                )
                for _ in range(_PASSES if wanted.strongly else 1)
            ]
        if wanted.gain:
            self._gain = GainController(sample_rate=RATE, max_gain_db=MOST_GAIN)


class Reference:
    """What was played and when it was heard, for the echo canceller to compare.

    The mixer writes, the microphone reads. Both devices have clocks of their own, stall and
    recover; what is compared is found by time, so that none of this adds up. It leads the echo by
    `AHEAD`: a canceller can wait for an echo, but not hear one before its cause.
    """

    def __init__(self) -> None:
        self._history = History(RATE)
        self._stamp = (0, 0.0)  # samples written, and when the last of them is heard
        self._at: int | None = None  # position of the next block to compare
        self._off = 0.0  # samples it is off, smoothed
        self._age = 0  # blocks compared since the start
        self._bending = False
        self.jumps = 0

    def played(self, block: Samples, heard: float) -> None:
        """Mixer: this was just written to the speaker and is heard from then on (seconds)."""
        self._history.put(block)
        self._stamp = (self._history.written, heard + BLOCK / RATE)

    def take(self, captured: float) -> Samples:
        """Microphone: return what is compared with the 10 ms captured from then on (seconds)."""
        far = silence()
        written, heard = self._stamp
        if written == 0:
            return far
        # A device that tells too short a delay, or none, would make us look for what is not played
        # yet. The newest there is comes before its echo in any case.
        newest = written - BLOCK - _FRESH * RATE
        wanted = min(written - (heard - captured - AHEAD) * RATE, newest)
        if self._at is None or abs(wanted - self._at) > RATE:
            self._start_at(wanted)
        self._follow(wanted)
        self._history.copy(self._at or 0, far)
        self._at = (self._at or 0) + BLOCK
        return far

    def begin(self) -> None:
        """Microphone: it was opened just now."""
        self._at = None

    def _start_at(self, wanted: float) -> None:
        self._at, self._off, self._age, self._bending = round(wanted), 0.0, 0, False

    def _follow(self, wanted: float) -> None:
        """Keep the position where it is as long as possible: each change costs some echo."""
        at = self._at or 0
        self._age += 1
        weight = max(1 / self._age, _FOLLOW)
        self._off += weight * (wanted - at - self._off)
        if self._age == _SETTLE:  # only now is known what the first readings are worth
            self._at, self._off = round(at + self._off), 0.0
        elif self._age > _SETTLE and abs(self._off) > _JUMP * RATE:
            self._age, self._off, self._bending = 0, 0.0, False
            self.jumps += 1
        elif self._age > _SETTLE and self._age % _GENTLY == 0:
            self._bending = abs(self._off) > (_THERE if self._bending else _SLACK) * RATE
            if self._bending:
                self._at = at + (1 if self._off > 0 else -1)
