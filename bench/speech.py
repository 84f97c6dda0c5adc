"""The speech that every contender says again and again, and the files it is said from.

The two sides of a call say different things: what came back as it went out would be an echo, and
cancelled.
"""

import wave
from pathlib import Path

import numpy as np

from bench.voices import voice
from media.samples import RATE, Samples

SPEECH_S = 10


def write_speech(path: Path, person: int) -> None:
    """Write what a person says as WAV: 48 kHz, mono, 16 bit."""
    write_wav(path, voice(SPEECH_S, person))


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
