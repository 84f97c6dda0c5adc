"""Sound from and to WAV files at real-time pace."""

import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np

from media.errors import SoundError
from media.sound.block_clock import BlockClock
from media.sound.ends import Heard
from media.sound.resample import Resampler
from media.sound.samples import BLOCK, RATE, Samples, silence
from media.sound.stand_ins import NoSpeaker

_RATES = range(4_000, 384_001)  # samples a second that are believed of a file
_CHANNELS = 32
_FULL = 32_767
_FLUSH = 50  # blocks between two writes to the disk: half a second


class FileMicrophone:
    """A WAV file (PCM, any rate, any number of channels) as if it were spoken, again and again."""

    live = False
    overflows = 0

    def __init__(self, path: Path, clock: Callable[[], float], *, loops: bool = True) -> None:
        """Look into the file; raises SoundError("file")."""
        self.name = path.name
        self._path = path
        self._loops = loops
        self._block_clock = BlockClock(clock)
        self._file: wave.Wave_read | None = None
        self._ready = silence(0)
        self._open_file().close()

    def open(self) -> None:
        """Begin at the beginning."""
        self._file = self._open_file()
        rate = self._file.getframerate()
        self._resampler = Resampler(rate, RATE)
        self._piece = max(rate // 100, 1)
        self._ready = silence(0)
        self._block_clock.begin()

    def read(self) -> Heard | None:
        """Return the next 10 ms once their time has come."""
        if not self._block_clock.due:
            return None
        while len(self._ready) < BLOCK:
            self._ready = np.concatenate([self._ready, self._more()])
        block, self._ready = self._ready[:BLOCK], self._ready[BLOCK:]
        return Heard(block, self._block_clock.done())

    def wait(self) -> float:
        """Return the seconds until the next 10 ms."""
        return self._block_clock.wait

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _more(self) -> Samples:
        file = self._file
        if file is None:
            return silence()
        data = file.readframes(self._piece)
        if not data and self._loops:
            file.rewind()
            data = file.readframes(self._piece)
        if not data:
            return silence()
        return self._resampler.process(_decoded(data, file.getsampwidth(), file.getnchannels()))

    def _open_file(self) -> wave.Wave_read:
        try:
            file = wave.open(str(self._path), "rb")  # noqa: SIM115 - closed by close()
        except OSError as problem:
            text = f"cannot read {self._path}: {problem.strerror or problem}"
            raise SoundError("file", text) from problem
        except (wave.Error, EOFError) as problem:
            text = f"{self._path} is no WAV file with PCM sound ({problem or 'cut off'})"
            raise SoundError("file", text) from problem
        if (
            file.getframerate() not in _RATES
            or not 1 <= file.getnchannels() <= _CHANNELS
            or file.getsampwidth() not in (1, 2, 3, 4)
            or file.getnframes() == 0
        ):
            file.close()
            raise SoundError("file", f"{self._path} holds no sound that can be played")
        return file


class FileSpeaker(NoSpeaker):
    """Writes what is played to a WAV file: 48 kHz, mono, 16 bit, readable at any time."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        """Make the file; raises SoundError("file")."""
        super().__init__(clock)
        self.name = path.name
        self._path = path
        self._file: wave.Wave_write | None = None
        self._blocks: list[bytes] = []
        self._make().close()
        self._raw.close()

    def open(self) -> None:
        """Begin to write, over what is there."""
        self._file = self._make()
        super().open()

    def write(self, samples: Samples) -> None:
        """Write 10 ms; raises SoundError when the disk is full."""
        super().write(samples)
        self._blocks.append((samples * _FULL).astype("<i2").tobytes())
        if len(self._blocks) >= _FLUSH:
            self._flush()

    def close(self) -> None:
        """Finish the file."""
        if self._file is None:
            return
        try:
            self._flush()
            self._file.close()
        finally:
            self._raw.close()
            self._file = None

    def _flush(self) -> None:
        if self._file is None:
            return
        try:
            self._file.writeframes(b"".join(self._blocks))
            self._raw.flush()
        except OSError as problem:
            raise self._problem(problem) from problem
        finally:
            self._blocks.clear()

    def _make(self) -> wave.Wave_write:
        try:
            self._raw = self._path.open("wb")
        except OSError as problem:
            raise self._problem(problem) from problem
        file = wave.open(self._raw, "wb")  # noqa: SIM115 - closed by close()
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(b"")  # the header, so that even a killed process leaves a WAV file
        self._raw.flush()
        return file

    def _problem(self, problem: OSError) -> SoundError:
        return SoundError("file", f"cannot write {self._path}: {problem.strerror or problem}")


def _decoded(data: bytes, width: int, channels: int) -> Samples:
    """Return PCM frames of 8 to 32 bits as one channel."""
    data = data[: len(data) // (width * channels) * (width * channels)]
    if width == 1:
        sound = np.frombuffer(data, np.uint8).astype(np.float32) / 128 - 1
    elif width == 3:
        triples = np.frombuffer(data, np.uint8).reshape(-1, 3)
        words = np.zeros((len(triples), 4), np.uint8)
        words[:, 1:] = triples
        sound = words.view("<i4")[:, 0] / np.float32(2**31)
    else:
        sound = np.frombuffer(data, f"<i{width}") / np.float32(2 ** (8 * width - 1))
    return np.asarray(sound.reshape(-1, channels).mean(axis=1), np.float32)
