"""The own voice on its way out: muting without clicks, music, narrow paths."""

import random
from itertools import pairwise

import numpy as np
import pytest
from fakes.speech import intelligibility, speech

from media.sound.capture import Capture
from media.sound.ends import Heard
from media.sound.opus import Decoder, packet_samples
from media.sound.processing import EVERYTHING, NOTHING, Cleaning, Processing, Reference
from media.sound.rate import MUSIC, SPEECH
from media.sound.samples import BLOCK, RATE, silence
from media.sound.voice import Voice


def said(voice, sound, *, encode=lambda n: True):
    """Return the packets of `sound` with their times; `encode(n)` is asked for each 10 ms."""
    packets = []
    for n in range(len(sound) // BLOCK):
        heard = Heard(sound[n * BLOCK : (n + 1) * BLOCK], 10 + n * 0.01)
        packets += voice.take(heard, silence(), encode=encode(n))
    return packets


def decoded(packets):
    decoder = Decoder()
    return np.concatenate([decoder.decode(packet) for packet, _ in packets])


def tone(pitch, seconds, loudness=0.5):
    time = np.arange(round(seconds * RATE)) / RATE
    return (loudness * np.sin(2 * np.pi * pitch * time)).astype(np.float32)


def click(sound):
    """Return how strong the strongest 10 ms above 3 kHz are, in dB below the whole."""
    pieces = np.lib.stride_tricks.sliding_window_view(sound, BLOCK)[:: BLOCK // 4]
    high = np.abs(np.fft.rfft(pieces * np.hanning(BLOCK), axis=1)[:, 30:]) ** 2
    return 10 * np.log10(high.sum(axis=1).max() / BLOCK**2 / np.mean(sound**2) + 1e-12)


@pytest.mark.parametrize("pitch", [130, 217, 410])
def test_muting_makes_no_click_at_any_phase_of_a_voice(pitch):
    sound = tone(pitch, 2.0)
    muted = decoded(said(Voice(), sound, encode=lambda n: n % 40 < 27))[RATE // 10 :]
    chopped = sound.reshape(-1, BLOCK) * (np.arange(200) % 40 < 27)[:, None]
    assert click(chopped.ravel()) > -35  # what it would be without fading
    assert click(muted) < -50


def test_a_mute_button_that_flaps_gives_whole_packets_in_order_and_no_clicks():
    chance = random.Random(7)
    states = [chance.random() < 0.5 for _ in range(300)]
    packets = said(Voice(), tone(200, 3.0), encode=lambda n: states[n])
    assert len(packets) > 50
    assert {packet_samples(packet) for packet, _ in packets} == {960}
    steps = np.diff([ts for _, ts in packets])
    assert steps.min() >= BLOCK
    heard = decoded(packets)
    assert np.abs(np.diff(heard)).max() < 0.06  # of full scale; a click is a step of up to 0.5


def test_what_is_said_while_muted_is_in_no_packet():
    sound = speech(4.0, seed=8)
    secret = tone(1000, 2.0)
    sound[RATE : 3 * RATE] = secret
    heard = decoded(said(Voice(), sound, encode=lambda n: not 100 <= n < 300))
    spectrum = np.abs(np.fft.rfft(heard[RATE // 2 : 3 * RATE // 2]))
    around = spectrum[480:520].max() / spectrum[200:2000].max()
    assert around < 0.5
    assert len(heard) < 2.1 * RATE


@pytest.mark.parametrize("plan", SPEECH)
def test_speech_is_understood_at_every_rate(plan):
    voice, sound = Voice(), speech(4.0, seed=9)
    voice.use_plan(plan)
    packets = said(voice, sound)
    assert {packet_samples(packet) for packet, _ in packets[1:]} == {plan.samples}
    bits = sum(len(packet) for packet, _ in packets) * 8 / 4
    assert bits < 1.15 * plan.bitrate
    steps = np.diff([ts for _, ts in packets])
    assert np.abs(steps - plan.samples).max() <= 4
    assert intelligibility(sound, decoded(packets)) > 0.85


def test_the_length_of_a_packet_changes_between_packets_without_a_gap():
    voice, sound = Voice(), speech(3.0, seed=10)
    packets = []
    for n in range(300):
        if n % 25 == 0:
            voice.use_plan(SPEECH[n // 25 % 3])
        heard = Heard(sound[n * BLOCK : (n + 1) * BLOCK], 10 + n * 0.01)
        packets += voice.take(heard, silence())
    lengths = [packet_samples(packet) for packet, _ in packets]
    assert set(lengths) == {960, 1920, 2880}
    times = [ts for _, ts in packets]
    assert np.abs(np.diff(times) - np.array(lengths[:-1])).max() <= 4
    assert intelligibility(sound, decoded(packets)) > 0.85


def test_music_keeps_its_highest_notes_and_speech_mode_is_not_changed_by_trying_it():
    high = tone(300, 2.0, 0.2) + tone(15_000, 2.0, 0.1)
    voice = Voice()
    voice.tune(True)
    voice.use_plan(MUSIC[0])
    packets = said(voice, high)
    bits = sum(len(packet) for packet, _ in packets) * 8 / 2
    assert 64_000 < bits < 110_000
    spectrum = np.abs(np.fft.rfft(decoded(packets)[RATE : 2 * RATE]))
    assert spectrum[15_000] > 0.5 * spectrum[300] / 2
    voice.tune(False)
    voice.use_plan(SPEECH[0])
    assert sum(len(packet) for packet, _ in said(voice, high)) * 8 / 2 < 45_000


def chord(seconds):
    """Return what rings: a low string, a chord with overtones up to 14 kHz that dies away."""
    time = np.arange(round(seconds * RATE)) / RATE
    dying = np.exp(-2 * (time % 0.5))
    notes = [
        (55.0, 0.3),
        *((pitch * n, 0.1 / n) for pitch in (262.0, 330, 392) for n in range(1, 36)),
    ]
    return (0.5 * dying * sum(np.sin(2 * np.pi * f * time) * a for f, a in notes)).astype(
        np.float32
    )


def bands(sound):
    """Return the mean level in dB of a third of an octave each, 40 Hz to 13 kHz."""
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    pitches = np.fft.rfftfreq(len(sound), 1 / RATE)
    edges = 40 * 2 ** (np.arange(26) / 3)
    parts = [power[(pitches >= a) & (pitches < b)].sum() for a, b in pairwise(edges)]
    return 10 * np.log10(np.array(parts))


def test_music_passes_from_the_microphone_to_the_listener_nearly_unchanged():
    capture = Capture(lambda: 0.0, Reference(), EVERYTHING, None)
    capture.music = True
    voice, sound = Voice(), chord(3.0)
    voice.begin(Processing(capture.wanted_cleaning))
    voice.tune(True)
    voice.use_plan(MUSIC[0])
    heard = decoded(said(voice, sound))
    middle = slice(RATE, 2 * RATE)
    was, after = bands(sound[middle]), bands(heard[middle])
    loud = was > was.max() - 50
    assert loud.sum() > 15
    assert np.sqrt(np.mean((after - was)[loud] ** 2)) < 1.0  # dB


def test_music_is_not_cleaned_but_its_echo_may_go_and_speech_is_cleaned_again_after_it():
    capture = Capture(lambda: 0.0, Reference(), EVERYTHING, None)
    assert capture.wanted_cleaning == EVERYTHING
    capture.music = True
    assert capture.wanted_cleaning == NOTHING
    capture.echo_of_music = True
    assert capture.wanted_cleaning == Cleaning(echo=True, noise=False, gain=False)
    capture.cleaning = NOTHING
    assert capture.wanted_cleaning == NOTHING
    capture.cleaning, capture.music = EVERYTHING, False
    assert capture.wanted_cleaning == EVERYTHING
