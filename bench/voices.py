"""Voices for benchmarks: spoken by espeak-ng where it is installed, else synthetic."""

import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import numpy as np

from media.sound.resample import Resampler
from media.sound.samples import RATE, Samples
from tests.fakes.speech import read_wav, speech

TEXT = """
The birch canoe slid on the smooth planks. Glue the sheet to the dark blue background. It is easy
to tell the depth of a well. These days a chicken leg is a rare dish. Rice is often served in round
bowls. The juice of lemons makes fine punch. The box was thrown beside the parked truck. The hogs
were fed chopped corn and garbage. Four hours of steady work faced us. A large size in stockings is
hard to sell. The boy was there when the sun rose. A rod is used to catch pink salmon. The source
of the huge river is the clear spring. Kick the ball straight and follow through. Help the woman
get back to her feet. A pot of tea helps to pass the evening. Smoky fires lack flame and heat. The
soft cushion broke the man's fall. The salt breeze came across from the sea.
"""  # from the Harvard sentences (IEEE 297-1969)
VOICES = ("en-us", "en-gb+f3")


@cache
def voice(seconds: float, number: int = 0) -> Samples:
    """Return that much speech at 48 kHz, peak 0.5; another number is another person."""
    if shutil.which("espeak-ng") is None:
        return speech(seconds, seed=1 + number, pitch=(120.0, 190.0)[number % 2])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "voice.wav"
        name = VOICES[number % len(VOICES)]
        words = TEXT.split()
        text = " ".join(words[len(words) // 3 * number % len(words) :] + words)
        subprocess.run(["espeak-ng", "-v", name, "-w", str(path), text], check=True)
        sound, rate = read_wav(path)
    sound = Resampler(rate, RATE).process(sound)
    sound = np.resize(sound, round(seconds * RATE))
    return np.asarray(0.5 * sound / np.abs(sound).max(), np.float32)


def source() -> str:
    """Return what the voices are made by."""
    return "espeak-ng" if shutil.which("espeak-ng") else "synthesis (espeak-ng is not installed)"
