"""Sound that is shortened and lengthened by one period of its voice."""

import numpy as np
import pytest
from fakes.speech import speech
from hypothesis import given, settings
from hypothesis import strategies as st

from media.sound.samples import RATE
from media.sound.stretch import SHORTEST, WINDOW, squeeze, stretch

SPEECH = speech(4.0, seed=3)


def tone(pitch, samples=WINDOW):
    return (0.5 * np.sin(np.arange(samples) * 2 * np.pi * pitch / RATE)).astype(np.float32)


@pytest.mark.parametrize("pitch", [80, 120, 220, 390])
@pytest.mark.parametrize("change", [squeeze, stretch])
def test_a_voice_goes_on_without_a_seam(pitch, change):
    sound, samples = change(tone(pitch))
    assert samples > 0
    assert samples % (RATE / pitch) == pytest.approx(0, abs=2) or (
        samples % (RATE / pitch) == pytest.approx(RATE / pitch, abs=2)
    )
    fastest = 0.5 * 2 * np.pi * pitch / RATE
    assert np.abs(np.diff(sound)).max() < 1.1 * fastest
    assert len(sound) == WINDOW + (samples if change is stretch else -samples)


def test_two_sounds_that_are_not_alike_are_left_alone_unless_it_is_urgent():
    noise = np.random.default_rng(1).normal(0, 0.1, WINDOW).astype(np.float32)
    assert squeeze(noise)[1] == stretch(noise)[1] == 0
    assert squeeze(noise, urgent=True)[1] > 0 < stretch(noise, urgent=True)[1]


def test_silence_may_be_changed_anywhere():
    silence = np.zeros(WINDOW, np.float32)
    assert squeeze(silence)[1] > 0 < stretch(silence)[1]


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 3 * RATE), st.integers(0, 2 * WINDOW), st.booleans())
def test_any_length_is_changed_by_exactly_what_is_told(at, length, urgent):
    sound = SPEECH[at : at + length]
    longer, added = stretch(sound, urgent=urgent)
    assert len(longer) == length + added
    assert added == 0 or length >= SHORTEST
    if length >= WINDOW:
        shorter, removed = squeeze(sound, urgent=urgent)
        assert len(shorter) == length - removed
