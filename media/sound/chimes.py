"""The sounds that Conclave itself makes: soft, short, worked out here, no recording of anything."""

from collections.abc import Sequence

import numpy as np

from media.sound.samples import RATE, Samples

SOFT = 0.10  # of full scale: somebody speaks meanwhile
PLAIN = 0.22  # of full scale: a test is to be heard

_OVERTONES = ((1, 1.0), (2, 0.25), (3, 0.06))  # number and strength: between a flute and a harp
_ATTACK = 0.012  # seconds; a shorter one clicks
_RELEASE = 0.06  # seconds at the end of a note


def came() -> Samples:
    """Return what is heard when somebody comes: two notes upwards, 0.5 s."""
    return _notes(((587.33, 0.0), (880.0, 0.11)), length=0.42, loudness=SOFT)


def went() -> Samples:
    """Return what is heard when somebody goes: the same two notes downwards, 0.5 s."""
    return _notes(((880.0, 0.0), (587.33, 0.11)), length=0.42, loudness=SOFT)


def knocks() -> Samples:
    """Return what is heard when somebody waits at the door: the same note twice, 0.5 s."""
    return _notes(((493.88, 0.0), (493.88, 0.16)), length=0.36, loudness=SOFT)


def calls() -> Samples:
    """Return what is heard when a contact calls during a meeting: up and down again, 0.6 s."""
    return _notes(((659.26, 0.0), (783.99, 0.13), (659.26, 0.26)), length=0.36, loudness=SOFT)


def trial() -> Samples:
    """Return what is heard to try a speaker: a calm phrase of five notes, 2.2 s."""
    phrase = ((392.0, 0.0), (493.88, 0.28), (587.33, 0.56), (783.99, 0.84), (587.33, 1.26))
    return _notes(phrase, length=0.95, loudness=PLAIN)


def _notes(notes: Sequence[tuple[float, float]], *, length: float, loudness: float) -> Samples:
    """Return plucked notes, each (pitch in Hz, start in seconds), that ring for `length` seconds.

    The loudest sample is `loudness`; it begins and ends with silence.
    """
    time = np.arange(round(length * RATE)) / RATE
    envelope = np.minimum(time / _ATTACK, 1.0) * np.clip((length - time) / _RELEASE, 0.0, 1.0)
    whole = np.zeros(round((notes[-1][1] + length) * RATE))
    for pitch, start in notes:
        note = np.zeros(len(time))
        for number, strength in _OVERTONES:
            decay = np.exp(-time * (4.0 + 3.0 * number))
            note += strength * decay * np.sin(2 * np.pi * pitch * number * time)
        at = round(start * RATE)
        whole[at : at + len(note)] += note * envelope
    return np.asarray(whole * (loudness / np.abs(whole).max()), np.float32)
