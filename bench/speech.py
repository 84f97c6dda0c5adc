"""What the two sides of a compared call say, and the files it is said from.

One speaks and the other listens in a quiet room. If both spoke all the time, where there is no
echo at all, the echo cancellers would spoil more of the speech than any network does.
"""

import itertools
import wave
from pathlib import Path

import numpy as np

from bench.voices import voice
from media.sound.samples import BLOCK, RATE, Samples
from media.sound.stand_ins import ToneMicrophone

SPEECH_S = 10
TONE_S = 2
ROOM = 3e-4  # of full scale: the noise of a room in which nobody speaks


def write_speech(path: Path) -> None:
    """Write what somebody who speaks says, as WAV: 48 kHz, mono, 16 bit."""
    write_wav(path, voice(SPEECH_S))


def write_quiet(path: Path) -> None:
    """Write what is heard where somebody only listens."""
    noise = np.random.default_rng(1).normal(0.0, ROOM, SPEECH_S * RATE)
    write_wav(path, noise.astype(np.float32))


def tone() -> Samples:
    """Return one loop of the test tone that stands in for a microphone, at 48 kHz."""
    now = itertools.count(0.0, BLOCK / RATE)  # 10 ms pass with each look at the clock
    microphone = ToneMicrophone(lambda: next(now))
    microphone.open()
    blocks: list[Samples] = []
    while len(blocks) < TONE_S * RATE // BLOCK:
        if block := microphone.read():
            blocks.append(block.samples)
    return np.concatenate(blocks)


def write_wav(path: Path, samples: Samples) -> None:
    """Write samples (48 kHz, full scale 1) as WAV: mono, 16 bit."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


def read_wav(path: Path) -> Samples:
    """Read what write_wav, or anybody, wrote in this form."""
    with wave.open(str(path), "rb") as file:
        data = file.readframes(file.getnframes())
    return from_pcm(data)


def from_pcm(data: bytes) -> Samples:
    """Return samples of 16 bits, little-endian, as float; full scale is 1."""
    return np.asarray(np.frombuffer(data, "<i2") / np.float32(32768), np.float32)
